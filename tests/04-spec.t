#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
interface.rst and channel.rst of Documentation/virt/paravirq against the rest: each
numbered sentence has a test, and tests name no sentence that is not there; the tables of
the pages are what the headers in include/uapi/linux say and what libparavirq does.
TAP, no guest.

A sentence's number stands in brackets before it, and in brackets in the tests
that break with it; the pages refer to it without brackets.

Copyright (C) 2026 The paravirq authors
"""
import collections
import ctypes
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NUMBER = r'[A-Z]+-\d+'
WORDS = r'\b(?:MUST|SHOULD|MAY|SHALL|REQUIRED|RECOMMENDED|OPTIONAL)\b'
done = failed = 0


def read(path):
    """The text of a file of the project."""
    with open(os.path.join(TOP, path), encoding='utf-8', errors='replace') as file:
        return file.read()


def none(wrong, name):
    """Passes when the list of what is wrong is empty, and shows it otherwise."""
    global done, failed
    done += 1
    failed += bool(wrong)
    print('not ok' if wrong else 'ok', done, '-', name)
    for item in wrong:
        print('#', item)


def differ(got, expected):
    """The keys whose values differ, as text."""
    return [f'{key}: the page has {got.get(key)}, expected {expected.get(key)}'
            for key in {**expected, **got} if got.get(key) != expected.get(key)]


def rows(page, head):
    """The cells of the simple table whose first column has this head."""
    rule, body = re.search(rf'^(=[= ]+)\n{head} [^\n]*\n\1\n(.*?)\n\1$', page, re.M | re.S).groups()
    starts = [m.start() for m in re.finditer('=+', rule)]
    return [[line[a:b].strip() for a, b in zip(starts, [*starts[1:], None])]
            for line in body.splitlines()]


def sentences(page, others):
    """Numbers and the words of RFC 2119; the numbers. References may be to others' numbers."""
    defined = re.findall(rf'^\[({NUMBER})\] ', page, re.M)
    count = collections.Counter(re.findall(rf'\[({NUMBER})\]', page))
    none([] if defined else ['no sentence has a number'], f'{len(defined)} sentences are numbered')
    none([n for n in count if count[n] > 1 or n not in defined],
         'a number stands before one sentence only')
    known = {tuple(re.split('(?=-)', n)) for n in defined + others}
    none(sorted(set(re.findall(rf'(?<!\[)\b({"|".join({word for word, _ in known} or "-")})'
                               r'(-\d+)\b', page)) - known),
         'references lead somewhere')
    none([p for p in re.split(r'\n\s*\n', page)[1:] if not p.startswith('MUST, SHOULD') and
          bool(re.search(WORDS, p)) != bool(re.match(rf'\[{NUMBER}\] ', p))],
         'a sentence is numbered if it demands something, and only then')
    return defined


def tested(defined):
    """Each of these is named by a test, and nothing else is; of the drivers by their KUnit."""
    named = collections.defaultdict(set)
    for top, end in (('tests', ''), ('tools/testing/selftests/paravirq', ''),
                     ('hypervisor/qemu/tests', ''), ('arch', '_test.c'), ('drivers', '-test.c')):
        for directory, _, files in os.walk(os.path.join(TOP, top)):
            for name in filter(lambda name, end=end: name.endswith(end), files):
                path = os.path.relpath(os.path.join(directory, name), TOP)
                for number in re.findall(rf'\[({NUMBER})\]', read(path)):
                    named[number].add(path)
    none([n for n in defined if n not in named], 'every sentence is named by a test')
    none([f'{n} in {", ".join(named[n])}' for n in sorted(named) if n not in defined],
         'every number that a test names exists')


def library(directory):
    """A controller of 64 lines: read(transport, offset, bytes) of libparavirq."""
    path = os.path.join(directory, 'libparavirq.so')
    subprocess.run(['cc', '-shared', '-fPIC', '-std=c11', '-I', 'include/uapi', '-o', path,
                    'hypervisor/libparavirq/paravirq.c'], cwd=TOP, check=True)
    lib = ctypes.CDLL(path)
    controller, lines = ctypes.create_string_buffer(4096), (ctypes.c_uint64 * 64)()
    ops = (ctypes.c_void_p * 8)()
    lib.paravirq_init(controller, lines, 64, 0xff, ops, None)
    lib.paravirq_mmio_read.restype = ctypes.c_uint64
    lib.paravirq_pio_read.restype = ctypes.c_uint32

    def register(transport, offset, size, _keep=(lines, ops)):
        return lib[f'paravirq_{transport}_read'](controller, ctypes.c_uint64(offset), size)
    return register


def constants(header, prefix, reset):
    """
    Registers of the header: offset, width, access, reset value. Widths and access
    are in the comments before each.
    """
    found = {}
    for match in re.finditer(rf'^#define PARAVIRQ_{prefix}_(?!SIZE)(\w+)\t+(\w+)$', header, re.M):
        name, before = match[1], header[:match.start()]
        comment = before[before.rindex('/*'):]
        found[name] = (int(match[2], 0), re.findall(r'(\d+) bits', before)[-1],
                           'R' if 'Read only' in comment else 'W' if 'Write only' in comment
                           else 'RW', reset.get(name, ''))
    return found


def registers(page, head):
    """Registers of the table with this head, likewise."""
    got = {}
    for name, offset, width, access, value in rows(page, head):
        offset, _, step = offset.partition(' + ')
        got[name.replace('[n]', '')] = (int(offset, 0), width, access, value)
        if bool(step) != name.endswith('[n]') or step not in ('', f'{int(width) // 8} * n'):
            got[name] = 'a wrong offset'
    return got


def tables(page, header):
    """Registers, bits of a route and commands."""
    define = {name: int(value, 0) for name, value in
              re.findall(r'^#define PARAVIRQ_(\w+)\t+(0x[0-9a-f]+|\d+)$', header, re.M)}
    none([] if '#define PARAVIRQ_ROUTE_RESET\t\tPARAVIRQ_ROUTE_MASK\n' in header else
         ['PARAVIRQ_ROUTE_RESET is not PARAVIRQ_ROUTE_MASK'], 'the reset value of a route')

    mmio, ports = registers(page, 'Register'), registers(page, 'Port')
    none(differ(mmio, constants(header, 'REG', {
        'MAGIC': f'{define["MAGIC"]:#x}', 'VERSION': str(define['VERSION']),
        'NR_LINES': f'1 to {define["MAX_LINES"]}', 'FEATURES': '0', 'ERRORS': '0',
        'ROUTE': f'{define["ROUTE_MASK"]:#x}'})), f'{len(mmio)} registers are those of the header')
    none(differ(ports, constants(header, 'PIO', {'DEST': '0', 'SELECT': '0'})),
         f'{len(ports)} registers at I/O ports alone are those of the header')
    none([text for text in (f'MUST be {define["PIO_SIZE"]:#x} ports or more, from a multiple of '
                            f'{define["PIO_SIZE"]:#x}.',
                            f'bits 31:{define["COMMIT_LINE_SHIFT"]} of what')
          if text not in ' '.join(page.split())], 'the other numbers of pio are those of the header')

    none(differ({name: int(value, 0) for name, value, *_ in rows(page, 'Function')},
                {name[10:]: value for name, value in define.items()
                 if name.startswith('HYPERCALL_')}),
         'the functions of hypercalls are those of the header')

    pio = {name: register for name, register in {**mmio, **ports}.items() if name != 'ROUTE'}
    with tempfile.TemporaryDirectory() as directory:
        read_library = library(directory)
        for transport, there in (('mmio', mmio), ('pio', pio)):
            for name, (offset, width, access, value) in there.items():
                if 'R' in access:
                    is_there = read_library(transport, offset, int(width) // 8)
                    low, _, high = value.partition(' to ')
                    none([] if int(low, 0) <= is_there <= int(high or low, 0) else
                         [f'it reads {is_there:#x}, the page has {value}'],
                         f'{transport}: {name} reads its reset value')
            none([] if read_library(transport, define['REG_ERRORS'], 4) == 0 else
                 ['a read was rejected'],
                 f'{transport}: all of them at the offset and width of the page')

    got = {}
    for bits, name, _ in rows(page, 'Bits'):
        high, _, low = bits.partition(':')
        got[name] = (2 << int(high)) - (1 << int(low or high))
    none(differ(got, {name: define['ROUTE_' + name.upper()] for name in
                      ('VECTOR', 'ENABLE', 'MASK', 'PENDING', 'reserved', 'DEST')}),
         'the bits of a route are those of the header')
    none(differ({name: int(value, 0) for value, name, _ in rows(page, 'Value')},
                {name[8:]: value for name, value in define.items() if name.startswith('CONTROL_')}),
         'the commands are those of the header')


def channel(page, header):
    """Registers, hypercalls and counts of a channel."""
    define = {name: int(value, 0) for name, value in
              re.findall(r'^#define PARAVIRQ_CHANNEL_(\w+)\t+(0x[0-9a-f]+|\d+)$', header, re.M)}
    there = registers(page, 'Register')
    none(differ(there, constants(header, 'CHANNEL_REG', {
        'MAGIC': f'{define["MAGIC"]:#x}', 'VERSION': str(define['VERSION']), 'PEER': '0',
        'EVENTS': f'1 to {define["MAX_EVENTS"]}', 'SIDE': '0 to 1', 'STATE': '0'})),
         f'{len(there)} registers of a channel are those of the header')
    none(differ({name: int(value, 0) for name, value, *_ in rows(page, 'Function')},
                {name[10:]: value for name, value in define.items()
                 if name.startswith('HYPERCALL_')}),
         'the functions of its hypercalls are those of the header')
    none(differ({name[:-3]: offset for name, offset, *_ in rows(page, 'Count')},
                {name: f'0x{define[name]:02x} + 4 * e' for name in ('RUNG', 'TAKEN')}),
         'its counts are where the header has them')
    words = ' '.join(page.split())
    none([text for text in (
        f'{define["DATA"]:#x} of the memory', f'from a multiple of {define["PAGE"]:#x}, ',
        f'and {define["DATA"] + define["PAGE"]:#x} or more',
        f'from a multiple of {define["PAGE"]:#x} and {define["PAGE"]:#x} long.',
        f'0 to {define["MAX_NUMBER"]:#x}, ', f'bits 31:{define["NUMBER_SHIFT"]} of ECX',
        f'MUST return {define["RAISED"]} if', f'{define["PEER_DOWN"]} if nothing',
        f'and {define["NO_EVENT"]:#x}, ') if text not in words],
         'its other numbers are those of the header')


def features():
    """[VER-3] The guest knows no feature bit, so it has no business with the register."""
    files = [os.path.join(d, f) for top in ('arch', 'drivers')
             for d, _, names in os.walk(os.path.join(TOP, top)) for f in names]
    none([f for f in files if 'PARAVIRQ_REG_FEATURES' in read(f)],
         f'none of the {len(files)} files of the guest looks at FEATURES')


def main():
    page = read('Documentation/virt/paravirq/interface.rst')
    defined = sentences(page, [])
    tables(page, read('include/uapi/linux/paravirq.h'))
    page = read('Documentation/virt/paravirq/channel.rst')
    tested(defined + sentences(page, defined))
    channel(page, read('include/uapi/linux/paravirq-channel.h'))
    features()
    print(f'1..{done}')
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
