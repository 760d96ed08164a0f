# SPDX-License-Identifier: GPL-2.0
"""
AML from Python: thousands of tables in the time that iasl takes for one, and some that
iasl would not write. Called by tests/71-tables.t.

    aml.ssdt('MYTABLE', aml.scope('_SB_', aml.device('DBL0', _HID='PVIQ0002',
             _CRS=aml.template(aml.memory(0xfeca0000, 0x300), aml.interrupt([0x20])))))

A value is an integer, a string, bytes for a buffer, a list for a package, a Path or a
Method that returns one of these.

Copyright (C) 2026 The paravirq authors
"""
import struct
import uuid


class Path(str):
    """The absolute path of an object, its segments of four characters."""


class Method:
    """A method that returns a value; without one, it evaluates "last" and returns nothing."""

    def __init__(self, result=None, last=None):
        self.body = b'\xa4' + value(result) if result is not None else \
            b'\x70' + value(last) + b'\x60'


def sized(body):
    """PkgLength and what it counts."""
    n = len(body)
    if n < 0x3f:
        return bytes([n + 1]) + body
    n += 2 if n < 0xffe else 3
    return (bytes([0x40 | n & 15, n >> 4]) if n <= 0xfff else
            bytes([0x80 | n & 15, n >> 4 & 255, n >> 12])) + body


def path(text):
    """A NameString."""
    parts = text.lstrip('\\').split('.')
    prefix = {1: b'', 2: b'\x2e'}.get(len(parts), bytes([0x2f, len(parts)]))
    return b'\\' * (text[0] == '\\') + prefix + ''.join(parts).encode()


def value(v):
    """A DataRefObject."""
    if isinstance(v, Path):
        return path(v)
    if isinstance(v, int):
        return bytes([v]) if v < 2 else b'\x0a' + bytes([v]) if v < 1 << 8 else \
            b'\x0b' + struct.pack('<H', v) if v < 1 << 16 else \
            b'\x0c' + struct.pack('<I', v) if v < 1 << 32 else b'\x0e' + struct.pack('<Q', v)
    if isinstance(v, str):
        return b'\x0d' + v.encode('latin-1') + b'\0'
    if isinstance(v, bytes):
        return b'\x11' + sized(value(len(v)) + v)
    return b'\x12' + sized(bytes([len(v)]) + b''.join(map(value, v)))


def named(name, v):
    """Name () or Method ()."""
    if isinstance(v, Method):
        return b'\x14' + sized(path(name) + b'\0' + v.body)
    return b'\x08' + path(name) + value(v)


def scope(name, *terms):
    """Scope ()"""
    return b'\x10' + sized(path(name) + b''.join(terms))


def device(name, *terms, **objects):
    """Device () with these objects, those that are None left out, and more terms."""
    return b'\x5b\x82' + sized(path(name) + b''.join(
        named(n, v) for n, v in objects.items() if v is not None) + b''.join(terms))


def alias(old, new):
    """Alias ()"""
    return b'\x06' + path(old) + path(new)


def properties(**values):
    """A _DSD; a "__" in a name stands for ",", a "_" for "-"."""
    return [uuid.UUID('daffd814-6eba-4d8c-8a91-bc9bbf4aa301').bytes_le,
            [[n.replace('__', ',').replace('_', '-'), v] for n, v in values.items()]]


def ssdt(table_id, *terms):
    """A table."""
    body = b''.join(terms)
    table = bytearray(struct.pack('<4sIBB6s8sI4sI', b'SSDT', 36 + len(body), 2, 0, b'PVIQ',
                                  table_id.encode(), 1, b'PVIQ', 1) + body)
    table[9] = -sum(table) & 255
    return bytes(table)


def template(*descriptors):
    """ResourceTemplate ()"""
    return b''.join(descriptors) + b'\x79\0'


def large(tag, body):
    """A descriptor with a length of two bytes."""
    return bytes([tag]) + struct.pack('<H', len(body)) + body


def memory(base, size):
    """Memory32Fixed ()"""
    return large(0x86, struct.pack('<BII', 1, base, size))


def ports(base, number):
    """IO ()"""
    return struct.pack('<BBHHBB', 0x47, 1, base, base, 1, number)


def interrupt(numbers, flags=3, source=None, index=0):
    """Interrupt (); flags: 1 consumer, 2 edge, 4 active low, 8 shared, 16 wakes up."""
    return large(0x89, struct.pack(f'<BB{len(numbers)}I', flags, len(numbers), *numbers) +
                 (b'' if source is None else bytes([index]) + source.encode('latin-1') + b'\0'))


def irq(mask, flags=None):
    """IRQNoFlags (), or IRQ () with its flags."""
    return struct.pack('<BH', 0x22, mask) if flags is None else struct.pack('<BHB', 0x23, mask, flags)
