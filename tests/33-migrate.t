#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A running guest moves to another QEMU, three times, under fire: its state goes
through a file, thousands of rings fall before, during and after, and each of them
is counted once. The guest's part stands in tools/testing/selftests/paravirq/migrate.
Then the same with a disk that is being written. Numbers in brackets are those of
Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

HOPS = 3
# Lines whose affinity moves
MOVED = 3
MIB = 8
P = guest.boot.platform()
INTC = ['/machine/peripheral/pvic', '/machine/peripheral/pvic1']
COUNTERS = ('injected', 'latched', 'dropped')


class Debugger:
    """Talks to QEMU as gdb does. While it is there the guest stands still."""

    def __init__(self, run):
        self.socket = run.connect('gdb')
        self.answers = b''

    def say(self, text):
        """A packet and its answer; that the guest stopped answers "c" and "s" only."""
        self.socket.sendall(f'${text}#{sum(text.encode()) % 256:02x}'.encode())
        while True:
            match = re.search(rb'\$([^#]*)#..', self.answers)
            if not match:
                self.answers += self.socket.recv(1000)
                continue
            self.answers = self.answers[match.end():]
            self.socket.sendall(b'+')
            if text in 'cs' or not match[1].startswith(b'T'):
                return match[1].decode()


class HalfWay:
    """
    Makes the guest go round in circles where it has written DEST for a move to
    CPU 1, and has not yet written COMMIT; in the next QEMU, lets it go.
    """

    def __init__(self, run, port):
        function = 'paravirq_pio_write_route'
        text = subprocess.run(
            ['objdump', '-d', f'--disassemble={function}',
             run.command[run.command.index('-kernel') + 1].replace(
                 'arch/x86/boot/bzImage', 'vmlinux')],
            check=True, capture_output=True, text=True).stdout
        self.run = run
        self.address = re.search(r'call .*<iowrite32>\n *(\w+):', text)[1]
        debugger = Debugger(run)
        self.code = debugger.say(f'm{self.address},2')
        for _ in range(100):
            debugger.say(f'Z1,{self.address},1')
            debugger.say('c')
            debugger.say(f'z1,{self.address},1')
            dest = run.qmp('human-monitor-command', command_line=f'i /wx {port + 0x20:#x}')
            if int(dest.split()[-1], 16) == 1:
                break
            debugger.say('s')
        # jmp .
        debugger.say(f'M{self.address},2:ebfe')
        debugger.say('D')

    def go_on(self):
        debugger = Debugger(self.run)
        regs = self.run.qmp('human-monitor-command', command_line='info registers -a')
        guest.ok(f'RIP={self.address}' in regs,
                 f'{self.run.label}: moved between DEST and COMMIT')
        debugger.say(f'M{self.address},2:{self.code}')
        debugger.say('D')


def counters(run):
    return [[run.get(path, name) for name in ('injected', 'latched', 'dropped')]
            for path in INTC]


def hop(run, streams):
    """
    Moves the guest. Rings go on while it is saved, while it is stopped, and while
    it waits to be loaded; what the old QEMU has not taken in, the new one gets.
    Returns what the old one had taken in and its controllers had made of it.
    """
    run.save()
    rung = [s.get('rung') for s in streams]
    for s in streams:
        s.more(1000)
    guest.equal([s.get('rung') for s in streams], rung,
                f'{run.label}: a guest that was saved takes in no rings')
    raised = counters(run)
    for s in streams:
        s.pause()
    run.replace()
    for s, n in zip(streams, rung):
        s.go_on(n)
        s.more(1000)
    guest.equal([s.get('rung') for s in streams], [0] * len(streams),
                f'{run.label}: a guest that is to be loaded takes in no rings')
    run.load()
    return rung, raised


def sensible(raised, rung, label):
    """
    Linux masks a line that interrupts a CPU while the one it was on before is in
    its handler; of what is latched then, it gets one or more at once.
    """
    injected, latched, dropped = raised
    guest.ok(dropped == 0 and rung - latched <= injected <= rung + MOVED,
             f'{label}: controller of moved lines: injected {injected}, latched {latched} and '
             f'dropped {dropped} of {rung} rings')


# [SAVE-1] [SAVE-2] [ROUTE-7]
def fire(masked, ports=False, **options):
    """
    The first line of one doorbell is masked, lines of the other one move; if that
    goes through I/O ports, once the guest is half way through it.
    """
    moved = 1 - masked
    intc, line = P[f'PVIC{masked}_ADDR'], P[f'DOORBELL{masked}_LINE']
    label = f'migrate {options["tables"][0]}'
    with guest.Run('migrate', label=label, moves=True, timeout=300, **options,
                   args=('-gdb', 'unix:{dir}/gdb,server=on,wait=off') if ports else (),
                   append=f'guest_masked={masked} guest_errors={intc + 0x14:#x} '
                          f'guest_route={intc + 0x1000 + 8 * line:#x}') as run:
        run.wait_line('selftest: firing')
        streams = [guest.Stream(run, n, *(range(3) if n == moved else range(1, 3)))
                   for n in range(2)]
        before = [0, 0]
        for n in range(HOPS):
            run.wait_line(f'selftest: masked {n + 1}')
            streams[masked].ring(*[0] * 100)
            while run.get(INTC[masked], 'latched') < 100:
                time.sleep(0.02)
            halt = HalfWay(run, P[f'PVIC{moved}_PORT']) if ports and n == 1 else None
            rung, raised = hop(run, streams)
            if halt:
                halt.go_on()
            taken = [now - then for now, then in zip(rung, before)]
            sensible(raised[moved], taken[moved], label)
            # Each ring is an injection or latched, and unmasking is one more.
            guest.equal(raised[masked], [taken[masked] - 100 + (n > 0), 100, 0],
                        f'{label}: controller of the masked line: {taken[masked]} rings')
            before = rung
            streams[0].ring(3)
        run.wait_line('selftest: moved')
        for s in streams:
            s.cease()
            # The last one: when the guest has this, it has all.
            s.ring(3)
        run.wait_line('selftest: line .* total')
        raised = counters(run)
        guest.equal([s.get('rung') for s in streams], [len(s.rings) for s in streams],
                    f'{label}: no ring was lost on the way')
        taken = [len(s.rings) - n for s, n in zip(streams, before)]
        sensible(raised[moved], taken[moved], label)
        guest.equal(raised[masked], [taken[masked] + 1, 0, 0],
                    f'{label}: controller of the masked line: {taken[masked]} rings')
        for s in streams:
            s.compare()
        streams[0].ring(3)


def disk():
    """Each access of the guest waits for the last; hardly any gets through."""
    def hop_after(accesses):
        n = run.move_after(accesses)
        guest.ok(20 <= n < MIB * 256, f'disk: moved after {n} {accesses}')

    with tempfile.NamedTemporaryFile(suffix='.img') as image:
        image.truncate(MIB << 20)
        with guest.Run('disk', label='disk', machine='microvm,paravirq=on',
                       moves=True, timeout=300, args=(
                '-drive', 'if=none,id=d,format=raw,throttling.iops-total=40,'
                f'file={image.name}', '-device', 'virtio-blk-device,drive=d')) as run:
            run.wait_line('the disk is there')
            hop_after('wr_operations')
            run.throttle(40, 0)
            hop_after('rd_operations')
            run.throttle(0, 0)
        digests = [m[1] for line in run.log
                   if (m := re.search('sha256 ([0-9a-f]{64})', line))]
        with open(image.name, 'rb') as f:
            guest.equal(digests, [hashlib.sha256(f.read()).hexdigest()],
                        'disk: the image has what the guest wrote')


fire(masked=1, tables=['paravirq2'])
fire(masked=0, ports=True, tables=['paravirq-mixed'])
disk()
guest.done()
