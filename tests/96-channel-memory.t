#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A channel of a device tree with its registers in memory. Channel and registers are guest
memory that Linux is told to leave alone, QEMU has it in a file, and this test is both
hypervisor and peer: it serves the registers there, and raises lines by a doorbell that the
tree does not have. The guest's shell does its part. Numbers in brackets are those of
Documentation/virt/paravirq/channel.rst.

Copyright (C) 2026 The paravirq authors
"""
import contextlib
import mmap
import os
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

P = guest.boot.platform()
MEMORY, REGS = P['CHANNEL_RAM_ADDR'], P['CHANNEL_REGS_ADDR']
MAGIC, VERSION, EVENTS, SIDE, PEER, STATE, RING = range(REGS, REGS + 0x1c, 4)
THEIRS, MINE, DATA = MEMORY, MEMORY + 0x1000, MEMORY + 0x2000
RUNG, TAKEN = 0, 0x40
NOTHING, NR, RINGS = 0xffffffff, 3, 1000
DEV = '/dev/paravirq-channel7'
NODE = '/sys/class/misc/paravirq-channel7/device'
READ = f'dd if={DEV} bs=64 count=1 2>/dev/null | od -An -v -w64 -t u4'
DRIVER = '/sys/bus/platform/drivers/paravirq-channel'


class Run(guest.Run):
    """The guest, side 1 of the channel; here is side 0."""

    def __init__(self):
        keep = f'memmap={REGS + P["CHANNEL_REGS_SIZE"] - MEMORY:#x}${MEMORY:#x}'
        super().__init__(None, label='channel', machine='q35', firmware='dt+acpi', shell=True,
                         tables=['channel-memory'], devices=guest.boot.hardware(1), moves=True,
                         append=keep, args=['-S'])
        self.line = self.number = 0
        self.memory = None

    def push(self):
        """The UART keeps the end of a line until more comes."""
        with contextlib.suppress(OSError, ValueError):
            while self.process.poll() is None:
                time.sleep(0.2)
                self.type('\n')

    def serve(self):
        """Memory is 0 but for the registers: then the guest may go."""
        self.qmp('query-status')
        with open(f'{self.dir}/ram', 'r+b') as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        for register, value in ((MAGIC, 0x43495650), (VERSION, 1), (EVENTS, NR), (SIDE, 1),
                                (PEER, 1), (STATE, NOTHING), (RING, NOTHING)):
            self.put(register, value)
        self.qmp('cont')
        self.wait_line('^Try: ')
        self.type('dmesg -n 1; stty -echo; echo selftest: ready; cat | sh\n')
        self.line = self.wait_line('^selftest: ready')[0] + 1
        threading.Thread(target=self.push, daemon=True).start()

    def word(self, address):
        return struct.unpack_from('<I', self.memory, address)[0]

    def put(self, address, value):
        struct.pack_into('<I', self.memory, address, value & 0xffffffff)

    def comes(self, address, value):
        """Waits for a value that the guest writes; whether it came."""
        return self.until(lambda: self.word(address) == value)

    def raise_line(self, line):
        """An event, or the one for the peer."""
        self.set('/machine/peripheral/db0', 'ring', line)

    def event(self, event):
        """Rings the guest as a peer does."""
        self.put(THEIRS + RUNG + 4 * event, self.word(THEIRS + RUNG + 4 * event) + 1)
        self.raise_line(event)

    def send(self, command):
        """Has a command run."""
        self.number += 1
        self.type(f'{command}; echo "[$?] of {self.number}"\n')

    def result(self):
        """What the command that was sent last has said."""
        end, _ = self.wait_line(rf'\[(\d+)\] of {self.number}$', self.line)
        said = self.log[self.line:end]
        self.line = end + 1
        return '\n'.join(said)

    def says(self, command, expected, name):
        """Passes if a command says that."""
        self.send(command)
        guest.equal(self.result(), expected, name)


with Run() as run:
    run.serve()
    # [CHAN-1] [CHAN-3] [CHAN-4] [CHAN-22]
    guest.equal(run.word(STATE), 1, 'the guest is up')
    run.says(f'cat {NODE}/events {NODE}/side {NODE}/size {NODE}/peer {NODE}/peer_changes',
             f'{NR}\n1\n{P["CHANNEL_SIZE"] - 0x2000}\nup\n1', 'the channel is in sysfs')
    run.says('grep -c paravirq-channel7 /proc/interrupts', str(NR + 1), 'it has its interrupts')
    run.says(f'channel-copy -d {DEV} -t', '0 0 0 1', 'nothing was rung')

    # [CHAN-20] [CHAN-19]
    for n in range(NR):
        run.put(RING, NOTHING)
        run.says(f'printf "\\{n:03o}\\000\\000\\000" >{DEV}', '', f'the guest rings event {n}')
        guest.equal((run.word(RING), run.word(MINE + RUNG + 4 * n)), (n, 1),
                    'it is counted and written to RING')
    guest.equal(bytes(run.memory[THEIRS:MINE]), bytes(0x1000), 'the page of the peer is untouched')

    # [CHAN-5] [CHAN-21] One at a time, each wakes who reads: its own line and no other does.
    for n in range(NR):
        run.send(READ)
        run.event(n)
        guest.equal(run.result().split(), [*(str(int(n == i)) for i in range(NR)), '1'],
                    f'event {n} is taken')
        guest.equal(run.word(MINE + TAKEN + 4 * n), 1, 'and counted')

    # [CHAN-25] Many, which coalesce.
    run.send(f'n=0; while [ $n -lt {RINGS} ]; do set -- $({READ}); n=$((n + $2)); done; echo $n')
    for _ in range(RINGS):
        run.event(1)
    guest.equal(run.result(), str(RINGS), f'{RINGS} rings are taken')
    guest.equal(run.word(MINE + TAKEN + 4), RINGS + 1, 'and counted')

    # [CHAN-23] The peer was reset after it counted: no line but its last one.
    run.says(f'dd if={DEV} bs=64 count=1 of=/tmp/read 2>/dev/null & until readlink /proc/$!/fd/0 | '
             'grep -q paravirq && grep -q "^State:.S" /proc/$!/status; do :; done', '', 'one reads')
    run.put(THEIRS + RUNG, run.word(THEIRS + RUNG) + 1)
    run.put(PEER, 2)
    run.raise_line(NR)
    run.send('wait; od -An -v -w64 -t u4 /tmp/read')
    guest.equal(run.result().split(), ['1', '0', '0', '2'], 'the peer goes, and had rung')

    # [CHAN-24] It has rung, and waits for its peer.
    run.says(f'channel-copy -d {DEV} /dev/zero /dev/null 2>/tmp/said & pid=$!', '', 'a program is started')
    guest.ok(run.comes(MINE + RUNG + 8, 2), 'it has rung')
    run.says('until grep -q "^State:.S" /proc/$pid/status; do :; done; '
             f'for d in {DRIVER}/*channel; do echo ${{d##*/}} >{DRIVER}/unbind; done; '
             'wait; cat /tmp/said',
             f'channel-copy: {DEV}: read: No such device', 'unbinding wakes who waits')
    guest.equal(run.word(STATE), 0, 'the guest is down')
    # As init does when a shell ends well.
    run.type("printf '\\020' | dd of=/dev/port bs=1 seek=$((0xf4))\n")
guest.done()
