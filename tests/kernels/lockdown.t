#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Debian's kernel $STOCK_KERNEL with lockdown=integrity, under OVMF: the modules of
packaging/dkms are refused as they are built, and if they are signed by a key that nobody
knows; they load and work if the firmware has the key in its db. The key is OVMF's own for
tests. test-kernels calls this.

Copyright (C) 2026 The paravirq authors
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../lib'))
import guest  # noqa: E402

KERNEL = guest.STOCK
INITRD = os.path.join(guest.boot.BUILD, f'initrd-{KERNEL}')
OVMF, KEY = '/usr/share/OVMF/OVMF_', '/usr/share/ovmf/PkKek-1-snakeoil.'
SIGN, = glob.glob(f'{guest.boot.BUILD}/stock/bookworm-6.12/usr/lib/'
                  'linux-kbuild-*/scripts/sign-file')
MODULES = glob.glob(f'{INITRD}/lib/modules/*/updates/paravirq*.ko')

for label, signed, db, refused in (
        ('unsigned', False, '.snakeoil', 'Loading of unsigned module is rejected'),
        ('signed, the key not enrolled', True, '', 'unsigned module loading is restricted'),
        ('signed, the key enrolled', True, '.snakeoil', None)):
    with tempfile.TemporaryDirectory() as d:
        files = {os.path.relpath(path, INITRD): shutil.copy(path, d) for path in MODULES}
        for path in files.values() if signed else ():
            subprocess.run([SIGN, 'sha256', KEY + 'key', KEY + 'pem', path], check=True,
                           env={**os.environ, 'KBUILD_SIGN_PIN': 'snakeoil'})
        with open(os.path.join(d, 'modules.cpio'), 'wb') as archive:
            archive.write(guest.boot.newc(files))
        variables = shutil.copy(f'{OVMF}VARS_4M{db}.fd', d)
        # Lockdown takes the port away by which the test's status goes out.
        with guest.Run('smoke', kernel=KERNEL, label=f'{KERNEL} {label}', memory='512M',
                       initrd=archive.name, append='lockdown=integrity', expect=0,
                       args=('-drive', f'if=pflash,format=raw,readonly=on,file={OVMF}CODE_4M.fd',
                             '-drive', f'if=pflash,format=raw,file={variables}')) as run:
            pass
        said = re.findall('Loading of .* is rejected|unsigned module loading is restricted',
                          '\n'.join(run.log))
        guest.equal((set(said), any('# exit status 0' in line for line in run.log)),
                    ({refused} if refused else set(), not refused),
                    f'{run.label}: modules {"are refused" if refused else "load, and lines work"}')
guest.done()
