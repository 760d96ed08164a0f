#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A channel between the guests of two QEMUs: what tests/95-channel.t does between partitions;
then a QEMU that is killed, one that stands still, and one that goes to another QEMU while
its guest is rung. On KVM no ring may go through QEMU.
Numbers in brackets are those of Documentation/virt/paravirq/channel.rst.

Copyright (C) 2026 The paravirq authors
"""
import importlib.machinery
import importlib.util
import os
import sys
import tempfile
import types

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

_loader = importlib.machinery.SourceFileLoader('channel', os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '95-channel.t'))
channel = importlib.util.module_from_spec(importlib.util.spec_from_loader('channel', _loader))
_loader.exec_module(channel)
pair = guest.load('qemu-pair')

P = guest.boot.platform()
channel.MEMORY = P['CHANNEL_QEMU_ADDR'] + 0x1000
channel.DATA = channel.MEMORY + 0x2000
channel.HALF = (P['CHANNEL_SIZE'] - 0x2000) // 2
KVM = os.environ.get('ACCEL', '').startswith('kvm')
NODE = channel.NODE
LESS = 10 if guest.boot.EMULATED_HOST else 1


class Side(guest.Run):
    """One of the guests; it may end and start again."""

    def __init__(self, number, place):
        super().__init__(None, label='AB'[number], shell=True, reboot=True, moves=True,
                         timeout=1800, **pair.side(number, place))

    def shell(self):
        """A shell of this guest, started."""
        port = types.SimpleNamespace(
            log=self.log, type=self.type, wait_line=lambda pattern, start=0:
            self.wait_line(pattern, start, timeout=600))
        machine = types.SimpleNamespace(ended=lambda: self.process.poll() is not None,
                                        **{self.label: port})
        shell = channel.Shell(machine, self.label)
        shell.start()
        shell.started()
        # It is up, time-outs begin.
        shell.does('echo selftest: up')
        return shell


def peer(shell, text, name):
    """[CHAN-12] What the guest knows of its peer."""
    shell.says(f'until grep -q {text.split()[1]} {NODE}/peer; do :; done; '
               f'echo $(cat {NODE}/peer_changes {NODE}/peer)', text, name)


def rings(shell, n):
    """Has a guest ring event 1 so often."""
    return f'yes "$(printf "\\001\\000\\000")" | head -n {n}'


def main():
    with tempfile.TemporaryDirectory(prefix='paravirq-') as place, \
         Side(0, place) as one, Side(1, place) as two:
        a, b = one.shell(), two.shell()
        for shell, side in (a, 0), (b, 1):
            shell.says(f'cd {NODE}; echo $(cat events side size peer); cd /',
                       f'{channel.EVENTS} {side} {2 * channel.HALF} up', 'the channel is in sysfs')
        channel.test_rings(a, b, channel.RINGS // LESS)
        channel.both((a, b), [f'channel-copy -p {channel.TRIPS // LESS}'] * 2, 'round trips',
                     'round trips')
        channel.test_files(a, b)
        if KVM:
            guest.equal([one.get('/machine/peripheral/channel', 'relayed'),
                         two.get('/machine/peripheral/channel', 'relayed')], [0, 0],
                        'no ring went through QEMU')
        channel.test_restart(a, b)
        channel.test_unbind(a, b)
        channel.test_sleep(a, b)
        channel.test_hostile(a, b)
        for run in one, two:
            run.type("printf '\\020' | dd of=/dev/port bs=1 seek=$((0xf4))\n")
    guest.done()


main()
