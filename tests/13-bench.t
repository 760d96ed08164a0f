#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
scripts/bench, bench-exits, bench-bell and bench-baremetal without a guest: what they read from size, QEMU,
tracefs and the guest's log, that table and plot have all of it, and that README.md and pages in
the documentation have the figures of their CSV. The figures themselves are nobody's
promise.

Copyright (C) 2026 The paravirq authors
"""
import collections
import filecmp
import os
import re
import shutil
import subprocess
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


def spread(*values):
    return bench.Spread.of(values)


for what, ours, others, more, expected in (
        ('less', [(90, 91, 92)], [(100, 101), (95, 96)], False, '4.7 % less'),
        ('more', [(110, 110)], [(100, 100), (300,)], False, '**10 % more**'),
        ('the same', [(7,)], [(7,), (8,)], False, 'none'),
        ('the spreads meet', [(2, 4, 6)], [(6, 7, 8)], False, 'none'),
        ('the spreads meet at the other end', [(6, 7, 8)], [(2, 4, 6)], False, 'none'),
        ('the better of two', [(9,), (3,)], [(4,)], False, '25 % less'),
        ('nothing', [(0, 0.01)], [(3, 3.01)], False, '3.00 less'),
        ('more than nothing', [(2, 2.01)], [(0,)], False, '**2.00 more**'),
        ('more is better', [(6,), (2,)], [(4,)], True, '50 % more'),
        ('less is worse', [(2,)], [(4,), (3,)], True, '**50 % less**')):
    sides = {f'paravirq {n}': spread(*v) for n, v in enumerate(ours)} | {
        f'other {n}': spread(*v) for n, v in enumerate(others)}
    guest.equal(bench.compared(sides, more), expected, f'compared: {what}')
guest.equal([str(spread(*values)) for values in ((3, 1, 2), (2.5,), (0.001, 0), (12345.6, 12345))],
            ['2 (1 to 3)', '2.50', '0', '12,345 (12,345 to 12,346)'], 'numbers as they are shown')


def documented(name, column, expected, plotted):
    """A page and a plot in the documentation have the figures of their CSV, which has all."""
    with open(f'{bench.DOC}/{name}.csv', encoding='utf-8') as f:
        text = f.read()
    found = bench.figures(text)
    guest.equal([(figure, unit, column, side) for (figure, unit), columns in found.items()
                 for column, sides in columns.items() for side in sides], expected,
                f'{name}: the documentation has all figures')
    guest.equal(text.splitlines()[0], f'figure,unit,{column},side,lowest,median,highest',
                f'{name}: its columns')
    with open(f'{bench.DOC}/{name}.rst', encoding='utf-8') as f:
        guest.ok(bench.to_tables(text) in f.read(), f'{name}: its page has the figures of its CSV')
    with open(f'{bench.DOC}/{name}.svg', encoding='utf-8') as f:
        plot = f.read()
    words = [text.strip() for text in xml.etree.ElementTree.fromstring(plot).itertext()]
    values = [bench.text_of(spread.median) for (figure, unit), columns in found.items()
              if (figure, unit) in plotted for sides in columns.values() for spread in sides.values()]
    missing = collections.Counter(values) - collections.Counter(words)
    guest.equal((len(values) > 10, missing), (True, collections.Counter()),
                f'{name}: {len(values)} bars, each has its value')


# Each figure of each side is a number of its own, so that none can be another's.
keys = [(figure.name, disks, side.name) for figure in bench.FIGURES
        for disks in (bench.DISKS if figure.per_disks else (0,)) for side in bench.SIDES]
values = {key: spread(1000 + i, 2000 + i, 3000 + i) for i, key in enumerate(keys)}
lines = bench.rows(values)
guest.equal([line[-1] for line in lines], [values[key] for key in keys], 'all figures in order')
text = bench.to_csv('disks', lines)
tables = bench.to_tables(text)
guest.equal([str(s) for s in values.values() if str(s) not in tables], [],
            'the tables have all figures')
documented('bench', 'disks', [line[:-1] for line in lines], {line[:2] for line in lines})

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
kvm = guest.load('bench-exits')
guest.equal((kvm.exits.count(HIST), kvm.exits.count(HIST, {10, 96}),
             kvm.exits.count(HIST, only={26, 10, 5})), (1307, 307, 1007),
            'what tracefs has counted, without some reasons, and only some')

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
values = kvm.spreads(lines)
absent = {(figure.setup, side.name) for figure in kvm.FIGURES for irqchip in kvm.exits.IRQCHIPS
          for side in kvm.exits.SIDES if (figure, irqchip, side.name) not in values}
guest.equal(absent, {('64 disks', 'IO-APIC')}, 'a figure for all that there is')
reads = {f.kind: f for f in kvm.FIGURES if (f.name, f.times) == ('read of 4 KiB', 100)}
turns = [kvm.json.loads(line)['steps'][0][1] // 1000 for line in lines
         if '"1 disk"' in line and '"q35' in line and '"full"' in line]
guest.equal([values[reads[kind], 'full', 'q35, MSI-X'] for kind in kvm.KINDS],
            [spread(*(turn * times for turn in turns)) for times in (1, 2, 3)],
            'the difference of the second step to the first, for one of it, spread of the turns')
lines = kvm.rows(values)
documented('exits', 'irqchip', [line[:-1] for line in lines],
           {line[:2] for line in lines if line[1] == 'exits to user space' and
            not line[0].startswith('boot')})

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
         for i, side in enumerate(kvm.exits.BELL_SIDES, 1)
         if irqchip != 'TCG' or side in bell.COUNTED]
values = (bell.spreads([line for line in lines if '"TCG"' in line], bell.INSTRUCTIONS) |
          bell.spreads([line for line in lines if '"TCG"' not in line], bell.ON_KVM))
lines = bell.rows(values)
guest.equal(len(lines), len(values), 'all figures of an interrupt')
# The third side is 32 in the second turn, and so is a nanosecond's part of its ticks.
guest.equal({(name, unit): said.median for name, unit, irqchip, side, said in lines
             if irqchip != 'full' and side == 'IO-APIC'},
            {('write to handler', 'instructions'): 20 * 32,
             ('write, handler and return', 'instructions'): 70 * 32,
             ('mask and unmask', 'instructions'): 10 * 32,
             **{(name, kind): per for name in ('write and interrupt', 'interrupt from a handler',
                                               'mask and unmask')
                for kind, per in (('exits to user space', 64), ('VM exits', 32))},
             ('write to handler, median', 'ns'): 20 * 32, ('write to handler, 90 %', 'ns'): 96,
             ('write to handler, 99 %', 'ns'): 128, ('write to handler, most', 'ns'): 160,
             ('mask and unmask', 'ns'): 320, ('interrupts in a row', 'per second'): 1e9 / 320},
            'and what they are')
documented('bell', 'irqchip', [line[:-1] for line in lines],
           {line[:2] for line in lines if line[1] in ('instructions', 'exits to user space')})

# Partitions: what the hypervisor says is of each kind, and counts on.
partitions = guest.load('bench-baremetal')
SAID = ['cpuid', 'rdmsr', 'wrmsr', 'ipi', 'port', 'controller', 'channel', 'exception', 'other']


def said(*counts):
    """A report of the hypervisor."""
    return {'exits': sum(counts), **dict(zip(SAID, counts))}


def lines_of(name, n):
    """Its log: partition B is another one."""
    return [f'hv: partition {name}: {sum(n)} exits: ' +
            ', '.join(f'{count} {kind}' for count, kind in zip(n, SAID)),
            f'hv: partition {name}: refused: 1 ipi, 2 rdmsr, 3 wrmsr, 4 port']


guest.equal(partitions.reports([*lines_of('A', range(1, 10)), *lines_of('B', range(9)),
                                *lines_of('A', range(2, 11))], 'A'),
            [said(*range(1, 10)), said(*range(2, 11))], 'what the hypervisor says')
guest.equal(partitions.by_kind(said(*range(1, 10))),
            {'all': 45, 'CPUID': 1, 'MSR': 9, 'I/O ports': 5, 'memory': 0, 'other': 30},
            'exits by kind')
try:
    partitions.by_kind({**said(*range(9)), 'exits': 37})
    guest.ok(False, 'an exit of no kind is no figure')
except RuntimeError:
    guest.ok(True, 'an exit of no kind is no figure')


def counted(step, per):
    """Three reports of a step, N and 2N times; what else goes on is the same."""
    return {f'{step}_{time}': said(3 * i, 0, 0, 9 * i * i, 0, 5 * i + n * per, 0, 0, 0)
            for i, (time, n) in enumerate((('warm', 1), ('once', 2), ('twice', 4)))}


guest.equal([partitions.value(figure, {
    'A': counted('rings', 20480), 'B': counted('rings', 0),
    'lines': {**counted('masks', 2000), **counted('moves', 30), **counted('requests', 125)}})
             for figure in partitions.FIGURES], [(20480 + 18) / 10240, 18 / 10240, 2, 3, 5],
            'the difference of the second step to the first, for one of it')
names = [(f'to init: {kind}', 'VM exits', 'all', side)
         for kind in ('all', *partitions.KINDS) for side in partitions.SIDES]
for figure in partitions.FIGURES:
    names += [(figure.name, 'VM exits', 'all', side) for side in (
        partitions.OURS, *(partitions.BELL_SIDES if figure.step == 'masks' or
                           figure.name == 'ring, sender' else ()))]
names += [('16 MiB each way', unit, label, partitions.OURS)
          for unit in ('VM exits', 's') for label in 'AB']
names += [('hypervisor', unit, 'all', partitions.OURS) for unit in ('bytes of text', 'lines')]
names = [(*words, partitions.SHOWN.get(side, side)) for *words, side in names]
documented('partitions-exits', 'partition', names,
           {line[:2] for line in names if line[3] != partitions.OURS})

with tempfile.TemporaryDirectory() as tmp:
    for name in bench.PLOTS.values():
        shutil.copy(f'{bench.DOC}/{name}.csv', tmp)
    subprocess.run([bench.__file__, '--plots', '--out', tmp], check=True)
    guest.equal([filecmp.cmp(f'{bench.DOC}/{name}.svg', f'{tmp}/{name}.svg', False)
                 for name in bench.PLOTS.values()], [True] * 4, 'each plot is of its CSV')

# README.md shows some of them, with the split irqchip, or without KVM.
with open(f'{bench.boot.ROOT}/README.md', encoding='utf-8') as f:
    head, *shown = re.findall(r'^\| (?:Less is better|([^|]+): ([^|]+)) \| (\S.*) \|$', f.read(), re.M)
for figure, unit, cells in shown:
    medians = []
    for name in 'bell', 'exits':
        with open(f'{bench.DOC}/{name}.csv', encoding='utf-8') as f:
            columns = bench.figures(f.read()).get((figure, unit), {})
        sides = columns.get('split') or columns.get('TCG') or {}
        medians = [bench.text_of(sides[side].median) for side in sides
                   if side in ('paravirq', 'IO-APIC', 'microvm, MSI', 'microvm, MSI-X')] or medians
    guest.equal(cells.split(' | '), medians, f'README.md: {figure}')
guest.equal(len(shown), 5, 'README.md: five figures')
guest.done()
