#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Tables go through scripts/check-tables and through a guest, and both say the same of each
interrupt and each controller: fixed cases, then as many mutated ones as $TABLES says,
which $TABLES_SEED determines. A guest loads them at run time, a controller and
its consumer at a time (tools/testing/selftests/paravirq/tables.c); its base
table has another controller, whose line 32 to 35 are taken, and a bus.
What the registers alone know, such as the number of lines, is not compared.

"make tables-test" runs 3,000.

Copyright (C) 2026 The paravirq authors
"""
import concurrent.futures
import os
import random
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import aml  # noqa: E402
import guest  # noqa: E402

tables = guest.load('check-tables')
MUTANTS, SEED = int(os.environ.get('TABLES', '300')), int(os.environ.get('TABLES_SEED', '1'))
P = guest.boot.platform()
BASE, SECOND = P['PVIC0_BASE'], P['PVIC1_BASE']
PVIC, PVI2, CONS = '\\_SB.PVIC', '\\_SB.PVI2', '\\_SB.CONS'
BELL = aml.memory(P['DOORBELL1_ADDR'], P['DOORBELL_SIZE'])
EDGE, LEVEL, LOW, SHARED, PRODUCER = 3, 1, 7, 11, 2
WINDOW = aml.memory(P['PVIC1_ADDR'], P['PVIC_SIZE'])
NO_WINDOW = aml.template()


def base_table():
    """What there is all the time."""
    return aml.ssdt('PVIQBASE', aml.scope(
        '\\_SB_', aml.device('PVIC', _HID='PVIQ0001', _UID=0, _GSB=BASE,
                             _CRS=aml.template(aml.memory(P['PVIC0_ADDR'], P['PVIC_SIZE']))),
        aml.device('DBL0', _HID='PVIQ0002', _UID=0, _CRS=aml.template(
            aml.memory(P['DOORBELL0_ADDR'], P['DOORBELL_SIZE']),
            aml.interrupt([BASE + 32 + n for n in range(4)], EDGE, PVIC))),
        aml.device('BUS1', _HID='ACPI0004', _UID=1)))


def last(name, hid):
    """What the kernel enumerates after all else."""
    return aml.device(name, _HID=hid)


class Case:
    """One controller and one consumer; what is not given is good."""

    def __init__(self, label, consumer=None, controller=None, numbers=None, source=PVIC, flags=EDGE,
                 crs=None, more=(), **objects):
        """
        consumer and controller: objects beside those that it has anyway, None to leave one out;
        controller False: there is none. numbers, source, flags: of its four interrupts. crs:
        descriptors instead.
        """
        self.label = label
        numbers = numbers or [(SECOND if source == PVI2 else BASE) + 40 + n for n in range(4)]
        crs = crs or [aml.interrupt([n], flags, source) for n in numbers]
        self.consumer = {'_HID': 'PVIQ0002', '_UID': 7, '_CRS': aml.template(BELL, *crs),
                         **(consumer or {}), **objects}
        self.controller = controller is not False and {
            '_HID': 'PVIQ0001', '_UID': 7, '_GSB': SECOND, '_CRS': aml.template(WINDOW),
            **(controller or {})}
        self.more = more

    def tables(self):
        """The controller's and the consumer's."""
        intc = [aml.device('PVI2', **self.controller)] if self.controller else []
        return (aml.ssdt('PVIQINTC', aml.scope('\\_SB_', *intc, *self.more, last('LST0', 'PVIQ00FA'))),
                aml.ssdt('PVIQCONS', aml.scope('\\_SB_', aml.device('CONS', **self.consumer),
                                               last('LST1', 'PVIQ00FB'))))


    def has_doorbell(self):
        """Is there a consumer to which the driver binds?"""
        return self.consumer.get('_HID') == 'PVIQ0002' and 'PNP' not in str(self.consumer.get('_CID')) \
            and self.consumer.get('_STA', 15) != 8


def dep(*paths):
    """A _DEP."""
    return [aml.Path(p.replace('_SB', '_SB_')) for p in paths]


def own(**objects):
    """Of the second controller."""
    return {'controller': objects, 'source': PVI2}


COMPATIBLE = aml.properties(compatible='paravirq,intc')
# The finding of which this is a case, or what it is about.
FIXED = [
    Case('all is right'), Case('of the second controller', source=PVI2),
    Case('F1 PRP0001', **own(_HID='PRP0001', _DSD=COMPATIBLE)),
    Case('F1 PRP0001, by GSI', controller={'_HID': 'PRP0001', '_DSD': COMPATIBLE},
         source=None, numbers=[SECOND + n for n in range(4)]),
    Case('F1 PRP0001 and _CID', **own(_HID='PRP0001', _CID='PVIQ0001', _DSD=COMPATIBLE)),
    Case('F18 PRP0001 and _CID, no compatible', **own(_HID='PRP0001', _CID='PVIQ0001')),
    Case('F1 alias', source='\\_SB.ALI0', more=[aml.alias('\\_SB_.PVIC', 'ALI0')]),
    Case('F1 alias of a bus', source='\\_SB.ALI0', numbers=[3, 4, 5, 6],
         more=[aml.alias('\\_SB_.BUS1', 'ALI0')]),
    Case('F2 GED, source', _HID='ACPI0013', _EVT=aml.Method(0)),
    Case('F2 GED, GSI', _HID='ACPI0013', source=None),
    Case('F3 _DEP', _DEP=dep(PVI2), **own()), Case('F3 _DEP on another', _DEP=dep(PVIC), **own()),
    Case('F5 just past the window', source=None, numbers=[BASE + n for n in (61, 62, 63, 64)]),
    Case('F6 itself', source=CONS), Case('F6 a bus', source='\\_SB.BUS1'),
    Case('F6 nothing', source='\\_SB.NONE'), Case('F6 root', source='\\'),
    Case('F6 a method', source='\\_SB.METH', more=[aml.named('METH', aml.Method(1))]),
    Case('F6 old firmware', source='\\_SB.BUS1', numbers=[3, 4, 5, 6]),
    *(Case(f'F7 "{s}"', source=s) for s in (
        '\\_SB.PVIC_', '\\_SB.PVIC.', '\\_SB.PVIC ', '\\_SB.^PVIC', '', '\\_sb.pvic', '\\_SB_.PVIC',
        '\\\\_SB.PVIC', 'PVIC', '^PVIC', '_SB.PVIC', '\\_SB..PVIC', '\\_SB.PVIC.PVIC', '\\PVIC')),
    Case('F7 index', crs=[aml.interrupt([BASE + 40 + n], EDGE, PVIC, 255) for n in range(4)]),
    Case('F8 _PRS', _PRS=aml.template(BELL, aml.interrupt([BASE + 40], EDGE, PVIC))),
    Case('F8 _CRS by a method', _CRS=aml.Method(aml.template(BELL, aml.interrupt(
        [BASE + n for n in (40, 41, 42, 43)], EDGE, PVIC)))),
    Case('F9 absent consumer', _STA=0), Case('F9 absent consumer, by method', _STA=aml.Method(0)),
    Case('F9 not enabled', _STA=13), Case('F9 functional', _STA=8),
    Case('F9 absent controller', **own(_STA=0)), Case('F9 functional controller', **own(_STA=8)),
    Case('F10 _GSB by a method', **own(_GSB=aml.Method(SECOND))),
    Case('F10 _GSB a string', **own(_GSB='0x2000')), Case('F10 _GSB a buffer', **own(_GSB=b'\0\x20')),
    Case('F10 _GSB a package', **own(_GSB=[SECOND])),
    Case('F10 _GSB a package of nothing', **own(_GSB=[])),
    Case('F10 _GSB by a method without Return', numbers=[SECOND + n for n in range(4)],
         **own(_GSB=aml.Method(last=SECOND))),
    Case('no _GSB', numbers=[1, 2, 3, 63], **own(_GSB=None)),
    Case('F11 touching', **own(_GSB=BASE + 64, _CRS=aml.template(aml.memory(P['PVIC1_ADDR'], 0x2000))),
         numbers=[BASE + 64 + n for n in range(4)]),
    Case('F11 the same numbers', numbers=[BASE + n for n in range(4)], **own(_GSB=BASE)),
    Case('F12 producers', flags=PRODUCER), Case('F12 producer, taken', flags=PRODUCER,
                                                numbers=[BASE + 32]),
    Case('F12 IRQ ()', crs=[aml.irq(1 << 5), aml.irq(1 << 6, 1), aml.interrupt([BASE + 40], EDGE, PVIC)]),
    Case('F14 two windows', **own(_CRS=aml.template(WINDOW, aml.memory(0xfecb0000, 0x1200)))),
    Case('F14 two ports', **own(_CRS=aml.template(aml.ports(0xe40, 64), aml.ports(0xe80, 64)))),
    Case('F14 memory and ports', **own(_CRS=aml.template(WINDOW, aml.ports(0xe40, 64)))),
    Case('F16 an empty source, old firmware', source='', numbers=[16, 17, 18, 19]),
    Case('F18 _HID by a method', **own(_HID=aml.Method('PVIQ0001'))),
    Case('F18 _HID in lower case', **own(_HID='pviq0001')),
    Case('by _CID', **own(_HID='PVIQ0005', _CID='PVIQ0001')),
    Case('by the second _CID', **own(_HID='PVIQ0005', _CID=['PVIQ0006', 'PVIQ0001'])),
    Case('a container with _CID', **own(_HID='ACPI0004', _CID='PVIQ0001')),
    Case('_CID alone', **own(_HID=None, _CID='PVIQ0001')),
    Case('lines for modules', **own(_DSD=aml.properties(paravirq__module_lines=[41, 1]))),
    Case('lines for modules, too many', **own(_DSD=aml.properties(paravirq__module_lines=[41, 24]))),
    Case('lines for modules, no pair', **own(_DSD=aml.properties(paravirq__module_lines=[41]))),
    Case('hypercalls', **own(_CRS=NO_WINDOW, _DSD=aml.properties(paravirq__transport='hypercall'))),
    Case('hypercalls and memory', **own(_DSD=aml.properties(paravirq__transport='hypercall'))),
    Case('another transport', **own(_DSD=aml.properties(paravirq__transport='mmio'))),
    Case('a transport that is a number', **own(_DSD=aml.properties(paravirq__transport=1))),
    Case('ports', **own(_CRS=aml.template(aml.ports(P['PVIC1_PORT'], 64)))),
    Case('too few ports', **own(_CRS=aml.template(aml.ports(P['PVIC1_PORT'], 32)))),
    Case('no window', **own(_CRS=NO_WINDOW)),
    Case('level', flags=LEVEL), Case('active low', flags=LOW), Case('shared', flags=SHARED),
    Case('taken', numbers=[BASE + n for n in (40, 41, 33, 42)]),
    Case('taken by one of a wrong type', crs=[
        aml.interrupt([BASE + 40], LOW, PVIC), aml.interrupt([BASE + 40], EDGE, PVIC)]),
    Case('twice', numbers=[BASE + n for n in (40, 41, 40, 42)]),
    Case('out of range', numbers=[BASE + n for n in (40, 41, -1, 64)]),
    Case('GSIs', source=None), Case('GSIs of level', source=None, flags=LEVEL),
    Case('a GSI that is taken', source=None, numbers=[BASE + 32]),
    Case('_CRS cut off', _CRS=BELL + b'\x89\xff\x0f'), Case('no _CRS', _CRS=None),
    Case('no _HID', _HID=None), Case('doorbell by PRP0001', _HID='PRP0001',
                                     _DSD=aml.properties(compatible='paravirq,doorbell')),
    # What mutants found.
    Case('PRP0001 behind it, no compatible', **own(_CID=['PVIQ0001', 'PRP0001'])),
    Case('a _CID of PNP that is no PNP device', **own(_CID=0x0100d041)),
    Case('GED by _CID', _CID='ACPI0013'), Case('a container', _HID='ACPI0004'),
    Case('no device of it, a number of nobody', _HID=None, source=None, numbers=[SECOND - 1]),
    Case('F11 some of the same numbers, by GSI', source=None, numbers=[BASE + 64],
         controller={'_GSB': BASE + 63}),
    Case('F11 the same numbers, by GSI', source=None, controller={'_GSB': BASE}),
    # The last one: when it goes, Linux forgets that the window is in use.
    Case('in use', **own(_CRS=aml.template(aml.memory(P['PVIC0_ADDR'], P['PVIC_SIZE'])))),
]


def mutant(number):
    """A case with one to four things changed, which all are worth a change somewhere."""
    rng = random.Random(f'{SEED}.{number}')
    second = rng.random() < 0.5
    controller, consumer, crs, windows, props = {}, {}, [], [WINDOW], {}
    gsb, more = SECOND, []
    for _ in range(rng.randrange(3)):
        kind = rng.randrange(8)
        if kind == 0:
            gsb = rng.choice([None, 0, 1, 15, BASE - 1, BASE, BASE + 32, BASE + 63, BASE + 64, SECOND,
                              0xffff, 0x10000, 0xffffffbf, 0xffffffc0, 0xffffffff])
            controller['_GSB'] = rng.choice([gsb, gsb, aml.Method(gsb) if gsb is not None else None,
                                             hex(gsb) if gsb else gsb])
        elif kind == 1:
            controller['_STA'] = rng.choice([0, 1, 2, 8, 9, 13, 15, aml.Method(0), aml.Method(15), 'x'])
        elif kind == 2:
            controller['_HID'] = rng.choice([None, 'PVIQ0001', 'pviq0001', 'PRP0001', 'ACPI0004',
                                             0x0100d041, aml.Method('PVIQ0001'), '*PVIQ0001', 'PVIQ000'])
        elif kind == 3:
            controller['_CID'] = rng.choice(['PVIQ0001', ['PVIQ0001', 'PRP0001'], ['PRP0001', 'PVIQ0001'],
                                             'ACPI0004', [], 0x0100d041])
        elif kind == 4:
            windows = rng.choice([
                [], [WINDOW] * 2, [aml.memory(P['PVIC1_ADDR'], rng.choice([0, 8, 0x1000, 0x1007]))],
                [aml.memory(P['PVIC0_ADDR'] + rng.choice([0x1000, -0x1000]), 0x1200)],
                [aml.ports(P['PVIC1_PORT'], rng.choice([0, 32, 63, 64]))], [aml.ports(P['PVIC1_PORT'], 64)],
                [WINDOW, aml.ports(P['PVIC1_PORT'], 64)], [aml.memory(P['PVIC1_ADDR'], 0), WINDOW],
                [aml.irq(1 << 5), WINDOW]])
        elif kind == 5:
            props['paravirq__module_lines'] = rng.choice(
                [[40, 1], [0, 0], [0, 64], [43, 21], [60, 5], [0, 65], [1], 5, [40, 1, 9], ['a', 'b'],
                 [1 << 31, 1 << 31], []])
        elif kind == 6:
            props['paravirq__transport'] = rng.choice(['hypercall', 'hypercall', 'mmio', '', 1, ['hypercall'],
                                                       ['x', 'hypercall'], []])
            windows = rng.choice([windows, [], []])
        elif kind == 7:
            props['compatible'] = rng.choice(['paravirq,intc', ['x', 'paravirq,intc'], 'x'])
            controller['_HID'] = 'PRP0001'
    there = rng.random() < 0.9
    changed = controller or props or windows != [WINDOW] or not there
    controller['_CRS'] = aml.template(*windows)
    if props:
        controller['_DSD'] = aml.properties(**props)

    source, flags = (PVI2 if second else PVIC), EDGE
    start = (gsb or 0) if second else BASE
    numbers = [start + 40 + n for n in range(4)]
    sources, every = [source] * 4, [flags] * 4
    for _ in range(rng.randrange(1, 4)):
        kind, n = rng.randrange(9), rng.randrange(4)
        if kind == 0:
            numbers[n] = max(0, start + rng.choice([-1, 0, 31, 32, 33, 40, 41, 63, 64, 65, 0x1000]))
        elif kind == 1:
            numbers[n] = rng.choice([3, 9, 0x2a, 0x200, 0xffffffff, BASE, BASE + 64, SECOND, SECOND + 63])
        elif kind == 2:
            every[n] = rng.choice([LEVEL, LOW, 5, SHARED, 19, 27, PRODUCER, 6, 0, 0xe3])
        elif kind == 3:
            sources[n] = rng.choice([None, None, '', PVIC, PVI2, '\\_SB.NONE', 'PVIC', '\\_sb.pvic', CONS,
                                     '\\_SB.PVIC.', '\\_SB_.PVIC', '\\_SB.BUS1', '\\', '\\\\_SB.PVIC', '.',
                                     '\\_SB.ALI0', '\\_SB.PVIC ', '^PVIC', '\\_SB', '\\_SB.PVI2._HID'])
        elif kind == 4:
            sources = [None] * 4
        elif kind == 5:
            consumer['_STA'] = rng.choice([0, 1, 8, 9, 13, 15, aml.Method(0), 'x'])
        elif kind == 6:
            consumer['_HID'] = rng.choice([None, 'PVIQ0002', 'ACPI0013', 'ACPI0004', 'PRP0001',
                                           'pviq0002', 'PVIQ0004'])
        elif kind == 7:
            # None that it would wait for: when a device that waits is removed, Linux keeps its handle.
            consumer['_DEP'] = dep(*rng.choice([[PVIC], []] if changed else
                                               [[PVI2], [PVIC, PVI2], [PVI2, PVIC]]))
        elif kind == 8:
            consumer['_CID'] = rng.choice(['PVIQ0002', 'ACPI0013', ['PVIQ0004', 'PVIQ0002'], 'PVIQ0001'])
    if rng.random() < 0.2:
        more = [aml.alias('\\_SB_.PVIC', 'ALI0')]
    numbers = [n & 0xffffffff for n in numbers]
    crs = [aml.interrupt([n], f, s, rng.choice([0, 0, 1, 255]))
           for n, f, s in zip(numbers, every, sources)]
    if rng.random() < 0.2:
        crs.insert(rng.randrange(4), aml.irq(rng.choice([0, 1 << 5, 3 << 10])))
    if rng.random() < 0.2:
        crs = [aml.interrupt(numbers, every[0], sources[0])]
    return Case(f'mutant {number}', consumer, there and controller, crs=crs, more=more)


def checker(case, directory, number):
    """What check-tables says: {name: (verdict, text)}."""
    files = []
    for kind, table in zip(('base', 'intc', 'cons'), (base_table(), *case.tables())):
        files.append(f'{directory}/{number}.{kind}')
        with open(files[-1], 'wb') as file:
            file.write(table)
    report = tables.check(files)
    return {r.name: (r.verdict, r.text) for r in report.results}


# What the tables do not say.
HARDWARE = re.compile('magic 0x|register window holds|for modules, the controller has')


class Kernel:
    """What a guest says of one case."""

    def __init__(self, lines, base_rows):
        self.lines = [re.sub(r'^\[[^]]*\] ', '', line) for line in lines]
        rows = [m[1] for m in (re.match(r'tables: \d+: (.*)', line) for line in self.lines) if m]
        self.rows = [r for r in rows if r not in base_rows and 'consumers,' not in r]
        text = '\n'.join(self.lines)
        self.hardware = HARDWARE.search(text)
        # None: the driver has not come to one.
        self.controller = True if re.search(r'^paravirq \S+: version ', text, re.M) else \
            False if re.search(r'^paravirq \S+: error ', text, re.M) else None
        self.interrupts, self.bound, self.irqs = {}, False, {}
        for row in self.rows:
            match = re.match(r'(problem: )?(\S+) interrupt (\d+)[^:]*: (?:.* irq (\d+) .*, driver (.*))?', row)
            if not match:
                continue
            # A GSI that the IO-APIC of this machine does not have, another one's may.
            if re.search('number 0x..? with', row):
                continue
            index = int(match[3])
            self.interrupts[index] = self.interrupts.get(index, True) and not match[1]
            if match[5]:
                self.bound = match[5] == 'paravirq-doorbell'
                self.irqs[index] = int(match[4])


def compare(case, said, kernel):
    """What check-tables and the kernel do not agree about."""
    wrong = []
    verdict, text = said.get(PVI2, (None, None))
    if kernel.hardware:
        return []
    if verdict in ('ok', 'not ok') and (verdict == 'ok') != (kernel.controller is True):
        wrong.append(f'controller: "{verdict} {text}", the kernel: {kernel.controller}')
    if verdict is None and kernel.controller:
        wrong.append('controller: nothing, the kernel brings it up')
    seen = {int(name.split()[-1]): v for name, v in said.items() if name.startswith(CONS + ' ')}
    for index in {*seen, *kernel.interrupts}:
        verdict, text = seen.get(index, (None, None))
        line = re.match(r'line (\d+) of', text or '')
        if line and int(line[1]) >= P['PVIC_LINES']:
            continue
        judged = kernel.interrupts.get(index)
        dead = judged is False or (judged is None and 'Linux makes no device' in (text or ''))
        if verdict == 'skip' or (verdict == 'ok' and judged) or (verdict == 'not ok' and dead) or \
           (verdict is None and judged is None):
            continue
        wrong.append(f'interrupt {index}: "{verdict} {text}", the kernel: {judged}')
    # The validation against the driver, which takes the first four.
    first = [index for index in kernel.interrupts if index < 4]
    whole = len(first) == 4 and all(kernel.interrupts[index] for index in first)
    if kernel.bound and not all(kernel.interrupts[index] for index in first):
        wrong.append('the driver is bound, the validation has a problem')
    if whole and not kernel.bound and case.has_doorbell():
        wrong.append('all is right, the driver is not bound')
    if any(kernel.irqs.get(index) == 0 for index in first) and kernel.bound:
        wrong.append('the driver is bound and has no interrupt')
    return wrong


def run(label, cases):
    """A guest's verdict on all of these, and check-tables'."""
    with tempfile.TemporaryDirectory() as directory:
        for name, data in ('base.aml', base_table()), \
                ('disk', b''.join(t for c in cases for t in c.tables())):
            with open(f'{directory}/{name}', 'wb') as file:
                file.write(data + bytes(-len(data) % 512 if name == 'disk' else 0) +
                           bytes(512 if name == 'disk' else 0))
        devices = guest.boot.hardware(2) + [
            '-device', f'paravirq,port={P["PVIC1_PORT"]:#x},lines=64',
            *(('-device', 'paravirq,id=calls,addr=0xfecf0000,lines=64',
               '-device', 'paravirq-test,intc=calls,hypercall=on')
              if guest.boot.HYPERCALLS else ())]
        with guest.Run('mutants', label=label, machine='microvm', tables=[f'{directory}/base.aml'],
                       devices=devices, timeout=60 + 2 * len(cases), append='oops=panic',
                       args=('-drive', f'if=none,id=d,format=raw,readonly=on,file={directory}/disk',
                             '-device', 'virtio-blk-device,drive=d')) as vm, \
                concurrent.futures.ThreadPoolExecutor(2) as pool:
            said = list(pool.map(checker, cases, [directory] * len(cases), range(len(cases))))
        logs = {}
        number = None
        for line in vm.log:
            match = re.search(r'tables: (\d+)(:|$)', line)
            number = int(match[1]) if match else number
            logs.setdefault(number, []).append(line)
        base_rows = ()
        disagree = compared = hardware = skipped = 0
        for n, case in enumerate(cases):
            if not n:
                base_rows = [m[1] for m in (re.search(r'tables: 0: (.* PVIQ0001:00 line 3[2-5] .*)', line)
                                            for line in logs.get(0, [])) if m and 'PVIQ0002:00' in m[1]]
            kernel = Kernel(logs.get(n, []), base_rows)
            wrong = compare(case, said[n], kernel)
            compared += 1
            hardware += bool(kernel.hardware)
            skipped += any(v == 'skip' for v, _ in said[n].values())
            disagree += bool(wrong)
            if case in FIXED or wrong:
                guest.ok(not wrong, f'{label}: {case.label}')
            if wrong:
                guest.note('\n'.join([*wrong, *(f'{k}: {v}' for k, v in said[n].items()
                                                if 'DBL0' not in k), *kernel.lines]))
        guest.ok(not disagree, f'{label}: {compared} tables, {disagree} disagreements')
        guest.note(f'{label}: {hardware} were left to the registers, of {skipped} not all can be known')


run('fixed', FIXED)
for first in range(0, MUTANTS, 500):
    run(f'mutants {first}', [mutant(n) for n in range(first, min(MUTANTS, first + 500))])
guest.done()
