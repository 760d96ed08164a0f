#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Tables and controllers that are wrong: each gets its message, in the driver or
resolver and in the validation, check-boot-log finds it and check-tables did, the guest
boots on and what is right works. The tables stand in firmware-tables/bad, the controllers
are QEMU options. Numbers in brackets are those of
Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

check = guest.load('check-boot-log').check
tables = guest.load('check-tables')


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


def found_before(label, path):
    """check-tables has something against it."""
    guest.ok(any(r.verdict == tables.NOT_OK for r in tables.check([path]).results),
             f'{label}: check-tables finds it')


def table(name, messages, problems, controllers=1, firmware='acpi', ports=(),
          hypercall=None, **options):
    """A table of firmware-tables/bad, compiled."""
    if not guest.can(firmware):
        return
    options.setdefault('machine', 'q35')
    path = os.path.join(guest.boot.BUILD, 'tables/bad', name +
                        ('.aml' if firmware == 'acpi' else '.dtb'))
    found_before(f'{name} {firmware}', path)
    bad(f'{name} {firmware}', messages, problems, tables=[path],
        devices=guest.boot.hardware(controllers, ports=ports, hypercall=hypercall),
        firmware=firmware, **options)


OUT = 'interrupt number {:#x} out of range, allowed {:#x} to {:#x}'
TYPE = 'interrupt number {:#x}: trigger type {}, only rising edge (1) is supported'
ABSENT = "is a controller that is not up"
NOBODY = "number {:#x} with source '{}' is no interrupt controller's"
# [DISC-4] [DISC-13]
for number, name in ((0x1040, 'line-out-of-range'), (0xfff, 'number-below-base')):
    table(name, [OUT.format(number, 0x1000, 0x103f), 'IRQ index 3 not found'], 1)
# [DISC-7]
table('level', [TYPE.format(0x102b, 4), 'IRQ index 3 not found'], 1)
table('gsi-level', [TYPE.format(0x102b, 4), 'IRQ index 3 not found'], 1)
table('active-low', [TYPE.format(0x102b, 2), 'IRQ index 3 not found'], 1)
# [DISC-6]
table('source-missing', [r"DBL1: interrupt 0x1003: source '\_SB.NONE' does not exist",
                         NOBODY.format(0x1003, r'\_SB.NONE')], 1)
table('relative-path', ["DBL1: interrupt 0x102a: source 'PVIC' is not an absolute path",
                        NOBODY.format(0x102b, '^PVIC')], 2)
# [DISC-14] With DEBUG_SHIRQ Linux shows where the second request came from.
table('duplicate-line', ['number 0x1020 of PVIQ0001:00 is claimed by',
                         'line 0: cannot request irq'], 1,
      append='guest_lines=1.0,1.1,1.2', allow=['Call Trace:'])
# [DISC-3], then [VER-1]
table('no-window', ['PVIQ0001:01: error -22: no register window', ABSENT], 4, 2)
table('window-too-small', ['register window holds 32 lines, the controller has 64',
                           ABSENT], 4, 2)
table('memory-and-ports', ['[mem 0xfec90000-0xfec911ff] and more register windows, only '
                           'one is allowed', ABSENT], 4, 2)
# [HYP-8]
ALLOWED = 'paravirq,transport is "{}", allowed is "hypercall"'
table('hypercall-and-memory', ['[mem 0xfec90000-0xfec911ff] and hypercalls, only one is '
                               'allowed', ABSENT], 4, 2)
table('hypercall-and-ports', ['[io  0x0e40-0x0e7f] and hypercalls, only one is allowed',
                              ABSENT], 4, 2, ports=(1,))
table('transport-unknown', [ALLOWED.format('mmio'), ABSENT], 4, 2)
table('transport-number', [ALLOWED.format(''), ABSENT], 4, 2)
table('hypercall-and-memory', ['[mem 0xfec90000-0xfec911ff] and hypercalls, only one is '
                               'allowed', ABSENT], 4, 2, firmware='dt')
table('transport-unknown', [ALLOWED.format('vmcall'), ABSENT], 4, 2, firmware='dt')
if guest.boot.HYPERCALLS:
    # [HYP-7] They are the first one's, at the only controller that has any.
    for firmware in 'acpi', 'dt':
        table('hypercall-twice', ['error -16: hypercalls are in use, allowed for one controller',
                                  ABSENT], 4, 2, firmware=firmware, hypercall=0)
# [HYP-9] With each instruction. KVM has no such function.
NOBODY_TAKES = ['magic 0xfffffc18, expected' if not guest.boot.HYPERCALLS else
                'error -19: no hypervisor takes hypercalls, allowed are memory and I/O ports',
                ABSENT]
INTEL = {'args': ['-cpu', 'qemu64,vendor=GenuineIntel']} if guest.boot.HYPERCALLS else {}
for options in ({}, {'firmware': 'dt'}, INTEL):
    if not guest.can(**options):
        continue
    bad(f'hypercalls that nobody takes {options}', NOBODY_TAKES, 4, machine='q35',
        tables=['hypercall2'], devices=guest.boot.hardware(2), **options)
# The module's exception table; the validation was before it.
with guest.Run('smoke', label='hypercalls that nobody takes, module', kernel='modules',
               tables=['hypercall2'], devices=guest.boot.hardware(2),
               append='guest_nr=4') as run:
    pass
guest.ok(any(NOBODY_TAKES[0] in line for line in run.log),
         f'hypercalls that nobody takes, module: "{NOBODY_TAKES[0]}"')
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
table('gsb-in-use', ['GSIs 0x1000 to 0x103f not served, PVIQ0001:00 has some of them',
                     NOBODY.format(0x1068, ''), 'IRQ index 0 not found'], 4, 2)
# The DSDT decides how wide integers are: 64 bits on microvm, 32 on q35.
table('gsb-too-large', ['_GSB 0x100002000, allowed up to 0xffffffff', ABSENT], 4, 2,
      machine='microvm')

# What is declared for the second doorbell is wrong; the first one is on \\_SB.PVIC, with
# an index that means nothing [DISC-6] and a _GSB that is a method [DISC-4].
ASL = '''DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQTEST", 1) {{ Scope (\\_SB) {{
    Device (PVIC) {{
        Name (_HID, "PVIQ0001")
        Name (_UID, 0)
        Method (_GSB) {{ Return (0x1000) }}
        Name (_CRS, ResourceTemplate () {{ Memory32Fixed (ReadWrite, 0xFEC80000, 0x1200) }})
    }}
    Device (DBL0) {{
        Name (_HID, "PVIQ0002")
        Name (_UID, 0)
        Name (_CRS, ResourceTemplate () {{
            Memory32Fixed (ReadWrite, 0xFECA0000, 0x300)
            Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 7, "\\\\_SB.PVIC")
                {{ 0x1020, 0x1021, 0x1022, 0x1023 }}
        }})
    }}
    {more}
    Device (DBL1) {{
        Name (_HID, "PVIQ0002")
        Name (_UID, 1)
        Name (_CRS, ResourceTemplate () {{
            Memory32Fixed (ReadWrite, 0xFECA1000, 0x300)
            Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\\\_SB.{source}")
                {{ {number} }}
        }})
    }}
}} }}'''
SECOND = '''Device (PVI2) {{
        Name (_HID, "{hid}")
        Name (_UID, 1)
        {more}
        Name (_CRS, ResourceTemplate () {{
            Memory32Fixed (ReadWrite, 0xFEC90000, 0x1200) {window} }})
    }}'''


def declared(label, messages, problems, more, source=None, number=None):
    """
    Tables that are made here; the second doorbell gets nobody's interrupt instead. Without
    a source of its own it is all right, and what is wrong is another device.
    """
    with tempfile.TemporaryDirectory() as tmp:
        with open(f'{tmp}/t.asl', 'w', encoding='utf-8') as f:
            f.write(ASL.format(more=more, source=source or 'PVIC',
                               number=number or '0x1028, 0x1029, 0x102a, 0x102b'))
        subprocess.run(['iasl', '-f', '-p', f'{tmp}/t', f'{tmp}/t.asl'], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found_before(label, f'{tmp}/t.aml')
        bad(label, messages, problems, machine='q35', tables=[f'{tmp}/t.aml'],
            devices=guest.boot.hardware(2 if source else 1),
            append='' if source else 'guest_nr=8')


# [DISC-3]
declared('two windows', ['[mem 0xfec90000-0xfec911ff] and more register windows', ABSENT], 1,
         SECOND.format(hid='PVIQ0001', more='', window='Memory32Fixed (ReadWrite, 0xFECB0000, '
                       '0x1200)'), 'PVI2', '0')
# [DISC-5]
declared('_GSB that is a package', ['_GSB is no integer: ', ABSENT], 1,
         SECOND.format(hid='PVIQ0001', more='Name (_GSB, Package () { 0x2000 })', window=''),
         'PVI2', '0')
# [DISC-2]
declared('PRP0001', ['PRP0001:00: error -19: _HID or _CID is not PVIQ0001',
                     NOBODY.format(0x2000, r'\_SB.PVI2')], 1,
         SECOND.format(hid='PRP0001', more='''Name (_GSB, 0x2000) Name (_DSD, Package () {
             ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
             Package () { Package () { "compatible", "paravirq,intc" } } })''', window=''),
         'PVI2', '0x2000')
# [DISC-6]
declared('alias', [r"source '\_SB.ALI0' is an alias, not the device itself",
                   r"source '\_SB.ALI0' of 0x102a is an alias"], 1,
         'Alias (PVIC, ALI0)', 'ALI0', '0x102a')
declared('no controller', [r"source '\_SB.OTHR' is no interrupt controller",
                           NOBODY.format(0x102a, r'\_SB.OTHR')], 1,
         'Device (OTHR) { Name (_HID, "ACPI0004") }', 'OTHR', '0x102a')
ALONE = r"source '\_SB.PVIC' of {} is not looked at: its device takes GSIs alone"
CRS = '''Name (_CRS, ResourceTemplate () {{ {}
    Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0{}) {{ {} }} }})'''
declared('source of a PNP device', [ALONE.format('0x1030')], 1,
         'Device (COM9) { Name (_HID, EisaId ("PNP0501")) Name (_UID, 9) ' +
         CRS.format('IO (Decode16, 0x6E8, 0x6E8, 8, 8)', r', "\\_SB.PVIC"', '0x1030') + '}')
declared('source of a GED', [ALONE.format('0x1031')], 1,
         'Device (GED9) { Name (_HID, "ACPI0013") Name (_UID, 9) Method (_EVT, 1) {} ' +
         CRS.format('', r', "\\_SB.PVIC"', '0x1031') + '}')
declared('a GSI past the window', [NOBODY.format(0x1040, '')], 1,
         'Device (PAST) { Name (_HID, "PVIQ0002") Name (_UID, 9) ' +
         CRS.format('', '', '0x1040') + '}')
# It depends on what is not there, and is never enumerated.
declared('_DEP that never comes', ['driver waits for another device, by _DEP'], 1,
         SECOND.format(hid='PVIQ0001', more='Name (_STA, 0)', window='') +
         'Device (DBL9) { Name (_HID, "PVIQ0002") Name (_UID, 9) '
         'Name (_DEP, Package () { \\_SB.PVI2 }) ' +
         CRS.format('', r', "\\_SB.PVIC"', '0x1032') + '}')

# [DISC-12]
table('line-out-of-range', [OUT.format(0x40, 0, 0x3f)], 1, firmware='dt')
table('level', [TYPE.format(0x2b, 4)], 1, firmware='dt')
table('no-type', [TYPE.format(0x2b, 0)], 1, firmware='dt')
table('three-cells', ['interrupt specifier has 3 cells, expected 2: line and trigger type',
                      'validation: problem: feca1000.doorbell interrupt 0 ring0: specifier '
                      'has 3 cells'], 1, 2, firmware='dt')
table('one-cell', ['interrupt specifier has 1 cells, expected 2: line and trigger type',
                   'specifier has 1 cells'], 1, 2, firmware='dt')
# dtc warns of it.
with tempfile.TemporaryDirectory() as directory:
    with open(os.path.join(guest.boot.BUILD, 'tables/paravirq.dtb'), 'rb') as f:
        tree = f.read()
    base = subprocess.run(['dtc', '-q', '-I', 'dtb', '-O', 'dts'], input=tree, check=True,
                         stdout=subprocess.PIPE).stdout
    for name, wrong in (('seven bytes', b'interrupts = [00 00 00 28 00 00 01];'),
                        ('no interrupt-parent', b'interrupt-parent = <99>;'),
                        ('its own interrupt-parent',
                         b'interrupt-parent = <&{/doorbell@feca1000}>;'),
                        ('a circle of interrupt-parents',
                         b'interrupt-parent = <&a>; }; a: a { #interrupt-cells = <2>; '
                         b'interrupt-parent = <&b>; }; b: b { #interrupt-cells = <2>; '
                         b'interrupt-parent = <&a>;')):
        dts = base + b'/ { doorbell@feca1000 { ' + wrong + b' }; };'
        with open(f'{directory}/t.dtb', 'wb') as f:
            f.write(subprocess.run(['dtc', '-q', '-f', '-I', 'dts', '-O', 'dtb'], input=dts,
                                   check=True, stdout=subprocess.PIPE).stdout)
        found_before(name, f'{directory}/t.dtb')
        if guest.can('dt'):
            bad(name, ['feca1000.doorbell interrupt 0 ring0: specifier cannot be read, or its '
                       'interrupt-parent is missing'], 1, machine='q35', firmware='dt',
                tables=[f'{directory}/t.dtb'], devices=guest.boot.hardware(1))
table('hole', ['feca1000.doorbell interrupt 1 ring1: specifier cannot be read'], 1, firmware='dt')
table('duplicate-line', ['number 0x20 of fec80000.interrupt-controller is claimed by'],
      1, firmware='dt', allow=['Call Trace:'])
# [DISC-10]
table('no-reg', ['no register window', ABSENT], 4, 2, firmware='dt')
table('window-too-small', ['register window holds 32 lines, the controller has 64',
                           ABSENT], 4, 2, firmware='dt')

# [VER-1]
for option, message in (
        ('magic=0xffffffff', 'magic 0xffffffff, expected 0x51495650'),
        ('version=2', 'version 2, only 1 is supported'),
        ('nr-lines=0', '0 lines, allowed 1 to 2048'),
        ('nr-lines=2049', '2049 lines, allowed 1 to 2048')):
    # Alone: a guest without interrupts. As the second one: the first works.
    for controllers in (1, 2):
        devices = (guest.boot.hardware(controllers) +
                   guest.boot.liar(['pvic', 'pvic1'][controllers - 1], option))
        bad(f'{option}, controller {controllers}',
            [f'PVIQ0001:0{controllers - 1}: error', message],
            # One controller serves both doorbells; the one with _DEP never comes.
            8 // controllers, test='smoke' if controllers == 2 else 'quiet',
            tables=['paravirq' if controllers == 1 else 'paravirq2'],
            devices=devices)
# The same at I/O ports, and one that answers nothing.
for option, message in (('magic=0xffffffff', 'magic 0xffffffff, expected 0x51495650'),
                        ('gone=on', 'magic 0xffffffff, expected 0x51495650'),
                        ('nr-lines=2049', '2049 lines, allowed 1 to 2048')):
    bad(f'{option}, at I/O ports', ['PVIQ0001:00: error', message], 8, test='quiet',
        machine='microvm', tables=['paravirq-pio'],
        devices=guest.boot.hardware(1, ports=(0,)) + guest.boot.liar('pvic', option))
# No route is taken: nobody gets an interrupt.
bad('deaf', ['not taken, it reads 0x200', 'cannot request irq'], 0, test='quiet',
    machine='q35', devices=guest.boot.hardware(1) + guest.boot.liar('pvic', 'deaf=on'))
guest.done()
