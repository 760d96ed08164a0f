#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Tables and controllers that are wrong: each gets its message, in the driver or
resolver and in the validation, check-boot-log finds it, the guest boots on and
what is right works. The tables stand in firmware-tables/bad, the controllers
are QEMU options. Numbers in brackets are those of
Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

check = guest.load('check-boot-log').check


# [VER-2] "smoke" passes on what is right, "quiet" where nothing is.
def bad(label, messages, problems, test='smoke', append='', **options):
    """
    Boots a guest with something wrong in it. Each of the messages must be in
    its log, the validation must end with that many problems, one doorbell works.
    """
    with guest.Run(test, label=label, append=f'guest_nr=4 {append}', **options) as run:
        pass
    for message in messages:
        guest.ok(any(message in line for line in run.log), f'{label}: "{message}"')
    summary = [line for line in run.log if 'consumers,' in line]
    guest.ok(any(line.endswith(f' {problems} problems') for line in summary),
             f'{label}: the validation counts {problems} problems')
    failed = [text for passed, text in check(run.log) if not passed]
    guest.ok(failed, f'{label}: check-boot-log finds {len(failed)} errors')


def table(name, messages, problems, controllers=1, firmware='acpi', ports=(),
          **options):
    """A table of firmware-tables/bad, compiled."""
    options.setdefault('machine', 'q35')
    bad(f'{name} {firmware}', messages, problems,
        tables=[os.path.join(guest.boot.BUILD, 'tables/bad', name +
                             ('.aml' if firmware == 'acpi' else '.dtb'))],
        devices=guest.boot.hardware(controllers, ports=ports), firmware=firmware, **options)


OUT = 'line {:#x} out of range, allowed {:#x} to {:#x}'
TYPE = 'line {:#x}: trigger type {}, only rising edge (1) is supported'
ABSENT = "is a controller that did not come up"
# [DISC-4] [DISC-13]
for number, name in ((0x1040, 'line-out-of-range'), (0xfff, 'number-below-base')):
    table(name, [OUT.format(number, 0x1000, 0x103f), 'IRQ index 3 not found'], 1)
# [DISC-7]
table('level', [TYPE.format(0x102b, 4), 'IRQ index 3 not found'], 1)
table('gsi-level', [TYPE.format(0x102b, 4), 'IRQ index 3 not found'], 1)
table('active-low', [TYPE.format(0x102b, 2), 'IRQ index 3 not found'], 1)
# [DISC-6]
table('source-missing', [r"DBL1: interrupt 0x1003: source '\_SB.NONE' does not exist",
                         r"source '\_SB.NONE' of 0x1003 does not exist"], 1)
table('relative-path', ["DBL1: interrupt 0x102a: source 'PVIC' is not an absolute path",
                        "source '^PVIC' of 0x102b is not an absolute path"], 2)
# [DISC-14] With DEBUG_SHIRQ Linux shows where the second request came from.
table('duplicate-line', ['line 0x1020 of PVIQ0001:00 is claimed by',
                         'line 0: cannot request irq'], 1,
      append='guest_lines=0.0,0.1,0.2', allow=['Call Trace:'])
# [DISC-3], then [VER-1]
table('no-window', ['PVIQ0001:01: error -22: no register window', ABSENT], 4, 2)
table('window-too-small', ['register window holds 32 lines, the controller has 64',
                           ABSENT], 4, 2)
table('memory-and-ports', ['registers in memory [mem 0xfec90000-0xfec911ff] and '
                           'at I/O ports [io  0x0e40-0x0e7f], only one is '
                           'allowed', ABSENT], 4, 2)
# [PIO-1], then [REG-1]
table('ports-too-few', ['32 I/O ports, at least 64 are needed', ABSENT], 4, 2, ports=(1,))
table('ports-misaligned', ['magic 0x0, expected', ABSENT], 4, 2, ports=(1,))
table('window-misaligned', ['magic 0x0, expected', ABSENT], 4, 2)
# [DISC-1]
table('ports-in-use', ['I/O ports [io  0x0e00-0x0e3f] are in use', ABSENT], 4, 2,
      ports=(0, 1))
table('window-in-use', ["can't request region for resource [mem 0xfec80000", ABSENT], 4, 2)
# [DISC-4], then [DISC-5]
table('gsb-missing', [OUT.format(0x2028, 0, 0x3f)], 4, 2)
table('gsb-mismatch', [OUT.format(0x2028, 0x3000, 0x303f)], 4, 2)
# [DISC-15]
table('gsb-in-use', ['GSIs 0x1000 to 0x103f not served, PVIQ0001:00 has some of them'], 0, 2,
      append='guest_nr=8')
# The DSDT decides how wide integers are: 64 bits on microvm, 32 on q35.
table('gsb-too-large', ['_GSB 0x100002000, allowed up to 0xffffffff', ABSENT], 4, 2,
      machine='microvm')

# [DISC-12]
table('line-out-of-range', [OUT.format(0x40, 0, 0x3f)], 1, firmware='dt')
table('level', [TYPE.format(0x2b, 4)], 1, firmware='dt')
table('no-type', [TYPE.format(0x2b, 0)], 1, firmware='dt')
table('duplicate-line', ['line 0x20 of fec80000.interrupt-controller is claimed by'],
      1, firmware='dt', allow=['Call Trace:'])
# [DISC-10]
table('no-reg', ['no register window', ABSENT], 4, 2, firmware='dt')
table('window-too-small', ['register window holds 32 lines, the controller has 64',
                           ABSENT], 4, 2, firmware='dt')

# [VER-1]
for option, message in (
        ('x-magic=0xffffffff', 'magic 0xffffffff, expected 0x51495650'),
        ('x-version=2', 'version 2, only 1 is supported'),
        ('x-nr-lines=0', '0 lines, allowed 1 to 2048'),
        ('x-nr-lines=2049', '2049 lines, allowed 1 to 2048')):
    # Alone: a guest without interrupts. As the second one: the first works.
    for controllers in (1, 2):
        devices = guest.boot.hardware(controllers)
        last = max(i for i, a in enumerate(devices) if a.startswith('paravirq,'))
        devices[last] += f',{option}'
        bad(f'{option}, controller {controllers}',
            [f'PVIQ0001:0{controllers - 1}: error', message],
            # One controller serves both doorbells; the one with _DEP never comes.
            4, test='smoke' if controllers == 2 else 'quiet',
            tables=['paravirq' if controllers == 1 else 'paravirq2'],
            devices=devices)
# The same at I/O ports, and one that answers nothing.
for option, message in (('x-magic=0xffffffff', 'magic 0xffffffff, expected 0x51495650'),
                        ('x-gone=on', 'magic 0xffffffff, expected 0x51495650'),
                        ('x-nr-lines=2049', '2049 lines, allowed 1 to 2048')):
    devices = guest.boot.hardware(1, ports=(0,))
    devices[1] += f',{option}'
    bad(f'{option}, at I/O ports', ['PVIQ0001:00: error', message], 4, test='quiet',
        machine='microvm', tables=['paravirq-pio'], devices=devices)
# No CPU of this guest can be interrupted: nobody gets an interrupt.
devices = guest.boot.hardware(1)
devices[1] += ',x-broadcast-id=0'
bad('x-broadcast-id', ['not taken, it reads 0x200', 'cannot request irq'], 0, test='quiet',
    machine='q35', smp=1, devices=devices)
# One of three cannot: what would move there does not, and works where it is.
devices = guest.boot.hardware(1)
devices[1] += ',x-broadcast-id=1'
with guest.Run('unreachable', label='unreachable', machine='q35', smp=3, devices=devices,
               append='irqaffinity=0') as run:
    pass
refused = [line for line in run.log if 'paravirq PVIQ0001:00: line ' in line]
guest.ok(len(refused) == 3 and all('not taken, it reads 0x' in line for line in refused),
         'unreachable: one error for each move that was refused')
guest.done()
