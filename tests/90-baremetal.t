#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The bare-metal hypervisor, in Debian's QEMU as it is: Linux in partitions that ring each
other, what it costs, and what hostile guests, tests/lib/probe.c, cannot do to others.
The guest's part is tools/testing/selftests/paravirq/baremetal. Numbers in brackets are
those of Documentation/virt/paravirq/interface.rst and channel.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

baremetal = guest.load('baremetal')
check = guest.load('check-boot-log').check
BUILD, ROOT = guest.boot.BUILD, guest.boot.ROOT
LIB = os.path.join(ROOT, 'tests/lib')
RINGS = 3000

READ, WRITE = 0x51495652, 0x51495657
CHANNEL_READ, CHANNEL_WRITE = 0x43495652, 0x43495657
EVENTS, SIDE, PEER, STATE, RING = 0x8, 0xc, 0x10, 0x14, 0x18
ROUTE, ENABLE = 0x1000, 0x100
DATA = 0xc0000000
ICR, UD, GP = 0x830, 6, 13

temp = tempfile.TemporaryDirectory(prefix='paravirq-')


def build(name, *commands):
    """A file that tests make for themselves."""
    path = os.path.join(temp.name, name)
    for command in commands:
        subprocess.run(command.format(lib=LIB, root=ROOT, to=path).split(), check=True)
    return path


FLAGS = ('-O1 -Wall -Wextra -Werror -ffreestanding -fno-pic -no-pie -mno-red-zone '
         '-mgeneral-regs-only -fno-stack-protector -fno-asynchronous-unwind-tables '
         '-fcf-protection=none -fno-omit-frame-pointer')
PROBE = build('probe', f'gcc {FLAGS} -c -o {{to}}.o {{lib}}/probe.c',
              'gcc -c -o {to}-entry.o {lib}/probe-entry.S',
              'ld -nostdlib -static -T {lib}/probe.lds -o {to} {to}-entry.o {to}.o')
INIT = build('init', 'gcc -O1 -Wall -Wextra -Werror -nostdlib -static -o {to} {lib}/report.c')
with open(os.path.join(temp.name, 'report.cpio'), 'wb') as archive:
    archive.write(guest.boot.newc({'init': INIT}))
with open(os.path.join(temp.name, 'ssdt.asl'), 'w', encoding='utf-8') as source:
    source.write('''DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQTEST", 1)
{
	Scope (\\_SB)
	{
		Device (TEST)
		{
			Name (_HID, "PVIQ7777")
			Name (_CRS, ResourceTemplate ()
			{
				Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\\\_SB.PVIC") { 0x1009 }
			})
		}
	}
}
''')
subprocess.run(['iasl', '-p', os.path.join(temp.name, 'ssdt'), source.name], check=True,
               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
subprocess.run(['make', '-s', '-j2', '-C', f'{ROOT}/hypervisor/baremetal', f'O={temp.name}/new/hv'],
               check=True)
DEBIAN_KERNEL = os.path.join(BUILD, f'kernel/{guest.STOCK}/arch/x86/boot/bzImage')
FILES = {'probe': PROBE, 'vmlinuz': DEBIAN_KERNEL, 'report.cpio': archive.name,
         'ssdt.aml': os.path.join(temp.name, 'ssdt.aml')}


def probe(name, console, **settings):
    """A partition with a guest that does what it is told."""
    return baremetal.partition(name, console, memory='20M', kernel='probe', initrd=None,
                               **settings)


def linux(name, console, cpus=1, append='', **settings):
    return baremetal.partition(name, console, cpus, 'guest_test=baremetal paravirq.selftest=1 '
                               f'guest_cpus={cpus} {append}', **settings)


class Machine(baremetal.Machine):
    """A machine that is booted, waited for and judged."""

    def __init__(self, label, table, halts=False, **options):
        super().__init__(table, FILES, **options)
        self.label, self.halts = label, halts
        self.next = {}

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, error, trace):
        if error and not isinstance(error, Exception):
            self.stop()
            return False
        if error:
            guest.ok(False, f'{self.label}: {kind.__name__}: {error}')
            self.process.kill()
        guest.equal(self.wait(), not self.halts, f'{self.label}: all partitions end')
        if guest._failed:
            for port in self.ports:
                guest.note('\n'.join(f'{port.label} | {line}' for line in port.log))
        self.stop()
        return True

    def tell(self, name, command):
        """A probe does it; its answer."""
        port = getattr(self, name)
        if name not in self.next:
            self.next[name] = port.wait_line('^>$')[0] + 1
        port.type(command + '\n')
        n, match = port.wait_line(r'^([=!]) ([0-9a-f]+)$', self.next[name])
        self.next[name] = n + 1
        return ('exception ' if match[1] == '!' else '') + match[2]

    def tells(self, name, *cases):
        """The same, of which the answers are known."""
        for what, command, expected in cases:
            guest.equal(self.tell(name, command), f'{expected}' if isinstance(expected, str)
                        else f'{expected:x}', f'{self.label}: {what}')

    def call(self, name, function, offset, value=0):
        return int(self.tell(name, f'h {function:x} {offset:x} {value:x}'), 16)

    def judge_linux(self, *names, pio=''):
        """Linux's tests and its boot log, and that it switched itself off."""
        for name in names:
            transport = 'pio' if name in pio else 'hypercall'
            log = getattr(self, name).log
            plan, results, wrong = guest.ktap(log)
            for n in range(1, plan + 1):
                passed, text, _ = results.get(n, (False, f'result {n} is missing', 0))
                guest.ok(passed, f'{self.label}: {name}: {text}')
            guest.equal(wrong, [], f'{self.label}: {name}: the results are complete')
            guest.ok(any(f'paravirq PVIQ0001:00: version 1, 16 lines from 0x1000, {transport}, '
                         'parent VECTOR' in line for line in log),
                     f'{self.label}: {name}: the controller is found, by {transport}')
            guest.ok(any('ACPI: PM-Timer IO Port: ' in line for line in log),
                     f'{self.label}: {name}: the PM timer is found')
            guest.equal([text for passed, text in check(log) if not passed], [],
                        f'{self.label}: {name}: check-boot-log finds nothing wrong')
            guest.equal([line for line in log if guest.boot.TROUBLE.search(line)], [],
                        f'{self.label}: {name}: the log is clean')

    def counts(self, name, which=-1):
        """What the hypervisor reports of a partition: exits by kind, and how many were refused."""
        said = [{kind: int(n) for n, kind in re.findall(r'(\d+) (\w+)', line)}
                for line in self.hv.log
                if re.match(f'hv: partition {name}: \\d+ exits: ', line)]
        return said[which]


# What it costs Linux to get to its first program, which reports and ends. 7.3 asks 42 times
# more than 6.12, again and again, which leaves of CPUID there are.
CPUIDS = 480 if os.environ.get('KERNEL') == '7.3' else 440
with Machine('to init', baremetal.partition('A', 1, initrd='report.cpio'), cpus=1) as m:
    pass
exits = m.counts('A', 0)
refused = exits.pop('refused')
others = exits['exits'] - exits['cpuid']
guest.ok(exits['cpuid'] <= CPUIDS, f'to init: {exits["cpuid"]} exits by CPUID, {CPUIDS} at most')
guest.ok(others <= 90, f'to init: {others} others, 90 at most')
guest.equal(sum(exits.values()), 2 * exits['exits'], 'to init: each is of a kind')
guest.equal([kind for kind in ('ipi', 'channel', 'exception', 'park', 'other') if exits[kind]],
            [], 'to init: none by IPIs, channels, exceptions, waiting CPUs, nor unforeseen')
guest.note(f'to init: {exits}, of these refused {refused}')

# Linux and Linux, one CPU each: A rings B, which has no exit for it, and its controller at
# ports.
with Machine('1+1', linux('A', 1, append=f'guest_rings={RINGS}', ssdt='ssdt.aml') +
              linux('B', 2, append='guest_rings=1', transport='pio') +
              'channel A B events 4\n') as m:
    pass
m.judge_linux('A', 'B', pio='B')
for name, rung, taken in ('A', RINGS, 1), ('B', 1, RINGS):
    guest.ok(any(f'# taken {taken} of {taken}, ' in line for line in getattr(m, name).log),
             f'1+1: {name} takes {taken} rings')
a, b = m.counts('A'), m.counts('B')
guest.note(f'1+1: A: {a}')
guest.note(f'1+1: B: {b}')
guest.ok(RINGS <= a['channel'] < RINGS + 50, f'1+1: {a["channel"]} exits for {RINGS} rings')
guest.ok(b['channel'] < 50 and b['exits'] < 2000,
         f'1+1: {b["channel"]} exits by the channel where they are taken, {b["exits"]} in all')
guest.ok(any('PVIQ7777:00 interrupt 0: PVIQ0001:00 line 9 ' in line for line in m.A.log),
         "1+1: A has the user's SSDT")
guest.equal(sum(bool(re.search(r'validation: selftest: PVIQ0001:00 line [0-4] .*: passed', line))
                for line in m.A.log), 5, '1+1: TRIGGER raises each line of A')

# Two CPUs each, both ways; one CPU of each leaves meanwhile.
with Machine('2+2', ''.join(linux(name, n + 1, 2, f'guest_rings={RINGS}', transport=transport)
                            for n, (name, transport) in enumerate(
                                (('A', 'pio'), ('B', 'hypercall')))) +
             'channel A B events 4\n', cpus=4) as m:
    pass
m.judge_linux('A', 'B', pio='A')
for name in 'AB':
    guest.ok(any(f'# taken {RINGS} of {RINGS}, ' in line for line in getattr(m, name).log),
             f'2+2: {name} takes {RINGS} rings')

# Debian's kernel, without our driver, in both.
with Machine('Debian', ''.join(
        baremetal.partition(name, n + 1, 2 + 2 * n, kernel='vmlinuz', initrd='report.cpio')
        for n, name in enumerate('AB')), cpus=6) as m:
    pass
for n, name in enumerate('AB'):
    guest.ok(any(f' {2 + 2 * n} CPUs' in line and 'smp: Brought up' in line
                 for line in getattr(m, name).log),
             f"Debian: its kernel brings up {2 + 2 * n} CPUs in {name}")

# Hostile guests, while Linux in A goes on.
with Machine('hostile', linux('A', 1, append='guest_wait=1', ssdt='ssdt.aml') +
             ''.join(probe(name, n + 2) for n, name in enumerate('BCD')) +
             'channel B C events 4\n', cpus=4) as m:
    m.A.wait_line('selftest: ready')
    vector = 0x51
    m.tells('B', ('its APIC id', 'r 802', 2),
            ('x2APIC is on', 'r 1b', 0xfee00d00),
            ('x2APIC is locked', 'r bd', 1), ('and said to be so', 'r 10a', 1 << 21),
            ('EFER without SVME', 'r c0000080', 0xd00),
            ('a read of the ICR shows what was written to it', 'r 830', 0))
    # Nothing but vectors goes out, and these to the partition alone.
    m.tells('B', ('a report', 'o 604 0', 0))
    sent = [('fixed', vector), ('lowest priority', 0x151), ('SMI', 0x200), ('NMI', 0x400),
            ('INIT', 0x4500), ('SIPI', 0x4610)]
    for what, icr in sent:
        m.tells('B', (f'{what} to A', f'w 830 {1 << 32 | icr:x}', 0),
                (f'{what} to C', f'w 830 {3 << 32 | icr:x}', 0))
    for what, icr in sent[1:]:
        m.tells('B', (f'{what} to itself', f'w 830 {2 << 32 | icr:x}', 0),
                (f'{what} to all', f'w 830 {0x80000 | icr:x}', 0),
                (f'{what} to all others', f'w 830 {0xc0000 | icr:x}', 0))
    m.tells('B', ('fixed to all others', 'w 830 c0051', 0),
            ('fixed to A by its logical id', 'w 830 200000851', 0),
            ('to itself by its logical id', 'w 830 400000851', 0),
            ('vectors below 16 to itself', 'w 830 20000000f', 0),
            ('no interrupt of all these', 'v 51', 0),
            ('fixed to itself', 'w 830 200000051', 0), ('by shorthand', 'w 830 40051', 0),
            ('to all', 'w 830 80051', 0), ('to the broadcast id', 'w 830 ffffffff00000051', 0),
            ('by SELF_IPI', 'w 83f 51', 0), ('five interrupts', 'v 51', 5),
            ('the ICR', 'r 830', 0xffffffff00000051))
    m.tells('B', ('a report', 'o 604 0', 0))
    m.tells('C', ('C has none of them', 'v 51', 0))
    m.tells('B', *((f'write of MSR {msr} has no effect', f'w {msr} {value}', 0)
                   for msr, value in (('c0010117', '1000'), ('c0010114', '10'), ('c0010015', '1'),
                                      ('200', '6'), ('2ff', '0'), ('bd', '0'), ('10a', '0'),
                                      ('10', '0'), ('3b', '1'), ('c0010020', '100000'),
                                      ('1b', '0'), ('1b', 'fee00900'), ('1b', 'fed00d00'),
                                      ('c0000080', '1d01'), ('c0000080', '501'))),
            ('the APIC is where it was', 'r 1b', 0xfee00d00),
            ('EFER has of these what it may', 'r c0000080', 0x501),
            ('it is as before', 'w c0000080 500', 0),
            *((f'MSR {msr} reads as 0', f'r {msr}', 0)
              for msr in ('c0010117', 'c0010114', '200', '2ff', '8b')))
    m.tells('B', *((what, command, f'exception {vector:x}') for what, command, vector in (
        ('VMRUN', 'x a 0', UD), ('VMLOAD', 'x b 0', UD), ('VMSAVE', 'x c 0', UD),
        ('STGI', 'x d 0', UD), ('CLGI', 'x e 0', UD), ('SKINIT', 'x f 0', UD),
        ('INVLPGA', 'x g 0', UD), ('INVD', 'x h 0', UD), ('a single step', 'x i 0', 1), ('string output', 's 3f8', GP),
        ('another hypercall', 'h 0 0 0', UD), ('KVM\'s', 'h 9 0 0', UD))),
        ('EFER is as before', 'r c0000080', 0x500))
    m.tells('B', *((f'port {port} is not there', f'i {port}', 0xff) for port in
                   ('3f8', '3e8', '2e8', '64', '92', 'cf9', '70', '21', 'e9', 'b2', '600')),
            ('nor PCI', 'l cfc', 0xffffffff),
            *((f'port {port} does nothing', f'o {port} {value}', 0) for port, value in
              (('3f8', '41'), ('3e8', '41'), ('64', 'fe'), ('92', '1'), ('cf9', 'e'), ('b2', '1'),
               ('e9', '41'), ('43', '0'), ('600', '1f'), ('601', '20'))),
            ('nor PCI, written', 'L cfc 0', 0))
    m.tells('B', ('the controller is at its ports', 'l 640', 0x51495650),
            ('not by a byte', 'i 640', 0), ('nor written by one', 'o 660 5', 0),
            ('which changes nothing', 'l 660', 0),
            ('nor by a string', 's 640', f'exception {GP:x}'),
            ('nor after them', 'l 680', 0xffffffff), ('nor before', 'l 63c', 0xffffffff),
            ('a route to A', 'L 660 1', 0), ('of line 9', 'L 664 90152', 0),
            ('which is selected', 'L 668 9', 0), ('is there', 'l 668', 0x152),
            ('and there', 'l 660', 1), ('and by hypercall', f'h {READ:x} 1048 0', 0x100000152),
            ('it is raised', 'L 658 9', 0), ('and delivered to nobody [ROUTE-3]', 'v 52', 0),
            ('a route to itself', 'L 660 2', 0), ('of line 9', 'L 664 90152', 0),
            ('it is raised', 'L 658 9', 0), ('and delivered', 'v 52', 1),
            ('two accesses were rejected', 'l 654', 2))
    for what, leaf, register, mask, value in (
            ('no SVM', 0x80000001, 2, 1 << 2, 0), ('nothing of SVM', 0x8000000a, 3, ~0, 0),
            ('x2APIC', 1, 2, 1 << 21, 1 << 21), ('a hypervisor', 1, 2, 1 << 31, 1 << 31),
            ('no MTRRs', 1, 3, 1 << 12, 0), ('an invariant TSC', 0x80000007, 3, ~0, 1 << 8)):
        guest.equal(int(m.tell('B', f'c {leaf:x} {register:x}'), 16) & mask, value,
                    f'hostile: CPUID says {what}')
    # Rings and routes: C's CPU is 3, A's 1.
    for line, apic_id in (0, 3), (2, 1), (4, 3):
        m.call('C', WRITE, ROUTE + 8 * line, apic_id << 32 | ENABLE | 0x60 + line)
    guest.equal([m.call('B', CHANNEL_READ, offset) for offset in (EVENTS, SIDE, PEER)], [4, 0, 0],
                'hostile: B has side 0')
    guest.equal([m.call('C', CHANNEL_READ, offset) for offset in (EVENTS, SIDE, PEER)], [4, 1, 0],
                'hostile: C has side 1')
    guest.equal(m.call('B', CHANNEL_WRITE, RING, 0), 1, 'hostile: the peer is not up')
    m.call('C', CHANNEL_WRITE, STATE, 1)
    guest.equal([m.call('B', CHANNEL_WRITE, RING, event) for event in (0, 2, 4)],
                [0, 0, 0xffffffff], 'hostile: two rings, and no event 4')
    guest.equal([m.call(name, function, offset, 1) for name, function, offset in (
        ('B', CHANNEL_READ, 1 << 16), ('B', CHANNEL_WRITE, 1 << 16 | STATE),
        ('D', CHANNEL_READ, 0), ('D', CHANNEL_WRITE, RING))], [0] * 4,
        'hostile: other channels are not there')
    m.tells('B', ('it writes to the channel', f'M {DATA + 0x2000:x} 123456789a', 0))
    m.tells('C', ('its memory is shared', f'm {DATA + 0x2000:x}', 0x123456789a),
            ('one interrupt by the ring', 'v 60', 1),
            ('none by that with a route to A [ROUTE-3]', 'v 62', 0))
    m.tells('B', ('10000 rings', f'H {CHANNEL_WRITE:x} {RING:x} 0 2710', 10000))
    guest.ok(0 < int(m.tell('C', 'v 60'), 16) - 1 <= 10000, 'hostile: C is interrupted')
    # What stops a partition; the others go on.
    m.B.type(f'm {1 << 30:x}\n')
    m.hv.wait_line('partition B stopped: access outside of its memory: exit 400 info 10000000[4-7] 40000000, .* cpu 2')
    m.hv.wait_line('partition B: stopped')
    guest.equal(m.call('C', CHANNEL_READ, PEER), 0, 'hostile: B was never up')
    m.tells('C', ('and C is as before', 'r 802', 3))
    m.C.type('x k\n')
    m.hv.wait_line('partition C stopped: triple fault: .* cpu 3')
    m.D.type('o 600 20\n')
    m.hv.wait_line('partition D: off')
    m.A.type('\n')
m.judge_linux('A')
before, after = m.counts('B', 0), m.counts('B', 1)
guest.equal((after['refused'] - before['refused'], after['ipi'] - before['ipi']),
            (2 * len(sent) + 3 * len(sent[1:]) + 4, 2 * len(sent) + 3 * len(sent[1:]) + 8),
            'hostile: IPIs of B that were refused, of all')

# Partitions that come and go, while the other one rings; and more that stops one.
with Machine('restart', probe('A', 1) + probe('B', 2) + probe('C', 3) + probe('D', 4) +
             'channel A B events 2\nchannel B C\n', cpus=4) as m:
    m.call('A', CHANNEL_WRITE, STATE, 1)
    m.call('A', WRITE, ROUTE + 8 * 2, 1 << 32 | ENABLE | 0x71)
    for n in range(1, 4):
        m.call('B', CHANNEL_WRITE, STATE, 1)
        m.call('B', CHANNEL_WRITE, 1 << 16 | STATE, 1)
        m.call('B', WRITE, ROUTE, 2 << 32 | ENABLE | 0x72)
        guest.equal(m.call('A', CHANNEL_READ, PEER), 2 * n - 1, f'restart: B comes {n}')
        m.tells('A', ('and has rung', f'M {DATA + n * 8:x} {n:x}', 0),
                ('500 rings arrive', f'H {CHANNEL_WRITE:x} {RING:x} 0 1f4', 500))
        guest.ok(0 < int(m.tell('B', 'v 72'), 16) <= 500, 'restart: B is interrupted')
        m.B.type('o 602 1\n')
        start = m.B.wait_line('^>$', m.next['B'])[0] + 1
        m.next['B'] = start
        guest.equal(m.call('A', CHANNEL_READ, PEER), 2 * n, f'restart: B goes {n}')
        m.tells('A', ('500 rings meet nobody', f'H {CHANNEL_WRITE:x} {RING:x} 0 1f4', 0),
                ('each change interrupted', 'v 71', 2 * n))
        m.tells('B', ('what was written stays', f'm {DATA + n * 8:x}', n),
                ('its lines are off', f'h {READ:x} {ROUTE:x} 0', 0x200),
                ('no interrupt is left', 'v 72', 0),
                ('it has side 1 and 0', f'h {CHANNEL_READ:x} {SIDE:x} 0', 1),
                ('', f'h {CHANNEL_READ:x} {1 << 16 | SIDE:x} 0', 0))
    guest.equal(m.call('C', CHANNEL_READ, PEER), 6, 'restart: C saw the same')
    m.C.type(f'M {1 << 31:x} 1\n')
    m.hv.wait_line('partition C stopped: access outside of its memory: .* 80000000, .* cpu 3')
    m.D.type(f'e {1 << 31:x}\n')
    m.hv.wait_line('partition D stopped: access outside of its memory: .* 80000000, rip 80000000, cpu 4')
    m.B.type('o 600 34\n')
    m.hv.wait_line('partition B: off')
    m.tells('A', ('A goes on', 'v 71', 6))
    m.A.type('o 600 20\n')

# What is wrong in a table; what is right goes on.
TABLE = """# a table
lines 4
log com5
partition A
	cpus 0
	memory 3M
	console com9
	kernel nothing
	lines 2049
	initrd probe 2
	color blue
partition B
	memory 18M
	kernel probe
partition C
	cpus 9
	memory 900M
	kernel probe
	console com2
partition D
	initrd probe
partition E
	kernel report.cpio
	ssdt probe
	transport mmio
partition abcdefghijklmnop
	kernel probe
	memory 20M
partition F
	kernel probe
	memory 20M
	console com1
	append console=ttyS0
	lines 4
partition F
	kernel probe
	memory 20M
	console com1
partition G
	kernel probe
	memory 20M
	console com2
	append console=ttyS1
channel F
channel F B
channel F F
channel F G events 17
channel F G events 2 memory 1M
channel F G size 3
channel F G events 4
channel F G events 2
channel F G
"""
SAID = [
    'table line 2: "lines", allowed: partition, channel',
    'table line 3: "com5", allowed: com1 to com4, one that nobody has',
    'table line 5: "0", allowed: 1 to 256',
    'table line 6: "3M", allowed: 2M to 524288M, a multiple of 2M',
    'table line 7: "com9", allowed: com1 to com4, one that nobody has',
    'table line 8: "nothing", allowed: the name of a module, there are 6',
    'table line 9: "2049", allowed: 1 to 2048',
    'table line 10: "initrd", allowed: a word and its value',
    'table line 11: "color", allowed: cpus, memory, lines, transport, console, kernel, initrd, '
    'ssdt, append',
    'partition A is left out',
    'table line 12: "B", allowed: memory of 20M, for kernel and initrd, to ...M, the free; '
    'not 18M',
    'partition B is left out',
    'table line 15: "C", allowed: memory of 20M, for kernel and initrd, to ...M, the free; '
    'not ...M',
    'table line 15: "C", allowed: cpus up to 2, as many are left; not 9',
    'partition C is left out',
    'table line 20: "D", allowed: a partition with a kernel',
    'partition D is left out',
    'table line 23: "report.cpio", allowed: a bzImage, boot protocol 2.12 or later, of 64 bits',
    'table line 24: "probe", allowed: an SSDT with length and checksum, up to 64 KiB',
    'table line 25: "mmio", allowed: hypercall, pio',
    'partition E is left out',
    'table line 26: "abcdefghijklmnop", allowed: a name of its own, up to 15 characters',
    'partition abcdefghijklmno is left out',
    'table line 35: "F", allowed: a name of its own, up to 15 characters',
    'table line 38: "com1", allowed: com1 to com4, one that nobody has',
    'partition F is left out',
    'table line 44: "channel", allowed: channel NAME NAME [events N] [memory SIZE]',
    'table line 45: "B", allowed: two partitions that stand before',
    'table line 46: "F", allowed: two partitions that stand before',
    'table line 47: "17", allowed: 1 to 16',
    'table line 48: "1M", allowed: 2M to ...M, a multiple of 2M',
    'table line 49: "size", allowed: events, memory',
    'table line 50: "F", allowed: 4 lines for channels, this one makes 5',
    'table line 52: "F", allowed: 4 lines for channels, this one makes 5',
]
# The CPU that has booted is the second one.
with Machine('table', TABLE, cpus=1, consoles={1: 'F', 2: 'G'}) as m:
    for name in 'FG':
        guest.equal([m.call(name, CHANNEL_READ, number << 16 | EVENTS) for number in (0, 1)], [2, 0],
                    f'table: partition {name} has one channel')
        getattr(m, name).type('o 600 20\n')
guest.equal([re.sub(r' \d{3}M', ' ...M', line[4:]) for line in m.hv.log
             if re.search('table line|left out', line)], SAID, 'table: each error is said once')

# Nothing to run, or nothing to run on: one message and the end.
for label, table, options, said in (
        ('none is left', 'partition A\n', {}, 'no partition is left, see above: halted'),
        ('no partition', '# none\n', {},
         'no partition: the first module has to be a table with one: halted'),
        ('no SVM', probe('A', 1), {'processor': 'max,svm=off'}, 'the CPU has no SVM: halted'),
        ('no x2APIC', probe('A', 1), {'processor': 'max,x2apic=off'},
         'the CPU has no x2APIC: halted')):
    with Machine(label, table, halts=True, **options) as m:
        pass
    guest.equal(m.hv.log[-1], f'hv: {said}', f'{label}: says why')


def command(label, table, kernel='slim', **more):
    """scripts/baremetal with a table and files of one's own; its exit status and lines."""
    path = os.path.join(temp.name, label)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(table)
    built = baremetal.kernel_files(kernel)
    files = {'vmlinuz': built['bzImage'], 'initrd.img': built['initrd.cpio'],
             'devices.aml': FILES['ssdt.aml'], **more}
    run = subprocess.run([f'{ROOT}/scripts/baremetal', '--memory', '1G', '--table', path,
                          *(f'--file={name}={file}' for name, file in files.items())],
                         check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if run.returncode:
        guest.note(run.stdout[run.stdout.rfind('hv | hv: paravirq'):])
    return run.returncode, run.stdout.splitlines()


# The page's own example, whose log is a serial port, without the table of a device that
# nobody has.
with open(f'{ROOT}/Documentation/virt/paravirq/baremetal.rst', encoding='utf-8') as page:
    example = re.search(r'^    # Two partitions\n(?: .*\n)+', page.read(), re.M)[0]
status, said = command('example', example.replace('ssdt devices.aml', ''))
guest.equal((status, sorted(line for line in said if re.match('hv .*: off$', line))),
            (0, [f'hv | hv: partition {name}: off' for name in 'AB']),
            "command: the page's own table runs")

# One that is left, whose console is not the first; what is wrong in the table comes last.
WEST = """partition West
	console com2
	kernel vmlinuz
	initrd initrd.img
	append console=ttyS1
"""
status, said = command('one', WEST)
guest.equal((status, sum(line.startswith('West | ') for line in said) > 5), (0, True),
            'command: a partition alone is well, and named as in the table')
status, said = command('left out', WEST + """partition X
	cpus 0
	console com1
""")
guest.equal((status, [line for line in said if line.startswith('paravirq: ')][:-1]),
            (1, ['paravirq: hv: table line 7: "0", allowed: 1 to 256',
                 'paravirq: hv: partition X is left out']),
            'command: of a partition that is left out, only what the hypervisor says')

# A device of one's own, without its driver, and with it in /modules of the initrd.
OWN = """partition A
	console com1
	kernel vmlinuz
	initrd initrd.img
	ssdt devices.aml
	append console=ttyS0 guest_modules=irq-paravirq
"""
status, said = command('no driver', OWN)
guest.equal((status, [line for line in said if 'has no driver' in line]),
            (1, [' A |   PVIQ7777:00 has no driver, baremetal.rst says how to bring one']),
            'command: a device without a driver is said')
with open(f'{temp.name}/ssdt.aml', 'rb') as table, open(f'{temp.name}/probe.aml', 'wb') as renamed:
    old = table.read()
    new = bytearray(old.replace(b'PVIQ7777', b'PVIQ0FFF'))
    new[9] = (new[9] + sum(old) - sum(new)) % 256
    renamed.write(new)
MODULES = guest.boot.built('modules')
with open(f'{BUILD}/initrd-{MODULES}.cpio', 'rb') as initrd, \
     open(f'{temp.name}/modules.cpio', 'wb') as both:
    both.write(initrd.read() + guest.boot.newc(
        {'modules/irqprobe.ko': f'{BUILD}/kernel/{MODULES}/irqprobe/irqprobe.ko'}))
status, said = command('driver', OWN, 'modules', **{
    'initrd.img': f'{temp.name}/modules.cpio', 'devices.aml': f'{temp.name}/probe.aml'})
guest.equal((status, sum(bool(re.search(r'PVIQ0FFF:00 interrupt 0: .* line 9 .* irqprobe', line))
                         for line in said)), (0, 1), 'command: a driver comes with the initrd')
guest.done()
