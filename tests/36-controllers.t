#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Two controllers under fire, one of which is reset again and again while its
consumer comes and goes: the other injects each of its rings once and is not even
looked at. The guest's part stands in tools/testing/selftests/paravirq/controllers.
Numbers in brackets are those of Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

P = guest.boot.platform()
NAMES = ['route-writes', 'route-reads', 'latched', 'dropped', 'errors']


# [DISC-1] [RESET-1]
def test(stays, goes, **options):
    """The controllers, by their numbers."""
    intc, line = P[f'PVIC{goes}_ADDR'], P[f'DOORBELL{goes}_LINE']
    path = ['/machine/peripheral/pvic', '/machine/peripheral/pvic1']
    # What the kernel may say while an interrupt is freed under fire: 30-fire.t.
    with guest.Run('controllers', label=f'controller {goes} is reset',
                   allow=['No irq handler for '], timeout=300,
                   append=f'guest_reset={goes} guest_control={intc + 0x10:#x} '
                          f'guest_route={intc + 0x1000 + 8 * line:#x}', **options) as run:
        run.wait_line('selftest: firing')
        before = {name: run.get(path[stays], name) for name in NAMES}
        dropped = run.get(path[goes], 'dropped')
        streams = [guest.Stream(run, n, 0, 1, 2) for n in range(2)]
        run.wait_line('selftest: bound', timeout=120)
        for s in streams:
            s.more(1000)
            s.cease()
            s.ring(3)
        run.wait_line('selftest: line .* total')
        after = {name: run.get(path[stays], name) for name in NAMES}
        guest.equal(after, before, f'{run.label}: the other one is not touched')
        guest.equal(run.get(path[stays], 'injected'), len(streams[stays].rings),
                    f'{run.label}: {len(streams[stays].rings)} rings of the other one '
                    'were injected')
        streams[stays].compare()
        other = streams[goes]
        guest.equal((other.get('rung'), other.get('fetched')), (len(other.rings),) * 2,
                    f'{run.label}: {len(other.rings)} of its rings were all fetched')
        n = run.get(path[goes], 'dropped') - dropped
        guest.ok(n > 0, f'{run.label}: {n} of its rings met a line that was not enabled')
        streams[0].ring(3)


test(stays=0, goes=1, tables=['paravirq2'])
test(stays=1, goes=0, tables=['paravirq-mixed'], kernel='modules')
if guest.boot.HYPERCALLS:
    test(stays=1, goes=0, tables=['hypercall2'])
guest.done()
