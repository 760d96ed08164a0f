#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
No ring is lost under fire: while affinity moves and CPUs come and go, while
lines are masked, while the consumer is unbound and bound. The host rings from
outside by the doorbell's socket; the guest's part and its checks stand in
tools/testing/selftests/paravirq/affinity, retarget, mask and rebind. Numbers in
brackets are those of Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

PVIC = '/machine/peripheral/pvic'
EMULATED = guest.boot.EMULATED_HOST
SMP = {'smp': 2, 'timeout': 300}


# [GUEST-6] An interrupt that the old vector has no handler for is trouble in the
# log. [GUEST-7] Rings are counted by the device, and that has to come out even.
def affinity(**options):
    label = ' '.join(['affinity', options.get('kernel', 'slim'), *options.get('tables', ())])
    with guest.Run('affinity', label=label, **options, **SMP) as run:
        guest.under_fire(run, label).ring(3)


# [RAISE-3] [GUEST-7]
def mask():
    with guest.Run('mask', append='no_console_suspend',
                   **SMP) as run:
        db = guest.Doorbell(run)
        db.ring(3)
        line, _ = run.wait_line('suspend debug: Waiting')
        latched = run.get(PVIC, 'latched')
        injected = run.get(PVIC, 'injected')
        db.ring(*[0] * 100, 1)
        db.took(101)
        guest.equal(run.get(PVIC, 'latched') - latched, 101,
                    'mask: rings of masked lines are latched')
        guest.equal(run.get(PVIC, 'injected') - injected, 0,
                    'mask: rings of masked lines are not injected')
        run.wait_line('suspend debug: Waiting', line + 1)
        db.ring(*[0] * 50)
        run.wait_line('selftest: firing')
        latched = run.get(PVIC, 'latched')
        fire = guest.Fire(db, 2)
        run.until(lambda: run.get(PVIC, 'latched') > latched)
        db.ring(1)
        run.wait_line(r'selftest: slept', timeout=120)
        rings = fire.cease()
        db.settled('mask')
        guest.ok(run.get(PVIC, 'latched') > latched,
                 f'mask: {run.get(PVIC, "latched") - latched} of {rings} '
                 'rings met a masked line')
        db.ring(3)


def rebind():
    # free_irq() under fire can find an interrupt that the CPU has taken and not
    # yet looked up, and one more behind it: reevaluate_vector() forgives only one
    # of them a vector that is gone. That loses nothing: the counts say so.
    with guest.Run('rebind', allow=['No irq handler for '], **SMP) as run:
        db = guest.Doorbell(run)
        run.wait_line('selftest: unbound')
        db.ring(*[2] * 7)
        db.took(7)
        run.ring(3, doorbell=1)
        run.wait_line('selftest: firing')
        dropped = run.get(PVIC, 'dropped')
        fire = guest.Fire(db, 0, 1, 2)
        run.until(lambda: run.get(PVIC, 'dropped') > dropped)
        run.ring(2, doorbell=1)
        run.wait_line('selftest: rebound', timeout=120)
        rings = fire.cease()
        db.settled('rebind')
        guest.ok(run.get(PVIC, 'dropped') > dropped,
                 f'rebind: {run.get(PVIC, "dropped") - dropped} of {rings} '
                 'rings met an unbound consumer')
        db.ring(3, 0)


affinity(append='guest_rounds=10' if EMULATED else '')
FEW = f'guest_rounds={10 if EMULATED else 30}'
affinity(machine='q35', kernel='modules', append=FEW)
affinity(machine='microvm', tables=['paravirq-pio'], append=FEW)
# [GUEST-9]
with guest.Run('retarget', tables=['paravirq-pio'], **SMP):
    pass
mask()
rebind()
guest.done()
