#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The test harness itself: what must count as a failure does. Boots nothing.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

RUN_TESTS = os.path.join(guest.boot.ROOT, 'scripts/run-tests')


def wrong(*lines):
    """What guest.ktap() finds wrong with the output of a guest's test."""
    plan, results, faults = guest.ktap(
        f'[    1.000000] selftest: {line}' for line in lines)
    return plan, sum(r[0] for r in results.values()), len(faults)


guest.equal(wrong('TAP version 13', '1..2', 'ok 1 a', 'ok 2 b'), (2, 2, 0),
            'a guest that passes')
guest.equal(wrong('1..2', 'ok 1 a', 'not ok 2 b'), (2, 1, 0), 'one result fails')
guest.equal(wrong('1..3', 'ok 1 a'), (3, 1, 0), 'two results are missing')
guest.equal(wrong('ok 1 a'), (0, 1, 2), 'no plan')
guest.equal(wrong('1..0'), (0, 0, 1), 'a plan of no tests')
guest.equal(wrong('1..1', '1..1', 'ok 1 a'), (1, 1, 1), 'two plans')
guest.equal(wrong('1..1', 'ok 1 a', 'ok 2 b'), (1, 2, 1), 'more than planned')
guest.equal(wrong('1..1', 'ok 1 a', 'ok 1 a'), (1, 1, 1), 'a result twice')
guest.equal(wrong('1..1', 'ok 1 a', 'Bail out! x'), (1, 1, 1), 'bailing out')
guest.equal(guest.ktap(['[ 1.0] ok 1 a', 'ok 1 a'])[1], {},
            'a line of the kernel is no result')

# How each of the kernel's checkers begins a report, and other trouble.
TROUBLE = (
    'BUG: KASAN: slab-out-of-bounds in doorbell_fetch+0x1d/0x90',
    'UBSAN: shift-out-of-bounds in drivers/virt/paravirq-doorbell.c:75:2',
    'UBSAN: array-index-out-of-bounds in arch/x86/kernel/apic/paravirq.c:83:19',
    'BUG: KCSAN: data-race in doorbell_fetch / doorbell_read',
    'BUG: KCSAN: data-race in doorbell_fetch+0x1d/0x90',
    'WARNING: possible circular locking dependency detected',
    'WARNING: inconsistent lock state',
    'WARNING: suspicious RCU usage',
    'WARNING: bad unlock balance detected!',
    '[ BUG: Invalid wait context ]',
    'INFO: trying to register non-static key.',
    'BUG: sleeping function called from invalid context at mm/slab.c:1',
    'BUG: scheduling while atomic: sh/1/0x00000002',
    'BUG: spinlock bad magic on CPU#0, sh/1',
    'ODEBUG: free active (active state 0) object: (____ptrval____)',
    'WARNING: CPU: 0 PID: 1 at kernel/irq/manage.c:1',
    'BUG: kernel NULL pointer dereference, address: 0000000000000000',
    'Oops: general protection fault, 0000 [#1] SMP',
    'rcu: INFO: rcu_sched detected stalls on CPUs/tasks:',
    'watchdog: BUG: soft lockup - CPU#0 stuck for 22s!',
    '__common_interrupt: 1.35 No irq handler for vector',
    'No irq handler for 1.35',
    'Call Trace:',
)


def reasons(*lines):
    """What a guest with this log fails for."""
    return [reason[15:] for reason in guest.boot.trouble([f'[    1.000000] {line}' for line in lines])]


def trouble(*lines):
    return len(reasons(*lines))


for line in TROUBLE:
    guest.equal(trouble('all is well', line), 1, f'trouble: {line}')
guest.equal(trouble('debug: all is well', 'paravirq: validation: 0 problems',
                    'kcsan: selftest: 3/3 tests passed', 'ubsan: none'), 0, 'no trouble')
TRACE = ('CPU: 0 UID: 0 PID: 1 Comm: sh Not tainted 6.12.95 #1', 'Call Trace:')
WARNED = 'WARNING: CPU: 0 PID: 1 at kernel/irq/manage.c:1'
guest.equal(reasons('irq 24: nobody cared', *TRACE), ['irq 24: nobody cared'],
            'a call trace alone: the line before it')
guest.equal(reasons(WARNED, 'Modules linked in:', *TRACE, 'irq 24: nobody cared', *TRACE),
            [WARNED, 'irq 24: nobody cared'], 'of a warning, the warning')

run = guest.Run('smoke')
run.stop()
for emulated, status, last, expected in (
        (True, 0, 'io scheduler kyber registe', True),
        (True, 0, 'reboot: Power down', False),
        (True, 0, 'Kernel panic - not syncing: Fatal exception', False),
        (True, guest.boot.PASSED, 'io scheduler', False),
        (False, 0, 'io scheduler', False)):
    guest.boot.EMULATED_HOST, run.log = emulated, ['Linux version', last]
    guest.equal(run.triple_fault(status), expected,
                f'{"in" if emulated else "not in"} an emulated host: {last}, {status}')


def tree(d):
    """Makes a tree in which a kernel is built, and nothing else."""
    for name in 'scripts', 'firmware-tables':
        shutil.copytree(os.path.join(guest.boot.ROOT, name), os.path.join(d, name))
    kernel = guest.boot.built('slim')
    os.makedirs(f'{d}/build/kernel/{kernel}/arch/x86/boot')
    for path in f'kernel/{kernel}/arch/x86/boot/bzImage', f'initrd-{kernel}.cpio':
        with open(f'{d}/build/{path}', 'w', encoding='utf-8'):
            pass


# Ended from outside, or with who reads what it says, boot ends QEMU and leaves nothing.
for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE:
    with tempfile.TemporaryDirectory() as d, tempfile.TemporaryDirectory() as top:
        tree(top)
        os.mkdir(f'{top}/build/tables')
        qemu = os.path.join(d, 'qemu')
        with open(qemu, 'w', encoding='utf-8') as f:
            f.write('#!/bin/sh\necho "$$"\nwhile sleep 0.1; do echo paravirq; done\n')
        os.chmod(qemu, 0o755)
        with subprocess.Popen([f'{top}/scripts/boot', '--all'], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={**os.environ, 'QEMU': qemu, 'TMPDIR': d}) as run:
            run.stdout.readline()   # which guest boots
            pid = int(run.stdout.readline())
            if number is signal.SIGPIPE:
                run.stdout.close()
            while run.poll() is None and number is not signal.SIGPIPE:
                run.send_signal(number)
            said = run.stderr.read()
        guest.equal((run.returncode, said), (1, ''),
                    f'boot ended by {number.name}: exit status, no traceback')
        guest.equal(os.listdir(d), ['qemu'], f'boot ended by {number.name} leaves no file')
        guest.ok(not os.path.exists(f'/proc/{pid}'), f'boot ended by {number.name} leaves no QEMU')

GOOD = ['[    0.9] paravirq PVIQ0001:00: version 1, 64 lines from 0x1000, mmio, parent VECTOR',
        '[    1.5] paravirq: validation: PVIQ0002:00 interrupt 0: PVIQ0001:00 line 40 irq 24 vector 32 cpu 0, '
        'driver paravirq-doorbell',
        '[    1.6] paravirq: validation: 1 lines, 1 consumers, 0 problems']
NOT_FOUND = '[    1.4] paravirq-doorbell {}: error -22: IRQ index 3 not found'
check = guest.load('check-boot-log').check
for name, lines, failures in (
        ('all is right', [], 0),
        ('GSIs not served, which nobody wants',
         ['paravirq PVIQ0001:00: GSIs 0x1000 to 0x103f not served, allowed from 0x2000'], 0),
        ('a GSI that is served later', ['ERROR: Unable to locate IOAPIC for GSI 4136'], 0),
        ('a GSI of nobody', ['[    1.1] ERROR: Unable to locate IOAPIC for GSI 4160'], 1),
        ('a GSI of nobody, 0xffffffff', ['ERROR: Unable to locate IOAPIC for GSI -1'], 1),
        ('a GSI of nobody, PIC', ['ACPI: GSI 0x1040 not served, the PIC has 16'], 1),
        ('no interrupt', [NOT_FOUND.format('PVIQ0002:00')], 1),
        ('no interrupt by name', ['paravirq-doorbell PVIQ0002:00: error -22: IRQ ring0 not found'], 1),
        ('no interrupt of a device that is none of paravirq\'s', [NOT_FOUND.format('ACPI0013:00')], 0),
        ('no interrupt of a device with a problem', [
            'paravirq: validation: problem: PVIQ0002:01 interrupt 0: number 0x1040 of PVIQ0001:00 out of range',
            NOT_FOUND.format('PVIQ0002:01')], 2),
        ('an object of two tables', ['ACPI BIOS Error (bug): Failure creating named object [\\_SB.PVIC], '
                                     'AE_ALREADY_EXISTS (20240827/dswload2-326)'], 1),
        ('a line that is taken', ['paravirq-doorbell PVIQ0002:00: error -16: line 0: cannot request irq 24'], 1)):
    guest.equal(len([text for passed, text in check(GOOD + lines) if not passed]), failures,
                f'check-boot-log: {name}')

FILES = {
    'good': ('echo ok 1; echo ok 2; echo 1..2', '2 passed, 0 failed', 0),
    'skip': ('echo "ok 1 # SKIP why"; echo ok 2; echo 1..2', '1 passed, 0 failed', 0),
    'bad': ('echo not ok 1; echo ok 2; echo 1..2; exit 1', '1 passed, 1 failed', 1),
    'crashed': ('echo ok 1; echo 1..1; kill -9 $$', '1 passed, 1 failed', 1),
    'short': ('echo 1..3; echo ok 1', '1 passed, 1 failed', 1),
    'no plan': ('echo ok 1', '1 passed, 1 failed', 1),
    'silent': ('exit 0', '0 passed, 1 failed', 1),
}
for name, (script, summary, status) in FILES.items():
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, 'x.t')
        with open(path, 'w', encoding='utf-8') as f:
            f.write(f'#!/bin/sh\n{script}\n')
        os.chmod(path, 0o755)
        run = subprocess.run([RUN_TESTS, path], text=True, check=False,
                             capture_output=True)
        guest.equal((run.stdout.splitlines()[-1], run.returncode),
                    (summary, status), f'run-tests: a test file that is {name}')
run = subprocess.run([RUN_TESTS, 'tests/nosuch.t', 'full:tests/nosuch.t'], text=True,
                     check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
guest.equal((run.stdout.splitlines()[-1], run.returncode, run.stderr),
            ('0 passed, 2 failed', 1, ''), 'run-tests: test files that are not there')

with tempfile.TemporaryDirectory(prefix='a b') as d:
    shutil.copy(os.path.join(guest.boot.ROOT, 'Makefile'), d)
    run = subprocess.run(['make', '-C', d, 'run'], text=True, check=False,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    guest.ok(run.returncode and 'the path has a space' in run.stderr,
             'make in a path with a space is refused at once')
    for setting in 'TABLES', 'MODULES', 'INITRD':
        run = subprocess.run(['make', '-n', 'run', f'{setting}={d}/Makefile'], cwd=guest.boot.ROOT, text=True,
                             check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        guest.ok(run.returncode and f'{setting}={d}/Makefile: the path has a space' in run.stderr,
                 f'make run {setting}= with a path with a space')
    for name, text in ('Kbuild', ''), ('Makefile', 'VERSION = 6\nPATCHLEVEL = 11\n'):
        with open(os.path.join(d, name), 'w', encoding='utf-8') as f:
            f.write(text)
    run = subprocess.run([os.path.join(guest.boot.ROOT, 'scripts/prepare-linux')], text=True,
                         check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         env={**os.environ, 'KERNEL_SRC': d, 'KERNEL': '7.3'})
    guest.equal((run.returncode, run.stdout),
                (1, f'prepare-linux: KERNEL_SRC={d} is Linux 6.11, allowed is 7.3.\n'),
                'another version of Linux is refused')

# Who waits says for whom. The lock is free when all that the first one started has ended.
with tempfile.TemporaryDirectory() as d:
    tree(d)
    for name, more in ('first', 'echo $$; read line'), ('second', ':'):
        with open(f'{d}/scripts/{name}', 'w', encoding='utf-8') as f:
            f.write(f'#!/bin/sh\n. "$(dirname "$0")/env.sh"\nlock x\n{more}\n')
        os.chmod(f'{d}/scripts/{name}', 0o755)
    with subprocess.Popen(f'{d}/scripts/first', text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as one:
        pid = one.stdout.readline()
        with subprocess.Popen(f'{d}/scripts/second', text=True, stdout=subprocess.PIPE) as two:
            said = two.stdout.readline()
            one.stdin.close()
            two.wait()
    guest.equal(said, f'waiting for first, process {pid}', 'a lock that another process has')

# Each file that somebody names: one message with its name, no traceback.
with tempfile.TemporaryDirectory() as d:
    BAD = f'{d}/missing', f'{d}/directory', f'{d}/empty', f'{d}/program'
    os.mkdir(f'{d}/directory')
    shutil.copy('/bin/true', f'{d}/program')
    with open(f'{d}/empty', 'w', encoding='utf-8'):
        pass
    for command in ('boot --modules', 'boot --initrd', 'boot --tables', 'check-boot-log', 'check-tables',
                    'baremetal --table', 'baremetal --kernel', 'qemu-pair --kernel', 'bench --plots --out',
                    'bench-exits --from', 'bench-bell --from', 'bench-baremetal --from'):
        tool, *options = command.split()
        for path in BAD:
            run = subprocess.run([os.path.join(guest.boot.ROOT, 'scripts', tool), *options, path], text=True,
                                 check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL)
            # What is no log is read as one that has nothing.
            guest.ok(run.returncode and 'Traceback' not in run.stdout and
                     re.search(f'{path}|not ok', run.stdout), f'{command} {os.path.basename(path)}: {run.stdout.splitlines()[-1:]}')

for args, said in ((['--file', 'abc'], '--file abc: allowed is NAME=PATH'),
                   (['--kernel', 'no'],
                    f'{guest.boot.BUILD}/kernel/{guest.boot.built("no")}/arch/x86/boot/bzImage: '
                    'there is no such file')):
    run = subprocess.run([os.path.join(guest.boot.ROOT, 'scripts/baremetal'), *args], text=True,
                         check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    guest.equal((run.returncode, run.stdout.splitlines()[-1]),
                (2, f'baremetal: error: {said}'), f'baremetal {" ".join(args)}: one line')

# What is not made yet.
with tempfile.TemporaryDirectory() as d:
    tree(d)
    run = subprocess.run([f'{d}/scripts/boot', '--tables', 'x'], text=True, check=False, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    guest.equal((run.returncode, run.stdout.splitlines()[-1]),
                (2, f'boot: error: no {d}/build/tables: run make tables'), 'boot --tables: run make ...')
    os.mkdir(f'{d}/build/tables')
    for command, said in (
            ('boot', f'boot: error: no {d}/build/qemu/qemu-system-x86_64: run make qemu'),
            ('boot --shell', f'boot: error: no {d}/build/qemu/qemu-system-x86_64: run make qemu'),
            ('qemu-pair', f'qemu-pair: error: no {d}/build/qemu/qemu-system-x86_64: run make qemu'),
            ('baremetal', f'baremetal: error: no {d}/build/baremetal/baremetal.elf: run make baremetal')):
        tool, *options = command.split()
        run = subprocess.run([f'{d}/scripts/{tool}', *options], text=True, check=False, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, env={**os.environ, 'QEMU': ''})
        guest.equal((run.returncode, run.stdout.splitlines()[-1]), (2, said), f'{command}: run make ...')
    for tool in 'series mails', 'prepare-linux':
        tool, *options = tool.split()
        run = subprocess.run([f'{d}/scripts/{tool}', *options], cwd=d, text=True, check=False, env={
            **os.environ, 'KERNEL': '7.3', 'KERNEL_SRC': ''}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        guest.equal((run.returncode, run.stdout),
                    (1, f'{tool}: no {d}/build/linux-source-7.3: run KERNEL=7.3 scripts/fetch-sources linux.\n'),
                    f'{tool} without a source')
    qemu = f'{d}/qemu'
    with open(qemu, 'w', encoding='utf-8') as f:
        f.write("#!/bin/sh\necho 'paravirq is here'; echo 'Unable to connect ...: /tmp/paravirq/link'\n")
    os.chmod(qemu, 0o755)
    run = subprocess.run([f'{d}/scripts/qemu-pair'], text=True, check=False, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, env={**os.environ, 'QEMU': qemu})
    guest.equal((run.stdout.count(' | paravirq is here'), run.stdout.count('Unable to connect')), (2, 0),
                'qemu-pair: that the other side has ended is not shown')

for settings, said in ((['TABLE=my.aml'], 'no setting TABLE, allowed are KERNEL'),
                       (['TABLES=tests'], 'TABLES: tests is a directory'),
                       (['MODULES=tests'], 'MODULES: tests is a directory'),
                       (['INITRD=tests'], 'INITRD: tests is a directory'),
                       (['demo', 'KERNEL=7.3', 'FIRMWARE=dt'], 'make demo takes no KERNEL FIRMWARE'),
                       (['HYPERVISOR=qemu-pair', 'FIRMWARE=dt'],
                        'HYPERVISOR=qemu-pair takes no TABLES, MODULES, INITRD or FIRMWARE')):
    run = subprocess.run(['make', '-n', 'run', *settings], text=True, check=False,
                         cwd=guest.boot.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    guest.ok(run.returncode == 2 and said in run.stdout,
             f'make run {" ".join(settings)} says what is wrong')
run = subprocess.run(['make', '-s', 'help'], text=True, check=False, cwd=guest.boot.ROOT,
                     stdout=subprocess.PIPE)
guest.equal([name for name in ('kernels', 'slim', 'modules', 'qemu', 'tables', 'baremetal')
             if f'make {name}' not in run.stdout], [], 'make help has what builds a part')
for target, setting, said in (('test-kernels', 'STOCK=nope', 'STOCK=nope, allowed are bookworm-6.1'),
                              ('run', 'KERNEL_SRC=/nope', 'KERNEL_SRC=/nope is not a Linux source tree'),
                              ('run', 'QEMU_SRC=/nope', 'QEMU_SRC=/nope is not a QEMU source tree')):
    run = subprocess.run(['make', '-n', target, setting], text=True, check=False,
                         cwd=guest.boot.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    guest.ok(run.returncode == 2 and said in run.stdout, f'make {target} {setting}: {said}')
run = subprocess.run(['make', 'run', 'MODULES=Makefile'], text=True, check=False, cwd=guest.boot.ROOT,
                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
guest.equal(run.stdout.splitlines()[0].partition(', ')[0], 'boot: error: Makefile is something else',
            'make run looks at the files of its user before it builds')
for command, said in (('boot --kernel nope', 'boot: error: no kernel nope, allowed are slim, '),
                      ('boot --test nope', 'boot: error: no test nope, allowed are those of tools/'),
                      ('baremetal --smp 0', 'baremetal: error: argument --smp: 0, allowed are 1 to 256'),
                      ('mkinitrd --help', 'mkinitrd: --help: there are no options here, see '),
                      ('fetch-sources linx', 'fetch-sources: linx: allowed are linux, qemu, '),
                      ('run-tests', 'run-tests: no test is named')):
    run = subprocess.run(f'scripts/{command}', shell=True, text=True, check=False, cwd=guest.boot.ROOT,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    guest.ok(run.returncode and run.stdout.splitlines()[-1].startswith(said), f'{command}: {said}')
for jobs in 'abc', '0', '-1':
    run = subprocess.run([os.path.join(guest.boot.ROOT, 'scripts/prepare-deps')], text=True, check=False,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, 'JOBS': jobs})
    guest.equal((run.returncode, run.stdout),
                (1, f'prepare-deps: JOBS={jobs}, allowed are numbers from 1.\n'), f'JOBS={jobs}')
for target in 'test', 'install', 'test-kernels', 'slim':
    run = subprocess.run(['make', '-n', target, 'TEST=x'], text=True, check=False,
                         cwd=guest.boot.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    guest.ok(run.returncode == 2 and 'no setting TEST, allowed are KERNEL' in run.stdout,
             f'make {target} TEST=x says what is wrong')
run = subprocess.run(['make', '-n', 'test', 'TESTS=tests/30-fire.t split:tests/nosuch.t'], text=True, check=False,
                     cwd=guest.boot.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
guest.ok(run.returncode and 'no file tests/nosuch.t.' in run.stdout,
         'make test without a test builds nothing')

# A tree of its own, where no archive can be reached.
ALONE = ['unshare', '-rn']
if subprocess.run([*ALONE, 'true'], check=False, stderr=subprocess.DEVNULL).returncode:
    guest.ok(True, 'without a network it is said so # SKIP this machine makes no namespaces')
    guest.done()
with tempfile.TemporaryDirectory() as d:
    shutil.copytree(os.path.join(guest.boot.ROOT, 'scripts'), os.path.join(d, 'scripts'))
    run = subprocess.run([*ALONE, os.path.join(d, 'scripts/fetch-sources'), 'meson'],
                         text=True, check=False, stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE)
    guest.ok(run.returncode and run.stderr.startswith(
        'fetch-sources: meson: not all archives can be reached: is there a network? '),
             'without a network it is said so')
    guest.note(run.stderr)
guest.done()
