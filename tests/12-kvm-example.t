#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
TAP: hypervisor/libparavirq/kvm.c compiles as it is, library.rst shows what is in it, and
with a real KVM it keeps the rules: tests/unit/kvm-libparavirq.c, which runs no vCPU,
under sanitizers. Skips that without /dev/kvm. Works in build/tests/kvm.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import subprocess
import sys
import textwrap

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIB = TOP + '/hypervisor/libparavirq'
OUT = TOP + '/build/tests/kvm'
FLAGS = ['-std=c11', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-pthread', '-I' + OUT, '-I' + LIB,
         '-I' + TOP + '/hypervisor', '-I' + TOP + '/include/uapi']
done = failed = 0


def tap(passed, name, said=''):
    """One test line, with diagnostics if it failed."""
    global done, failed
    done += 1
    failed += not passed
    print('ok' if passed else 'not ok', done, '-', name)
    if not passed:
        print(*(f'# {line}' for line in said.splitlines()), sep='\n')


def run(*args, **kwargs):
    """Exit status and combined output."""
    try:
        ended = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               check=False, timeout=100, **kwargs)
    except subprocess.TimeoutExpired as late:
        return -1, (late.stdout or b'').decode() + 'it does not end'
    return ended.returncode, ended.stdout


def compiles(name, compiler, source, *flags):
    status, said = run(compiler, *FLAGS, *flags, '-c', '-o', OUT + '/one.o', source)
    tap(status == 0, name, said)


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def with_kvm(sanitizer, *options):
    """All that the program finds, each line as a test of ours."""
    program = f'{OUT}/kvm-{sanitizer}'
    status, said = run('gcc', *FLAGS, f'-fsanitize={sanitizer}', '-o', program,
                       TOP + '/tests/unit/kvm-libparavirq.c', LIB + '/paravirq.c')
    tap(status == 0, f'{sanitizer}: compiles', said)
    if status:
        return
    status, said = run(program, env={**os.environ, **dict(options)})
    skipped = re.fullmatch(r'1\.\.0 # SKIP (.*)\n', said)
    if status == 0 and skipped:
        global done
        done += 1
        print(f'ok {done} - {sanitizer}: with KVM # SKIP {skipped[1]}')
        return
    results = re.findall(r'^(not )?ok \d+ - (.*)$', said, re.M)
    for wrong, name in results:
        tap(not wrong, f'{sanitizer}: {name}')
    tap(status == 0 and f'\n1..{len(results)}\n' in said and
        all(re.match(r'(not )?ok |1\.\.', line) for line in said.splitlines()),
        f'{sanitizer}: ends well, exit status {status}', said)


os.makedirs(OUT, exist_ok=True)
for compiler in 'gcc', 'clang':
    compiles('kvm.c: ' + compiler, compiler, LIB + '/kvm.c')
compiles('PARAVIRQ_RELAX of library.rst', 'gcc', LIB + '/paravirq.c', '-DPARAVIRQ_RELAX=sched_yield',
         '-include', 'sched.h')

blocks = [textwrap.dedent(block) for block in
          re.findall(r'^\.\. code-block:: c\n\n((?:    .*\n|\n)+)',
                     read(TOP + '/Documentation/virt/paravirq/library.rst'), re.M)]
saves = [block for block in blocks if 'paravirq_save(' in block]
others = [block for block in blocks if 'paravirq_save(' not in block and 'aml_paravirq(' not in block]
missing = [block for block in others if block.strip('\n') + '\n' not in read(LIB + '/kvm.c')]
tap(len(others) > 5 and not missing, 'what library.rst shows of kvm.c is in it', '\n'.join(missing))
with open(OUT + '/save-restore.h', 'w', encoding='utf-8') as header:
    header.write(''.join(saves))
with_kvm('address,undefined')
with_kvm('thread', ('TSAN_OPTIONS', 'exitcode=66'))
print(f'1..{done}')
sys.exit(failed > 0)
