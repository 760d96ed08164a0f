#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
What an interrupt, a change of affinity, request_irq() and free_irq() cost in
accesses to the routes of a controller, which are exits of a guest. The numbers
are exact, and the documentation quotes them. Numbers in brackets are those of
Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
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

with guest.Run('operations') as run:
    db = guest.Doorbell(run)
    start, _ = run.wait_line('selftest: begin')
    # Both doorbells have requested their lines; the controller's own probe reads
    # three registers and resets, and touches no route.
    requests = 2 * guest.boot.platform()['DOORBELL_LINES']
    guest.equal([run.get(PVIC, name) for name in ('route-writes', 'route-reads')],
                [2 * requests, requests], f'boot: {requests} request_irq, no more')
    start = 0
    for what, expected in EXPECTED.items():
        start, _ = run.wait_line('selftest: begin', start + 1)
        before = [run.get(PVIC, name) for name in ('route-writes', 'route-reads')]
        db.ring(3)
        start, said = run.wait_line('selftest: end (.*)', start + 1)
        after = [run.get(PVIC, name) for name in ('route-writes', 'route-reads')]
        db.ring(3)
        guest.equal((said[1], after[0] - before[0], after[1] - before[1]),
                    (what, *expected),
                    f'{what}: {expected[0]} writes and {expected[1]} reads')
guest.done()
