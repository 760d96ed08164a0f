#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The machine is reset again and again under fire, at every stage of its boot. The
guest that boots next finds no route and no count of the one before, rings of its
lines are dropped until it asks, and from the last reset on each is counted once.
The guest's part stands in tools/testing/selftests/paravirq/reset. Numbers in
brackets are those of Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

MASK = 0x200
P = guest.boot.platform()


def reset(run, moment):
    """Resets the machine and waits for a line of the next boot."""
    start = len(run.log)
    run.qmp('system_reset')
    boot, _ = run.wait_line('Linux version', start)
    run.wait_line(moment, boot)


def routes(run, address):
    """All routes of the controller there, as a vCPU would read them."""
    text = run.qmp('human-monitor-command', command_line=
                   f'xp /{P["PVIC_LINES"]}gx {address + 0x1000:#x}')
    return [int(v, 16) for v in re.findall(r' (0x\w{16})', text)]


# [RESET-4]
def stopped_reset(run, streams, intc):
    """The same while the machine is stopped: nothing can change, it is all seen."""
    run.qmp('stop')
    before = [sum(r != MASK for r in routes(run, address)) for address in intc.values()]
    for path, address in intc.items():
        # A read of one byte is an error.
        run.qmp('human-monitor-command', command_line=f'xp /1bx {address:#x}')
        guest.equal(run.get(path, 'errors'), 1, f'{run.label}: {path}: an error')
    start = len(run.log)
    run.qmp('system_reset')
    run.wait_status('query-status', 'prelaunch')
    for s in streams:
        s.more(1000)
    guest.equal([(s.get('rung'), s.get('fetched')) for s in streams], [(0, 0)] * 2,
                f'{run.label}: counts are gone, and a stopped machine takes in no rings')
    for (path, address), n in zip(intc.items(), before):
        guest.ok(n > 0, f'{run.label}: {path}: the guest had {n} routes')
        guest.equal(routes(run, address), [MASK] * P['PVIC_LINES'],
                    f'{run.label}: {path}: no route is left')
        guest.equal(run.get(path, 'errors'), 0, f'{run.label}: {path}: no error is left')
    run.qmp('cont')
    boot, _ = run.wait_line('Linux version', start)
    run.wait_line('selftest: booted', boot)


def test(intc, moments, **options):
    with guest.Run('reset', reboot=True, timeout=300, **options) as run:
        run.wait_line('selftest: firing')
        streams = [guest.Stream(run, n, 0, 1, 2) for n in range(2)]
        dropped = {path: run.get(path, 'dropped') for path in intc}
        for moment in moments:
            for s in streams:
                s.more(1000)
            reset(run, moment)
        for path in intc:
            n = run.get(path, 'dropped') - dropped[path]
            guest.ok(n > 0, f'{run.label}: {path}: {n} rings met a line that was not enabled')
        stopped_reset(run, streams, intc)
        for s in streams:
            s.more(1000)
            s.cease()
            s.ring(3)
        boots = [i for i, line in enumerate(run.log) if 'Linux version' in line]
        guest.equal(len(boots), len(moments) + 2, f'{run.label}: {len(boots)} boots')
        run.wait_line('selftest: line .* total', boots[-1])
        guest.note(f'{sum(len(s.rings) for s in streams)} rings in all')
        for s in streams:
            s.compare()
        streams[0].ring(3)


test({'/machine/peripheral/pvic': P['PVIC0_ADDR'], '/machine/peripheral/pvic1': P['PVIC1_ADDR']},
     ['selftest: firing', 'Linux version', 'paravirq PVIQ0001:00: version', 'Run /init'],
     tables=['paravirq2'])
with tempfile.NamedTemporaryFile(suffix='.img') as image:
    image.write(os.urandom(1 << 20))
    image.flush()
    test({'/machine/pvic': P['PVIC0_ADDR']},
         ['virtio_blk', 'selftest: firing', 'selftest: booted'],
         label='disk', machine='microvm,paravirq=on',
         args=('-drive', f'if=none,id=d,format=raw,file={image.name}',
               '-device', 'virtio-blk-device,drive=d'))
guest.done()
