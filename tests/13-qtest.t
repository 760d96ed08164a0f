#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The test of the devices in QEMU's own style, hypervisor/qemu/tests/qtest, against
QEMU 7.2 and 10; with 10 also what tests/12-qemu-device.t checks, and guests: the
other tests boot theirs with 7.2. Prints TAP.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
QEMU10 = os.path.join(TOP, 'build/qemu10/qemu-system-x86_64')
os.environ['QEMU'] = QEMU10
sys.path.insert(0, os.path.join(TOP, 'tests/lib'))
import guest  # noqa: E402


def tap(label, command, **environment):
    """Runs a test and passes on its results under our own numbers."""
    run = subprocess.run(command, env={**os.environ, **environment}, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         stdin=subprocess.DEVNULL, timeout=600, check=False)
    plan = re.search(r'^1\.\.(\d+)$', run.stdout, re.M)
    results = re.findall(r'^(ok|not ok) \d+ (?:- )?(.*)$', run.stdout, re.M)
    for result, name in results:
        guest.ok(result == 'ok', f'{label}: {name}')
    if not guest.ok(run.returncode == 0 and plan and len(results) == int(plan[1]) > 0,
                    f'{label}: all of it ran, and ended well'):
        guest.note(f'exit status {run.returncode}; it said:\n{run.stdout[-8000:]}')


def qtest(name):
    """paravirq-test with a QEMU that finds its ROMs, as the name says it is."""
    build = subprocess.run([TOP + '/scripts/build-qemu', name, 'tests/qtest/paravirq-test'],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           stdin=subprocess.DEVNULL, text=True, check=False)
    if not guest.ok(build.returncode == 0, f'{name}: paravirq-test builds'):
        guest.note(build.stdout[-8000:])
    directory = os.path.join(TOP, 'build/tests/qtest', name)
    os.makedirs(directory, exist_ok=True)
    # libqtest takes the architecture from the name of the binary.
    wrapper = os.path.join(directory, 'qemu-system-x86_64')
    with open(wrapper, 'w', encoding='utf-8') as file:
        file.write(f'#!/bin/sh\nexec {TOP}/build/{name}/qemu-system-x86_64 '
                   '-L /usr/share/seabios -L /usr/share/qemu "$@"\n')
    os.chmod(wrapper, 0o755)
    tap(name, [f'{TOP}/build/{name}/tests/qtest/paravirq-test', '--tap', '-k'],
        QTEST_QEMU_BINARY=wrapper)


version = subprocess.run([QEMU10, '--version'], stdout=subprocess.PIPE, text=True, check=False)
guest.ok(re.match(r'QEMU emulator version 10\.', version.stdout), 'qemu10 is QEMU 10')
qtest('qemu')
qtest('qemu10')
tap('qemu10', [TOP + '/tests/12-qemu-device.t'])
for options in ({'machine': 'q35'}, {'machine': 'pc'}, {'machine': 'microvm,paravirq=on'},
                {'machine': guest.boot.SLIM},
                {'firmware': 'dt'}):
    with guest.Run('smoke', label=f'qemu10: smoke {options}', **options):
        pass
guest.done()
