#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Sleep, wake up, go on: ACPI S3 on q35. QEMU resets its devices on wake-up, so
that the guest finds no route of its own. And a table that is loaded and
removed at run time by ACPI configfs. Numbers in brackets are those of
Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

# [GUEST-3]
with guest.Run('suspend', kernel='modules', append='no_console_suspend',
               timeout=180) as run:
    held = 1 - guest.Doorbell(run).number
    run.wait_line('selftest: ring 1')
    run.ring(0, doorbell=held)
    run.wait_line('ACPI: PM: Preparing to enter system sleep state S3')
    while run.qmp('query-status')['status'] != 'suspended':
        time.sleep(0.1)
    guest.equal(run.get('/machine/peripheral/pvic', 'route-writes') > 0, True,
                'suspend: the guest had routes')
    run.qmp('system_wakeup')
    run.wait_line('selftest: ring 2')
    run.ring(0, doorbell=held)

# [GUEST-2] The lines of a controller that was removed are dead.
with tempfile.NamedTemporaryFile(suffix='.img') as image:
    for name in ('pvic', 'doorbell'):
        with open(os.path.join(guest.boot.BUILD, f'tables/{name}.aml'), 'rb') as f:
            image.write(f.read())
    image.write(bytes(-image.tell() % 512))
    image.flush()
    for machine, kernel, disk in (('q35', 'modules', 'virtio-blk-pci'),
                                  ('microvm', 'slim', 'virtio-blk-device')):
        with guest.Run('configfs', machine=machine, kernel=kernel, tables=[],
                       devices=guest.boot.hardware(1),
                       args=('-drive', 'if=none,id=d,format=raw,readonly=on,'
                             f'file={image.name}', '-device', f'{disk},drive=d')):
            pass
guest.done()
