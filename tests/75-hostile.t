#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A hypervisor that lies: registers that change between reads, fewer lines than
there were, a controller that vanishes, interrupts that nobody asked for. The
guest survives each, reports it once, and what is honest works exactly. The
guest's part is tools/testing/selftests/paravirq/hostile and stray. Numbers in
brackets are those of Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

PVIC = ('pvic', 'pvic1')
# Vectors of devices, without those of the 32-bit system call and of the PIC's
# cascade, which Linux acknowledges to the PIC and not to the local APIC.
VECTORS = [v for v in range(0x20, 0xeb) if v not in (0x80, 0x32)]
# The lie, the truth, and what the log has of it in the end: {message: how often}.
# "flip" changes every second read: of every register, or of the APIC ids in routes. A
# controller that is asked for nothing is not found out; each request is refused.
LIES = {
    'gone': (('gone', True), ('gone', False), 6),
    'asleep': (('gone', True), ('gone', False), 3),
    'flip': (('flip', 1), ('flip', 0), 6),
    'dest': (('flip', 0xffffffff << 32), ('flip', 0), 6),
}


def said(run, controller):
    """What core and driver say of a controller that is wrong, without its numbers."""
    prefix = f'paravirq PVIQ0001:0{controller}: '
    lines = [line.split(prefix)[1] for line in run.log if prefix in line]
    return [re.sub(r'(?:line \d+: )?(\w+)(?: -\w+: | 0x\w+ not taken.*)', r'\1: ', line)
            for line in lines if not re.match('version 1, |probe with driver ', line)]


# [GUEST-10] [GUEST-11] [VER-2]
def lie(name):
    """The controller of the second doorbell begins to lie, and later stops."""
    begin, end, refusals = LIES[name]
    label = name
    devices = guest.boot.hardware(2) + guest.boot.liar(PVIC[0]) + guest.boot.liar(PVIC[1])
    with guest.Run('hostile', label=label, tables=['paravirq2'], devices=devices,
                   timeout=400, append=f'guest_lie={name}') as run:
        db = guest.Doorbell(run)
        path = f'/machine/peripheral/liar-{PVIC[1]}'
        for word, (option, value) in (('lie', begin), ('truth', end)):
            run.wait_line(f'selftest: host: {word}', timeout=300)
            run.set(path, option, value)
            db.ring(3)
    guest.equal(said(run, 1), ['route: '] * refusals,
                f'{label}: {refusals} requests are refused')
    guest.equal(said(run, 0), [], f'{label}: nothing is said of the honest one')


# [GUEST-12]
def stray():
    """Every vector of devices is injected into every CPU, past all controllers."""
    unheard = 'No irq handler for '
    with guest.Run('stray', allow=[unheard], args=(
            '-qtest', 'unix:{dir}/qtest,server=on,wait=off', '-qtest-log', 'none')) as run:
        db = guest.Doorbell(run)
        start, _ = run.wait_line('selftest: host: stray')
        with run.connect('qtest').makefile('rw') as qtest:
            for vector in VECTORS:
                for cpu in range(2):
                    print('writel', 0xfee00000 | cpu << 12, vector, file=qtest, flush=True)
                    assert qtest.readline().strip() == 'OK'
        db.ring(3)
    said = [line for line in run.log if unheard in line]
    guest.ok(all(line in run.log[start:] for line in said) and said,
             f'stray: {len(said)} of {2 * len(VECTORS)} interrupts are reported, none before')


def boot():
    """A controller that lies from the start is refused, the other one works."""
    for option, message in (('flip=1', 'error: version 0, only 1 is supported'),
                            ('gone=on', 'error: magic 0xffffffff, expected 0x51495650')):
        devices = guest.boot.hardware(2) + guest.boot.liar(PVIC[1], option)
        with guest.Run('smoke', label=option, tables=['paravirq2'], devices=devices,
                       append='guest_nr=4') as run:
            pass
        guest.equal(said(run, 1), [message], f'{option}: "{message}", once')


def main():
    boot()
    stray()
    for name in LIES:
        lie(name)


if __name__ == '__main__':
    main()
    guest.done()
