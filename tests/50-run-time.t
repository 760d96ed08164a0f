#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Sleep, wake up, go on: ACPI S3 on q35. QEMU resets its devices on wake-up, so
that the guest finds no route of its own. And a table that is loaded and
removed at run time by ACPI configfs.

Copyright (C) 2026 The paravirq authors
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

with guest.Run('suspend', append='no_console_suspend', timeout=180) as run:
    start = 0
    for _ in range(2):
        start, _ = run.wait_line('ACPI: PM: Preparing to enter system sleep state S3',
                                 start + 1)
        while run.qmp('query-status')['status'] != 'suspended':
            time.sleep(0.1)
        run.qmp('system_wakeup')

table = os.path.join(guest.boot.BUILD, 'tables/paravirq.aml')
for machine in ('q35', 'microvm'):
    disk = 'virtio-blk-pci' if machine == 'q35' else 'virtio-blk-device'
    with guest.Run('configfs', machine=machine, tables=[], devices=guest.boot.hardware(1),
                   kernel='modules' if machine == 'q35' else 'slim',
                   args=('-drive', f'if=none,id=d,format=raw,readonly=on,file={table}',
                         '-device', f'{disk},drive=d')):
        pass
guest.done()
