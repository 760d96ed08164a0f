#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The test of the devices in QEMU's own style, hypervisor/qemu/tests/qtest, built and run
with the QEMU of build/qemu, or of QEMU_SRC if that is set. Prints TAP.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, 'tests/lib'))
import guest  # noqa: E402

BUILD = TOP + ('/build/qemu-user' if os.environ.get('QEMU_SRC') else '/build/qemu')

build = subprocess.run([TOP + '/scripts/build-qemu', 'qemu-system-x86_64',
                        'tests/qtest/paravirq-test'], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                       check=False)
if not guest.ok(build.returncode == 0, 'paravirq-test builds'):
    guest.note(build.stdout[-8000:])
os.makedirs(TOP + '/build/tests/qtest', exist_ok=True)
# It has to find its ROMs, and libqtest takes the architecture from the binary's name.
wrapper = TOP + '/build/tests/qtest/qemu-system-x86_64'
with open(wrapper, 'w', encoding='utf-8') as file:
    file.write(f'#!/bin/sh\nexec {BUILD}/qemu-system-x86_64 '
               '-L /usr/share/seabios -L /usr/share/qemu "$@"\n')
os.chmod(wrapper, 0o755)
run = subprocess.run([BUILD + '/tests/qtest/paravirq-test', '--tap', '-k'], text=True,
                     env={**os.environ, 'QTEST_QEMU_BINARY': wrapper},
                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                     stdin=subprocess.DEVNULL, timeout=1200, check=False)
plan = re.search(r'^1\.\.(\d+)$', run.stdout, re.M)
results = re.findall(r'^(ok|not ok) \d+ (?:- )?(.*)$', run.stdout, re.M)
for result, name in results:
    guest.ok(result == 'ok', name)
if not guest.ok(run.returncode == 0 and plan and len(results) == int(plan[1]) > 0,
                'all of it ran, and ended well'):
    guest.note(f'exit status {run.returncode}; it said:\n{run.stdout[-8000:]}')
guest.done()
