#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
How sources are fetched and patched: a patch applies exactly or not at all, the series
to each Linux whose source is there, and a mirror that has lost a version is no end
(scripts/apply-patches, scripts/linux-patches, scripts/fetch-sources). apt is a
stand-in here. Boots nothing.

Copyright (C) 2026 The paravirq authors
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

ROOT = guest.boot.ROOT


def hunks(path):
    """(start, lines) of each hunk of a patch."""
    with open(path, encoding='utf-8') as f:
        text = f.read().partition('\n---\n')[2]
    for match in re.finditer(r'^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@.*\n((?:[ +-].*\n|\n)*)',
                             text, re.M):
        yield int(match[1]), match[4].splitlines()


short = []
for patch in sorted(glob.glob(f'{ROOT}/patches/**/*.patch', recursive=True)):
    for start, lines in hunks(patch):
        before = next(i for i, line in enumerate(lines) if line[:1] in '+-' and line)
        after = next(i for i, line in enumerate(reversed(lines)) if line[:1] in '+-' and line)
        # A file can begin or end before there are three; git puts no more there.
        if not (before == 3 or start == 1) or after > 3 or (after < 3 and before != 3):
            short.append(f'{patch}: {start}')
guest.equal(short, [], 'each hunk has three lines of context')

FUNCTION = 'int f{0}(void)\n{{\n\tint n = {0};\n\n\treturn n;\n}}\n\n'
# Made in a file where f20 begins at that line.
PATCH = '''From: The paravirq authors
Subject: [PATCH] f20: Return more
---
diff --git a/dir/file.c b/dir/file.c
--- a/dir/file.c
+++ b/dir/file.c
@@ -{},6 +{},7 @@ int f20(void)
 {{
 \tint n = 20;
 
+\tn++;
 \treturn n;
 }}
 
'''


def apply(change=lambda text: text, at=142):
    """Applies PATCH, made at that line, to a file that was changed."""
    with tempfile.TemporaryDirectory() as d:
        os.mkdir(f'{d}/dir')
        before = change(''.join(FUNCTION.format(n) for n in range(40)))
        with open(f'{d}/dir/file.c', 'w', encoding='utf-8') as f:
            f.write(before)
        with open(f'{d}/0001-more.patch', 'w', encoding='utf-8') as f:
            f.write(PATCH.format(at, at))
        run = subprocess.run([f'{ROOT}/scripts/apply-patches', d, 'Test 1.2',
                              f'{d}/0001-more.patch'], capture_output=True, text=True, check=False)
        with open(f'{d}/dir/file.c', encoding='utf-8') as f:
            after = f.read()
        return run.returncode, after == before.replace('n = 20;\n', 'n = 20;\n\n\tn++;', 1), \
            run.stderr


for name, change, at in (
        ('as it was', lambda text: text, 142),
        ('one line more before', lambda text: '\n' + text, 142),
        ('160 lines more before', lambda text: '\n' * 160 + text, 142)):
    guest.equal(apply(change, at)[::2], (0, ''), f'applies: {name}')
for name, change, at, words in (
        ('a line of context is another', lambda text: text.replace('int n = 20', 'long n = 20'),
         142, ('0001-more.patch does not apply to Test 1.2', 'dir/file.c', 'Hunk #1 FAILED')),
        ('the third line of context is another',
         lambda text: text.replace('n = 20;\n\n\treturn n;\n}\n\n', 'n = 20;\n\n\treturn n;\n}\n;\n'),
         142, ('0001-more.patch does not apply to Test 1.2', 'Hunk #1 FAILED')),
        ('161 lines more before', lambda text: '\n' * 161 + text, 142,
         ('0001-more.patch: hunk #1 of dir/file.c is 161 lines off in Test 1.2, allowed are 160',)),
        ('161 lines less before', lambda text: text, 303,
         ('hunk #1 of dir/file.c is -161 lines off in Test 1.2, allowed are 160',))):
    status, _, said = apply(change, at)
    guest.ok(status == 1 and all(word in said for word in words), f'refused: {name}')
    guest.note(said)

# The whole series, as scripts/prepare-linux has it.
for version in '7.3', '6.12', '6.1':
    tree = f'{guest.boot.BUILD}/linux-source-{version}'
    if not os.path.isdir(tree):
        guest.skip(f'Linux {version}: its source is not here')
        continue
    patches = subprocess.run([f'{ROOT}/scripts/linux-patches', tree], capture_output=True, text=True,
                             check=True, env={**os.environ, 'KERNEL': version}).stdout.split()
    files = set()
    for patch in patches:
        with open(patch, encoding='utf-8') as f:
            files |= set(re.findall(r'^--- a/(\S+)', f.read(), re.M))
    with tempfile.TemporaryDirectory() as d:
        for name in files:
            os.makedirs(os.path.dirname(f'{d}/{name}'), exist_ok=True)
            shutil.copy(f'{tree}/{name}', f'{d}/{name}')
        run = subprocess.run([f'{ROOT}/scripts/apply-patches', d, tree, *patches],
                             capture_output=True, text=True, check=False)
        guest.equal((run.returncode, run.stderr), (0, ''),
                    f'Linux {version}: {len(patches)} patches apply')

# A patch for another version of QEMU may change our own files, which it then has to fit.
with tempfile.TemporaryDirectory() as d:
    shutil.copytree(f'{ROOT}/hypervisor/qemu', f'{d}/qemu')
    for patch in glob.glob(f'{ROOT}/patches/qemu-*/*-hw-paravirq-*.patch'):
        run = subprocess.run([f'{ROOT}/scripts/apply-patches', f'{d}/qemu', 'our files', patch],
                             capture_output=True, text=True, check=False)
        guest.equal((run.returncode, run.stderr), (0, ''), f'{os.path.basename(patch)} fits our files')

# Stand-ins of apt: an index that names three versions of each, and a mirror that has some.
APT = '''#!/bin/sh
for word; do last=$word; done
case "$(basename "$0") $*" in
apt-get\\ indextargets*) echo '|http://mirror.example/ bookworm main' ;;
*\\ update) ;;
*\\ madison\\ *) for v in 6.12.9-1 6.12.11-2 6.12.10-1; do
		[ "$last" = linux-source-7.3 ] ||
			echo "$last | $v | http://mirror.example/ bookworm/main amd64 Packages"; done
	echo "$last | 7.3.4-1 | http://mirror.example/ trixie-backports/main amd64 Packages"
	echo "$last | 7.3.2-1 | http://mirror.example/ trixie-backports/main amd64 Packages" ;;
*\\ showsrc\\ *) printf 'Version: 1:%s\\n' 11.0.1-1 10.0.2+ds-2 10.0.13+ds-1 ;;
*\\ download\\ *|*\\ source\\ *)
	case " $HAS " in *" $last "*) ;; *) echo "E: 404 $last" >&2; exit 100 ;; esac
	echo "$last" >>"$TAKEN" ;;
esac
'''


def fetch(what, kernel, has):
    """What fetch-sources downloads from a mirror that has this, and what it says."""
    with tempfile.TemporaryDirectory() as d:
        os.makedirs(f'{d}/bin')
        shutil.copytree(f'{ROOT}/scripts', f'{d}/scripts')
        for name in 'apt-get', 'apt-cache':
            with open(f'{d}/bin/{name}', 'w', encoding='utf-8') as f:
                f.write(APT)
            os.chmod(f'{d}/bin/{name}', 0o755)
        run = subprocess.run([f'{d}/scripts/fetch-sources', what], capture_output=True, text=True,
                             check=False, env={**os.environ, 'HAS': has, 'TAKEN': f'{d}/taken',
                                               'KERNEL': kernel,
                                               'PATH': f'{d}/bin:{os.environ["PATH"]}'})
        taken = ''
        if os.path.exists(f'{d}/taken'):
            with open(f'{d}/taken', encoding='utf-8') as f:
                taken = f.read().strip()
        return taken, run.stderr


# The next release has newer ones of each, and only a kernel's source is taken from there.
for what, kernel, versions in (
        ('linux', '6.12', 'linux-source-6.12=6.12.11-2 linux-source-6.12=6.12.10-1 '
                          'linux-source-6.12=6.12.9-1'),
        ('linux', '7.3', 'linux-source-7.3=7.3.4-1 linux-source-7.3=7.3.2-1'),
        ('meson', '6.12', 'meson=6.12.11-2 meson=6.12.10-1 meson=6.12.9-1'),
        ('qemu', '6.12', 'qemu=1:10.0.13+ds-1 qemu=1:10.0.2+ds-2')):
    newest, *_, oldest = versions.split()
    name = f'{what} {kernel}' if what == 'linux' else what
    guest.equal(fetch(what, kernel, versions)[0], newest, f'{name}: the newest version')
    guest.equal(fetch(what, kernel, oldest)[0], oldest,
                f'{name}: the oldest, if the mirror lost the others')
    taken, said = fetch(what, kernel, 'qemu=1:11.0.1-1')
    guest.ok(not taken and f'looked for {versions} ' in said, f'{name}: says what it looked for')
    guest.note(said)
guest.done()
