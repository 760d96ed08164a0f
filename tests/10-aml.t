#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
TAP: the ACPI tables that hypervisor/libparavirq/aml.c writes are, byte for byte, what
iasl makes of the same in ASL. iasl disassembles them and scripts/check-tables accepts
them, that of the example in library.rst as well. No guest; works in build/tests/aml.

Copyright (C) 2026 The paravirq authors
"""
import ctypes
import os
import re
import subprocess
import sys
import textwrap

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIB = TOP + '/hypervisor/libparavirq'
OUT = TOP + '/build/tests/aml'
COMPILE = ['gcc', '-std=c11', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-I' + TOP + '/hypervisor', '-I' + TOP + '/include/uapi',
           '-I' + LIB]
OK, TOO_SMALL, BAD_CONTROLLER, BAD_NAME, BAD_HID, BAD_MEMORY, BAD_LINE = range(7)
CREATOR = slice(28, 36)     # of a table's header: iasl puts itself there
done = failed = 0


class Controller(ctypes.Structure):
    """struct aml_controller"""
    _fields_ = [('gsb', ctypes.c_uint32), ('nr_lines', ctypes.c_uint32),
                ('base', ctypes.c_uint32), ('port', ctypes.c_uint16)]


class Consumer(ctypes.Structure):
    """struct aml_consumer"""
    _fields_ = [('name', ctypes.c_char_p), ('hid', ctypes.c_char_p), ('base', ctypes.c_uint32),
                ('size', ctypes.c_uint32), ('lines', ctypes.POINTER(ctypes.c_uint32)),
                ('nr_lines', ctypes.c_uint32)]


def tap(passed, name, *why):
    """One test line, with diagnostics if it failed."""
    global done, failed
    done += 1
    failed += not passed
    print('ok' if passed else 'not ok', done, '-', name)
    if not passed:
        print(*(f'# {line}' for text in why for line in str(text).splitlines()[:20]), sep='\n')


def run(*args, **kwargs):
    """Exit status and combined output."""
    ended = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           check=False, timeout=120, **kwargs)
    return ended.returncode, ended.stdout


def aml(controller, consumers, size=None):
    """Status, length and bytes; what is behind them has to stay."""
    array = (Consumer * len(consumers))()
    for to, (name, hid, base, memory, lines) in zip(array, consumers):
        to.name, to.hid, to.base, to.size = name.encode(), hid.encode(), base, memory
        to.lines, to.nr_lines = (ctypes.c_uint32 * len(lines))(*lines), len(lines)
    length = ctypes.c_size_t(0)
    size = 1 << 20 if size is None else size
    table = ctypes.create_string_buffer(b'\xa5' * (size + 64), size + 64)
    status = lib.aml_paravirq(table, ctypes.c_size_t(size), ctypes.byref(length),
                              ctypes.byref(Controller(*controller)), array,
                              ctypes.c_size_t(len(consumers)))
    assert table.raw[size:] == b'\xa5' * 64, 'written behind the end'
    return status, length.value, table.raw[:min(length.value, size)]


def asl(controller, consumers):
    """The same in ASL."""
    gsb, lines, base, port = controller
    text = ['DefinitionBlock ("", "SSDT", 2, "PVIQ", "PARAVIRQ", 1) { Scope (\\_SB) { Device (PVIC) {',
            f'Name (_HID, "PVIQ0001") Name (_UID, 0) Name (_GSB, {gsb:#x})',
            'Name (_CRS, ResourceTemplate () {',
            f'Memory32Fixed (ReadWrite, {base:#x}, {0x1000 + 8 * lines:#x})' if base else
            f'IO (Decode16, {port:#x}, {port:#x}, 1, 0x40)', '}) }']
    for uid, (name, hid, where, memory, numbers) in enumerate(consumers):
        text += [f'Device ({name}) {{ Name (_HID, "{hid}") Name (_UID, {uid})',
                 'Name (_DEP, Package () { \\_SB.PVIC }) Name (_CRS, ResourceTemplate () {']
        if memory:
            text.append(f'Memory32Fixed (ReadWrite, {where:#x}, {memory:#x})')
        text += [f'Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\\\_SB.PVIC") {{ {gsb + n:#x} }}'
                 for n in numbers]
        text.append('}) }')
    return '\n'.join([*text, '} }'])


def same(name, controller, consumers):
    """What aml.c writes is what iasl does, in that much room and no less. Returns how much."""
    status, length, table = aml(controller, consumers)
    with open(OUT + '/asl.asl', 'w', encoding='ascii') as file:
        file.write(asl(controller, consumers))
    code, said = run('iasl', '-p', 'asl', 'asl.asl', cwd=OUT)
    if status != OK or code:
        tap(False, name, status, said)
        return 0
    with open(OUT + '/asl.aml', 'rb') as file:
        theirs = bytearray(file.read())
    theirs[CREATOR] = b'PVIQ\1\0\0\0'
    theirs[9] = 0
    theirs[9] = -sum(theirs) & 255
    good = table == theirs and aml(controller, consumers, length) == (OK, length, table) and \
        aml(controller, consumers, length - 1)[:2] == (TOO_SMALL, length) and \
        aml(controller, consumers, 0)[:2] == (TOO_SMALL, length)
    at = next((i for i, (a, b) in enumerate(zip(table, theirs)) if a != b), None)
    tap(good, f'{name}: {length} bytes', f'{len(theirs)} bytes of iasl, differ at {at}',
               table[at or 0:][:32].hex(' '), theirs[at or 0:][:32].hex(' '))
    return length


def accepted(name, table, number):
    """iasl disassembles it, and check-tables finds so many things, all good."""
    path = OUT + '/ours.aml'
    with open(path, 'wb') as file:
        file.write(table)
    code, said = run('iasl', '-d', path)
    tap(code == 0 and 'ASL Output' in said and not re.search('Warning|Error', said),
        name + ': iasl disassembles it', said)
    code, said = run(TOP + '/scripts/check-tables', path)
    tap(code == 0 and len(re.findall(r'^ok \d+ (?!.*SKIP)', said, re.M)) == number and
        '_DEP' not in said, f'{name}: check-tables finds {number} good', said)


def consumer(number, lines, hid='PVIQ0002', memory=0x300):
    """One that has these lines."""
    return (f'D{number:03X}', hid, 0xd0000000 + 0x1000 * number, memory, lines)


def refuse(name, expected, controller, *consumers):
    """It is refused so, and nothing is written."""
    status, length, _ = aml(controller, consumers)
    tap(status == expected and not length, f'{name} is refused', status, length)


def refusals():
    """All errors."""
    memory, ports = (0x1000, 64, 0xfec80000, 0), (0x1000, 64, 0, 0xe00)
    for name, controller in (
            ('no line', (0x1000, 0, 0xfec80000, 0)), ('2049 lines', (0x1000, 2049, 0xfec80000, 0)),
            ('a window not at a page', (0x1000, 64, 0xfec80800, 0)),
            ('a window that ends above 4 GiB', (0x1000, 1, 0xfffff000, 0)),
            ('ports not at a multiple of 0x40', (0x1000, 64, 0, 0xe20)),
            ('neither memory nor ports', (0x1000, 64, 0, 0)),
            ('a _GSB whose last number is 0xffffffff', (0xffffffc0, 64, 0xfec80000, 0))):
        refuse(name, BAD_CONTROLLER, controller)
    for name in '', 'ABC', 'ABCDE', 'ABCD-', 'abcd', '0BCD', 'AB D', 'PVIC':
        refuse(f'the name "{name}"', BAD_NAME, ports, (name, 'PVIQ0002', 0, 0, [1]))
    refuse('a name twice', BAD_NAME, memory, consumer(1, [1]), consumer(1, [2]))
    for hid in ('', 'PVIQ02', 'PVIQ00002', 'pviq0002', 'PVIQ_002', 'PVIQ0001', 'PVIQ0003', 'PRP0001', 'PNP0501',
                'ACPI0004'):
        refuse(f'the _HID "{hid}"', BAD_HID, memory, ('ABCD', hid, 0, 0, [1]))
    refuse('memory that ends above 4 GiB', BAD_MEMORY, memory, ('ABCD', 'PVIQ0002', 0xfffff000, 0x1001, [1]))
    refuse('a line out of range', BAD_LINE, memory, consumer(1, [63, 64]))
    refuse('a line that is taken', BAD_LINE, memory, consumer(1, [3, 4]), consumer(2, [5, 3]))
    refuse('a consumer without lines', BAD_LINE, memory, consumer(1, []))


def example():
    """The page's call of aml_paravirq() compiles, and its table is right."""
    with open(TOP + '/Documentation/virt/paravirq/library.rst', encoding='utf-8') as file:
        blocks = re.findall(r'^\.\. code-block:: c\n\n((?:    .*\n|\n)+)', file.read(), re.M)
    code = [textwrap.dedent(b) for b in blocks if 'aml_paravirq(' in b]
    with open(OUT + '/page.c', 'w', encoding='utf-8') as file:
        file.write('#include <stdio.h>\n#include <stdlib.h>\n#include "aml.h"\n' + ''.join(code) +
                   'int main(void)\n{\n\tsize_t length;\n\tvoid *table = make_table(&length);\n\n'
                   '\tfwrite(table, length, 1, stdout);\n\treturn 0;\n}\n')
    status, said = run(*COMPILE, '-o', OUT + '/page', OUT + '/page.c', LIB + '/aml.c')
    tap(len(code) == 1 and status == 0, 'library.rst: the call compiles', said)
    if not status:
        accepted('library.rst', subprocess.run([OUT + '/page'], stdout=subprocess.PIPE, check=True).stdout, 4)


os.makedirs(OUT, exist_ok=True)
code, output = run(*COMPILE, '-fsanitize=undefined', '-fno-sanitize-recover', '-shared', '-fPIC', '-o',
                   OUT + '/aml.so', LIB + '/aml.c')
tap(code == 0, 'aml.c compiles', output)
if code:
    print('Bail out! There is nothing to test')
    sys.exit(1)
lib = ctypes.CDLL(OUT + '/aml.so')

PVIC = (0x1000, 64, 0xfec80000, 0)
same('no consumer, in memory', PVIC, [])
same('no consumer, at ports', (0x1000, 64, 0, 0xe00), [])
for base in 0, 1, 2, 0xff, 0x100, 0xffff, 0x10000, 0xfffffffe:
    same(f'_GSB {base:#x}', (base, 1, 0xfec80000, 0), [consumer(0, [0])])
same('one line, at ports, without memory', (16, 1, 0, 0xffc0), [consumer(0, [0], memory=0)])
same('2048 lines of one consumer', (0x1000, 2048, 0xfec80000, 0), [consumer(0, range(2048))])
same('2048 consumers of one line', (0x1000, 2048, 0xfec80000, 0),
     [consumer(i, [2047 - i]) for i in range(2048)])
same('lines in no order, memory up to 4 GiB', PVIC,
     [('_A0_', 'ABC0A0A', 0xffff0000, 0x10000, [63, 0, 17, 62]), ('BCDE', 'ABCD0004', 0, 0, [1])])
# Lengths grow by 20 with a line, by 1 with a _HID.
for many in 2, 3, 11, 12, 198, 199, 200, 201:
    for hid in 'PVI0002', 'PVIQ0002':
        same(f'{many} lines, _HID {hid}', (0x1000, 256, 0xfec80000, 0), [consumer(0, range(many), hid)])
# Those of the scope are about 4095, where they begin to take three bytes.
sizes = set()
for short in range(40):
    sizes.add(same('some _HID of seven bytes', (0x1000, 256, 0xfec80000, 0),
                   [consumer(i, [i], 'PVI0002' if i < short else 'PVIQ0002') for i in range(40)] +
                   [consumer(40, range(40, 57))]) - 37)
tap({4094, 4095, 4097, 4098} <= sizes and 4096 not in sizes, 'lengths on both sides of three bytes',
    sorted(sizes))
accepted('2048 lines', aml((0x1000, 2048, 0xfec80000, 0), [consumer(0, range(2048))])[2], 2049)
accepted('ports', aml((0x1000, 64, 0, 0xe00), [consumer(0, [5, 6]), consumer(1, [7])])[2], 4)
refusals()
example()
print(f'1..{done}')
sys.exit(failed > 0)
