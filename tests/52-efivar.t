#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The platform's table from an EFI variable, under OVMF: Debian's kernel with the modules of
packaging/dkms, and a patched one, make the variable and restart; or $STOCK_KERNEL alone.

Copyright (C) 2026 The paravirq authors
"""
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

OVMF = '/usr/share/OVMF/OVMF_'

for kernel in os.environ.get('STOCK_KERNEL', f'{guest.STOCK} modules').split():
    with guest.table_disk('paravirq') as image, tempfile.TemporaryDirectory() as d:
        variables = shutil.copy(OVMF + 'VARS_4M.fd', d)
        with guest.Run('efivar', kernel=kernel, tables=[], devices=guest.boot.hardware(1),
                       memory='512M', reboot=True, append='efivar_ssdt=MySsdt', args=(
                           '-drive', f'if=pflash,format=raw,readonly=on,file={OVMF}CODE_4M.fd',
                           '-drive', f'if=pflash,format=raw,file={variables}',
                           '-drive', f'if=none,id=d,format=raw,readonly=on,file={image.name}',
                           '-device', 'virtio-blk-pci,drive=d')) as run:
            pass
    guest.equal(sum('Linux version' in line for line in run.log), 2, f'{run.label}: two boots')
    guest.equal(sum('ACPI: SSDT ' in line and 'PARAVIRQ' in line for line in run.log), 1,
                f'{run.label}: the second one has the table')
guest.done()
