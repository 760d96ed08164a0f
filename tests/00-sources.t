#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
How sources are fetched and patched: a patch applies exactly or not at all, the series
to each Linux whose source is there, as mails too, and a mirror that has lost a version is
no end (scripts/apply-patches, scripts/linux-patches, scripts/series, scripts/fetch-sources).
apt is a stand-in here. Boots nothing.

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
        ('250 lines more before', lambda text: '\n' * 250 + text, 142)):
    guest.equal(apply(change, at)[::2], (0, ''), f'applies: {name}')
for name, change, at, words in (
        ('a line of context is another', lambda text: text.replace('int n = 20', 'long n = 20'),
         142, ('0001-more.patch does not apply to Test 1.2', 'dir/file.c', 'Hunk #1 FAILED')),
        ('the third line of context is another',
         lambda text: text.replace('n = 20;\n\n\treturn n;\n}\n\n', 'n = 20;\n\n\treturn n;\n}\n;\n'),
         142, ('0001-more.patch does not apply to Test 1.2', 'Hunk #1 FAILED')),
        ('251 lines more before', lambda text: '\n' * 251 + text, 142,
         ('0001-more.patch: hunk #1 of dir/file.c is 251 lines off in Test 1.2, allowed are 250',)),
        ('251 lines less before', lambda text: text, 393,
         ('hunk #1 of dir/file.c is -251 lines off in Test 1.2, allowed are 250',))):
    status, _, said = apply(change, at)
    guest.ok(status == 1 and all(word in said for word in words), f'refused: {name}')
    guest.note(said)

# Where our new files are.
DIRS = 'arch', 'drivers', 'include', 'samples', 'Documentation', 'tools'
# Without a user of git, where git could guess one, and with one.
NOBODY = {**{name: value for name, value in os.environ.items() if not name.startswith('GIT_')},
          'GIT_CONFIG_GLOBAL': '/dev/null', 'GIT_CONFIG_NOSYSTEM': '1', 'LC_ALL': 'C',
          'EMAIL': 'guess@sender.example'}
SENDER = {**NOBODY, 'GIT_AUTHOR_NAME': 'A Sender', 'GIT_AUTHOR_EMAIL': 'a@sender.example',
          'GIT_COMMITTER_NAME': 'A Sender', 'GIT_COMMITTER_EMAIL': 'a@sender.example'}


def series(to, version, root=ROOT, user=None):
    """Exit status and errors of scripts/series."""
    run = subprocess.run([f'{root}/scripts/series', to], capture_output=True, text=True,
                         check=False, env={**(user or SENDER), 'KERNEL': version})
    return run.returncode, run.stderr


def git(repo, *arguments):
    """What git says, errors too."""
    return subprocess.run(['git', '-C', repo, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, env=SENDER).stdout


def pristine(tree, patches, to):
    """Copies the files of a Linux that patches change."""
    for patch in patches:
        with open(patch, encoding='utf-8') as f:
            for name in re.findall(r'^--- a/(\S+)', f.read(), re.M):
                os.makedirs(os.path.dirname(f'{to}/{name}'), exist_ok=True)
                shutil.copy(f'{tree}/{name}', f'{to}/{name}')


def content(top):
    """Whether it can be executed, and the bytes, by the name of each file."""
    files = {}
    for path, dirs, names in os.walk(top):
        dirs[:] = [name for name in dirs if name != '.git']
        for name in names:
            with open(f'{path}/{name}', 'rb') as f:
                files[os.path.relpath(f.name, top)] = os.access(f.name, os.X_OK), f.read()
    return files


def sent(tree, version, patches):
    """Is what the mails of the series make of a Linux what patches and our files make of it?"""
    with tempfile.TemporaryDirectory() as d:
        pristine(tree, patches, f'{d}/ours')
        subprocess.run([f'{ROOT}/scripts/apply-patches', f'{d}/ours', tree, *patches], check=True)
        for name in DIRS:
            shutil.copytree(f'{ROOT}/{name}', f'{d}/ours/{name}', dirs_exist_ok=True)
        said = series(f'{d}/mails', version)
        mails = sorted(glob.glob(f'{d}/mails/*.patch'))
        if not guest.ok((*said, len(mails)) == (0, '', 1 + len(patches)),
                        f'Linux {version}: a mail for each patch, and a cover'):
            guest.note(f'{said}, {len(mails)} mails')
            return
        pristine(tree, patches, f'{d}/git')
        git(f'{d}/git', 'init', '-q')
        git(f'{d}/git', 'add', '-Af')
        git(f'{d}/git', 'commit', '-qm', 'pristine')
        # Pages indent code by spaces, then tabs, as others of the kernel's do.
        guest.equal(git(f'{d}/git', '-c', 'core.whitespace=-space-before-tab', 'am', '-q',
                        '--whitespace=error', *mails[1:]), '',
                    f'Linux {version}: git takes the mails')
        want, have = content(f'{d}/ours'), content(f'{d}/git')
        guest.equal([name for name in sorted({*want, *have}) if want.get(name) != have.get(name)][:5],
                    [], f'Linux {version}: they bring our files and patches, byte by byte')
        guest.equal(set(git(f'{d}/git', 'log', '-n', str(len(patches)), '--format=%an <%ae>'
                            '%n%(trailers:key=Signed-off-by,valueonly,separator=%n)').splitlines()),
                    {'A Sender <a@sender.example>'}, f'Linux {version}: the sender signs each')


def refused(tree, version):
    """A sender whom git does not know; files that belong to no patch, or to two."""
    with tempfile.TemporaryDirectory() as d:
        for name in *DIRS, 'scripts', 'patches':
            shutil.copytree(f'{ROOT}/{name}', f'{d}/{name}')
        os.mkdir(f'{d}/build')
        os.symlink(tree, f'{d}/build/linux-source-{version}')
        status, said = series(f'{d}/mails', version, d, NOBODY)
        guest.ok(status == 128 and 'Please tell me who you are' in said and not
                 os.path.exists(f'{d}/mails'), 'no series without a sender')
        guest.note(said)
        with open(f'{d}/drivers/virt/more.c', 'w', encoding='utf-8'):
            pass
        patch, = glob.glob(f'{d}/patches/linux/*-samples-*.patch')
        with open(patch, encoding='utf-8') as f:
            text = f.read()
        with open(patch, 'w', encoding='utf-8') as f:
            f.write(text.replace('Files: ', 'Files: include/linux/paravirq.h '))
        guest.equal(series(f'{d}/mails', version, d),
                    (1, 'series: drivers/virt/more.c is in 0 patches, allowed is one\n'
                        'series: include/linux/paravirq.h is in 2 patches, allowed is one\n'),
                    'no series with a file in no patch or in two')


# The whole series, as scripts/prepare-linux has it.
for version in '7.3', '6.12', '6.1':
    tree = f'{guest.boot.BUILD}/linux-source-{version}'
    if not os.path.isdir(tree):
        guest.skip(f'Linux {version}: its source is not here')
        continue
    patches = subprocess.run([f'{ROOT}/scripts/linux-patches', tree], capture_output=True, text=True,
                             check=True, env={**os.environ, 'KERNEL': version}).stdout.split()
    with tempfile.TemporaryDirectory() as d:
        pristine(tree, patches, d)
        run = subprocess.run([f'{ROOT}/scripts/apply-patches', d, tree, *patches],
                             capture_output=True, text=True, check=False)
        guest.equal((run.returncode, run.stderr), (0, ''),
                    f'Linux {version}: {len(patches)} patches apply')
    sent(tree, version, [patch for patch in patches if '/virtio-queues/' not in patch])
    if version == '6.12':
        refused(tree, version)

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
