#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The KUnit suites of the guest's code, run by a guest that has real controllers
beside the made-up ones: each of their results is one here, and none may be
missing, skipped or too many.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

SUITES = (('paravirq', 'arch/x86/kernel/apic/paravirq_test.c'),
          ('irq-paravirq', 'drivers/irqchip/irq-paravirq-test.c'),
          ('paravirq-channel', 'drivers/virt/paravirq-channel-test.c'))


def source(path):
    """The tests of a suite, by its source: {name: the number of parameters, or 0}."""
    with open(os.path.join(guest.boot.ROOT, path), encoding='utf-8') as f:
        text = f.read()
    tests = {}
    for name, params in re.findall(r'^\tKUNIT_CASE(?:_PARAM)?\((\w+)(?:, (\w+)_gen_params)?\),',
                                   text, re.M):
        table = re.search(rf'\b{params}\[\] = {{\n(.*?)^}};', text, re.M | re.S) if params else None
        tests[name] = len(re.findall(r'^\t{ "', table[1], re.M)) if table else 0
    return tests


def results(log, suite):
    """The lines of a suite in the log, without time stamps, by KTAP's rules."""
    lines = [re.sub(r'^\[[^]]*\] ', '', line) for line in log]
    start = lines.index(f'    # Subtest: {suite}')
    end = next(i for i in range(start, len(lines))
               if re.fullmatch(rf'(not )?ok \d+ {suite}( .*)?', lines[i]))
    return lines[start:end + 1]


def judge(log, suite, path):
    """One result for each test and each parameter of a test."""
    tests = source(path)
    try:
        lines = results(log, suite)
    except (ValueError, StopIteration):
        guest.ok(False, f'{suite}: the suite is in the log')
        return
    guest.ok(f'    1..{len(tests)}' in lines, f'{suite}: {len(tests)} tests are planned')
    seen, params = {}, 0
    for line in lines:
        if match := re.fullmatch(r'        (ok|not ok) \d+ ([^#]*?)( # .*)?', line):
            params += 1
            guest.ok(match[1] == 'ok' and 'SKIP' not in (match[3] or ''),
                     f'{suite}: with {match[2]}')
        elif match := re.fullmatch(r'    (ok|not ok) \d+ (\w+)( # .*)?', line):
            seen[match[2]] = params
            params = 0
            guest.ok(match[1] == 'ok' and 'SKIP' not in (match[3] or ''),
                     f'{suite}: {match[2]}')
    guest.equal(seen, tests, f'{suite}: all tests of {path} with all parameters')
    total = sum(n or 1 for n in tests.values())
    guest.ok(any(line.startswith(f'# Totals: pass:{total} fail:0 skip:0 total:{total}')
                 for line in lines), f'{suite}: the totals are {total} passed')
    guest.ok(re.fullmatch(rf'ok \d+ {suite}', lines[-1]), f'{suite}: the suite passed')


with guest.Run('kunit', kernel='modules') as run:
    pass
for arguments in SUITES:
    judge(run.log, *arguments)
guest.done()
