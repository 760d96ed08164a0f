#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The channel of QEMU without a guest: its registers; peers that are not there yet, reset,
halt, die, come again, move, or do not fit; and hostile ones, at the socket and in the shared
memory. What a peer does there that is no QEMU is done here. Prints TAP. $FUZZ_TIME is how
many seconds it does anything at all, by default 5, and $FUZZ_SEED what begins that.
Numbers in brackets are those of Documentation/virt/paravirq/channel.rst.

Copyright (C) 2026 The paravirq authors
"""
import contextlib
import fcntl
import mmap
import os
import random
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, 'tests/lib'))
import guest  # noqa: E402

device = guest.load('../tests/21-qemu-device.t')

OUT = TOP + '/build/tests/channel-peers'
ADDR, MEMORY, ROUTES = 0x1000000000, 0x1000001000, 0xfec81000
MAGIC, VERSION, EVENTS, SIDE, PEER, STATE, RING = range(ADDR, ADDR + 0x1c, 4)
MASKED, PENDING, OFF = 0x340, 0x400, 0x200
NR, SIZE = 3, 0x4000
GREETING = struct.Struct('=IIIIQ')
F_ADD_SEALS, F_SEAL_SHRINK = 1033, 2


def wait(condition, what):
    """Waits for something that has to come."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.005)


class Side(device.Machine):
    """A QEMU with one side, whose lines are masked, so that they keep what was raised."""

    def __init__(self, place, side, *args, nr=NR, size=SIZE, memory=None):
        link = 'server=on,wait=off' if side == 0 else 'reconnect-ms=10'
        self.nr = nr
        super().__init__(
            '-object', f'memory-backend-file,id=shared,mem-path={memory or place + "/memory"},'
            f'size={size + 0x1000},share=on',
            '-chardev', f'socket,id=link,path={place}/link,{link}', '-device', 'paravirq,id=pvic',
            '-device', f'paravirq-channel,id=channel,side={side},events={nr},memdev=shared,'
            f'chardev=link', *args)
        if '-incoming' not in args:
            for line in range(nr + 1):
                self.enable(line)

    def enable(self, line):
        self.qtest('writeq', ROUTES + 8 * line, OFF)
        self.qtest('writeq', ROUTES + 8 * line, MASKED)

    def raised(self):
        """The lines that were raised since this was asked last."""
        lines = [n for n in range(self.nr + 1) if self.qtest('readq', ROUTES + 8 * n) & PENDING]
        for n in lines:
            self.enable(n)
        return lines

    def read(self, register):
        return self.qtest('readl', register)

    def write(self, register, value):
        self.qtest('writel', register, value)

    def sees(self, peer):
        """Waits until PEER is that."""
        wait(lambda: self.read(PEER) == peer, f'PEER is {self.read(PEER)}, not {peer}')

    def gets(self, *lines):
        """Waits until these lines were raised; others are not."""
        came = set()
        wait(lambda: came.update(self.raised()) or came >= set(lines), f'lines {lines}')
        assert came == set(lines), f'raised {came}, expected {lines}'

    def says(self):
        """The next line that the device says, or nothing if it says nothing."""
        alarm = threading.Timer(60, self.qemu.kill)
        alarm.start()
        line = next((line for line in self.qemu.stderr if 'paravirq' in line), '')
        alarm.cancel()
        return line

    def said(self):
        """What it said and nobody has read, after its end."""
        self.qemu.kill()
        return self.qemu.stderr.read()


def link(place, one, two):
    """Both come up; what they raise by that is forgotten."""
    before = one.read(PEER), two.read(PEER)
    for side in one, two:
        side.write(STATE, 1)
    wait(lambda: one.read(PEER) & 1 and two.read(PEER) & 1, f'{before} and no link')
    # The last bytes are on their way.
    for from_, to in (one, two), (two, one):
        from_.write(RING, 0)
        came = set()
        wait(lambda: came.update(to.raised()) or 0 in came, 'no ring')
    for side in one, two:
        side.raised()


@contextlib.contextmanager
def both(**options):
    """Two sides that are up."""
    with tempfile.TemporaryDirectory() as place, \
         Side(place, 0, **options) as one, Side(place, 1, **options) as two:
        link(place, one, two)
        yield place, one, two


class Stranger:
    """A program at the socket of side 0, and with the memory."""

    def __init__(self, place):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        wait(lambda: not self.socket.connect_ex(place + '/link'), 'no socket')
        with open(place + '/memory', 'r+b') as file:
            self.memory = mmap.mmap(file.fileno(), 0)

    def greet(self, *fds, magic=0x43495650, version=1, side=1, nr=NR, size=SIZE):
        socket.send_fds(self.socket, [GREETING.pack(magic, version, side, nr, size)], fds)

    def greeted(self):
        """The greeting of side 0."""
        return GREETING.unpack(self.socket.recv(GREETING.size, socket.MSG_WAITALL))

    def up(self):
        """Writes its word."""
        word, = struct.unpack_from('=I', self.memory, 4)
        struct.pack_into('=I', self.memory, 4, (word + 1 & 0xffffffff) | 1)

    def closed(self):
        """Waits until the other side has closed the socket."""
        with contextlib.suppress(ConnectionError):
            while self.socket.recv(4096):
                pass

    def close(self):
        self.socket.close()
        self.memory.close()


def test_registers():
    """[CHAN-9] [CHAN-10] [CHAN-12] [CHAN-17]"""
    with tempfile.TemporaryDirectory() as place, Side(place, 1) as m:
        guest.equal([m.read(r) for r in (MAGIC, VERSION, EVENTS, SIDE, PEER, STATE, RING)],
                    [0x43495650, 1, NR, 1, 0, 0, 0], 'what registers read')
        for register in MAGIC, VERSION, EVENTS, SIDE, PEER:
            m.write(register, 1)
        m.write(STATE, 2)
        m.qtest('writeb', STATE, 1)
        m.qtest('writeq', STATE, 1)
        m.qtest('writel', STATE + 1, 1)
        guest.equal([m.read(r) for r in (MAGIC, VERSION, EVENTS, SIDE, PEER, STATE)] +
                    [m.qtest('readq', STATE), m.qtest('readw', MAGIC)],
                    [0x43495650, 1, NR, 1, 0, 0, 0, 0], 'other accesses are ignored')
        m.write(STATE, 1)
        for event in range(NR + 1):
            m.write(RING, event)
        guest.equal((m.read(STATE), m.read(PEER)), (1, 0), 'alone it is up, and no peer is')
        m.qtest('write', MEMORY, 4, '0x12345678')
        with open(place + '/memory', 'rb') as file:
            data = file.read()
        guest.equal((data[0x1000:0x1004].hex(), data[:0x1000], len(data)),
                    ('12345678', bytes(0x1000), SIZE + 0x1000),
                    'its memory follows a page that the guest does not see')


def test_refused():
    """One line says what is wrong."""
    with tempfile.TemporaryDirectory() as place:
        def says(text, option, backend=f'size={SIZE + 0x1000},share=on', more=()):
            run = subprocess.run(
                [device.QEMU, '-L', '/usr/share/seabios', '-M', 'q35', '-accel', 'qtest',
                 '-display', 'none', '-nodefaults', '-m', '64', '-object',
                 f'memory-backend-file,id=m,mem-path={place}/{len(os.listdir(place))},{backend}',
                 '-device', 'paravirq,id=pvic', '-device', f'paravirq-channel,{option}', *more],
                capture_output=True, text=True, check=False, timeout=120)
            guest.ok(run.returncode == 1 and text in run.stderr, text)
            guest.note('' if text in run.stderr else run.stderr)
        says('events=4 and side=4294967295, allowed are 1 to 16 and 0 or 1', 'memdev=m')
        says('events=17 and side=0, allowed', 'memdev=m,side=0,events=17')
        says('events=0 and side=0, allowed', 'memdev=m,side=0,events=0')
        says('memdev has to be a memory backend with share=on', 'side=0')
        says('with share=on that no', 'memdev=m,side=0', f'size={SIZE + 0x1000}')
        says('that no other device has', 'memdev=m,side=0,addr=0x2000000000', more=(
            '-device', 'paravirq-channel,memdev=m,side=1'))
        says('memdev has 0x3000 bytes, allowed are multiples of 0x1000 from 0x4000 on',
             'memdev=m,side=0', 'size=0x3000,share=on')
        says('first-line=60 and lines=5 do not fit', 'memdev=m,side=0,first-line=60')
        says('addr=0x10, allowed', 'memdev=m,side=0,addr=0x10')
        says('addr=0x1000 to 0x5fff is not free', 'memdev=m,side=0,addr=0x1000')


def test_rings():
    """[CHAN-13] [CHAN-15]"""
    with both() as (_, one, two):
        for m, to in (one, two), (two, one):
            for event in range(NR):
                m.write(RING, event)
                to.gets(event)
            for wrong in NR, 16, 0xffffffff:
                m.write(RING, wrong)
            m.qtest('writeq', RING, 1)
            m.write(RING, 0)
            to.gets(0)
        guest.ok(True, 'each event raises its line')
        peer = one.read(PEER)
        two.write(STATE, 1)
        two.write(STATE, 0)
        one.gets(NR)
        guest.equal(one.read(PEER), peer + 1, 'the peer goes')
        one.write(RING, 1)
        two.write(STATE, 1)
        one.gets(NR)
        one.write(RING, 2)
        two.gets(2)
        guest.equal(one.read(PEER), peer + 2, 'and comes; who is not up is not rung')


def test_come_and_go():
    """[CHAN-14] [CHAN-18] Whatever becomes of side 1."""
    with tempfile.TemporaryDirectory() as place, Side(place, 0) as one:
        one.write(STATE, 1)
        with Side(place, 1) as two:
            link(place, one, two)
            peer = one.read(PEER)
            two.qmp('system_reset')
            one.gets(NR)
            guest.equal((one.read(PEER), two.read(STATE)), (peer + 1, 0), 'a reset')
            two.write(STATE, 1)
            one.gets(NR)
            for line in range(NR + 1):
                two.enable(line)
            two.qmp('stop')
            one.gets(NR)
            guest.equal((one.read(PEER), two.read(STATE)), (peer + 3, 1), 'it is halted')
            one.write(RING, 1)
            one.write(STATE, 0)
            one.write(STATE, 1)
            two.qmp('cont')
            one.gets(NR)
            two.gets(*range(NR + 1))
            guest.equal(one.read(PEER), peer + 4, 'and goes on, and looks at all counts')
            two.qtest('write', MEMORY + 0x2000, 4, '0x01020304')
        one.gets(NR)
        guest.equal(one.read(PEER), peer + 5, 'it is killed')
        one.write(RING, 1)
        with Side(place, 1) as two:
            link(place, one, two)
            guest.equal((one.read(PEER), two.read(PEER) & 1), (peer + 6, 1), 'and comes again')
            guest.equal(two.memory(MEMORY + 0x2000, 4).hex(), '01020304', 'to the same memory')
        # Both are killed, and side 1 comes first.
    with tempfile.TemporaryDirectory() as place:
        with Side(place, 0) as one, Side(place, 1) as two:
            link(place, one, two)
        with Side(place, 1) as two:
            guest.equal(two.read(PEER), 2, 'a peer that died before is down')
            two.write(STATE, 1)
            with Side(place, 0) as one:
                link(place, one, two)
                guest.equal((one.read(PEER), two.read(PEER)), (3, 3), 'until it comes again')


    # It had been up, and says so no more before it is heard.
    with tempfile.TemporaryDirectory() as place, \
         socket.create_server(place + '/link', family=socket.AF_UNIX) as server:
        with open(place + '/memory', 'wb') as file:
            file.write(struct.pack('=II', 0, 5).ljust(SIZE + 0x1000, b'\0'))
        with Side(place, 1), server.accept()[0] as it:
            it.recv(GREETING.size, socket.MSG_WAITALL)
            with open(place + '/memory', 'rb') as file:
                guest.equal(struct.unpack('=II', file.read(8)), (0, 6), 'a side counts that it died')


def test_other_peers():
    """Peers that do not fit find nobody; each side says that once, and serves one that fits."""
    def wrong(version, side, nr, size, *allowed):
        return (f'magic 0x43495650, version {version}, side {side}, {nr} events, 0x{size:x} bytes, '
                'allowed 0x43495650, {}, {}, {}, 0x{:x}\n'.format(*allowed))
    for name, nr, size in ('more events', NR + 1, SIZE), ('less memory', NR, SIZE - 0x1000):
        with tempfile.TemporaryDirectory() as place, Side(place, 0) as one:
            with Side(place, 1, nr=nr, size=size) as two:
                two.write(STATE, 1)
                one.write(STATE, 1)
                said = one.says(), two.says()
                guest.ok(said[0].endswith(wrong(1, 1, nr, size, 1, 1, NR, SIZE)) and
                         said[1].endswith(wrong(1, 0, NR, SIZE, 1, 0, nr, size)),
                         f'{name}: both sides say what does not fit')
                guest.note(''.join(said))
                two.write(RING, 0)
                guest.equal((one.read(PEER), two.read(PEER), one.raised()), (0, 0, []),
                            f'{name}: no peer')
            with Side(place, 1) as two:
                link(place, one, two)
            guest.ok('peer' not in one.said(), f'{name}: the next one fits, and nothing more is said')
    with tempfile.TemporaryDirectory() as place, Side(place, 0) as one:
        it = Stranger(place)
        it.greet(version=2)
        it.closed()
        guest.ok(one.says().endswith(wrong(2, 1, NR, SIZE, 1, 1, NR, SIZE)),
                 'another version: who is connected to says it')
        with Side(place, 1) as two:
            link(place, one, two)
    with tempfile.TemporaryDirectory() as place, \
         socket.create_server(place + '/link', family=socket.AF_UNIX) as server, \
         Side(place, 1) as two:
        with server.accept()[0] as it:
            it.sendall(GREETING.pack(0x43495650, 2, 0, NR, SIZE))
            guest.ok(two.says().endswith(wrong(2, 0, NR, SIZE, 1, 0, NR, SIZE)),
                     'another version: who connects says it')
        two.raised()
        with server.accept()[0] as it:
            it.sendall(GREETING.pack(0x43495650, 1, 0, NR, SIZE))
            two.gets(*range(NR + 1))
            guest.ok(True, 'and connects again')


def test_migrate():
    """A guest moves while it is rung, to a QEMU that waits beside the first one."""
    for moves in 0, 1:
        with contextlib.ExitStack() as stack:
            place = stack.enter_context(tempfile.TemporaryDirectory())
            sides = [stack.enter_context(Side(place, n)) for n in range(2)]
            link(place, *sides)
            one, two = sides[1 - moves], sides[moves]
            peer = one.read(PEER)
            two.qtest('write', MEMORY + 0x2000, 4, '0x01020304')
            if moves == 1:
                other = stack.enter_context(Side(place, moves, '-incoming', 'defer'))
                guest.equal(one.read(PEER), peer, 'a QEMU that waits has not got the side')
            two.qmp('migrate', uri=f'exec:cat >{place}/state')
            wait(lambda: two.qmp('query-migrate')['status'] == 'completed', 'no migration')
            one.gets(NR)
            guest.equal(one.read(PEER), peer + 1, f'side {moves} has moved: it is down')
            one.write(RING, 1)
            one.qtest('write', MEMORY + 0x2004, 4, '0x05060708')
            if moves == 0:
                other = stack.enter_context(Side(place, moves, '-incoming', 'defer'))
            other.qmp('migrate-incoming', uri=f'exec:cat {place}/state')
            wait(lambda: other.qmp('query-status')['status'] == 'running', 'it does not go on')
            # Who listens removes the socket when it quits, which is the other's by now.
            if moves == 0:
                two.qemu.kill()
            else:
                two.qmp('quit')
            one.sees(peer + 2)
            guest.equal((other.read(STATE), other.memory(MEMORY + 0x2000, 8).hex()),
                        (1, '0102030405060708'), 'it goes on, nothing is lost')
            other.gets(*range(NR + 1))
            one.raised()
            one.write(RING, 2)
            other.gets(2)
            other.write(RING, 0)
            one.gets(0)
            guest.ok(True, 'and is rung')


def test_hostile():
    """[CHAN-26] Side 0 and its QEMU live on, and the next peer that is right is served."""
    with tempfile.TemporaryDirectory() as place, Side(place, 0) as one:
        one.write(STATE, 1)

        def survived(name, stranger):
            stranger.close()
            with Side(place, 1) as two:
                link(place, one, two)
            guest.ok(one.qmp('query-status')['running'], name)

        for name, data in (('nothing', b''), ('garbage', os.urandom(4096)), ('half a greeting',
                           GREETING.pack(0x43495650, 1, 1, NR, SIZE)[:13])):
            it = Stranger(place)
            it.socket.sendall(data)
            if data:
                it.closed()
            survived(f'at first {name}', it)
        for wrong in ({'magic': 1}, {'version': 2}, {'side': 0}, {'side': 7}, {'nr': 0xffffffff},
                      {'size': 0}):
            it = Stranger(place)
            it.greet(**wrong)
            it.closed()
            survived(f'a greeting with {wrong}', it)

        it = Stranger(place)
        guest.equal(it.greeted(), (0x43495650, 1, 0, NR, SIZE), 'it greets')
        it.greet()
        for _ in range(100):
            it.socket.sendall(bytes(range(256)) * 16)
        one.gets(*range(NR + 1))
        survived('all bytes, again and again', it)

        # The pipe's end is another one that blocks, the eventfds are full, the file is a file.
        reader, writer = os.pipe()
        eventfd = os.eventfd(0)
        os.eventfd_write(eventfd, 0xfffffffffffffffe)
        with open('/dev/zero', 'rb') as zero:
            for name, fds in (('few', [eventfd]), ('too many', [eventfd] * 16),
                              ('no eventfds', [reader, writer, zero.fileno()]),
                              ('full ones', [eventfd] * NR)):
                it = Stranger(place)
                it.greet(*fds)
                it.up()
                for n in range(1000):
                    one.write(RING, n % NR)
                survived(f'descriptors: {name}', it)

        # One byte at a time a socket holds few, and nobody reads.
        it = Stranger(place)
        it.greeted()
        it.greet()
        it.up()
        wait(lambda: one.read(PEER) & 1, 'no link')
        for _ in range(5000):
            one.write(RING, 0)
        one.write(RING, 1)
        one.write(RING, 2)
        came = b''
        while not {1, 2} <= set(came):
            came += it.socket.recv(65536)
        guest.ok(len(came) < 5000, f'a peer that does not read: 5002 rings are {len(came)} bytes, '
                 'and the last two are there')

        for _ in range(1000):
            it.memory[:SIZE] = os.urandom(SIZE)
            one.write(RING, 0)
            one.write(STATE, 0)
            one.write(STATE, 1)
            one.read(PEER)
        it.memory[:0x1000] = bytes(0x1000)
        survived('all of the memory is scribbled over', it)

    memory = os.memfd_create('channel', os.MFD_ALLOW_SEALING)
    os.ftruncate(memory, SIZE + 0x1000)
    fcntl.fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK)
    with tempfile.TemporaryDirectory() as place, \
         Side(place, 0, memory=f'/proc/{os.getpid()}/fd/{memory}') as one:
        try:
            os.ftruncate(memory, 0)
        except PermissionError:
            pass
        one.qtest('write', MEMORY + SIZE - 4, 4, '0x01020304')
        guest.equal(one.memory(MEMORY + SIZE - 4, 4).hex(), '01020304', 'memory that is sealed stays')


def test_host():
    """A program of the host is the other side, and rings back what it is rung."""
    build = subprocess.run(['make', '-s', '-C', TOP + '/hypervisor/libparavirq', 'O=' + OUT,
                            OUT + '/channel-host'], capture_output=True, text=True, check=False)
    guest.equal((build.returncode, build.stderr), (0, ''), 'channel-host builds')
    with tempfile.TemporaryDirectory() as place, Side(place, 0) as one:
        command = [OUT + '/channel-host', place + '/link', place + '/memory', '1']
        run = subprocess.run([*command, '4'], capture_output=True, text=True, check=False)
        guest.ok(run.returncode == 1 and 'the peer says version 1, side 0, 3 events, 0x4000 '
                 'bytes, allowed 1, 0, 4, 0x4000' in run.stderr, 'channel-host refuses a peer that does not fit')
        one.write(STATE, 1)
        # What was rung before it comes is found.
        one.qtest('writel', MEMORY + 4, 7)
        with subprocess.Popen([*command, str(NR)], stdout=subprocess.PIPE, text=True) as host, \
             contextlib.ExitStack() as stack:
            stack.callback(host.kill)
            guest.equal(host.stdout.readline(), 'up, by the socket\n', 'channel-host is up')
            wait(lambda: one.read(PEER) & 1, 'it does not come')
            for n in range(1, 1001):
                one.qtest('writel', MEMORY + 8, n)
                one.write(RING, 2)
                if n % 100 == 0:
                    wait(lambda n=n: one.qtest('readl', MEMORY + 0x1008) == n, 'no answer')
            came = set()
            wait(lambda: came.update(one.raised()) or {1, 2} <= came, 'no ring')
            guest.equal([one.qtest('readl', MEMORY + 0x1000 + 4 * n) for n in range(NR)],
                        [0, 7, 1000], 'it rings back all rings')
            host.terminate()
            guest.equal(host.stdout.read(), 'event 0: 0\nevent 1: 7\nevent 2: 1000\n',
                        'it says what it took')
        wait(lambda: not one.read(PEER) & 1, 'it does not go')


def anything(dice, place, one):
    """One stranger, who does what comes to his mind."""
    it = Stranger(place)
    it.socket.setblocking(False)
    fds = [os.eventfd(dice.getrandbits(32)), *os.pipe(), os.open('/dev/null', os.O_RDWR)]
    try:
        if dice.random() < 0.8:
            it.greet(*(dice.choice(fds) for _ in range(dice.choice((0, 0, 1, NR, 16)))),
                     **({dice.choice(('magic', 'version', 'side', 'nr')): dice.getrandbits(32)}
                        if dice.random() < 0.2 else {}))
        for _ in range(dice.randrange(30)):
            what = dice.randrange(8)
            if what == 0:
                it.up()
            elif what == 1:
                at = dice.choice((dice.randrange(8), dice.randrange(SIZE)))
                it.memory[at:at + 4] = dice.randbytes(4)
            elif what == 2:
                socket.send_fds(it.socket, [dice.randbytes(dice.randrange(1, 100))],
                                [dice.choice(fds) for _ in range(dice.randrange(17))])
            elif what == 3:
                it.socket.send(bytes(dice.randrange(NR + 1) for _ in range(20)))
            elif what == 4:
                it.socket.recv(dice.randrange(1, 1000))
            elif what == 5:
                one.write(dice.choice((STATE, STATE, RING)), dice.randrange(2))
            elif what == 6:
                for _ in range(dice.randrange(400)):
                    one.write(RING, dice.randrange(NR))
            else:
                one.qmp(dice.choice(('stop', 'cont', 'cont', 'system_reset')))
    except (ConnectionError, BlockingIOError):
        pass
    finally:
        it.close()
        for fd in fds:
            os.close(fd)


def test_fuzz():
    """Anything, for a while."""
    seed = int(os.environ.get('FUZZ_SEED') or random.randrange(1 << 32))
    dice, n = random.Random(seed), 0
    end = time.monotonic() + float(os.environ.get('FUZZ_TIME') or 5)
    with tempfile.TemporaryDirectory() as place, Side(place, 0) as one:
        while time.monotonic() < end:
            anything(dice, place, one)
            n += 1
        one.qmp('cont')
        with Side(place, 1) as two:
            for line in range(NR + 1):
                one.enable(line)
            link(place, one, two)
        descriptors = len(os.listdir(f'/proc/{one.qemu.pid}/fd'))
        guest.ok(descriptors < 60, f'{n} strangers, seed {seed}, {descriptors} descriptors are open')
        said = one.said()
        guest.ok(len(said.splitlines()) < 10 and 'ERROR' not in said, 'it says little')
        guest.note('' if len(said) < 2000 else said[-4000:])


for test in (test_registers, test_refused, test_rings, test_come_and_go, test_other_peers,
             test_migrate, test_host, test_hostile, test_fuzz):
    try:
        test()
    except (AssertionError, OSError, ValueError) as error:
        guest.ok(False, f'{test.__name__}: {type(error).__name__} {error}')
guest.done()
