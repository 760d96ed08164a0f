#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A whole system of Debian's, with the package paravirq-dkms, on a disk with a paravirq line:
scripts/build-system made it, of $STOCK_KERNEL, and test-kernels calls this. What the disk
gets is thrown away.

Copyright (C) 2026 The paravirq authors
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../lib'))
import guest  # noqa: E402

KERNEL = os.environ.get('STOCK_KERNEL', 'bookworm-6.12')
IMAGE = os.path.join(guest.boot.BUILD, f'system/{KERNEL}.img')

with guest.Run('root', kernel=f'root-{KERNEL}', label=f'{KERNEL} root',
               machine='microvm,paravirq=on', tables=[], devices=(), memory='512M', timeout=300,
               append='root=/dev/vda rw init=/tests/init',
               args=('-drive', f'if=none,id=d,format=raw,snapshot=on,file={IMAGE}',
                     '-device', 'virtio-blk-device,drive=d')) as run:
    pass
guest.done()
