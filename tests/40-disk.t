#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Unmodified virtio-mmio disks on paravirq lines of microvm: written, read back,
compared with the image. ACPI and device tree.

Copyright (C) 2026 The paravirq authors
"""
import hashlib
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

MIB = 8
MACHINE = 'microvm,paravirq=on'

for options in ({}, {'append': 'noapic'}, {'kernel': 'modules'},
                {'firmware': 'dt', 'machine': MACHINE + ',acpi=off,pic=on'}):
    if not guest.can(**options):
        continue
    label = f'disk {options}'
    with tempfile.NamedTemporaryFile(suffix='.img') as image:
        image.truncate(MIB << 20)
        with guest.Run('disk', label=label, **{'machine': MACHINE, **options}, args=(
                '-drive', f'if=none,id=d,format=raw,file={image.name}',
                '-device', 'virtio-blk-device,drive=d')) as run:
            pass
        digests = [m[1] for line in run.log
                   if (m := re.search('sha256 ([0-9a-f]{64})', line))]
        with open(image.name, 'rb') as f:
            guest.equal(digests, [hashlib.sha256(f.read()).hexdigest()],
                        f'{label}: the image has what the guest wrote')
guest.done()
