#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The whole chain once for each way into a guest: tables, driver, interrupts,
counts, names. What is checked stands in tools/testing/selftests/paravirq/smoke;
here, that QEMU's db0 is doorbell0 in the guest.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

check = guest.load('check-boot-log').check
P = guest.boot.platform()
NAMES = [f'doorbell{d}.{n} is line {P[f"DOORBELL{d}_LINE"] + n}' for d in range(2)
         for n in range(P['DOORBELL_LINES'])]

for options in ({'machine': 'q35'},
                {'machine': 'q35', 'load': 'initrd'},
                {'machine': 'microvm'},
                {'machine': 'microvm,paravirq=on'},
                {'machine': 'microvm', 'load': 'initrd'},
                {'machine': 'pc'},
                {'firmware': 'dt'},
                {'firmware': 'dt', 'machine': 'q35'},
                {'firmware': 'dt+acpi'},
                {'firmware': 'dt+acpi', 'machine': 'microvm'},
                {'machine': 'q35', 'kernel': 'modules'}):
    if not guest.can(**options):
        continue
    with guest.Run('smoke', **options) as run:
        pass
    guest.equal(re.findall('doorbell.* is line .*', '\n'.join(run.log)), NAMES,
                f'{run.label}: db0 is doorbell0')
# [DISC-3] Registers at I/O ports.
for options in ({'machine': 'q35'},
                {'machine': 'q35', 'load': 'initrd'},
                {'machine': 'microvm'},
                {'machine': 'pc', 'kernel': 'modules'}):
    with guest.Run('smoke', label=f'smoke pio {" ".join(options.values())}',
                   tables=['paravirq-pio'], **options) as run:
        pass
    guest.ok(any(line.endswith('64 lines from 0x1000, pio, parent VECTOR')
                 for line in run.log), 'the log says pio')
    guest.equal([text for passed, text in check(run.log) if not passed], [],
                'check-boot-log finds nothing wrong')
guest.done()
