#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
scripts/bench, bench-kvm and bench-bell without a guest: what they read from size, QEMU,
tracefs and the guest's log, that table and plot have all of it, and that the pages in
the documentation have the figures of their CSV. The figures themselves are nobody's
promise.

Copyright (C) 2026 The paravirq authors
"""
import csv
import io
import os
import sys
import tempfile
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

bench = guest.load('bench')

SIZE = '''   text\t   data\t    bss\t    dec\t    hex\tfilename
8388608\t2097152\t  65536\t10551296\t a10000\tvmlinux
'''

# A range that only SMM sees, one of RAM, and ports that nobody serves.
MTREE = '''FlatView #0
 AS "I/O", root: io
 Root memory region: io
  0000000000000000-000000000000007d (prio 0, i/o): io
  000000000000007e-000000000000007f (prio 0, i/o): kvmvapic
  0000000000000080-00000000000003f7 (prio 0, i/o): io @0000000000000080
  00000000000003f8-00000000000003ff (prio 0, i/o): serial
  0000000000000400-000000000000ffff (prio 0, i/o): io @0000000000000400

FlatView #1
 AS "memory", root: system
 AS "cpu-memory-0", root: system
 Root memory region: system
  0000000000000000-00000000000dffff (prio 0, ram): microvm.ram
  00000000feb00000-00000000feb001ff (prio 0, i/o): virtio-mmio
  00000000feb00200-00000000feb003ff (prio 0, i/o): virtio-mmio
  00000000fec80000-00000000fec811ff (prio 0, i/o): paravirq
  00000000fee00000-00000000feefffff (prio 4096, i/o): apic-msi

FlatView #2
 AS "cpu-smm-0", root: memory
 Root memory region: memory
  00000000000a0000-00000000000bffff (prio 1, i/o): smram-io
'''

LOG = '''[    0.522493] Run /init as init process
[    1.094982] selftest: booted
[    1.146632] selftest: disk vda
[    1.153744] selftest: disk vdb
[    1.183105] selftest: init 0.522493
[    1.200541] selftest: MemTotal: 245996
[    1.205826] selftest: MemAvailable: 231484
[    1.207326] selftest: chip PARAVIRQ
[    1.207929] selftest: chip PARAVIRQ
[    1.210505] selftest: measured'''.splitlines()

guest.equal(bench.size(SIZE), {'vmlinux text': 8388608, 'vmlinux data': 2097152,
                               'vmlinux bss': 65536}, 'size')
guest.equal(bench.mtree(MTREE), {'emulated ranges of memory': 4, 'emulated I/O ports': 10},
            'what the CPU reaches and QEMU emulates')
guest.equal(bench.report(LOG), {'kept by the kernel': 262144 - 245996,
                                'in use after boot': 245996 - 231484, 'init': 0.522493,
                                'disks': 2, 'chips': {'PARAVIRQ'}}, 'what the guest says')
guest.equal([bench.compared(*args) for args in
             ((90, [100, 95]), (50, [100, 200]), (7, [7, 8]), (110, [100, 300]))],
            ['5.3 % less', '50 % less', 'as much', '**10 % more**'], 'less, as much and more')

# Each figure of each side is a number of its own, so that none can be another's.
values = {key: 1000 + i for i, key in enumerate(
    (figure.name, side.name, disks) for figure, disks in bench.rows() for side in bench.SIDES)}
text = bench.to_csv(values)
lines = list(csv.reader(io.StringIO(text)))
guest.equal([list(map(int, line[3:])) for line in lines[1:]],
            [[values[figure.name, side.name, disks] for side in bench.SIDES]
             for figure, disks in bench.rows()], 'the CSV has all figures in order')
table = bench.to_table(text)
guest.equal([n for n in values.values() if f' {n:,} ' not in table], [],
            'the table has all figures')
with tempfile.TemporaryDirectory() as tmp:
    bench.svg(text, f'{tmp}/bench.svg')
    words = ''.join(xml.etree.ElementTree.parse(f'{tmp}/bench.svg').getroot().itertext())
guest.equal([name for name in [f.name for f in bench.FIGURES] + [s.name for s in bench.SIDES]
             if name not in words], [], 'the plot has all figures and sides')

with open(f'{bench.DOC}/bench.csv', encoding='utf-8') as f:
    text = f.read()
lines = list(csv.reader(io.StringIO(text)))
guest.equal([line[:3] for line in lines],
            [['figure', 'unit', 'disks'], *([figure.name, figure.unit, str(disks or '')]
                                            for figure, disks in bench.rows())],
            'the documentation has all figures')
guest.equal(lines[0][3:], [side.name for side in bench.SIDES], 'and all sides')
guest.ok(all(float(n) > 0 for line in lines[1:] for n in line[3:]), 'none is nothing')
with open(f'{bench.DOC}/bench.rst', encoding='utf-8') as f:
    guest.ok(bench.to_table(text) in f.read(), 'its page has the figures of its CSV')

# As 6.1 prints it.
HIST = '''# event histogram
#
# trigger info: hist:keys=reason:vals=hitcount:sort=hitcount:size=1024 [active]
#

{ reason:         26 } hitcount:          7
{ reason:         10 } hitcount:       1000
{ reason:          6 } hitcount:        300

Totals:
    Hits: 1307
    Entries: 3
    Dropped: 0
'''
kvm = guest.load('bench-kvm')
guest.equal((kvm.exits.count(HIST), kvm.exits.count(HIST, {10, 96})), (1307, 307),
            'what tracefs has counted, and without some reasons')

# Of each guest another number, and of each turn; the steps go on from it.
lines, base = [], {}
for turn in range(3):
    for irqchip in kvm.exits.IRQCHIPS:
        for side in kvm.exits.SIDES:
            for setup in [s for s in kvm.exits.SETUPS if s.disks <= side.most]:
                n = base[irqchip, side.name, setup.name] = 1000000 + 7000 * len(lines)
                # The second of three turns is the median.
                n += (0, 50, 90)[turn]
                steps = [['boot', n, n + 1, 0]]
                for i, step in enumerate(setup.steps.split()):
                    per = n // 1000 + i
                    steps += [[f'{step}_once', *[5] * 3],
                              [f'{step}_twice', *(5 + per * 100 * (j + 1) for j in range(3))]]
                lines.append(kvm.json.dumps({'turn': turn, 'side': side.name,
                                             'irqchip': irqchip, 'setup': setup.name,
                                             'steps': steps}))
values = kvm.medians(lines)
absent = {(figure.setup, side) for figure, irqchip in kvm.rows() for side in
          [s.name for s in kvm.exits.SIDES] if (figure, irqchip, side) not in values}
guest.equal(absent, {('64 disks', 'IO-APIC')}, 'a figure for all that there is')
reads = {f.kind: f for f in kvm.FIGURES if (f.name, f.times) == ('read of 4 KiB', 100)}
turns = [kvm.json.loads(line)['steps'][0][1] // 1000 for line in lines
         if '"1 disk"' in line and '"q35' in line and '"full"' in line]
guest.equal([values[reads[kind], 'full', 'q35, MSI-X'] for kind in kvm.KINDS],
            [turns[1], turns[1] * 2, turns[1] * 3],
            'the difference of the second step to the first, for one of it, median of turns')
text = kvm.to_csv(values, kvm.rows(), kvm.exits.SIDES)
cells = [line[:3] for line in csv.reader(io.StringIO(text))][1:]
guest.equal(cells, [[f.name, f.kind, irqchip] for f, irqchip in kvm.rows()],
            'the CSV has all rows')
guest.equal([kvm.compared(*args) for args in
             (([4, 2], [3, 9]), ([3], [2]), ([0.01], [0.04]), ([0], [3]), ([2], [0.01]),
              ([2, 6], [4], True), ([2], [4, 3], True))],
            ['33 % less', '**50 % more**', 'as much', 'none', '**2.00 more**',
             '50 % more', '**50 % less**'],
            'exits compared, and where there are none, and where more is better')
table = kvm.to_table(text)
guest.equal(len(table.splitlines()), len(cells) + 4, 'and the table')
with tempfile.TemporaryDirectory() as tmp:
    kvm.svg(text, f'{tmp}/exits.svg')
    words = ''.join(xml.etree.ElementTree.parse(f'{tmp}/exits.svg').getroot().itertext())
guest.equal([s.name for s in kvm.exits.SIDES if s.name not in words], [],
            'the plot has all sides')
with open(f'{bench.DOC}/exits.csv', encoding='utf-8') as f:
    text = f.read()
lines = list(csv.reader(io.StringIO(text)))
guest.equal([line[:3] for line in lines[1:]], cells, 'the documentation has all rows')
guest.equal(lines[0][3:], [side.name for side in kvm.exits.SIDES], 'and all sides of exits')
with open(f'{bench.DOC}/exits.rst', encoding='utf-8') as f:
    guest.ok(kvm.to_table(text) in f.read(), 'the page of exits has the figures of its CSV')

bell = guest.load('bench-bell')
RINGS = 'rings {n} ticks {t} ns {ns} runs {runs} handler 1 20 3 4 5 return 6 70 8 9 10'


def steps_of(per, runs=lambda name, n: n):
    """Of a guest: "per" exits for each, and times from it."""
    steps, total = [['boot', 5, 5, 5, '']], 0
    for step in 'rings', 'chain', 'masks':
        for time, n in ('warm', 1000), ('once', 1000), ('twice', 2000):
            name = f'{step}_{time}'
            total += 0 if step == 'masks' else n
            text = RINGS if step == 'rings' else '{what} {n} ticks {t} ns {ns} runs {runs}'
            steps.append([name, 7 + per * n, 9 + 2 * per * n,
                          runs(name, 0 if step == 'masks' else n),
                          text.format(what=step, n=n, t=n * 10, ns=n * 10 * per, runs=total)])
    return steps


def refused(steps):
    """Whether such a guest is no measurement."""
    try:
        bell.checked('guest', steps)
    except RuntimeError:
        return True
    return False


guest.ok(not refused(steps_of(3)), 'a guest with all interrupts')
for what, steps in (
        ('less', steps_of(3, lambda name, n: n - (name == 'chain_once'))),
        ('more', steps_of(3, lambda name, n: n + (name == 'masks_twice'))),
        ('no answer', [[*step[:-1], ''] for step in steps_of(3)]),
        ('a run less', [[*step[:-1], step[-1].replace('runs 4000', 'runs 3999')]
                        for step in steps_of(3)]),
        ('another N', [[*step[:-1], step[-1].replace('chain 2000', 'chain 1999')]
                       for step in steps_of(3)])):
    guest.ok(refused(steps), f'refused: {what}')

lines = [kvm.json.dumps({'turn': turn, 'side': side.name, 'irqchip': irqchip, 'setup': 'bell',
                         'steps': steps_of(i * 10 + turn + 1)})
         for turn in range(3) for irqchip in ('split', 'full', 'TCG')
         for i, side in enumerate(kvm.exits.BELL_SIDES, 1)]
values = (bell.medians([line for line in lines if '"TCG"' in line], bell.INSTRUCTIONS) |
          bell.medians([line for line in lines if '"TCG"' not in line], bell.ON_KVM))
guest.equal(set(values), {(*row, side.name) for row in bell.rows()
                          for side in kvm.exits.BELL_SIDES}, 'all figures of an interrupt')
# The second side is 22 in the second turn, and so is a nanosecond's part of its ticks.
guest.equal({(figure.name, figure.kind): values[figure, irqchip, 'IO-APIC']
             for figure, irqchip in bell.rows() if irqchip != 'full'},
            {('write to handler', 'instructions'): 20 * 22,
             ('write, handler and return', 'instructions'): 70 * 22,
             ('mask and unmask', 'instructions'): 10 * 22,
             **{(name, kind): per for name in ('write and interrupt', 'interrupt from a handler',
                                               'mask and unmask')
                for kind, per in (('exits to user space', 44), ('VM exits', 22))},
             ('write to handler, median', 'ns'): 20 * 22, ('write to handler, 90 %', 'ns'): 66,
             ('write to handler, 99 %', 'ns'): 88, ('write to handler, most', 'ns'): 110,
             ('mask and unmask', 'ns'): 220, ('interrupts in a row', 'per second'): 1e9 / 220},
            'and what they are')
text = bell.kvm.to_csv(values, bell.rows(), kvm.exits.BELL_SIDES)
cells = [line[:3] for line in csv.reader(io.StringIO(text))]
with tempfile.TemporaryDirectory() as tmp:
    bell.svg(text, f'{tmp}/bell.svg')
    words = ''.join(xml.etree.ElementTree.parse(f'{tmp}/bell.svg').getroot().itertext())
guest.equal([s.name for s in kvm.exits.BELL_SIDES if words.count(s.name) != 2], [],
            'both plots have all sides')
with open(f'{bench.DOC}/bell.csv', encoding='utf-8') as f:
    text = f.read()
lines = list(csv.reader(io.StringIO(text)))
guest.equal([line[:3] for line in lines], cells, 'the documentation has all rows of an interrupt')
guest.equal(lines[0][3:], [side.name for side in kvm.exits.BELL_SIDES], 'and all sides')
guest.ok(all(line[3:].count('') == 0 for line in lines), 'none is empty')
with open(f'{bench.DOC}/bell.rst', encoding='utf-8') as f:
    guest.ok(kvm.to_table(text) in f.read(), 'its page has the figures of its CSV')
guest.done()
