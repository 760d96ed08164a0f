#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Tables, modules and files of the user's: the example of
Documentation/firmware-guide/acpi/paravirq.rst, from the page's own text, tables of
scripts/mktable, and what scripts/boot and the Makefile say of what is not there.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import subprocess
import sys
import tempfile
import textwrap

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

ROOT, BUILD = guest.boot.ROOT, guest.boot.BUILD
PAGE = os.path.join(ROOT, 'Documentation/firmware-guide/acpi/paravirq.rst')


def example(directory):
    """Writes the files of the page's example."""
    with open(PAGE, encoding='utf-8') as file:
        text = file.read().split('A table and a driver of your own\n')[1]
    for name, block in re.findall(r'^``(mydevice\.\w+)``[^\n]*::\n\n((?:(?: {4}.*)?\n)+)', text,
                                  re.M):
        with open(os.path.join(directory, name), 'w', encoding='utf-8') as file:
            file.write(textwrap.dedent(block))
    with open(os.path.join(directory, 'Makefile'), 'w', encoding='utf-8') as file:
        file.write('obj-m := mydevice.o\n')


def run(*command, directory=ROOT):
    """What a command says and its exit status."""
    done = subprocess.run(command, cwd=directory, text=True, check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def boot(*arguments, **kwargs):
    return run(os.path.join(ROOT, 'scripts/boot'), *arguments, **kwargs)


with tempfile.TemporaryDirectory() as d:
    example(d)
    for command in (['iasl', '-tc', 'mydevice.asl'],
                    [os.path.join(ROOT, 'scripts/check-tables'), 'mydevice.aml'],
                    ['make', '-C', f'{BUILD}/kernel/{guest.boot.built("modules")}', f'M={d}']):
        status, said = run(*command, directory=d)
        guest.equal(status, 0, f'the example: {os.path.basename(command[0])}')
        guest.note(said if status else '')

    status, said = boot('--tables', 'mydevice.aml', '--modules', 'mydevice.ko', directory=d)
    guest.equal(status, 0, 'the example boots and is content')
    for line in 0, 1:
        guest.ok(re.search(rf'^  MYDV0001:00 interrupt {line}: PVIQ0001:00 line {32 + line} '
                           r'irq \d+ vector \d+ cpu \d+, driver mydevice$', said, re.M),
                 f'the example: interrupt {line} is requested')
    guest.ok('  no line was raised: ' in said, 'the example: nothing was raised, which is said')
    status, said = boot('--tables', 'mydevice.aml', '--append', 'paravirq.selftest=1', directory=d)
    guest.equal((status, 'MYDV0001:00 has no driver, MODULES=my.ko brings it' in said),
                (1, True), 'the example without its driver fails')
    guest.equal(re.findall(r'selftest: PVIQ0001:00 (line \d+) is not enabled: not raised', said),
                ['line 32', 'line 33'], 'and its lines are not raised by the selftest')

    for arguments, message in (
            (['--tables', 'mydevice.asl'], 'mydevice.asl is something else, allowed is an ACPI table'),
            (['--tables', 'mydevice.aml', '--firmware', 'dt'],
             'mydevice.aml is an ACPI table (.aml), allowed is a device tree (.dtb) with FIRMWARE=dt'),
            (['--modules', 'mydevice.c'], 'mydevice.c is something else, allowed is a kernel module'),
            (['--modules', '/bin/true'], '/bin/true is for no Linux, allowed is '),
            (['--tables', d], f'{d} is a directory, allowed is an ACPI table (.aml)'),
            (['--initrd', 'mydevice.ko'],
             'mydevice.ko is a kernel module (.ko), allowed is a cpio archive')):
        status, said = boot(*arguments, directory=d)
        guest.equal((status, message in said.splitlines()[-1]), (2, True),
                    f'{" ".join(arguments)} is refused')

    # Tables that scripts/mktable writes.
    run(os.path.join(ROOT, 'scripts/mktable'), 'my', '--consumer', 'hid=PVIQ0002', 'lines=32-35',
        'memory=0xfeca0000+0x300', directory=d)
    for firmware, table, compiler in (('acpi', 'my.aml', ['iasl', '-we', 'my.asl']),
                                      ('dt', 'my.dtb', ['dtc', '-o', 'my.dtb', 'my.dts'])):
        if not guest.can(firmware):
            continue
        run(*compiler, directory=d)
        status, said = boot('--firmware', firmware, '--tables', table, directory=d)
        guest.equal((status, said.count('rang 100 times, the driver fetched 100'),
                     'no line was raised' in said), (0, 4, False),
                    f"mktable's {table} boots, and its four lines ring")
        guest.note(said if status else '')

    # The page's own QEMU.
    run(os.path.join(ROOT, 'scripts/mktable'), 'my', '--consumer', 'hid=PVIQ0002', 'lines=32-34',
        'memory=0xfeca0000+0x300', directory=d)
    run('iasl', '-we', 'my.asl', directory=d)
    with open(PAGE, encoding='utf-8') as file:
        command = re.search(r'^ +build/qemu/.*?(?<!\\)$', file.read(), re.M | re.S)[0]
    for name, here in (('my.aml', f'{d}/my.aml'), ('/slim/', f'/{guest.boot.built("slim")}/'),
                       ('initrd-slim', f'initrd-{guest.boot.built("slim")}')):
        command = command.replace(name, here)
    status, said = run('timeout', '600', 'sh', '-c', command)
    guest.equal(said.count('rang 100 times, the driver fetched 100'), 3, "the page's command of QEMU")
    guest.note(said if status else '')

    # The host raises its lines, each as often as it says.
    with guest.Run(None, label='the example, rung', kernel='modules', shell=True, expect=None,
                   tables=[os.path.join(d, 'mydevice.aml')],
                   modules=[os.path.join(d, 'mydevice.ko')]) as own:
        own.wait_line('Try: ')
        own.type('cat /sys/kernel/debug/paravirq/validate\n')
        irqs = [own.wait_line(rf'line {32 + line} irq (\d+) vector')[1][1] for line in (0, 1)]
        for line in 0, 1, 1:
            seen = len(own.log)
            own.set('/machine/peripheral/db0', 'ring', line)
            own.wait_line(r'mydevice MYDV0001:00: irq \d+', start=seen)
        guest.equal([re.findall(r'mydevice MYDV0001:00: irq (\d+)', line)[0] for line in own.log
                     if 'mydevice MYDV0001:00: irq ' in line],
                    [irqs[0], irqs[1], irqs[1]], 'each ring is one interrupt of its line')
        own.process.kill()

    # A file over those of the initrd.
    with open(os.path.join(d, 'init'), 'w', encoding='utf-8') as f:
        f.write('#!/bin/sh\necho "own init" >/dev/console\n/bin/poweroff -f\n')
    os.chmod(os.path.join(d, 'init'), 0o755)
    run('sh', '-c', 'echo init | cpio -o -H newc >my.cpio', directory=d)
    guest.ok('own init' in boot('--all', '--initrd', 'my.cpio', directory=d)[1],
             'a file of the archive comes in the place of the initrd\'s')

    # What is not there, and what does not go together.
    for arguments, said in (
            (['--tables', 'nosuch.aml'], f'boot: error: {d}/nosuch.aml: there is no such file'),
            (['--tables', 'nosuch'], 'boot: error: no table nosuch, allowed are channel'),
            (['--kernel', 'nosuch'], 'boot: error: no kernel nosuch, allowed are slim, '),
            (['--initrd', 'nosuch'], 'boot: error: nosuch: there is no such file'),
            (['--modules', 'nosuch.ko'], 'boot: error: nosuch.ko: there is no such file'),
            (['--kernel', 'slim', '--modules', 'mydevice.ko'],
             'boot: error: --modules: the kernel slim loads none, --kernel modules does')):
        status, output = boot(*arguments, directory=d)
        guest.ok(status == 2 and said in output and 'booting' not in output,
                 f'boot {" ".join(arguments)}: {said.replace(d, "...")}')
    status, output = boot('--', '-device', 'paravirq,nosuch=1', directory=d)
    guest.equal((status, output.count("Property 'paravirq.nosuch' not found")), (1, 1), 'QEMU is heard once')

for variable, said in (('FIRMWARE=foo', 'FIRMWARE=foo, allowed are acpi, dt and dt+acpi'),
                       ('TABLES=nosuch.aml', 'no file nosuch.aml'),
                       ('MODULES=nosuch.ko', 'no file nosuch.ko')):
    status, output = run('make', '-n', 'run', variable)
    guest.ok(status and said in output, f'make run {variable}: {said}')
guest.done()
