#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Odd interrupts that are none of paravirq's come out the same in a patched kernel and in
Debian's own: firmware-tables/foreign.asl says which, irqprobe says how.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

ODD = 6
seen = {}
for kernel in (guest.STOCK, 'modules'):
    with guest.Run('foreign', kernel=kernel, tables=['foreign'], devices=[]) as run:
        pass
    seen[kernel] = sorted(
        m[1] for line in run.log
        if (m := re.search(r'irqprobe PVIQ0FFF:\d+: (ODD.*)', line)))
    if kernel == 'modules':
        errors = [line for line in run.log if "source '" in line]

guest.equal(len(seen[guest.STOCK]), ODD, 'the unpatched kernel has seen all of them')
guest.equal(seen['modules'], seen[guest.STOCK], 'the patched kernel makes the same of them')
guest.note('\n'.join(seen['modules']))
guest.ok(not any('-517' in line for line in seen['modules']), 'none is deferred')
# What the unpatched kernel passes over in silence is named, where it fails.
for consumer, number, path, why in (
        ('ODD1', '0x5', r'\_SB.NONE', 'does not exist'),
        ('ODD2', '0x1003', r'\_SB.NONE', 'does not exist'),
        ('ODD4', '0x7', 'BUS1', 'is not an absolute path')):
    guest.ok(any(f"{consumer}: interrupt {number}: source '{path}' {why}" in line
                 for line in errors), f'{consumer}: {path} {why}: is said')
guest.done()
