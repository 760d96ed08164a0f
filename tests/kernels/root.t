#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A whole system of Debian's, with the package paravirq-dkms, on a disk with a paravirq line:
$STOCK_KERNEL and the package installed, a second kernel and a new version of the package
installed, which both kernels then have, and the package purged, on a disk that has a pin of
the IO-APIC. scripts/build-system made them, and test-kernels calls this. What the disks get
is thrown away.

Copyright (C) 2026 The paravirq authors
"""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../lib'))
import guest  # noqa: E402

KERNEL = guest.STOCK
BUILD = guest.boot.BUILD
INSTALLED, NEXT = (re.fullmatch('.*_(.*)_all.deb', path)[1] for directory in ('deb', 'deb-next')
                   for path in glob.glob(f'{BUILD}/{directory}/paravirq-dkms_*_all.deb'))

for suffix, version in ('', INSTALLED), ('-upgraded', NEXT), ('-generic', NEXT), ('-purged', ''):
    name = KERNEL + suffix
    with guest.Run('root', kernel=f'root-{name}', label=f'{name} root', tables=[], devices=(),
                   machine=f'microvm{",paravirq=on" if version else ""}', memory='1G', timeout=300,
                   append='root=/dev/vda rw init=/tests/init ' +
                   (f'guest_version={version}' if version else ''), args=(
                       '-drive', f'if=none,id=d,format=raw,snapshot=on,file={BUILD}/system/{name}.img',
                       '-device', 'virtio-blk-device,drive=d')) as run:
        pass
    with open(f'{BUILD}/system/{name}.files', encoding='utf-8') as files:
        guest.equal(bool(re.search(r'/updates/dkms/paravirq\.ko', files.read())), bool(version),
                    f'{run.label}: the module is {"" if version else "not "}in the initrd')
    said = '\n'.join(run.log)
    release, = set(re.findall(r'Linux version (\S+)', said))
    guest.equal('cloud' in release, suffix in ('', '-upgraded'), f'{run.label}: Linux is {release}')
guest.done()
