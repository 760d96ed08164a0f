#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Debian's own kernels, unchanged, with the modules of packaging/dkms: $STOCK_KERNEL, one of
scripts/build-stock. Whichever is loaded first, controller or consumer; lines that
move and lose CPUs under fire; a disk; sleep; tables that are loaded at run time; and what
such a kernel cannot have is said.

Copyright (C) 2026 The paravirq authors
"""
import hashlib
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

KERNEL = guest.STOCK
MICROVM = 'microvm,paravirq=on'
MODULES = 'guest_coldplug=0 guest_controller=paravirq guest_first='


def said(run, pattern):
    """What the log says that matches, in order, without what machines differ in."""
    return [m[1] for line in run.log if (m := re.search(pattern, line))]


for first, machine in (('consumer', 'q35'), ('controller', 'q35'), ('consumer', MICROVM)):
    with guest.Run('modules', kernel=KERNEL, machine=machine, append=MODULES + first,
                   label=f'{KERNEL} {machine} {first} first') as run:
        pass

# What is no platform device has its interrupt as a GSI alone, and is named.
guest.equal(sorted(said(run, r'validation: problem: (\S+ interrupt \d+: number \S+)')),
            ['00:00 interrupt 0: number 0x1019', 'ACPI0013:00 interrupt 0: number 0x1018'],
            'serial port and GED cannot have their lines, which is said once')

# Two controllers, and a consumer of each. What comes at once is probed in another order
# each time.
for modules in ('paravirq_doorbell,paravirq', *['paravirq_doorbell+paravirq'] * 4):
    with guest.Run('smoke', kernel=KERNEL, tables=['paravirq2'], append=f'guest_modules={modules}',
                   label=f'{KERNEL} two controllers, {modules}') as run:
        pass
    guest.note(said(run, r'(PVIQ\S+: is bound anew)'))

with guest.Run('affinity', kernel=KERNEL, label=f'{KERNEL} affinity', timeout=300,
               append='guest_rounds=60') as run:
    guest.under_fire(run, run.label).ring(3)

# By the time that the controller comes, the disk has failed.
for first, modules in (('consumer', 'virtio_mmio,virtio_blk,paravirq'),
                       ('controller', 'paravirq,virtio_mmio,virtio_blk'),
                       ('neither', 'virtio_mmio+virtio_blk+paravirq')):
    with tempfile.NamedTemporaryFile(suffix='.img') as image:
        image.truncate(8 << 20)
        with guest.Run('disk', kernel=KERNEL, label=f'{KERNEL} disk {first} first',
                       machine=MICROVM, append=f'guest_modules={modules}', args=(
                           '-drive', f'if=none,id=d,format=raw,file={image.name}',
                           '-device', 'virtio-blk-device,drive=d')) as run:
            pass
        with open(image.name, 'rb') as f:
            guest.equal(said(run, 'sha256 ([0-9a-f]{64})'),
                        [hashlib.sha256(f.read()).hexdigest()],
                        f'{run.label}: the image has what the guest wrote')

guest.suspend(KERNEL, label=f'{KERNEL} suspend')

with guest.table_disk('pvic', 'doorbell') as image, \
     guest.Run('hotload', kernel=KERNEL, label=f'{KERNEL} hotload', tables=[],
               devices=guest.boot.hardware(1),
               args=('-drive', f'if=none,id=d,format=raw,readonly=on,file={image.name}',
                     '-device', 'virtio-blk-pci,drive=d')):
    pass

# Numbers that are GSIs of the IO-APIC are given away as such; lines work all the same.
with guest.Run('smoke', kernel=KERNEL, label=f'{KERNEL} low numbers', tables=['low'],
               append='guest_nr=4', devices=(
                   *guest.boot.hardware(1)[:2], '-device', 'paravirq-doorbell,id=db1,'
                   f'addr={guest.boot.platform()["DOORBELL1_ADDR"]:#x},first-line=3')) as run:
    pass
guest.equal(said(run, r'PVIQ0002:00: (interrupt \d+: number \S+ was taken for a GSI)'),
            [f'interrupt {n}: number {n + 3:#x} was taken for a GSI' for n in range(4)],
            'low numbers are warned of, once each')
guest.done()
