#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A channel between two Linux partitions of the bare-metal hypervisor: what the driver takes
and refuses; rings, exact, both ways at once; files, both ways at once; a guest that
restarts, a driver that is unbound, a guest that sleeps, and a hostile one. The shells of the
guests do it, by samples/paravirq/channel-copy.c. Numbers in brackets are those of
Documentation/virt/paravirq/channel.rst.

Copyright (C) 2026 The paravirq authors
"""
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

baremetal = guest.load('baremetal')

EVENTS, RINGS, TRIPS, SIZE = 4, 300000, 2000, 4 << 20
# As firmware has it; of the data each side has one half.
MEMORY, DATA, HALF = 0xc0000000, 0xc0002000, ((2 << 20) - 0x2000) // 2
NODE = '/sys/class/misc/paravirq-channel0/device'
DEV = '/dev/paravirq-channel0'

# Two more channels for A: one with too few interrupts [CHAN-5], and one with a number that
# the hypervisor does not have [CHAN-8]. Neither keeps number, lines or memory from others.
ASL = ''.join(['DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQTEST", 1) { Scope (\\_SB) {', *(f'''
    Device (CHN{number}) {{
        Name (_HID, "PVIQ0003")
        Name (_UID, {number + 8})
        Name (_DSD, Package () {{ ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"), Package () {{
            Package () {{ "paravirq,transport", "hypercall" }},
            Package () {{ "paravirq,channel", {number} }} }} }})
        Name (_CRS, ResourceTemplate () {{
            Memory32Fixed (ReadWrite, 0xD{number}000000, 0x00003000)
            Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\\\_SB.PVIC") {{ 0x1008 }}
            Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\\\_SB.PVIC") {{ 0x1009 }}
        }})
    }}''' for number in (0, 9)), '} }\n'])


class Shell(threading.Thread):
    """
    The shell of a partition, on its console. A thread types empty lines: a guest without
    interrupts of its UART leaves the end of a line there until more comes.
    """

    def __init__(self, machine, name):
        super().__init__(daemon=True)
        self.machine = machine
        self.port = getattr(machine, name)
        self.name = name
        self.line = self.number = 0

    def run(self):
        with contextlib.suppress(OSError):
            while not self.machine.ended():
                time.sleep(1)
                self.port.type('\n')

    def started(self):
        """Waits for a shell, after that of before."""
        self.line = self.port.wait_line('^Try: ', self.line)[0] + 1
        # A shell that does not take its commands for those of a person.
        self.port.type('dmesg -n 1; stty -echo; echo ready; cat | sh\n')
        self.line = self.port.wait_line('^ready$', self.line)[0] + 1

    def send(self, command):
        """Has a command run."""
        self.number += 1
        self.port.type(f'{command}; echo "[$?] of {self.number}"\n')

    def result(self):
        """The status of the command that was sent last, and what it said."""
        end, match = self.port.wait_line(rf'\[(\d+)\] of {self.number}$', self.line)
        said = self.port.log[self.line:end]
        self.line = end + 1
        return int(match[1]), '\n'.join(said)

    def does(self, command):
        """Runs a command."""
        self.send(command)
        return self.result()

    def says(self, command, expected, name):
        """Passes if a command does well and says that."""
        guest.equal(self.does(command), (0, expected), f'{self.name}: {name}')

    def fails(self, command, reason, name):
        """Passes if a command says that reason."""
        said = self.does(command)[1]
        if not guest.ok(reason in said, f'{self.name}: {name}: {reason}'):
            guest.note(said)


def both(shells, commands, name, pattern):
    """
    The commands at the same time, None for one that runs already: each has to do well and
    say something like this.
    """
    for shell, command in zip(shells, commands):
        if command:
            shell.send(command)
    for shell in shells:
        status, text = shell.result()
        guest.ok(status == 0 and re.search(pattern, text), f'{shell.name}: {name}')
        guest.note(f'[{status}] {text}')


def ring(*events):
    """A command that rings these."""
    return 'printf "' + ''.join(rf'\{n:03o}\000\000\000' for n in events) + f'" | dd {TO}'


TO = f'bs=4 of={DEV} 2>/tmp/said || cat /tmp/said'
READ = 'channel-copy -t'


def take(shell):
    """What there is to be read: rings, and PEER."""
    *rings, peer = map(int, shell.does(READ)[1].split())
    return rings, peer


def test_driver(a, b):
    """What is there, and what is refused."""
    # [CHAN-1] [CHAN-7]
    for shell, side in (a, 0), (b, 1):
        shell.says(f'cd {NODE}; cat events side size peer peer_changes; cd /',
                   f'{EVENTS}\n{side}\n{HALF * 2}\nup\n1', 'the channel is in sysfs')
    # [CHAN-18] Counts, and some of the data.
    a.says(f'n=0; for at in $(seq 0 4 124) $(seq 4096 4 4220) 8192 {DATA - MEMORY + HALF} '
           f'{DATA - MEMORY + 2 * HALF - 4}; do [ "$(devmem $(({MEMORY} + at)))" = 0x00000000 ] '
           '|| n=$((n + 1)); done; echo $n', '0', 'all of the memory was cleared')
    log = '\n'.join(a.port.log)
    guest.ok('error -22: magic 0x0, version 0, side 0, 0 events, allowed are 0x43495650, 1, up to '
             '1, 1 to 16' in log,
             'A: a channel that the hypervisor does not have is refused')
    guest.ok(re.search(r'error -22: [0-4] interrupts, allowed are 5', log),
             'A: a channel that lacks interrupts is refused')
    a.fails(f'dd if={DEV} bs=16 count=1', 'Invalid argument', 'a read of 16 bytes')
    a.fails(f'printf abc | dd {TO}', 'Invalid argument', 'a write of 3 bytes')
    a.fails(ring(EVENTS), 'Invalid argument', 'a ring of event 4')
    guest.equal(take(b), ([0, 0, 0, 0], 1), 'B: nothing was rung')
    a.says(ring(0, 3, 3), '', 'several events')
    guest.equal(take(b), ([1, 0, 0, 2], 1), 'B: rings wait until the device is opened')
    guest.equal(take(b), ([0, 0, 0, 0], 1), 'B: and are taken once')


def test_rings(a, b, rings=RINGS):
    """[CHAN-25] Exact, while interrupts coalesce."""
    both((a, b), [f'channel-copy -r {rings}'] * 2, f'{rings} rings both ways at once',
         f'taken {rings} of {rings},')


def test_files(a, b):
    """Both ways at once, whoever is first."""
    sums = {}
    for shell, size in (a, SIZE), (b, SIZE // 2 + 12345):
        shell.does(f'head -c {size} /dev/urandom >/tmp/mine')
        sums[shell] = shell.does('sha256sum </tmp/mine')[1]
    for first, second in (a, b), (b, a):
        take(second)
        first.send('channel-copy /tmp/mine /tmp/theirs')
        # It has rung: it waits.
        second.does(f"until {READ} | awk '{{ exit !$4 }}'; do :; done")
        both((second, first), ['channel-copy /tmp/mine /tmp/theirs', None],
             f'a file each way, {first.name} is first', 'received')
        for shell, sender in (a, b), (b, a):
            shell.says('sha256sum </tmp/theirs', sums[sender], 'the file is what was sent')


def test_restart(a, b):
    """[CHAN-14] [CHAN-22] [CHAN-23] One guest restarts while both send."""
    head = DATA + 12
    a.send('channel-copy /dev/zero /dev/null')
    b.send(f'channel-copy /dev/zero /dev/null & h=$(devmem {head}); '
           f'while [ "$h" = "$(devmem {head})" ]; do :; done; reboot -f')
    status, said = a.result()
    guest.ok(status == 2 and 'the other guest went away' in said, 'A: sees it go')
    b.started()
    a.says(f'cat {NODE}/peer_changes {NODE}/peer', '3\nup', 'sees it come again')
    test_files(a, b)


def test_unbind(a, b):
    """[CHAN-24] [CHAN-20] A driver goes and comes; rings meanwhile are not lost."""
    driver = '/sys/bus/platform/drivers/paravirq-channel'
    take(b)
    b.says(f'dd if={DEV} bs=64 count=1 of=/dev/null 2>/tmp/said & '
           'until readlink /proc/$!/fd/0 | grep -q paravirq && grep -q "^State:.S" /proc/$!/status; '
           'do :; done; '
           f'echo PVIQ0003:00 >{driver}/unbind; wait; grep -o "No such device" /tmp/said',
           'No such device', 'unbinding wakes who reads')
    a.says(f'cat {NODE}/peer_changes {NODE}/peer', '4\ndown', 'the peer is down')
    a.says(ring(1, 2, 2), '', 'rings a peer that is down')
    b.does(f'echo PVIQ0003:00 >{driver}/bind')
    guest.equal(take(b)[0], [0, 1, 2, 0], 'B: finds the rings when it is bound again')


def test_sleep(a, b):
    """[CHAN-24] A guest sleeps, and is not up meanwhile."""
    b.does('echo devices >/sys/power/pm_test; echo 0 >/sys/module/suspend/parameters/pm_test_delay')
    b.says('echo freeze >/sys/power/state', '', 'sleeps and wakes')
    a.says(f'cat {NODE}/peer_changes {NODE}/peer', '7\nup', 'saw that')
    test_rings(a, b, 1000)


def test_hostile(a, b):
    """[CHAN-26] Counts and words that no honest peer has."""
    take(b)
    a.does(f'devmem {MEMORY} 32 0xfffffff0; devmem {MEMORY + 0x1000} 32 0xffff')
    rings, _ = take(b)
    guest.ok(rings[0] > 0xff000000, f'B: a wrong count is a number: {rings[0]}')
    b.send('channel-copy /tmp/mine /tmp/theirs')
    a.does(f"until {READ} | awk '{{ exit !$4 }}'; do :; done")
    # The words of side 0 begin with: run, met, finished, head.
    a.does(f'devmem {DATA + 12} 32 0xfffffff0; devmem {DATA + 4} 32 $(devmem {DATA + HALF}); '
          f'devmem {DATA} 32 1; {ring(3)}')
    status, said = b.result()
    guest.ok(status == 1 and 'the other guest has 4294967280 bytes in a ring of' in said,
             'B: an index that leads outside is refused')
    test_rings(a, b, 1000)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        with open(f'{tmp}/more.asl', 'w', encoding='utf-8') as file:
            file.write(ASL)
        subprocess.run(['iasl', '-we', '-p', f'{tmp}/more', f'{tmp}/more.asl'], check=True,
                       stdout=subprocess.DEVNULL)
        table = (baremetal.partition('A', 1, append='guest_shell=1', ssdt='more.aml') +
                 baremetal.partition('B', 2, append='guest_shell=1') +
                 f'channel A B events {EVENTS} memory 2M\n')
        machine = baremetal.Machine(table, {'more.aml': f'{tmp}/more.aml'}, timeout=1800)
        try:
            machine.start()
            a, b = (Shell(machine, name) for name in 'AB')
            for shell in a, b:
                shell.start()
                shell.started()
            test_driver(a, b)
            test_rings(a, b)
            both((a, b), [f'channel-copy -p {TRIPS}'] * 2, f'{TRIPS} round trips',
                 f'{TRIPS} round trips')
            test_files(a, b)
            test_restart(a, b)
            test_unbind(a, b)
            test_sleep(a, b)
            test_hostile(a, b)
            for shell in a, b:
                shell.port.type('poweroff -f\n')
            guest.ok(machine.wait(), 'the machine ends well')
            for shell in a, b:
                guest.equal(guest.boot.trouble(shell.port.log), [],
                            f'{shell.name}: the log is clean')
        except TimeoutError as error:
            guest.ok(False, str(error))
            for port in machine.ports:
                guest.note('\n'.join(f'{port.label}: {line}' for line in port.log[-20:]))
        finally:
            machine.stop()
    guest.done()


if __name__ == '__main__':
    main()
