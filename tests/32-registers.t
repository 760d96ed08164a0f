#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
What a guest does to the registers of a controller, read by the host past the
guest (QEMU's qtest): it finds a controller that another kernel has left in use,
in memory or at I/O ports, and makes it its own. Numbers in brackets are those of
Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

PLATFORM = guest.boot.platform()
PVIC, PORT = PLATFORM['PVIC0_ADDR'], PLATFORM['PVIC0_PORT']
ENABLE, MASK, RESET = 0x100, 0x200, 0x200
FIRST = PLATFORM['DOORBELL0_LINE'], PLATFORM['DOORBELL1_LINE']
USED = {f + n for f in FIRST for n in range(PLATFORM['DOORBELL_LINES'])}
# Lines of nobody and one that a driver will request, as they were left.
STALE = {line: 1 << 32 | ENABLE | flags | 0x40 + line
         for line, flags in ((0, 0), (5, MASK), (FIRST[0], 0), (63, 0))}


def qtest(run, *words):
    """One command; its result."""
    file = run.connect('qtest').makefile('rw')
    print(*words, file=file, flush=True)
    answer = file.readline().split()
    assert answer[0] == 'OK', answer
    return int(answer[1], 0) if len(answer) > 1 else None


class Memory:
    """A controller as the host sees it past the guest, at a time without writes."""

    def __init__(self, run):
        self.run = run

    def read(self, register):
        return qtest(self.run, 'readl', PVIC + register)

    def route(self, line):
        return qtest(self.run, 'readq', PVIC + 0x1000 + 8 * line)

    def set_route(self, line, route):
        qtest(self.run, 'writeq', PVIC + 0x1000 + 8 * line, route)

    def used(self):
        """The lines that are not in their reset state, with their routes."""
        routes = {line: self.route(line) for line in range(PLATFORM['PVIC_LINES'])}
        return {line: route for line, route in routes.items() if route != RESET}


class Ports(Memory):
    """The same at I/O ports."""

    def read(self, register):
        return qtest(self.run, 'inl', PORT + register)

    def route(self, line):
        qtest(self.run, 'outl', PORT + 0x28, line)
        return self.read(0x20) << 32 | self.read(0x28)

    def set_route(self, line, route):
        qtest(self.run, 'outl', PORT + 0x20, route >> 32)
        qtest(self.run, 'outl', PORT + 0x24, line << 16 | route & 0xffff)


def registers(kind, **options):
    label = f'registers: {kind.__name__}'
    run = guest.Run('operations', label=label, **options)
    run.command += ['-S', '-qtest', f'unix:{run.dir}/qtest,server=on,wait=off',
                    '-qtest-log', 'none']
    with run:
        pvic = kind(run)
        for line, route in STALE.items():
            pvic.set_route(line, route)
        pvic.read(0x1c)
        guest.equal((pvic.used(), pvic.read(0x14)), (STALE, 1),
                    f'{label}: routes and an error are left from before the boot')
        run.qmp('cont')

        db = guest.Doorbell(run)
        start, _ = run.wait_line('selftest: begin')
        found = pvic.used()
        # [GUEST-1]
        guest.equal(set(found), USED, f'{label}: the lines in use are those of the drivers')
        for line, route in sorted(found.items()):
            guest.ok(route & 0xffffff00 == ENABLE and route & 0xff >= 32 and
                     route >> 32 < 2, f'{label}: line {line}: {route:#x} is a route of this guest')
        # [GUEST-5] The error from before the boot went with RESET.
        guest.equal(pvic.read(0x14), 0, f'{label}: no access was rejected')

        for _ in range(5):
            start, _ = run.wait_line('selftest: begin', start)
            db.ring(3)
            start, _ = run.wait_line('selftest: end', start)
            # Now, for a guest that is rung for the last time ends.
            errors = run.get('/machine/peripheral/pvic', 'errors')
            db.ring(3)
        guest.equal(errors, 0, f'{label}: nor was any after moves, free_irq and request_irq')


registers(Memory)
registers(Ports, tables=['paravirq-pio'])
guest.done()
