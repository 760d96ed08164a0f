#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The test harness itself: what must count as a failure does. Boots nothing.

Copyright (C) 2026 The paravirq authors
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

RUN_TESTS = os.path.join(guest.boot.ROOT, 'scripts/run-tests')


def wrong(*lines):
    """What guest.ktap() finds wrong with the output of a guest's test."""
    plan, results, faults = guest.ktap(
        f'[    1.000000] selftest: {line}' for line in lines)
    return plan, sum(r[0] for r in results.values()), len(faults)


guest.equal(wrong('TAP version 13', '1..2', 'ok 1 a', 'ok 2 b'), (2, 2, 0),
            'a guest that passes')
guest.equal(wrong('1..2', 'ok 1 a', 'not ok 2 b'), (2, 1, 0), 'one result fails')
guest.equal(wrong('1..3', 'ok 1 a'), (3, 1, 0), 'two results are missing')
guest.equal(wrong('ok 1 a'), (0, 1, 2), 'no plan')
guest.equal(wrong('1..0'), (0, 0, 1), 'a plan of no tests')
guest.equal(wrong('1..1', '1..1', 'ok 1 a'), (1, 1, 1), 'two plans')
guest.equal(wrong('1..1', 'ok 1 a', 'ok 2 b'), (1, 2, 1), 'more than planned')
guest.equal(wrong('1..1', 'ok 1 a', 'ok 1 a'), (1, 1, 1), 'a result twice')
guest.equal(wrong('1..1', 'ok 1 a', 'Bail out! x'), (1, 1, 1), 'bailing out')
guest.equal(guest.ktap(['[ 1.0] ok 1 a', 'ok 1 a'])[1], {},
            'a line of the kernel is no result')

for line in ('[    1.0] WARNING: CPU: 0 PID: 1 at kernel/irq', ' Call Trace:',
             '[ 1.0] __common_interrupt: 1.35 No irq handler for vector',
             '[ 1.0] No irq handler for 1.35',
             'BUG: kernel NULL pointer', 'INFO: possible recursive locking'):
    guest.ok(guest.boot.TROUBLE.search(line), f'trouble: {line}')
guest.ok(not guest.boot.TROUBLE.search('[ 1.0] debug: all is well'), 'no trouble')

FILES = {
    'good': ('echo ok 1; echo ok 2; echo 1..2', '2 passed, 0 failed', 0),
    'skip': ('echo "ok 1 # SKIP why"; echo ok 2; echo 1..2', '1 passed, 0 failed', 0),
    'bad': ('echo not ok 1; echo ok 2; echo 1..2; exit 1', '1 passed, 1 failed', 1),
    'crashed': ('echo ok 1; echo 1..1; kill -9 $$', '1 passed, 1 failed', 1),
    'short': ('echo 1..3; echo ok 1', '1 passed, 1 failed', 1),
    'no plan': ('echo ok 1', '1 passed, 1 failed', 1),
    'silent': ('exit 0', '0 passed, 1 failed', 1),
}
for name, (script, summary, status) in FILES.items():
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, 'x.t')
        with open(path, 'w', encoding='utf-8') as f:
            f.write(f'#!/bin/sh\n{script}\n')
        os.chmod(path, 0o755)
        run = subprocess.run([RUN_TESTS, path], text=True, check=False,
                             capture_output=True)
        guest.equal((run.stdout.splitlines()[-1], run.returncode),
                    (summary, status), f'run-tests: a test file that is {name}')
guest.done()
