#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""TAP: firmware tables, check-tables and device tree bindings, no guest.

Run by prove. Compiles every table of firmware-tables/ afresh; good ones pass
scripts/check-tables, each bad one fails there by its own message, and by that
alone. The examples in the documentation pass too, those of the bindings
compile and obey their binding, with dtschema's word on it where it is installed.
Numbers in brackets are those of Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import importlib.machinery
import importlib.util
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

try:
    import yaml
except ImportError:
    yaml = None

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CHECK = os.path.join(TOP, 'scripts/check-tables')
BINDINGS = os.path.join(TOP, 'Documentation/devicetree/bindings')
NAMES = ['interrupt-controller/paravirq,intc', 'misc/paravirq,channel', 'misc/paravirq,doorbell']

# Good tables: what to check together, how many controllers and interrupts.
GOOD = {
    'paravirq.aml': 9, 'paravirq2.aml': 10, 'paravirq-pio.aml': 9, 'paravirq-mixed.aml': 10,
    'hypercall.aml': 9, 'pvic-hypercall.aml': 1, 'hypercall2.aml': 10, 'hypercall.dtb': 9, 'hypercall2.dtb': 10,
    'pvic.aml': 1, 'pvic.aml doorbell.aml': 9, 'pvic.aml devices.aml': 6,
    'modlines.aml': 10, 'modlines.dtb': 10,
    # [DISC-15]
    'gsi.aml': 9,
    'paravirq.dtb': 9, 'paravirq2.dtb': 10, 'microvm-dt.dtb': 17, 'microvm-dt-smp.dtb': 17,
    'devices.dtb': 15, 'microvm-dt-queues.dtb': 49, 'channel.aml': 6, 'channel.dtb': 6,
    'channel-memory.dtb': 5,
}

# Bad tables: which lines are "not ok", and why.
DBL1, DB1 = r'\\_SB\.BUS0\.DBL1', '/doorbell@feca1000'
BAD = {
    # [DISC-13]
    'line-out-of-range.aml': [DBL1 + ' interrupt 3: line 64 out of range, allowed 0 to 63 '],
    'number-below-base.aml': [DBL1 + ' interrupt 3: number 0xfff, below the _GSB, out of range'],
    # [DISC-7]
    'level.aml': [DBL1 + ' interrupt 3: line 43: trigger type 4, high level, only rising edge'],
    'gsi-level.aml': [DBL1 + ' interrupt 3: line 43: trigger type 4, high level, only rising edge'],
    'active-low.aml': [DBL1 + ' interrupt 3: line 43: trigger type 2, falling edge, only rising edge'],
    # [DISC-14]
    'duplicate-line.aml': [DBL1 + r' interrupt 3: line 32 of \\_SB\.PVIC is taken by '
                                  r'\\_SB\.DBL0 interrupt 0 already'],
    # [DISC-6]
    'source-missing.aml': [DBL1 + r' interrupt 3: \\_SB\.NONE does not exist'],
    'relative-path.aml': [DBL1 + ' interrupt 2: relative path "PVIC", the source has to be abs',
                          DBL1 + r' interrupt 3: relative path "\^PVIC", the source has to be'],
    # [DISC-3], then [REG-2], then [DISC-3]
    'no-window.aml': [r'\\_SB\.PVI2: no register window'],
    'window-too-small.aml': [rf'{DBL1} interrupt {i}: line {40 + i} out of range, allowed 0 to 31 '
                             for i in range(4)],
    'memory-and-ports.aml': [r'\\_SB\.PVI2: register window 0xfec90000 to 0xfec911ff and I/O ports '
                             '0xe40 to 0xe7f, only one is allowed'],
    # [HYP-7], then [HYP-8]
    'hypercall-twice.aml': [r'\\_SB\.PVI2: hypercalls: in use by \\_SB\.PVIC'],
    'hypercall-and-memory.aml': [r'\\_SB\.PVI2: register window 0xfec90000 to 0xfec911ff and '
                                 'hypercalls, only one is allowed'],
    'hypercall-and-ports.aml': [r'\\_SB\.PVI2: I/O ports 0xe40 to 0xe7f and hypercalls, only one '
                                'is allowed'],
    'transport-unknown.aml': [r'\\_SB\.PVI2: paravirq,transport is "mmio", allowed is "hypercall"'],
    'transport-number.aml': [r'\\_SB\.PVI2: paravirq,transport is "", allowed is "hypercall"'],
    # [PIO-1], then [REG-1]
    'ports-too-few.aml': [r'\\_SB\.PVI2: 32 I/O ports, at least 64 are needed'],
    'ports-misaligned.aml': [r'\\_SB\.PVI2: I/O ports 0xe60 to 0xe9f: allowed are multiples of 0x40'],
    'window-misaligned.aml': [r'\\_SB\.PVI2: register window 0xfec90800 to 0xfec919ff: allowed are '
                              'multiples of 0x1000'],
    # [DISC-1]
    'ports-in-use.aml': [r'\\_SB\.PVI2: I/O ports 0xe00 to 0xe3f: in use by \\_SB\.PVIC'],
    'window-in-use.aml': [r'\\_SB\.PVI2: register window 0xfec80000 to 0xfec811ff: in use by '
                          r'\\_SB\.PVIC'],
    # [DISC-4], then [DISC-5]
    'gsb-missing.aml': [rf'{DBL1} interrupt {i}: line {0x2028 + i} out of range, allowed 0 to 63'
                        for i in range(4)],
    'gsb-mismatch.aml': [rf'{DBL1} interrupt {i}: number {0x2028 + i:#x}, below the _GSB, out of'
                         for i in range(4)],
    'gsb-in-use.aml': [rf"{DBL1} interrupt {i}: {0x1068 + i:#x} is no interrupt controller's"
                       for i in range(4)],
    'gsb-too-large.aml': [r'\\_SB\.PVI2: _GSB 0x100002000, allowed up to 0xffffffbf'],
    # [DISC-12]
    'line-out-of-range.dtb': [DB1 + ' interrupt 3: line 64 out of range, allowed 0 to 63$'],
    'level.dtb': [DB1 + ' interrupt 3: line 43: trigger type 4, high level, only rising edge'],
    'no-type.dtb': [DB1 + ' interrupt 3: line 43: trigger type 0, none, only rising edge'],
    'duplicate-line.dtb': [DB1 + ' interrupt 3: line 32 of /interrupt-controller@fec80000 is '
                                 'taken by /doorbell@feca0000 interrupt 0 already'],
    'hole.dtb': [DB1 + ' interrupt 1: interrupt-parent 0x0 does not exist'],
    # [DISC-10]
    'three-cells.dtb': [r'/interrupt-controller@fec90000: \\#interrupt-cells is 3, expected 2'],
    'one-cell.dtb': [r'/interrupt-controller@fec90000: \\#interrupt-cells is 1, expected 2'],
    'no-reg.dtb': ['/interrupt-controller: no register window'],
    # [HYP-7], then [HYP-8]
    'hypercall-twice.dtb': ['/interrupt-controller2: hypercalls: in use by /interrupt-controller'],
    'hypercall-and-memory.dtb': ['/interrupt-controller@fec90000: register window 0xfec90000 to '
                                 '0xfec911ff and hypercalls, only one is allowed'],
    'transport-unknown.dtb': ['/interrupt-controller: paravirq,transport is "vmcall", allowed is '
                              '"hypercall"'],
    'window-too-small.dtb': [rf'{DB1} interrupt {i}: line {40 + i} out of range, allowed 0 to 31$'
                             for i in range(4)],
}
count = 0


def load():
    """check-tables as a module."""
    loader = importlib.machinery.SourceFileLoader('check_tables', CHECK)
    sys.dont_write_bytecode = True
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader('check_tables', loader))
    loader.exec_module(module)
    return module


MODULE = load()


def tap(passed, name, *why):
    """One test line, with diagnostics if it failed."""
    global count
    count += 1
    print(f"{'ok' if passed else 'not ok'} {count} - {name}")
    if not passed:
        print(*(f'# {line}' for text in why for line in str(text).splitlines()), sep='\n')


def skip(name, why):
    """A test that cannot run here."""
    global count
    count += 1
    print(f'ok {count} - {name} # SKIP {why}')


def run(*args, **kwargs):
    """Exit status and combined output."""
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **kwargs)
    return done.returncode, done.stdout


def test_fails(name, path, expected):
    """check-tables fails for these reasons, one each, and for no other."""
    status, out = run(CHECK, path)
    failed = re.findall(r'^not ok \d+ (.*)$', out, re.M)
    good = len(re.findall(r'^ok \d+ (?:\\_SB\.DBL0|/doorbell@feca0000) ', out, re.M))
    tap(status == 1 and len(failed) == len(expected) and
        all(re.match(e, f) for e, f in zip(expected, failed)) and
        good == 4, name, out, f'exit status {status}')


def test_tables(tables):
    """All that is about tables."""
    status, out = run('make', '-s', '-C', os.path.join(TOP, 'firmware-tables'), f'O={tables}')
    tap(status == 0, 'all tables compile without a warning', out)
    if status:
        print('Bail out! There is nothing to check')
        sys.exit(1)

    status, out = run('cpp', '-nostdinc', cwd=TOP, input='''
        #include "firmware-tables/platform.h"
        #include "include/uapi/linux/paravirq.h"
        #include "include/uapi/linux/paravirq-doorbell.h"
        #if PVIC_SIZE != PARAVIRQ_REG_ROUTE + 8 * PVIC_LINES
        #error PVIC_SIZE does not fit PVIC_LINES
        #endif
        #if DOORBELL_SIZE != PARAVIRQ_DOORBELL_SIZE
        #error DOORBELL_SIZE is not PARAVIRQ_DOORBELL_SIZE
        #endif
        ''')
    tap(status == 0, 'platform.h agrees with the interface', out)

    for files, number in GOOD.items():
        status, out = run(CHECK, *(os.path.join(tables, f) for f in files.split()))
        passed = len(re.findall(r'^ok \d+ (?!.*# SKIP)', out, re.M))
        tap(status == 0 and passed == number, f'{files}: {number} good', out)

    # [DISC-9]
    status, out = run(CHECK, os.path.join(tables, 'paravirq.aml'))
    tap(re.findall('^# .*_DEP.*$', out, re.M) ==
        ['# \\_SB.BUS0.DBL1: no _DEP on \\_SB.PVIC, its driver may have to defer'],
        'a missing _DEP is noted', out)

    status, out = run(CHECK, os.path.join(tables, 'doorbell.aml'))
    tap(status == 0 and out.count('# SKIP: \\_SB.PVIC is External, in none of the tables given') == 8,
        'doorbell.aml alone: its External controller is reported', out)

    compiled = sorted(f for f in os.listdir(os.path.join(tables, 'bad'))
                      if f.endswith(('.aml', '.dtb')))
    tap(compiled == sorted(BAD), 'every bad table has its expectation here', compiled)
    for name, expected in BAD.items():
        test_fails(f'bad/{name}: its own message', os.path.join(tables, 'bad', name), expected)
    # What is of no controller here means what it always did.
    status, out = run(CHECK, os.path.join(tables, 'foreign.aml'), os.path.join(tables, 'pvic.aml'))
    tap(status == 1 and re.findall(r'^not ok \d+ \S+ODD(\d)', out, re.M) == ['2'] and
        re.findall(r'^# \S+ODD(\d) .* is taken for a GSI', out, re.M) == ['0', '1', '4'],
        'foreign.aml: a GSI that no IO-APIC can have', out)

    # Objects that are in two tables, and twice in one.
    two = os.path.join(tables, 'two.asl')
    with open(two, 'w', encoding='utf-8') as file:
        file.write('DefinitionBlock ("", "SSDT", 2, "TEST", "TWO", 1) { Scope (\\_SB) {' +
                   PVIC.replace('0x1000)', '0x2000) Name (_GSB, 0x3000)') + '} }')
    run('iasl', '-f', two)
    for first, objects in (['pvic.aml'], ['PVIC']), ([], ['PVIC._GSB']):
        status, out = run(CHECK, *(os.path.join(tables, name) for name in [*first, 'two.aml']))
        tap(status == 1 and re.findall(r'^not ok \d+ \S+/two.aml: \\_SB\.(\S+) exists already', out, re.M) ==
            objects, f'two.aml: {objects} exists', out)

    cut = os.path.join(tables, 'cut.aml')
    with open(os.path.join(tables, 'paravirq.aml'), 'rb') as whole, open(cut, 'wb') as part:
        part.write(whole.read()[:-40])
    status, out = run(CHECK, cut)
    tap(status == 1 and 'neither a whole ACPI table nor a device tree' in out, 'a truncated table fails', out)
    with open(os.path.join(tables, 'paravirq.aml'), 'rb') as whole, open(cut, 'wb') as part:
        table = bytearray(whole.read())
        table[9] ^= 1
        part.write(table)
    status, out = run(CHECK, cut, os.path.join(tables, 'pvic.aml'))
    tap(status == 1 and f'cut.aml: checksum {table[9]:#04x}, allowed is {table[9] ^ 1:#04x}' in out and
        len(re.findall('^ok ', out, re.M)) == 1, 'a wrong checksum fails, the other table is looked at', out)
    for source, compiler in (two, 'iasl'), (os.path.join(TOP, 'firmware-tables/template.dts'), 'dtc'):
        status, out = run(CHECK, source)
        tap(status == 1 and out.endswith(f'a source, which {compiler} compiles\n'),
            f'{os.path.basename(source)}: a source, {compiler}', out)

    # What Linux makes no device of.
    with open(os.path.join(tables, 'made.dts'), 'w', encoding='utf-8') as file:
        file.write('/dts-v1/; / { #address-cells = <1>; #size-cells = <1>; pvic: i@fec80000 { '
                   f'reg = <0xfec80000 0x1200>; {INTC} }}; a {{ interrupts-extended = <&pvic 3 1>; }}; '
                   'soc { b { compatible = "b"; interrupts-extended = <&pvic 4 1>; }; }; '
                   'bus { compatible = "simple-bus"; c { compatible = "c"; '
                   'interrupts-extended = <&pvic 5 1>; }; }; };')
    run('dtc', '-q', '-o', os.path.join(tables, 'made.dtb'), os.path.join(tables, 'made.dts'))
    status, out = run(CHECK, os.path.join(tables, 'made.dtb'))
    tap(status == 0 and re.findall('^# (.*)$', out, re.M) == [
        '/a: Linux makes no device of it by itself: /a has no compatible',
        '/soc/b: Linux makes no device of it by itself: /soc is no simple-bus'],
        'what Linux makes no device of is noted', out)


def test_descriptors(tables):
    """[DISC-3] Every descriptor that Linux takes for memory or ports is seen."""
    memory, ports = '0xfec80000, 0xfec811ff, 0, 0x1200', '0xe00, 0xe3f, 0, 0x40'
    ranges = 'ResourceConsumer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, ' + ports
    space = 'ResourceConsumer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite, 0, ' + memory
    for descriptor, said in (
            ('IO (Decode10, 0x300, 0x300, 1, 0x40)', 'I/O ports 0x300 to 0x33f'),
            ('FixedIO (0x300, 0x40)', 'I/O ports 0x300 to 0x33f'),
            *((f'{size}IO ({ranges})', 'I/O ports 0xe00 to 0xe3f')
              for size in ('Word', 'DWord', 'QWord', 'Extended')),
            (f'Memory32 (ReadWrite, {memory})', 'room for 64 lines'),
            *((f'{size}Memory ({space})', 'room for 64 lines')
              for size in ('DWord', 'QWord', 'Extended'))):
        with open(os.path.join(tables, 'one.asl'), 'w', encoding='utf-8') as file:
            file.write('DefinitionBlock ("", "SSDT", 2, "TEST", "ONE", 1) { Device (\\_SB.PVIC) {'
                       'Name (_HID, "PVIQ0001") Name (_GSB, 0x1000) Name (_CRS, ResourceTemplate () {'
                       f'{descriptor} }})}}}}')
        status, out = run('sh', '-c', f'iasl -we one.asl >one.log && {CHECK} one.aml', cwd=tables)
        tap(status == 0 and f'PVIC: {said}, numbers' in out, f'{descriptor.split()[0]}: {said}', out)


PVIC = """Device (PVIC) { Name (_HID, "PVIQ0001") Name (_GSB, 0x1000) Name (_CRS, ResourceTemplate () {
    Memory32Fixed (ReadWrite, 0xFEC80000, 0x1200) }) }"""
CRS = """Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\\\_SB.PVIC") { %s }"""
FROM = f'Name (_CRS, ResourceTemplate () {{ {CRS} }})'
NAMES_OF = """Device (DBL0) { Name (_HID, "PVIQ0002") Name (_DSD, Package () {
    ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"), Package () { Package () { "interrupt-names", Package () { %s } } } })"""
HARDWARE = """OperationRegion (REGS, SystemIO, 0x600, 4) Field (REGS, DWordAcc, NoLock, Preserve)
    { STAT, 32 } Name (KEPT, 0) Method (_INI) { KEPT = STAT }"""
# What it takes an interpreter to judge: the content of Scope (\\_SB), what check-tables says.
ACPI = {
    'an If with two parentheses': (PVIC + """Device (DBL0) { Name (_HID, "PVIQ0002") Name (FLAG, One)
        Method (_STA) { If ((FLAG == Zero)) { Return (0) } Return (15) }""" + FROM % '0x1020, 0x1040' + '}',
        'ok ok not ok'),
    'a template elsewhere': (PVIC + 'Name (GBUF, ResourceTemplate () {' + CRS % '0x1020' + """})
        Device (DBL0) { Name (_HID, "PVIQ0002") Method (_CRS) { Return (GBUF) } }""", 'ok ok'),
    'a template that is filled in': ("""Device (PVIC) { Name (_HID, "PVIQ0001") Name (_GSB, 0x1000)
        Name (BUFF, ResourceTemplate () { Memory32Fixed (ReadWrite, 0, 0) }) Method (_CRS) {
        CreateDWordField (BUFF, 4, BASE) CreateDWordField (BUFF, 8, LENG)
        BASE = 0xfec80000 LENG = 0x1200 Return (BUFF) } }""", 'ok'),
    'one template of two': (PVIC + 'Device (DBL0) { Name (_HID, "PVIQ0002") Name (TPL2, ResourceTemplate () {' +
        CRS % '0x1020' + '}) Name (TPL1, ResourceTemplate () {' + CRS % '0x1020' + """}) Name (FLAG, 0)
        Method (_CRS) { If (FLAG) { Return (TPL1) } Return (TPL2) } }""", 'ok ok'),
    'PNP': (PVIC + 'Device (COM9) { Name (_HID, EisaId ("PNP0501"))' + FROM % '0x1020' + '}', 'ok not ok'),
    'I2C': (PVIC + """Device (I2C0) { Name (_HID, "PVIQ0004") Name (_CRS, ResourceTemplate () {
        I2cSerialBusV2 (0x10, ControllerInitiated, 100000, AddressingMode7Bit, "\\\\_SB.PVIC", 0, ResourceConsumer)""" +
        CRS % '0x1020' + '}) }', 'ok not ok'),
    '_STA by the hardware': (PVIC + 'Device (DBL0) { Name (_HID, "PVIQ0002")' + HARDWARE + """
        Method (_STA) { If (STAT == 1) { Return (0) } Return (15) }""" + FROM % '0x1020' + '}', 'ok skip'),
    'what _INI found': (PVIC + 'Device (DBL0) { Name (_HID, "PVIQ0002")' + HARDWARE + """
        Method (_STA) { If (KEPT) { Return (0) } Return (15) }""" + FROM % '0x1020' + '}', 'ok skip'),
    'a loop without an end': (PVIC + """Device (DBL0) { Name (_HID, "PVIQ0002")
        Method (_STA) { While (1) {} Return (15) }""" + FROM % '0x1020' + '}', 'ok'),
    '_DEP on an absent one': (PVIC + """Device (PVI2) { Name (_HID, "PVIQ0001") Name (_STA, 0) }
        Device (DBL0) { Name (_HID, "PVIQ0002") Name (_DEP, Package () { \\_SB.PVI2 })""" + FROM % '0x1020' + '}',
        'ok not ok'),
    'below what is absent': (PVIC + """Device (BUS0) { Name (_HID, "ACPI0004") Name (_STA, 0)
        Device (DBL0) { Name (_HID, "PVIQ0002")""" + FROM % '0x1020, 0x1040' + '} }', 'ok'),
    'one table and the same once more': (PVIC, 'ok'),
    'memory on a controller': (PVIC + """Device (DBL0) { Name (_HID, "PVIQ0002") Name (_CRS, ResourceTemplate () {
        Memory32Fixed (ReadWrite, 0xFEC81000, 0x300) """ + CRS % '0x1020' + '}) }',
        'ok ok not ok: register window 0xfec81000 to 0xfec812ff: in use by \\_SB.PVIC'),
    'two names of three': (PVIC + NAMES_OF % '"a", "b"' + FROM % '0x1020, 0x1021, 0x1022' + '}',
                           'ok ok ok ok not ok: 2 interrupt-names, 3 interrupts'),
    'one name twice': (PVIC + NAMES_OF % '"a", "a"' + FROM % '0x1020, 0x1021' + '}',
                       'ok ok ok not ok: interrupt-names are a, a, allowed is each once'),
    'three names': (PVIC + NAMES_OF % '"a", "b", "c"' + FROM % '0x1020, 0x1021, 0x1022' + '}', 'ok ok ok ok'),
}
INTC = """compatible = "paravirq,intc"; interrupt-controller; #interrupt-cells = <2>; #address-cells = <0>;"""
# The same of a device tree's root.
DT = {
    'interrupt-map': ('pvic: i@fec80000 { reg = <0xfec80000 0x1200>; ' + INTC + """}; nexus: n { #interrupt-cells = <1>;
        #address-cells = <0>; interrupt-map = <1 &pvic 8 1>, <2 &pvic 64 1>, <3 &pvic 8 1>, <4 &none 1 1>; };
        none: none { #interrupt-cells = <2>; interrupt-controller; status = "disabled"; };
        d { interrupt-parent = <&nexus>; interrupts = <1>, <2>, <3>, <4>, <5>; };""", 'ok ok not ok not ok'),
    'a child of the controller': ('i@fec80000 { reg = <0xfec80000 0x1200>; ' + INTC + ' d { interrupts = <5 1>; }; };', 'ok ok'),
    'ranges': ('b1 { #address-cells = <1>; #size-cells = <1>; ranges = <0 0xfec80000 0x10000>; i@0 { reg = <0 0x1200>; ' +
        INTC + """}; }; b2 { #address-cells = <1>; #size-cells = <1>; ranges = <0 0xfec90000 0x10000>; i@0 {
        reg = <0 0x1200>; """ + INTC + '}; };', 'ok ok'),
    'no ranges': ('b1 { #address-cells = <1>; #size-cells = <1>; i@0 { reg = <0 0x1200>; ' + INTC + '}; };', 'not ok'),
    'disabled': ('pvic: i@fec80000 { reg = <0xfec80000 0x1200>; ' + INTC + """}; pvi2: j@fec90000 { reg = <0xfec90000 0x1200>;
        status = "disabled"; """ + INTC + """}; c { interrupt-parent = <&pvic>; interrupts = <3 1>; status = "disabled"; };
        d { interrupts-extended = <&pvic 3 1>, <&pvi2 4 1>; };""", 'ok ok not ok'),
    'lines for modules': ('pvic: i@fec80000 { reg = <0xfec80000 0x1200>; paravirq,module-lines = <3 1>;' + INTC + """};
        d { interrupts-extended = <&pvic 3 1>, <&pvic 4 1>; };""", 'ok not ok ok'),
    'two windows': ('i@fec80000 { reg = <0xfec80000 0x1200 0xfec90000 0x1200>; ' + INTC + '};', 'not ok'),
    'no cells': ('pvic: i@fec80000 { reg = <0xfec80000 0x1200>; ' + INTC + """};
        d { interrupt-parent = <&pvic>; interrupts = [00 00 00 01 00 00 01]; };""", 'ok not ok'),
    'reg on a controller': ('pvic: i@fec80000 { reg = <0xfec80000 0x1200>; ' + INTC + """};
        d@fec81000 { reg = <0xfec81000 0x300>; interrupts-extended = <&pvic 3 1>; };""",
        'ok ok not ok: register window 0xfec81000 to 0xfec812ff: in use by /i@fec80000'),
    'one name of two': ('pvic: i@fec80000 { reg = <0xfec80000 0x1200>; ' + INTC + """};
        d { interrupts-extended = <&pvic 3 1>, <&pvic 4 1>; interrupt-names = "a"; };""",
        'ok ok ok not ok: 1 interrupt-names, 2 interrupts'),
    'lines without types': ('pvic: i@fec80000 { reg = <0xfec80000 0x1200>; ' + INTC + """};
        d { interrupt-parent = <&pvic>; interrupts = <32>, <33>, <34>; };""",
        'ok not ok: 3 cells in interrupts, allowed are multiples of 2'),
    'a parent that is none': ('pvic: i@fec80000 { reg = <0xfec80000 0x1200>; ' + INTC + """};
        d { interrupt-parent = <0x99>; interrupts = <3 1>; };""",
        'ok not ok: interrupt-parent 0x99 does not exist'),
    'a parent that is no controller': ('pvic: i@fec80000 { reg = <0xfec80000 0x1200>; ' + INTC + """};
        d: d { interrupt-parent = <&d>; interrupts = <3 1>; };""",
        'ok not ok: interrupt-parent 0x1 is /d, no interrupt controller'),
    'a circle': ('pvic: i@fec80000 { reg = <0xfec80000 0x1200>; ' + INTC + """};
        d { interrupt-parent = <&a>; interrupts = <3 1>; };
        a: a { #interrupt-cells = <2>; interrupt-parent = <&b>; };
        b: b { #interrupt-cells = <2>; interrupt-parent = <&a>; };""",
        'ok not ok: interrupt-parent leads in a circle'),
    'an overlay': ('fragment@0 { target = <0xffffffff>; __overlay__ { interrupts = <1 1>; }; };', 'skip'),
}


def test_judgements(tables):
    """Namespaces and trees of which not each line says what it is."""
    for label, (text, expected) in {**ACPI, **DT}.items():
        where = os.path.join(tables, 'judged')
        with open(where + '.asl', 'w', encoding='utf-8') as file:
            file.write(f'DefinitionBlock ("", "SSDT", 2, "TEST", "JUDGED", 1) {{ Scope (\\_SB) {{ {text} }} }}'
                       if label in ACPI else '/dts-v1/; / { #address-cells = <1>; #size-cells = <1>; ' + text + '};')
        _, said = run('iasl', '-f', '-p', where, where + '.asl') if label in ACPI else \
            run('dtc', '-f', '-q', '-I', 'dts', '-O', 'dtb', '-o', where + '.aml', where + '.asl')
        report = MODULE.check([where + '.aml'] * (2 if 'once more' in label else 1))
        verdicts = ' '.join(r.verdict for r in report.results)
        if ':' in expected:
            verdicts += f': {report.results[-1].text}'
        tap(verdicts == expected, f'{label}: {expected}',
            *report.results, *report.notes, '' if report.results else said)


def test_garbage(tables):
    """Whatever it is, there is a result and no exception."""
    rng, files = random.Random(1), []
    for name in 'pvic.aml', 'modlines.aml', 'paravirq.dtb':
        with open(os.path.join(tables, name), 'rb') as file:
            whole = file.read()
        for n in range(40):
            data = bytearray(whole[:rng.randrange(len(whole))] if n % 4 == 0 else whole)
            for _ in range(n % 4 * 3):
                data[rng.randrange(len(data)) if n % 2 or not data else -1] = rng.randrange(256)
            if n % 8 == 0 and len(data) > 8:
                data[4:8] = len(data).to_bytes(4, 'little' if name.endswith('aml') else 'big')
            files.append(os.path.join(tables, f'garbage-{len(files)}'))
            with open(files[-1], 'wb') as file:
                file.write(data)
    for size in 0, 1, 36, 1000:
        files.append(os.path.join(tables, f'random-{size}'))
        with open(files[-1], 'wb') as file:
            file.write(rng.randbytes(size))
    wrong = []
    files += [tables, os.path.join(tables, 'missing')]
    for name in files:
        try:
            if not MODULE.check([name]).results:
                wrong.append(f'{name}: nothing')
        except Exception as error:  # pylint: disable=broad-except
            wrong.append(f'{name}: {error!r}')
    tap(not wrong, f'{len(files)} files that are cut, spoilt or something else', *wrong)


def test_documentation(tables):
    """The examples in the text are whole tables: they compile and are right."""
    with open(os.path.join(TOP, 'Documentation/firmware-guide/acpi/paravirq.rst'),
              encoding='utf-8') as file:
        text = file.read()
    for name, start, commands in (
            ('my.asl', 'DefinitionBlock', f'iasl -we my.asl >my.log && {CHECK} my.aml'),
            ('my.dts', '/dts-v1/;', f'dtc -I dts -O dtb -o my.dtb my.dts && {CHECK} my.dtb')):
        example = re.search(rf'^    {start}.*?(?=^\S)', text, re.S | re.M)
        with open(os.path.join(tables, name), 'w', encoding='utf-8') as file:
            file.write(textwrap.dedent(example.group(0)))
        status, out = run('sh', '-c', commands, cwd=tables)
        tap(status == 0 and len(re.findall('^ok ', out, re.M)) == 4,
            f'paravirq.rst: {name} compiles and is right', out)


def wrap(example):
    """An example as a tree of its own, below an interrupt parent of two cells."""
    return ('/dts-v1/; / { #address-cells = <1>; #size-cells = <1>; interrupt-parent = <&up>;'
            ' up: up { interrupt-controller; #address-cells = <0>; #interrupt-cells = <2>; };'
            ' example { #address-cells = <1>; #size-cells = <1>; ' + example + '}; };')


def test_binding(name, tables, parse_fdt):
    """[DISC-10] [DISC-11] A binding is sound in itself and its example keeps to it."""
    with open(os.path.join(BINDINGS, name + '.yaml'), encoding='utf-8') as file:
        binding = yaml.safe_load(file)
    tap(binding['$id'] == f'http://devicetree.org/schemas/{name}.yaml#' and
        set(binding['required']) <= set(binding['properties']), f'{name}: $id and required',
        binding['$id'], binding['required'])

    for number, example in enumerate(binding['examples']):
        test_example(f'{os.path.basename(name)}.{number}', example, binding, tables, parse_fdt)


def test_example(name, example, binding, tables, parse_fdt):
    """An example of a binding compiles and obeys."""
    dts = os.path.join(tables, name + '.dts')
    with open(dts, 'w', encoding='utf-8') as file:
        file.write(wrap(example))
    # What the kernel's own build leaves out for examples, which may be of one node alone.
    status, out = run('dtc', '-Wno-avoid_unnecessary_addr_size', '-I', 'dts', '-O', 'dtb',
                      '-o', dts + '.dtb', dts)
    tap(status == 0 and not out, f'{name}: the example compiles without a warning', out)
    if status:
        return

    with open(dts + '.dtb', 'rb') as file:
        nodes = [n for n in parse_fdt(file.read()).all() if n.parent and n.parent.name == 'example']
    props = set(nodes[0].props) - {'phandle'} if nodes else set()
    tap(len(nodes) == 1 and set(binding['required']) <= props <= set(binding['properties']) and
        nodes[0].props['compatible'][:-1].decode() == binding['properties']['compatible']['const'],
        f'{name}: the example keeps to required and properties', sorted(props))


def test_bindings(tables):
    """All that is about device tree bindings."""
    if yaml:
        for name in NAMES:
            test_binding(name, tables, MODULE.parse_fdt)
    else:
        skip('bindings', 'python3-yaml is not installed')

    if not shutil.which('dt-doc-validate'):
        skip('bindings under dtschema', 'dt-schema is not installed')
        return

    status, out = run('dt-doc-validate', '-u', BINDINGS,
                      *(os.path.join(BINDINGS, n + '.yaml') for n in NAMES))
    tap(status == 0 and not out, 'dtschema: the bindings are valid', out)

    schema = os.path.join(tables, 'schema.json')
    with open(schema, 'w', encoding='utf-8') as file:
        subprocess.run(['dt-mk-schema', '-j', BINDINGS], stdout=file, check=True)
    # The exit status says nothing; each complaint is a line of output.
    dts = [f for f in GOOD if f.endswith('.dtb')] + \
        sorted(f for f in os.listdir(tables) if f.endswith('.dts.dtb'))
    for name in dts:
        _, out = run('dt-validate', '-s', schema, '-l', 'paravirq', os.path.join(tables, name))
        tap(not out, f'dtschema: {name} keeps to the bindings', out)
    for name, said in (('no-reg', "'reg' is a required property"),
                       ('hypercall-and-memory', "More than one condition true in oneOf"),
                       ('transport-unknown', "'hypercall' was expected")):
        _, out = run('dt-validate', '-s', schema, '-l', 'paravirq',
                     os.path.join(tables, f'bad/{name}.dtb'))
        tap(said in out, f'dtschema: bad/{name}.dtb does not', out)


def main():
    """Everything, in a directory of its own."""
    with tempfile.TemporaryDirectory() as tables:
        test_tables(tables)
        test_descriptors(tables)
        test_judgements(tables)
        test_garbage(tables)
        test_documentation(tables)
        test_bindings(tables)
    print(f'1..{count}')


if __name__ == '__main__':
    main()
