#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
scripts/mktable: what it writes compiles without a warning, and check-tables finds in it
what was asked for; each bad option is one error that has its value. The commented
templates say the same as what it writes. Boots nothing; tests/61-own-driver.t boots its tables.

Copyright (C) 2026 The paravirq authors
"""
import os
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

ROOT, TABLES = guest.boot.ROOT, os.path.join(guest.boot.BUILD, 'tables')
DOORBELL = '--consumer', 'hid=PVIQ0002', 'lines=32-35', 'memory=0xfeca0000+0x300'
temp = tempfile.TemporaryDirectory(prefix='paravirq-')


def run(*command):
    """Its exit status and what it says, on standard output and on the other."""
    done = subprocess.run(command, cwd=temp.name, check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          errors='backslashreplace')
    return done.returncode, done.stdout, done.stderr


def mktable(*arguments):
    return run(os.path.join(ROOT, 'scripts/mktable'), *arguments)


def read(path):
    with open(os.path.join(temp.name, path), 'rb') as file:
        return file.read()


def made(*arguments, tables=2, extra=()):
    """
    Tables are written and compiled, and good; the lines that check-tables finds in each, or
    what is wrong.
    """
    for old in os.listdir(temp.name):
        os.unlink(os.path.join(temp.name, old))
    status, _, said = mktable('my', *arguments)
    if status or said:
        return said
    found = []
    for suffix, compiled, compiler in (('.asl', 'my.aml', ['iasl', '-we', 'my.asl']),
                                       ('.dts', 'my.dtb', ['dtc', '-o', 'my.dtb', 'my.dts'])):
        if not os.path.exists(os.path.join(temp.name, 'my' + suffix)):
            continue
        status, out, said = run(*compiler)
        # iasl fails with a warning, dtc says it.
        if status or 'Warning' in said:
            return out + said
        status, out, said = run(os.path.join(ROOT, 'scripts/check-tables'), *extra, compiled)
        if status or said or '_DEP' in out or 'SKIP' in out:
            return out + said
        found.append(list(map(int, re.findall(r'interrupt \d+: line (\d+) of', out))))
    return found if len(found) == tables else f'{len(found)} tables'


def bad(value, allowed, *arguments):
    """These arguments are one error with this value and what is allowed, and no file is made."""
    status, out, said = mktable('bad', *arguments)
    guest.equal((status, out, said.count('\n'), value in said, allowed in said,
                 os.path.exists(os.path.join(temp.name, 'bad.asl'))),
                (1, '', 1, True, True, False),
                ' '.join(arguments).encode('unicode_escape').decode() + f': {allowed}')
    guest.note(said if 'Traceback' in said else '')


# The templates.
guest.equal(made(*DOORBELL), [[32, 33, 34, 35]] * 2, 'a doorbell')
for name in 'aml', 'dtb':
    with open(f'{TABLES}/template.{name}', 'rb') as template:
        guest.ok(template.read() == read(f'my.{name}'), f'the template is the same: {name}')

# Each option, and bounds.
guest.equal(made(), [[], []], 'no consumer')
guest.equal(made('--lines', '2048', '--gsb', '0xfffff7ff', '--consumer', 'hid=ABCD0001',
                 'compatible=a,b', 'lines=0-2047'), [list(range(2048))] * 2,
            '2048 lines, the highest numbers')
guest.equal(made('--lines', '1', '--gsb', '16', '--consumer', 'hid=ABC0001', 'lines=0', tables=1),
            [[0]], 'one line, the lowest number; without compatible there is no tree')
guest.equal(made('--transport', 'pio', '--address', '0xffc0', *DOORBELL, tables=1),
            [[32, 33, 34, 35]], 'I/O ports')
guest.equal(made('--transport', 'hypercall', '--module-lines', '56-59', *DOORBELL),
            [[32, 33, 34, 35]] * 2, 'hypercalls, lines for modules')
text = read('my.asl').decode() + read('my.dts').decode()
guest.equal([text.count(word) for word in ('"hypercall"', 'Package () { 56, 4 }', '<56 4>', 'reg = ')],
            [2, 1, 1, 1], 'and they are in the tables')
guest.equal(made('--external', *DOORBELL, tables=1, extra=[f'{TABLES}/pvic.aml']),
            [[32, 33, 34, 35]], 'a controller of another table')
guest.equal(made('--consumer', 'hid=PVIQ0002', 'lines=7,3-5', 'names=a,b,c,d'), [[7, 3, 4, 5]] * 2,
            'lines in any order, with names')
guest.equal([read(f'my.{suffix}').count(b'"a", "b", "c", "d"') for suffix in ('asl', 'dts')], [1, 1],
            'and they are in the tables')

# Some at random, always the same ones.
dice = random.Random(20)
for n in range(8):
    nr_lines = dice.randint(8, 512)
    lines = dice.sample(range(nr_lines), dice.randint(2, 8))
    first = dice.randint(1, len(lines) - 1)
    memory = 0xd0000000 + 0x1000 * dice.randint(0, 999)
    arguments = ['--lines', str(nr_lines), '--gsb', hex(dice.randint(0x1000, 0xfffff000)),
                 *dice.choice(([], ['--transport', 'hypercall'], ['--address', '0xfee10000'])),
                 '--consumer', 'hid=PVIQ0002', f'lines={",".join(map(str, lines[:first]))}',
                 f'memory={memory:#x}+0x1000',
                 '--consumer', 'hid=TEST0001', 'compatible=test,device',
                 f'lines={",".join(map(str, lines[first:]))}']
    guest.equal(made(*arguments), [lines] * 2, f'at random: {" ".join(arguments)}')

# What is not allowed.
TO_LIMIT = 'are 0x10 to 0xffffffbf'
for value in '0', '2049', '-1', '0x', 'x', '', '1.5', '08', '9' * 40, '٣':
    bad(value, 'are 1 to 2048', f'--lines={value}')
for value in '0', '15', '0xffffffc0', '0x1ffffffff':
    bad(value, TO_LIMIT, f'--gsb={value}')
bad('pci', 'are mmio, pio and hypercall', '--transport=pci')
for value in '0', '0xfec80800', '0xffffffff', '0x100000000':
    bad(value, 'are 0x1000 to 0xffffee00, multiples of 0x1000', f'--address={value}')
for address in '0xfee00000', '0xfedff000':
    bad(address, 'is what does not overlap that of local APICs, 0xfee00000+0x1000', f'--address={address}')
bad('0xfee00ffc+4', 'that of local APICs, 0xfee00000+0x1000', '--consumer', 'hid=PVIQ0002', 'lines=1',
    'memory=0xfee00ffc+4')
bad('0x20', 'are 0x40 to 0xffc0, multiples of 0x40', '--transport=pio', '--address=0x20')
bad('0xe00', 'with hypercalls is none', '--transport=hypercall', '--address=0xe00')
bad('64', 'are 60 to 63', '--module-lines=60-64')
bad('5', 'are 9 to 63', '--module-lines=9-5')
bad('1,3', 'is one range', '--module-lines=1,3')
CONSUMER = '--consumer', 'hid=PVIQ0002'
for word, said in (('hid=', "hid '': allowed are ids"), ('lines=', "lines '': allowed are 0 to 63"),
                   ('compatible=', "compatible '': allowed are names"), ('names=', "names '': allowed are 1"),
                   ('memory=', "memory '': allowed is ADDRESS+SIZE")):
    words = {'hid': 'hid=PVIQ0002', 'lines': 'lines=1', **{word[:-1]: word}}
    bad("''", said, '--consumer', *words.values())
for word in 'x', 'irq=5', 'my':
    bad(word, 'are hid=, compatible=, lines=', *CONSUMER, 'lines=1', word)
bad('lines=1', 'is each key once', *CONSUMER, 'lines=1', 'lines=2')
bad('hid=PVIQ0002', 'is what has lines=', *CONSUMER)
bad('lines=1', 'is what has hid=', '--consumer', 'lines=1')
for hid in ('PVIQ002', 'pviq0002', 'PVIQ00002', 'PVIQ000G', '"', 'PVIQ0002\n', 'PVIQ0001', 'PVIQ0003', 'PNP0501',
            'ACPI0004'):
    bad(hid.strip(), 'are ids of devices, such as', '--consumer', f'hid={hid}', 'lines=1')
for name in 'device', 'paravirq,intc', 'paravirq,channel', 'a,b,c', 'a,"', 'a,' + 'b' * 31, 'a,b\n':
    bad(name.strip(), 'are names such as', *CONSUMER, 'lines=1', f'compatible={name}')
bad('64', 'are 0 to 63', *CONSUMER, 'lines=1,64')
bad('33', 'those before it', *CONSUMER, 'lines=32-34,33')
bad('33', 'those of D000', *DOORBELL, *CONSUMER, 'lines=33')
bad('56', 'those for modules', '--module-lines=56-59', *CONSUMER, 'lines=56')
for memory in '1', '0xfeca0000', '0xfeca0000+', '0xfeca0000+0', '0xfeca0002+4', '0xfffffffc+8':
    bad(memory.rpartition('+')[2] or "''", 'allowed', *CONSUMER, 'lines=1', f'memory={memory}')
bad('0xfec81000+0x300', 'that of the controller, 0xfec80000+0x1200', *CONSUMER, 'lines=1',
    'memory=0xfec81000+0x300')
bad('0xfeca0200+0x300', 'that of D000, 0xfeca0000+0x300', *DOORBELL, *CONSUMER, 'lines=1',
    'memory=0xfeca0200+0x300')
for names in 'a', 'a,b,c', 'a,', 'a,"', 'a,a':
    bad(names, 'are 2, another for each line', *CONSUMER, 'lines=1,2', f'names={names}')
_, out, _ = mktable('a b', *DOORBELL)
CHECK = os.path.relpath(os.path.join(ROOT, 'scripts/check-tables'), temp.name)
guest.equal(out, f"iasl -we 'a b.asl' && {CHECK} 'a b.aml'\n"
            f"dtc -o 'a b.dtb' 'a b.dts' && {CHECK} 'a b.dtb'\n", 'a path with a space')
for option in '--transport=pio', '--address=0xe1000000', '--module-lines=1-2':
    bad(option.partition('=')[2], 'with --external is none', '--external', option, *DOORBELL)
guest.equal(mktable('no/such'), (1, '', 'mktable: no/such: No such file or directory\n'),
            'a directory that is not there')
for arguments in ([], ['a', 'b'], ['a', '--li', '3'], ['a', '--lines']):
    status, out, said = mktable(*arguments)
    guest.ok(status == 2 and 'mktable: error: ' in said, f'{arguments}: is a usage error')

# Rubbish ends with a table or an error, and nothing else.
WORDS = ('my', '--lines', '--gsb', '--consumer', 'hid=PVIQ0002', 'lines=1', 'memory=', '--', '-1', '0x10',
         'names=ä', '--module-lines', '1-2-3', '=', '+', 'memory=1+1', '\udcff', '--transport', 'pio')
crashed = []
for n in range(40):
    arguments = dice.choices(WORDS, k=dice.randint(1, 8))
    status, out, said = mktable(*arguments)
    if status not in (0, 1, 2) or 'Traceback' in said:
        crashed.append((arguments, said))
guest.equal(crashed, [], 'rubbish makes no traceback')
guest.done()
