#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
irqfd with a real KVM: local APICs in the kernel, and for a guest tests/lib/counter.S,
which does nothing but count interrupts, and raise some. So this needs no kernel in the
guest, and a KVM that could not boot one will do. The doorbell rings eventfds, and a write
of the guest's to its register RAISE is one to an eventfd; a model says what each step must
give, to the last interrupt. Prints TAP, and skips without /dev/kvm.
Numbers in brackets are those of Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, 'tests/lib'))
import guest  # noqa: E402

device = guest.load('../tests/21-qemu-device.t')

OUT = TOP + '/build/tests/irqfd'
ROUTES = 0xfec80000 + 0x1000
TRIGGER = 0xfec80000 + 0x018
FIRST = 32      # line of the doorbell's first
BELL = 0x100000 # a guest in real mode gets just there, and has 1 MiB of memory
RAISE = BELL + 0x100
RAISES = 0xf1   # of tests/lib/counter.S
ENABLE, MASK, PENDING, RESET = 0x100, 0x200, 0x400, 0x200


class Machine(device.Machine):
    """With the counting guest, and a doorbell on irqfds."""

    def __init__(self, *args, chip='split', accel='kvm', irqfd='on'):
        self.trace = tempfile.mktemp(dir=OUT)
        super().__init__(
            '-cpu', 'host,-arch-capabilities', '-bios', OUT + '/counter', '-m', '1',
            '-trace', 'paravirq_*', '-trace', 'kvm_irqchip_commit_routes',
            '-trace', 'memory_region_ops_write', '-D', self.trace, '-device', 'paravirq,id=pvic',
            '-device', f'paravirq-doorbell,id=db0,addr={BELL:#x},irqfd={irqfd}', *args,
            machine='q35,kernel-irqchip=' + chip, accel=accel)

    def order(self, *events):
        """The order of these events, each by its number here."""
        with open(self.trace, encoding='utf-8') as file:
            names = [line.split(' ')[0] for line in file]
        return ''.join(str(events.index(name)) for name in names if name in events)

    def traced(self, event):
        """How often an event was traced."""
        with open(self.trace, encoding='utf-8') as file:
            return sum(line.startswith('paravirq_' + event + ' ') for line in file)

    def writes(self):
        """How often QEMU took a write to the doorbell."""
        with open(self.trace, encoding='utf-8') as file:
            return sum(line.startswith('memory_region_ops_write ') and 'paravirq-doorbell' in line
                       for line in file)

    def counts(self):
        """{(APIC id, vector): number} of what the guest took."""
        memory = self.memory(0x1000, 0x800)
        words = [int.from_bytes(memory[i:i + 4], 'little') for i in range(0, 0x800, 4)]
        return {(i >> 8, i & 255): n for i, n in enumerate(words) if n}

    def write(self, line, route):
        self.qtest('writeq', ROUTES + 8 * (FIRST + line), route)

    def read(self, line):
        return self.qtest('readq', ROUTES + 8 * (FIRST + line))

    def awake(self):
        """Both CPUs take interrupts. Leaves the doorbell's last line disabled."""
        for cpu in 0, 1:
            end = time.monotonic() + 30
            before = self.counts().get((cpu, 0xf0), 0)
            self.write(3, route(cpu, 0xf0))
            while self.counts().get((cpu, 0xf0), 0) == before:
                assert time.monotonic() < end, 'the guest does not start'
                self.qtest('writel', TRIGGER, FIRST + 3)
                time.sleep(0.02)
        self.write(3, RESET)


def route(cpu, vector, flags=0):
    return cpu << 32 | ENABLE | flags | vector


class Model:
    """What the doorbell's lines are, what the guest must have counted, and who injected."""

    def __init__(self, machine):
        machine.awake()
        self.machine = machine
        self.routes = {line: machine.read(line) for line in range(3)}
        self.rung = set()
        self.counts = machine.counts()
        self.by_kvm = 0
        self.library = {name: machine.get(name) for name in ('injected', 'latched', 'dropped')}

    def injects(self, line, by_kvm=False):
        cpu, vector = self.routes[line] >> 32, self.routes[line] & 0xff
        if cpu > 1:
            self.library['dropped'] += 1
            return
        self.counts[cpu, vector] = self.counts.get((cpu, vector), 0) + 1
        self.by_kvm += by_kvm
        self.library['injected'] += not by_kvm

    def collect(self, line):
        """[RAISE-3] [RAISE-4]: what was rung is latched or dropped when somebody looks."""
        if line in self.rung:
            self.rung.remove(line)
            if self.routes[line] & ENABLE:
                self.library['latched'] += 1
                self.routes[line] |= PENDING
            else:
                self.library['dropped'] += 1

    def open(self, line):
        return self.routes[line] & (ENABLE | MASK) == ENABLE

    def ring(self, line, by_kvm=True):
        if self.open(line):
            self.injects(line, by_kvm)
        else:
            self.rung.add(line)
        assert 'return' in self.machine.ring(line)

    def raise_(self, line, by_kvm=True):
        """The guest does, by the doorbell's register, when it takes another interrupt."""
        self.counts[0, RAISES + line] = self.counts.get((0, RAISES + line), 0) + 1
        self.library['injected'] += 1
        if self.open(line):
            self.injects(line, by_kvm)
        else:
            self.rung.add(line)
        self.machine.write(3, route(0, RAISES + line))
        self.machine.qtest('writel', TRIGGER, FIRST + 3)

    def ring_at_stop(self, line):
        """When the machine stops next a vCPU, or who serves it, rings: tests/lib/no-irqfd.c."""
        self.injects(line)
        with open(os.environ['NO_IRQFD'] + '.ring', 'w', encoding='utf-8'):
            pass

    def trigger(self, line):
        if self.open(line):
            self.injects(line)
        elif self.routes[line] & ENABLE:
            self.library['latched'] += 1
            self.routes[line] |= PENDING
        else:
            self.library['dropped'] += 1
        self.machine.qtest('writel', TRIGGER, FIRST + line)

    def write(self, line, value):
        if not self.open(line):
            self.collect(line)
        pending = self.routes[line] & value & ENABLE and self.routes[line] & PENDING
        self.routes[line] = value
        if pending and value & MASK:
            self.routes[line] |= PENDING
        elif pending:
            self.injects(line)
        self.machine.write(line, value)

    def read(self, line):
        if not self.open(line):
            self.collect(line)
        got = self.machine.read(line)
        assert got == self.routes[line], f'line {line}: {got:#x}, not {self.routes[line]:#x}'

    def settle(self):
        """The guest has taken what it should, and the library has done what it should."""
        end = time.monotonic() + 10
        while True:
            counts = self.machine.counts()
            library = {name: self.machine.get(name) for name in self.library}
            if (counts, library) == (self.counts, self.library):
                return
            assert time.monotonic() < end, (
                f'the guest counts {counts}, the library {library}; '
                f'expected {self.counts}, {self.library}')


def one_each(chip):
    """KVM injects, not QEMU; [RAISE-3] but what was rung while the line was masked."""
    with Machine(chip=chip) as m:
        model = Model(m)
        injected, attached = m.traced('inject'), m.traced('irqfd_attach')
        detached = m.traced('irqfd_detach')
        model.write(0, route(0, 0x31))
        for _ in range(100):
            model.ring(0)
            model.settle()
        model.write(0, route(1, 0x42))          # no straggler of 0x31
        for _ in range(100):
            model.ring(0)
            model.settle()
        guest.equal((m.traced('inject') - injected, model.by_kvm,
                     m.traced('irqfd_attach') - attached), (0, 200, 1),
                    f'{label}: 200 interrupts by KVM, none by QEMU')
        model.write(0, route(1, 0x42, MASK))
        for _ in range(5):
            model.ring(0)
        time.sleep(0.1)
        model.settle()
        model.read(0)
        assert model.routes[0] & PENDING
        model.write(0, route(0, 0x43))
        model.settle()
        guest.equal(m.traced('inject') - injected, 1, f'{label}: an unmask injects once')
        model.ring(0)
        model.settle()
        guest.equal((m.traced('irqfd_detach') - detached, m.traced('irqfd_attach') - attached),
                    (1, 2), f'{label}: a mask lets go of the eventfd')


def from_guest(chip):
    """What the guest raises no QEMU sees; [RAISE-3] but while the line is masked."""
    with Machine(chip=chip) as m:
        model = Model(m)
        injected = m.traced('inject')
        model.write(0, route(1, 0x31))
        for _ in range(100):
            model.raise_(0)
            model.settle()
        guest.equal((m.traced('inject') - injected, model.by_kvm, m.writes()), (100, 100, 0),
                    f'{label}: the guest raises a line 100 times without QEMU')
        model.write(0, route(1, 0x31, MASK))
        for _ in range(5):
            model.raise_(0)
            model.settle()
        model.read(0)
        pending = bool(model.routes[0] & PENDING)
        before = model.counts[1, 0x31]
        model.write(0, route(0, 0x32))
        model.settle()
        guest.equal((pending, model.counts[0, 0x32], model.counts[1, 0x31], m.writes()),
                    (True, 1, before, 0), f'{label}: ... and a masked one, which an unmask injects')
        # A device that writes there, which goes through QEMU
        for width in 'bwlq':
            m.qtest('write' + width, RAISE, 0xff)
            model.injects(0, by_kvm=True)
            model.settle()
        guest.equal((m.writes(), m.get('rung', 'db0')), (4, 0),
                    f'{label}: ... QEMU raises it by any width, and nothing is counted')


def strange_ids(chip):
    """[RAISE-4] No vCPU of that id: nobody else gets it, with 8 bits or with 32."""
    with Machine(chip=chip) as m:
        model = Model(m)
        for cpu in 7, 0x100, 0x101, 0xffffff00:
            model.write(1, route(0, 0x51))
            model.ring(1)
            model.settle()
            model.write(1, route(cpu, 0x52))
            for _ in range(3):
                model.ring(1)
                model.settle()
            model.write(1, route(cpu, 0x52, MASK))
            model.ring(1)
            model.write(1, route(1, 0x53))
            model.settle()
        guest.ok(True, f'{label}: an APIC id that no vCPU has gets nothing, nor does another')


def at_random(chip, steps=400):
    """Any step after any other."""
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    with Machine(chip=chip) as m:
        model = Model(m)
        for step in range(steps):
            line = dice.randrange(3)
            to = route(dice.choice((0, 0, 1, 1, 9)), dice.randrange(0x30, 0xf0),
                       dice.choice((0, 0, MASK)))
            what, *args = dice.choice((
                (model.ring,), (model.ring,), (model.raise_,), (model.raise_,), (model.trigger,),
                (model.read,),
                (model.write, to), (model.write, to), (model.write, RESET)))
            what(line, *args)
            try:
                model.settle()
            except AssertionError as error:
                raise AssertionError(f'seed {seed}, step {step} {what.__name__} {line} '
                                     f'{args}: {error}') from error
        guest.ok(model.by_kvm > 20, f'{label}: {steps} steps at random, '
                 f'{model.by_kvm} interrupts by KVM')


def storm(chip, rounds=200):
    """Rung by the main loop while it is masked, moved and unmasked: the last ring counts."""
    with Machine(chip=chip) as m:
        m.awake()
        for n in range(rounds):
            vector = 0x60 + n % 0x40
            old, new = (n % 2, vector), ((n + 1) % 2, vector)
            before = m.counts()
            m.write(2, route(*old))
            for _ in range(3):
                m.ring(2)
            m.write(2, route(*old, MASK))
            m.ring(2)
            m.write(2, route(*new))
            end = time.monotonic() + 10
            while True:
                now = m.counts()
                more = [now.get(key, 0) - before.get(key, 0) for key in (old, new)]
                if all(more):
                    break
                assert time.monotonic() < end, f'round {n}: an interrupt is lost: {more}'
            assert more[0] <= 3 and more[1] == 1, f'round {n}: too many: {more}'
        guest.ok(True, f'{label}: {rounds} times rung, masked, moved, unmasked')


def reset(chip):
    """[LINE-1] A reset of the machine forgets what was rung."""
    with Machine(chip=chip) as m:
        model = Model(m)
        model.write(0, route(0, 0x31, MASK))
        model.write(1, route(0, 0x32))
        model.ring(0)
        model.ring(1)
        model.settle()
        m.qmp('system_reset')
        assert m.read(0) == m.read(1) == RESET
        for line in range(3):
            assert 'return' in m.ring(line)
        model = Model(m)
        for line in range(2):
            model.write(line, route(1, 0x33 + line))
        time.sleep(0.1)
        model.settle()
        for line in range(2):
            model.ring(line)
            model.settle()
        guest.ok(model.by_kvm == 2, f'{label}: a reset forgets what was rung')


def wait(m, expected, key):
    """Waits for one more of these."""
    expected[key] = expected.get(key, 0) + 1
    end = time.monotonic() + 10
    while m.counts() != expected and time.monotonic() < end:
        pass


def migrate(chip):
    """[SAVE-1] What was rung and not injected moves, whatever is at the other end."""
    state = OUT + '/state'
    for to in 'on', 'off':
        with Machine(chip=chip) as m:
            model = Model(m)
            model.write(0, route(0, 0x31, MASK))
            model.write(1, route(1, 0x32))
            model.write(2, route(0, 0x35))
            model.raise_(0)
            model.settle()
            model.ring(1)
            model.settle()
            m.qmp('migrate', uri='exec:cat >' + state)
            while m.qmp('query-migrate')['status'] != 'completed':
                time.sleep(0.01)
            # It may go on here as well, nothing is taken away.
            m.qmp('cont')
            model.collect(0)
            model.read(0)
            model.write(0, route(0, 0x33))
            model.settle()
        with Machine('-incoming', 'defer', chip=chip, irqfd=to) as m:
            m.qmp('migrate-incoming', uri='exec:cat ' + state)
            while m.qmp('query-status')['status'] != 'running':
                time.sleep(0.01)
            assert m.read(0) == route(0, 0x31, MASK | PENDING)
            expected = m.counts()
            m.write(0, route(1, 0x34))
            wait(m, expected, (1, 0x34))
            for line, key in (1, (1, 0x32)), (0, (1, 0x34)), (1, (1, 0x32)):
                m.ring(line)
                wait(m, expected, key)
            time.sleep(0.1)
            guest.equal(m.counts(), expected, f'{label}: a masked ring moves to irqfd={to}')
            guest.equal(m.traced('irqfd_attach') > 0, to == 'on',
                        f'{label}: ... and its lines are {to} KVM')
            guest.equal('001' in m.order('paravirq_irqfd_route_update',
                                         'kvm_irqchip_commit_routes'), to == 'on',
                        f'{label}: ... which gets the routes of all lines at once')


def late_refusal(chip):
    """KVM has had enough as the guest unmasks: that is said, and QEMU injects."""
    switch = OUT + '/no-irqfd'
    os.environ.update(LD_PRELOAD=OUT + '/no-irqfd.so', NO_IRQFD=switch)
    try:
        with Machine(chip=chip) as m:
            model = Model(m)
            model.write(0, route(0, 0x31, MASK))
            with open(switch, 'w', encoding='utf-8'):
                pass
            model.ring(0)
            model.write(0, route(0, 0x32))
            model.settle()
            for vector in range(0x80, 0x90):
                model.write(0, route(0, vector))
                (model.raise_, model.ring)[vector % 2](0, by_kvm=False)
                model.settle()
            m.write(3, RESET)
            # What QEMU was about to read is not left behind when the machine stops.
            for _ in range(20):
                model.ring_at_stop(0)
                m.qmp('stop')
                library = {name: m.get(name) for name in model.library}
                assert library == model.library, f'stopped: {library}, {model.library}'
                m.qmp('cont')
                model.settle()
            model.write(0, route(0, 0x32, MASK))
            model.ring(0)
            model.write(0, route(1, 0x33))
            model.settle()
            os.remove(switch)
            model.write(0, route(1, 0x34))
            model.ring(0)
            model.settle()
            guest.equal(model.by_kvm, 1, f'{label}: a line goes on without KVM')
            m.qemu.kill()
            said = m.qemu.stderr.read()
            refused_by_kvm = m.traced('irqfd_refused')
        guest.equal((said.count('KVM refuses an irqfd; its interrupts go through QEMU'),
                     refused_by_kvm > 15), (1, True),
                    f'{label}: ... and QEMU says so once, and traces {refused_by_kvm} refusals')
    finally:
        del os.environ['LD_PRELOAD']
        if os.path.exists(switch):
            os.remove(switch)


def snapshot(chip):
    """[SAVE-1] Rung and saved before QEMU has read the eventfd that KVM does not want."""
    switch, disk = OUT + '/no-irqfd', OUT + '/disk'
    os.environ.update(LD_PRELOAD=OUT + '/no-irqfd.so', NO_IRQFD=switch)
    with open(switch, 'w', encoding='utf-8'):
        pass
    try:
        with Machine(chip=chip) as m:
            for job, options in (('file', {'driver': 'file', 'filename': disk, 'size': 0}),
                                 ('qcow2', {'driver': 'qcow2', 'file': 'file', 'size': 1 << 20})):
                m.qmp('blockdev-create', **{'job-id': job}, options=options)
                while m.qmp('query-jobs')[0]['status'] != 'concluded':
                    time.sleep(0.01)
                m.qmp('job-dismiss', id=job)
                m.qmp('blockdev-add', **{'node-name': job, 'driver': job}, **(
                    {'filename': disk} if job == 'file' else {'file': 'file'}))
            model = Model(m)
            model.write(0, route(0, 0x31))
            model.ring_at_stop(0)
            m.qmp('human-monitor-command', **{'command-line': 'savevm s'})
            model.settle()
            model.ring(0, False)
            model.settle()
            m.qmp('human-monitor-command', **{'command-line': 'loadvm s'})
            model.counts[0, 0x31] -= 1
            end = time.monotonic() + 10
            while m.counts() != model.counts and time.monotonic() < end:
                pass
            guest.equal(m.counts(), model.counts, f'{label}: a ring that QEMU did not read is saved')
    finally:
        del os.environ['LD_PRELOAD']
        os.remove(switch)


def asleep(chip):
    """A local APIC that is switched off takes nothing, and nothing counts as injected."""
    with Machine('-S', chip=chip) as m:
        m.write(0, route(0, 0x31))
        m.qtest('writel', TRIGGER, FIRST)
        guest.equal([m.get(name) for name in ('injected', 'latched', 'dropped')], [0, 0, 1],
                    f'{label}: what KVM discards was not injected')


def commits(chip):
    """Each waits for a grace period: none at the start, one for a route."""
    def committed(m):
        return m.order('kvm_irqchip_commit_routes')

    with Machine('-S', chip=chip, irqfd='off') as m:
        start = committed(m)
    with Machine('-S', chip=chip) as m:
        guest.equal(committed(m), start, f'{label}: four irqfds are attached by no commit')
        m.qmp('cont')
        m.awake()
        before = committed(m)
        m.write(0, route(0, 0x31))
        m.write(0, route(0, 0x32))
        m.write(0, route(0, 0x32))
        guest.equal(len(committed(m)) - len(before), 2, f'{label}: two routes are two commits')
        detached = m.traced('irqfd_detach')
        m.qmp('stop')
        guest.equal(m.traced('irqfd_detach') - detached, 1,
                    f'{label}: KVM has injected when a machine has stopped')


def queue(chip):
    """A driver that assigns again what is assigned has nobody wait."""
    mmio, line = 0xfeb00000, 64
    trace = tempfile.mktemp(dir=OUT)
    with device.Machine(
            '-cpu', 'host,-arch-capabilities', '-bios', OUT + '/counter', '-D', trace,
            '-trace', 'paravirq_irqfd_*', '-trace', 'kvm_irqchip_commit_routes',
            '-object', 'iothread,id=io', '-blockdev', 'null-co,node-name=d,size=1048576',
            '-global', 'virtio-mmio.force-legacy=false', '-device',
            'virtio-blk-device,drive=d,iothread=io,bus=virtio-mmio-bus.0', accel='kvm',
            machine='microvm,paravirq=on,virtio-queue-interrupts=2,kernel-irqchip=' + chip) as m:
        def traced():
            with open(trace, encoding='utf-8') as file:
                return [text.split(' ')[0] for text in file]

        for n in 0, 1:
            m.qtest('writeq', ROUTES + 8 * (line + n), route(0, 0x41 + n))
        # ACKNOWLEDGE, DRIVER; VERSION_1; a queue of 8, in RAM; DRIVER_OK
        for offset, value in ((0x70, 3), (0x24, 1), (0x20, 1), (0x70, 11), (0x30, 0), (0x38, 8),
                              (0x80, 0x200000), (0x90, 0x201000), (0xa0, 0x202000), (0xe0, 1),
                              (0x44, 1), (0x70, 15)):
            m.qtest('writel', mmio + offset, value)
        before = traced()
        for value in 1, 1, 1:
            m.qtest('writel', mmio + 0xe0, value)
        again = traced()
        m.qtest('writel', mmio + 0xe0, 2)
        moved = [event for event in traced()[len(again):]]
        guest.equal((before.count('paravirq_irqfd_attach'), again[len(before):], moved),
                    (1, [], ['paravirq_irqfd_detach', 'paravirq_irqfd_route_update',
                             'kvm_irqchip_commit_routes', 'paravirq_irqfd_attach']),
                    f'{label}: a queue keeps its irqfd, or changes it by one commit')


def refused():
    """What cannot be is said at the start, in one line."""
    doorbell = ('-device', 'paravirq', '-device', 'paravirq-doorbell,irqfd=on')
    again = ('-device', 'paravirq-doorbell,irqfd=on,first-line=30,addr=0xfecb0000')
    iommus = [('-device', iommu + ',intremap=on') for iommu in ('amd-iommu', 'intel-iommu')]
    for accel, machine, args, expected in (
            ('tcg', 'q35', doorbell, 'that needs KVM and its local APICs '
             '(-accel kvm,kernel-irqchip=split or on)'),
            ('kvm', 'q35', doorbell + again, 'it has one already'),
            # Wherever it comes
            *(('kvm', 'q35,kernel-irqchip=split', args,
               'an IOMMU remaps interrupts (intremap=on), allowed is intremap=off')
              for iommu in iommus for args in (iommu + doorbell, doorbell + iommu))):
        guest.equal(ended(accel, machine, *args),
                    ['paravirq: no irqfd for line 32: ' + expected],
                    f'{label}: {accel} {" ".join(args[1::2])}: {expected}')
    slim = 'microvm,paravirq=on,io-apic=off'
    guest.equal(ended('kvm', slim + ',kernel-irqchip=on'),
                ['microvm: io-apic=off with kernel-irqchip=on, where KVM has an IO-APIC; allowed '
                 'are split and off'], f'{label}: io-apic=off with an IO-APIC of KVM\'s')
    with device.Machine(machine=slim, accel='kvm'):
        guest.ok(True, f'{label}: io-apic=off has KVM without it')


def ended(accel, machine, *args):
    """What QEMU says that does not start."""
    with subprocess.Popen(
            [device.QEMU, '-L', '/usr/share/seabios', '-L', '/usr/share/qemu', '-nodefaults',
             '-display', 'none', '-cpu', 'qemu64', '-accel', accel, '-M', machine, *args],
            stderr=subprocess.PIPE, text=True) as qemu:
        try:
            said = qemu.communicate(timeout=60)[1].splitlines()
        except subprocess.TimeoutExpired:
            qemu.kill()
            return ['it starts']
    return [line.split('qemu-system-x86_64: ')[-1] for line in said if 'warning' not in line]


try:
    os.close(os.open('/dev/kvm', os.O_RDWR))
except OSError as reason:
    print(f'1..0 # SKIP /dev/kvm: {reason.strerror}')
    sys.exit(0)
shutil.rmtree(OUT, ignore_errors=True)
os.makedirs(OUT)
subprocess.run(['gcc', '-c', '-m32', '-o', OUT + '/counter.o', TOP + '/tests/lib/counter.S'], check=True)
subprocess.run(['ld', '-m', 'elf_i386', '-Ttext', '0', '--oformat', 'binary',
                '-o', OUT + '/counter', OUT + '/counter.o'], check=True)
subprocess.run(['gcc', '-shared', '-fPIC', '-o', OUT + '/no-irqfd.so', TOP + '/tests/lib/no-irqfd.c'],
               check=True)
label = 'irqfd'
refused()
for chip in 'split', 'on':
    label = chip
    for test in (one_each, from_guest, strange_ids, at_random, storm, reset, migrate, late_refusal,
                 snapshot, asleep, commits, queue):
        try:
            test(chip)
        except Exception as error:  # pylint: disable=broad-except
            frame = error.__traceback__
            while frame.tb_next:
                frame = frame.tb_next
            guest.ok(False, f'{label}: {test.__name__}')
            guest.note(f'line {frame.tb_lineno}: {type(error).__name__}: {error}')
guest.done()
