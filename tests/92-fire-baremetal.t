#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Two partitions of the bare-metal hypervisor, with two CPUs each, under fire, and each ring
is counted once:

- both ring each other as fast as they can, RINGS times, while the lines that are rung move
  between CPUs and are masked;
- one rings all the time while the other boots, BOOTS times.

RINGS and BOOTS are in the environment; "make baremetal-test" sets large ones. The guests'
parts are tools/testing/selftests/paravirq/channel-fire and channel-boots.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

baremetal = guest.load('baremetal')
BUILD = guest.boot.BUILD

RINGS = int(os.environ.get('RINGS', '20000'))
TRIPS = max(RINGS // 1000, 200)
BOOTS = int(os.environ.get('BOOTS', '2'))
# So many are of one start of the hypervisor. A boot takes seconds.
AT_ONCE, PATIENCE = 10, 180
# irqbench, which masks, is a module.
MODULES = {'bzImage': f'{BUILD}/kernel/modules/arch/x86/boot/bzImage',
           'initrd.cpio': f'{BUILD}/initrd-modules.cpio'}


def machine_of(append, channels, files=None, timeout=guest.boot.BOOT_LIMIT):
    """Partitions A and B, which run the same."""
    return baremetal.Machine(
        ''.join(baremetal.partition(name, n + 1, 2, append, memory='256M')
                for n, name in enumerate('AB')) + channels,
        files, cpus=4, memory='1G', timeout=timeout)


def judge(label, machine):
    """What the guests have said of themselves."""
    for port in machine.ports[1:]:
        start = max((i for i, line in enumerate(port.log) if 'Linux version' in line), default=0)
        plan, results, wrong = guest.ktap(port.log[start:])
        for n in range(1, plan + 1):
            passed, text, _ = results.get(n, (False, f'result {n} is missing', 0))
            guest.ok(passed, f'{label}: {port.label}: {text}')
        guest.equal(wrong, [], f'{label}: {port.label}: the results are complete')
        guest.equal([line for line in port.log if guest.boot.TROUBLE.search(line)], [],
                    f'{label}: {port.label}: the log is clean')


def show(machine):
    for port in machine.ports:
        guest.note('\n'.join(f'{port.label} | {line}' for line in port.log))


def fire():
    machine = machine_of(f'guest_test=channel-fire kunit.enable=0 guest_rings={RINGS} '
                         f'guest_trips={TRIPS}', 'channel A B events 4\nchannel A B events 2\n',
                         MODULES, 600 + RINGS / 100)
    failed = guest._failed
    try:
        guest.ok(machine.start().wait(), 'fire: both partitions end')
        guest.note(f'QEMU ended with {machine.process.returncode}')
        judge('fire', machine)
        for port in machine.ports[1:]:
            said = [line for line in port.log if re.search(
                f'# rung {RINGS}, |# taken {RINGS} of {RINGS}, |# {TRIPS} round trips, |# lines were',
                line)]
            guest.equal(len(said), 4, f'fire: {port.label}: {RINGS} rings, {TRIPS} round trips')
            guest.note('\n'.join(said))
        if guest._failed > failed:
            show(machine)
    finally:
        machine.stop()


def boots():
    """Each boot that does not end well is counted; the others go on in a new machine."""
    done, bad = 0, 0
    while done + bad < BOOTS:
        nr = min(AT_ONCE, BOOTS - done - bad)
        machine = machine_of(f'guest_test=channel-boots guest_boots={nr}', 'channel A B\n',
                             timeout=PATIENCE)
        failed = guest._failed
        try:
            machine.start()
            line = 0
            for _ in range(nr):
                line, said = machine.B.wait_line(r'selftest: boot (\d+): 2 CPUs, (\d+) rings$',
                                                 line + 1)
                done += 1
                machine.alarm.cancel()
                machine.alarm = threading.Timer(PATIENCE, machine.process.kill)
                machine.alarm.start()
                guest.note(f'boot {done + bad}: {said[2]} rings meanwhile')
            guest.ok(machine.wait(), f'boots: both partitions end after {nr}')
            judge('boots', machine)
        except TimeoutError as error:
            bad += 1
            guest.note('\n'.join([f'boot {done + bad}: {error}', *machine.B.log[-10:]]))
        if guest._failed > failed:
            show(machine)
        machine.stop()
    guest.equal(bad, 0, f'boots: {bad} of {BOOTS} boots failed')


if RINGS:
    fire()
if BOOTS:
    boots()
guest.done()
