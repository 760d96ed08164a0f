#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Sleep, wake up, go on: ACPI S3 on q35. QEMU resets its devices on wake-up, so
that the guest finds no route of its own. And a table that is loaded and
removed at run time by ACPI configfs. Numbers in brackets are those of
Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import collections
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

# [GUEST-3]
guest.suspend('modules')

# [GUEST-2] The lines of a controller that was removed are dead.
with guest.table_disk('pvic', 'doorbell') as image:
    for machine, kernel, disk, rounds in (('q35', 'modules', 'virtio-blk-pci', 1),
                                          ('microvm', 'slim', 'virtio-blk-device',
                                           1 if guest.boot.EMULATED_HOST else 99)):
        with guest.Run('configfs', machine=machine, kernel=kernel, tables=[],
                       devices=guest.boot.hardware(1), append=f'guest_rounds={rounds}',
                       timeout=120 + 2 * rounds, expect=0,
                       args=('-drive', 'if=none,id=d,format=raw,readonly=on,'
                             f'file={image.name}', '-device', f'{disk},drive=d')) as run:
            # It ends by a reset.
            run.ktap = True
        # None of them meets what is left of another.
        guest.equal(collections.Counter(re.findall(r' paravirq PVIQ0001:00: (.*)',
                                                   '\n'.join(run.log))),
                    {'version 1, 64 lines from 0x1000, mmio, parent VECTOR': rounds + 4,
                     'removed while lines 32-35,40-43 are in use: they are dead now': 2},
                    f'{run.label}: {rounds + 4} controllers came, two went too early')
guest.done()
