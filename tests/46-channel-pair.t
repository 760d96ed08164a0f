#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A channel between the guests of two QEMUs: what tests/95-channel.t does between partitions;
then a QEMU that is killed in the middle, and a guest that moves to another QEMU while it is
rung; then a program of the host in the place of one QEMU. On KVM no ring may be an exit to
user space, nor its interrupt injected by QEMU. At last two shells for people.
Numbers in brackets are those of Documentation/virt/paravirq/channel.rst.

Copyright (C) 2026 The paravirq authors
"""
import contextlib
import os
import re
import struct
import subprocess
import sys
import tempfile
import threading
import time
import types

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

channel = guest.load('../tests/95-channel.t')
pair = guest.load('qemu-pair')

P = guest.boot.platform()
channel.MEMORY = P['CHANNEL_QEMU_ADDR'] + 0x1000
channel.DATA = channel.MEMORY + 0x2000
channel.HALF = (P['CHANNEL_SIZE'] - 0x2000) // 2
KVM = os.environ.get('ACCEL', '').startswith('kvm')
NODE = channel.NODE
MOVED, TRIPS = 400000, channel.TRIPS
LESS = 10 if guest.boot.EMULATED_HOST else 1
# There all takes longer from the start, which counts.
PATIENCE = 20 if guest.boot.EMULATED_HOST else 600


class Side(guest.Run):
    """One of the guests; it may end and start again."""

    def __init__(self, number, place):
        self.begin = 0  # of the log, since it started
        super().__init__(None, label='AB'[number], shell=True, reboot=True, moves=True,
                         timeout=1800, smp=1 if guest.boot.EMULATED_HOST else 2,
                         **pair.side(number, place))

    def again(self):
        """Kills the QEMU, and starts another."""
        self._end()
        self._reader.join()
        self.begin = len(self.log)
        self._run()

    def counts(self):
        """Exits to user space for accesses to memory, all, and interrupts that QEMU injected."""
        stats = self.qmp('query-stats', target='vcpu', providers=[
            {'provider': 'kvm', 'names': ['mmio_exits', 'exits']}])
        return (*(sum(stat['value'] for vcpu in stats for stat in vcpu['stats']
                      if stat['name'] == name) for name in ('mmio_exits', 'exits')),
                self.get('/machine/pvic', 'injected'))

    def leave(self):
        """Ends it, as a test that has passed."""
        self.type("printf '\\020' | dd of=/dev/port bs=1 seek=$((0xf4))\n")
        self.wait()

    def shell(self):
        """A shell of this guest, started."""
        port = types.SimpleNamespace(
            log=self.log, type=self.type, wait_line=lambda pattern, start=0:
            self.wait_line(pattern, start, timeout=PATIENCE))
        machine = types.SimpleNamespace(ended=lambda: self.process.poll() is not None,
                                        **{self.label: port})
        shell = channel.Shell(machine, self.label)
        shell.line = self.begin
        shell.start()
        shell.started()
        # It is up, time-outs begin.
        shell.does('echo selftest: up')
        return shell


def cheap(guests, n, name, test, *args):
    """
    A test that rings n times each way, of which QEMU has no part on KVM. It injects for the
    console.
    """
    before = [run.counts() for run in guests if KVM]
    test(*args)
    for run, then in zip(guests, before):
        mmio, exits, injected = (now - was for now, was in zip(run.counts(), then))
        guest.equal(mmio, 0, f'{run.label}: {name}: no exit to user space for {n} rings')
        guest.ok(injected < n / 4, f'{run.label}: {name}: QEMU injected {injected} interrupts')
        guest.note(f'{run.label}: {exits / n:.2f} VM exits for each that it rings and each it takes')


def peer(shell, state):
    """[CHAN-12] How often the peer has changed, once it is up or down."""
    return int(shell.does(f'until grep -q {state} {NODE}/peer; do :; done; '
                          f'cat {NODE}/peer_changes')[1])


def test_kill(a, b, two):
    """[CHAN-14] [CHAN-22] One QEMU is killed while both send; another one goes on."""
    changes = peer(a, 'up')
    a.send('channel-copy /dev/zero /dev/null')
    b.says(f'channel-copy /dev/zero /dev/null & h=$(devmem {channel.DATA + 12}); '
           f'while [ "$h" = "$(devmem {channel.DATA + 12})" ]; do :; done', '', 'takes data')
    two.again()
    status, said = a.result()
    guest.ok(status == 2 and 'the other guest went away' in said, 'A: sees it die')
    b = two.shell()
    guest.equal(peer(a, 'up'), changes + 2, 'A: sees it come again')
    channel.test_files(a, b)
    return b


def test_move(a, b, two, place):
    """[CHAN-14] [CHAN-20] A guest moves to another QEMU while it is rung."""
    def rung():
        with open(f'{place}/memory', 'rb') as file:
            return struct.unpack_from('<I', file.read(0x1004), 0x1000)[0]
    n = MOVED // LESS
    channel.take(b)
    changes, before = peer(a, 'up'), rung()
    b.send(f'n=0; while [ $n -lt {n} ]; do set -- $({channel.READ}); n=$((n + $1)); done; echo $n')
    a.send(f'head -c {4 * n} /dev/zero | dd {channel.TO}')
    two.until(lambda: rung() - before & 0xffffffff > n // 10)
    two.save()
    left = rung()
    two.replace()
    two.load()
    guest.ok(0 < rung() - left & 0xffffffff, 'it is rung while it moves')
    guest.equal((a.result(), b.result()), ((0, ''), (0, str(n))),
                f'none of {n} rings is lost or made up')
    guest.equal(peer(a, 'up'), changes + 2, 'A: sees it go and come')
    channel.test_files(a, b)


def test_host(a, one, place):
    """A program of the host rings back what it is rung."""
    def rung_back():
        a.says(f'head -c {4 * TRIPS} /dev/zero | dd {channel.TO}; n=0; while [ $n -lt {TRIPS} ]; '
               f'do set -- $({channel.READ}); n=$((n + $1)); done; echo $n', str(TRIPS),
               'a program of the host rings back')
    program = f'{guest.boot.BUILD}/libparavirq/channel-host'
    if not guest.boot.EMULATED_HOST:
        subprocess.run(['make', '-s', '-C', f'{guest.boot.ROOT}/hypervisor/libparavirq',
                        f'O={guest.boot.BUILD}/libparavirq', program], check=True)
    with subprocess.Popen([program, f'{place}/link', f'{place}/memory', '1', str(channel.EVENTS)],
                          stdout=subprocess.PIPE, text=True) as host, \
         contextlib.ExitStack() as stack:
        stack.callback(host.kill)
        guest.equal(host.stdout.readline(), f'up, {"with eventfds" if KVM else "by the socket"}\n',
                    'a program of the host is up')
        peer(a, 'up')
        channel.take(a)
        cheap([one], TRIPS, 'rings of a program', rung_back)
        host.terminate()
        guest.equal(host.stdout.read().splitlines()[0], f'event 0: {TRIPS}', 'and has taken all')


def test_shells(script):
    """What "make shell" starts for two guests: a console here and one that is attached."""
    def until(program, pattern):
        for line in program.stdout:
            said.append(line)
            if match := re.search(pattern, line):
                return match
        raise TimeoutError(f'no /{pattern}/: {said[-20:]}')
    said, pipes = [], {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE, 'text': True,
                       'cwd': guest.boot.ROOT}
    with subprocess.Popen([script, '--shell'], **pipes) as a, \
         contextlib.ExitStack() as stack:
        stack.callback(a.terminate)
        attach = until(a, r'^ +(\w+) (\w+) (\S+)$')
        alarm = threading.Timer(guest.boot.BOOT_LIMIT, a.terminate)
        stack.callback(alarm.cancel)
        alarm.start()
        until(a, 'Try: ')
        a.stdin.write('channel-copy -r 1000\n')
        a.stdin.flush()
        b = stack.enter_context(subprocess.Popen(attach.groups(), **pipes))

        def enter():
            with contextlib.suppress(OSError, ValueError):
                while True:
                    b.stdin.write('\n')
                    b.stdin.flush()
                    time.sleep(1)
        threading.Thread(target=enter, daemon=True).start()
        until(b, '/ # ')
        b.stdin.write('channel-copy -r 1000\n')
        b.stdin.flush()
        for program, name in (a, 'A'), (b, 'B'):
            guest.ok(until(program, '^taken 1000 of 1000'), f'{script}: {name} has a shell, and is rung')
        a.stdin.write('exit\n')
        a.stdin.flush()
        guest.equal((a.wait(), os.path.lexists(f'{guest.boot.ROOT}/{attach[3]}')), (0, False),
                    f'{script}: both end')


def main():
    with tempfile.TemporaryDirectory(prefix='paravirq-') as place, \
         Side(0, place) as one, Side(1, place) as two:
        a, b = one.shell(), two.shell()
        for shell, side in (a, 0), (b, 1):
            shell.says(f'cd {NODE}; echo $(cat events side size peer); cd /',
                       f'{channel.EVENTS} {side} {2 * channel.HALF} up', 'the channel is in sysfs')
        rings = channel.RINGS // LESS
        cheap((one, two), rings, 'rings', channel.test_rings, a, b, rings)
        cheap((one, two), TRIPS, 'round trips', channel.both, (a, b),
              [f'channel-copy -p {TRIPS}'] * 2, 'round trips', 'round trips')
        channel.test_files(a, b)
        channel.test_restart(a, b)
        channel.test_unbind(a, b)
        channel.test_sleep(a, b)
        channel.test_hostile(a, b)
        b = test_kill(a, b, two)
        test_move(a, b, two, place)
        two.leave()
        test_host(a, one, place)
        one.leave()
    # The host of another one has no terminals.
    if not guest.boot.EMULATED_HOST:
        test_shells('scripts/qemu-pair')
        test_shells('scripts/baremetal')
    guest.done()


main()
