#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
What an interrupt, a change of affinity, request_irq() and free_irq() cost in
accesses to the routes of a controller, which are exits of a guest: as the
controller counts them, and with I/O ports as QEMU traces them. The numbers are
exact, and the documentation quotes them. Numbers in brackets are those of
Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import collections
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

PVIC = '/machine/peripheral/pvic'
# (writes, reads) of routes
EXPECTED = {
    'nothing': (0, 0),
    # [GUEST-8] [RAISE-6]
    '100 interrupts': (0, 0),
    # One write each.
    '100 moves': (100, 0),
    # Mask, then reset.
    '4 free_irq': (8, 0),
    # [GUEST-4] Enabled and masked, read back, unmasked.
    '4 request_irq': (8, 4),
}

TRACED = re.compile(r"memory_region_ops_(read|write) .* addr (0x\w+) .* name 'paravirq'$", re.M)


def at_ports(writes, reads):
    """Accesses of all ports: DEST and COMMIT to write; SELECT and two reads."""
    base = guest.boot.platform()['PVIC0_PORT']
    return {access: number for access, number in {
        ('write', base + 0x20): writes, ('write', base + 0x24): writes,
        ('write', base + 0x28): reads, ('read', base + 0x28): reads,
        ('read', base + 0x20): reads}.items() if number}


def operations(label, ports=False, **options):
    run = guest.Run('operations', label=label, **options)
    run.command += ['-D', f'{run.dir}/trace']
    with run:
        db = guest.Doorbell(run)
        start, _ = run.wait_line('selftest: begin')
        # Both doorbells have requested their lines; the controller's own probe
        # reads three registers and resets, and touches no route.
        requests = 2 * guest.boot.platform()['DOORBELL_LINES']
        guest.equal([run.get(PVIC, name) for name in ('route-writes', 'route-reads')],
                    [2 * requests, requests], f'{label}: boot: {requests} request_irq, no more')
        for access in ('read', 'write') if ports else ():
            run.qmp('trace-event-set-state', name=f'memory_region_ops_{access}', enable=True)
        start = 0
        for what, expected in EXPECTED.items():
            start, _ = run.wait_line('selftest: begin', start + 1)
            before = [run.get(PVIC, name) for name in ('route-writes', 'route-reads')]
            at = os.path.getsize(f'{run.dir}/trace') if ports else 0
            db.ring(3)
            start, said = run.wait_line('selftest: end (.*)', start + 1)
            after = [run.get(PVIC, name) for name in ('route-writes', 'route-reads')]
            if ports:
                with open(f'{run.dir}/trace', encoding='utf-8') as file:
                    file.seek(at)
                    found = TRACED.findall(file.read())
                guest.equal(dict(collections.Counter((how, int(port, 0)) for how, port in found)),
                            at_ports(*expected), f'{label}: {what}: by ports')
            db.ring(3)
            guest.equal((said[1], after[0] - before[0], after[1] - before[1]),
                        (what, *expected),
                        f'{label}: {what}: {expected[0]} writes and {expected[1]} reads')


operations('memory')
operations('ports', ports=True, tables=['paravirq-pio'])
if guest.boot.HYPERCALLS:
    operations('hypercalls', tables=['hypercall'])
guest.done()
