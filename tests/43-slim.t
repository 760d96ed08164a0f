#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The guest that the project is for: no PCI, no MSI, no IO-APIC, no PIC, no PIT, no
RTC. Serial port and power button have GSIs of the paravirq controller. And plain
GSIs on machines that have an IO-APIC as well. The guest's part is
tools/testing/selftests/paravirq/slim. Numbers in brackets are those of
Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import hashlib
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

BLOCK = 16384
BLOCKS = 1 if guest.boot.EMULATED_HOST else 8
check = guest.load('check-boot-log').check


def serial(run, start):
    """The other end of the serial port: what it has sent and got."""
    port, sent, got = run.connect('serial'), b'', b''
    for n in range(BLOCKS):
        start, _ = run.wait_line(f'selftest: block {n}$', start)
        block = random.randbytes(BLOCK)
        port.sendall(block)
        sent += block
    while len(got) < BLOCKS * BLOCK and (more := port.recv(BLOCK)):
        got += more
    return sent, got


def slim(label, machine, append):
    """Presses the power button, one press after the other, and uses the port."""
    sent = got = b''
    with guest.Run('slim', label=label, machine=machine, console='hvc0', args=(
            '-chardev', 'socket,id=serial,path={dir}/serial,server=on,wait=off',
            '-device', 'isa-serial,gsi=0x1019,chardev=serial'),
                   append=f'BLOCKS={BLOCKS} {append}') as run:
        start = 0
        for n in range(10):
            start, _ = run.wait_line(f'selftest: press {n}$', start)
            run.qmp('system_powerdown')
        sent, got = serial(run, start)
    said = dict(re.findall('selftest: serial (in|out) ([0-9a-f]{64})', '\n'.join(run.log)))
    guest.equal(said, {'in': hashlib.sha256(sent).hexdigest(),
                       'out': hashlib.sha256(got).hexdigest()},
                f'{label}: {BLOCKS * BLOCK} bytes each way')


slim('slim', guest.boot.SLIM, append='tsc=reliable')
slim('slim noapic', guest.boot.SLIM, append='noapic tsc=reliable')
# The machine's own serial port.
with guest.Run('smoke', label='smoke slim', machine=guest.boot.SLIM) as run:
    pass
guest.ok(any('00:00 interrupt 0: PVIQ0001:00 line 25 ' in line and line.endswith('driver serial')
             for line in run.log), 'slim: the validation has the serial port')
guest.ok(any('ACPI0013:00 interrupt 0: PVIQ0001:00 line 24 ' in line for line in run.log),
         'slim: the validation has the Generic Event Device')
guest.equal([text for passed, text in check(run.log) if not passed], [],
            'slim: check-boot-log finds nothing wrong')

# [DISC-15]
for options in ({'machine': 'q35'}, {'machine': 'microvm'},
                {'machine': 'q35', 'append': 'noapic'},
                {'machine': 'q35', 'kernel': 'modules'}):
    label = f'GSIs {" ".join(options.values())}'
    with guest.Run('smoke', label=label, tables=['gsi'], **options) as run:
        pass
    # A driver that is a module comes after the validation.
    if 'kernel' not in options:
        guest.equal(sum(' PVIQ0001:00 line ' in line for line in run.log
                        if 'paravirq: validation: PVIQ0002' in line), 8,
                    f'{label}: the validation has all of them')
guest.done()
