#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
How far it goes: hundreds of disks, thousands of lines, many controllers, many
CPUs, and more lines than the CPUs have vectors. What a line costs does not depend
on how many there are. The tables are made here; the guest's part stands in
tools/testing/selftests/paravirq/disks, lines and vectors.
Numbers in brackets are those of Documentation/virt/paravirq/interface.rst.

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

P = guest.boot.platform()
# Line of doorbell 0 that says that the host has done its part.
DONE = 3
# Without the validation, which has a row for each line.
QUIET = 'noapic loglevel=5'


def compile_table(tmp, source, firmware):
    """Path of what iasl or dtc make of the source."""
    path = os.path.join(tmp, 'table')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(source)
    command = (['iasl', '-we', '-p', path, path] if firmware == 'acpi' else
               ['dtc', '-O', 'dtb', '-o', f'{path}.dtb', path])
    subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return f'{path}.{"aml" if firmware == "acpi" else "dtb"}'


class Doorbells:
    """
    Doorbells of "per" lines each, which share their controllers evenly. No two have
    a line of the same number, on whatever controller: a number says who it is.
    """

    def __init__(self, doorbells, per, controllers=1):
        self.lines = doorbells * per
        self.per = per
        self.window = 0x1000 + 8 * self.lines + 0xfff & ~0xfff
        self.controllers = [P['PVIC0_ADDR'] + c * self.window for c in range(controllers)]
        # (address, first line, controller)
        self.doorbells = [(P['DOORBELL0_ADDR'] + 0x1000 * d, d * per,
                           d * controllers // doorbells) for d in range(doorbells)]

    def devices(self):
        """Arguments for QEMU."""
        args = []
        for c, addr in enumerate(self.controllers):
            args += ['-device', f'paravirq,id=pvic{c},addr={addr:#x},lines={self.lines}']
        for d, (addr, first, c) in enumerate(self.doorbells):
            args += ['-chardev', f'socket,id=c{d},path={{dir}}/c{d},server=on,wait=off',
                     '-device', f'paravirq-doorbell,id=db{d},addr={addr:#x},intc=pvic{c},'
                     f'first-line={first},lines={self.per},chardev=c{d}']
        return args

    def acpi(self):
        """An SSDT."""
        text = 'DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQSCAL", 1)\n{\nScope (\\_SB)\n{\n'
        for c, addr in enumerate(self.controllers):
            text += f'''
Device (PVC{c})
{{
    Name (_HID, "PVIQ0001")
    Name (_UID, {c})
    Name (_GSB, {0x1000 * (c + 1):#x})
    Name (_CRS, ResourceTemplate () {{ Memory32Fixed (ReadWrite, {addr:#x}, {self.window:#x}) }})
}}'''
        for d, (addr, first, c) in enumerate(self.doorbells):
            numbers = ', '.join(f'{0x1000 * (c + 1) + first + n:#x}' for n in range(self.per))
            text += f'''
Device (DB{d:02X})
{{
    Name (_HID, "PVIQ0002")
    Name (_UID, {d})
    Name (_DEP, Package () {{ \\_SB.PVC{c} }})
    Name (_CRS, ResourceTemplate ()
    {{
        Memory32Fixed (ReadWrite, {addr:#x}, {P['DOORBELL_SIZE']:#x})
        Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\\\_SB.PVC{c}")
        {{ {numbers} }}
    }})
}}'''
        return text + '\n}\n}\n'

    def dt(self):
        """The same as a device tree."""
        text = '/dts-v1/;\n/ {\n#address-cells = <1>;\n#size-cells = <1>;\n'
        for c, addr in enumerate(self.controllers):
            text += (f'intc{c}: interrupt-controller@{addr:x} {{\ncompatible = "paravirq,intc";\n'
                     f'reg = <{addr:#x} {self.window:#x}>;\ninterrupt-controller;\n'
                     '#interrupt-cells = <2>;\n#address-cells = <0>;\n};\n')
        for addr, first, c in self.doorbells:
            text += (f'doorbell@{addr:x} {{\ncompatible = "paravirq,doorbell";\n'
                     f'reg = <{addr:#x} {P["DOORBELL_SIZE"]:#x}>;\n'
                     f'interrupt-parent = <&intc{c}>;\ninterrupts = '
                     + ', '.join(f'<{first + n} 1>' for n in range(self.per)) + ';\n};\n')
        return text + '};\n'


class Lines(guest.Run):
    """A guest with these doorbells, and how often each line was rung."""

    def __init__(self, test, tmp, doorbells, firmware='acpi', **options):
        source = doorbells.acpi() if firmware == 'acpi' else doorbells.dt()
        super().__init__(test, machine='microvm', firmware=firmware, append=QUIET,
                         tables=[compile_table(tmp, source, firmware)],
                         devices=doorbells.devices(), timeout=300, **options)
        self.doorbells = doorbells
        self.rung = {n: 0 for n in range(doorbells.lines)}
        self._start = 0

    def sum(self, name):
        """A property of all controllers."""
        return sum(self.get(f'/machine/peripheral/pvic{c}', name)
                   for c in range(len(self.doorbells.controllers)))

    def begins(self, what):
        """Waits until the guest says so, and returns the line of the log."""
        self._start, said = self.wait_line(f'selftest: {what}', self._start, timeout=250)
        return said

    def done(self):
        """Lets the guest go on."""
        self.ring(DONE)
        self.rung[DONE] += 1

    def ring_all(self, times, deaf=()):
        """
        Rings each line but that of done() times(line) times, and waits until the
        guest has fetched it all; the doorbells "deaf" have no driver.
        """
        left = {}
        for d, (_, first, _) in enumerate(self.doorbells.doorbells):
            rings = [n for n in range(self.doorbells.per) if first + n != DONE
                     for _ in range(times(first + n))]
            for n in rings:
                self.rung[first + n] += 1
            self.ring(*rings, doorbell=d)
            left[f'/machine/peripheral/db{d}'] = (
                sum(self.rung[first + n] for n in range(self.doorbells.per)),
                'rung' if d in deaf else 'fetched')
        self.until(lambda: all(self.get(path, name) >= rung
                               for path, (rung, name) in left.items()))

    def rows(self):
        """What the guest says of each line: {line: (total, runs, interrupts, CPUs)}."""
        start = self._start
        self.begins('rows end')
        found = {}
        for text in self.log[start:self._start]:
            if match := re.search('selftest: row (.*)', text):
                for word in match[1].split():
                    line, *counts, cpus = word.split(':')
                    found[int(line)] = *map(int, counts), cpus
        return found


def same(found, expected, name):
    """One result for all lines; the first ones that differ are shown."""
    wrong = {n: (found.get(n), expected.get(n)) for n in sorted({*found, *expected})
             if found.get(n) != expected.get(n)}
    if not guest.ok(not wrong, name):
        guest.note(f'{len(wrong)} lines differ, (got, expected): '
                   f'{dict(list(wrong.items())[:8])}')


def with_next(cpu, cpus):
    """The CPU of a row, and the one after it."""
    return '+'.join(map(str, sorted({int(cpu), (int(cpu) + 1) % cpus}))) if cpu.isdigit() else '?'


# [DISC-1] [GUEST-4] [GUEST-5]
def lines(label, doorbells, cpus, smp=None, **options):
    """All lines are requested and rung, moved to another CPU and rung again."""
    n = doorbells.lines
    with tempfile.TemporaryDirectory() as tmp, \
            Lines('lines', tmp, doorbells, label=label, smp=smp or cpus, **options) as run:
        run.begins('booted')
        cost = run.sum('route-writes'), run.sum('route-reads')
        guest.note(f'{n} lines: probe and request_irq: {cost[0]} writes, {cost[1]} reads')
        guest.equal(cost, (2 * n, n),
                    f'{label}: probe and {n} request_irq: 2 writes and 1 read each')
        run.ring_all(lambda line: 1)
        run.done()
        before = run.rows()
        same({line: got[:3] for line, got in before.items()},
             {line: (1, 1, 1) for line in run.rung}, f'{label}: {n} lines, one interrupt each')
        had = [sum(got[3] == str(cpu) for got in before.values()) for cpu in range(cpus)]
        guest.ok(sum(had) == n and max(had) - min(had) <= 1,
                 f'{label}: {cpus} CPUs have {min(had)} to {max(had)} lines each')

        writes, reads = run.sum('route-writes'), run.sum('route-reads')
        run.done()
        run.begins('moved')
        cost = run.sum('route-writes') - writes, run.sum('route-reads') - reads
        guest.note(f'{n} lines: as many moves: {cost[0]} writes, {cost[1]} reads')
        guest.equal(cost, (n, 0), f'{label}: {n} moves: 1 write each')
        run.ring_all(lambda line: 1 + line % 5)
        run.done()
        after = run.rows()
        same({line: got[0] for line, got in after.items()}, run.rung,
             f'{label}: {sum(run.rung.values())} rings, each counted for its line')
        same({line: got[3] for line, got in after.items()},
             {line: with_next(got[3], cpus) for line, got in before.items()},
             f'{label}: each line came to the next CPU')
        guest.equal((run.sum('dropped'), run.sum('injected'), run.sum('errors')),
                    (0, sum(run.rung.values()), 0), f'{label}: all of it was injected')
        for c in range(len(doorbells.controllers)):
            rung = sum(run.rung[first + i] for _, first, of in doorbells.doorbells if of == c
                       for i in range(doorbells.per))
            guest.equal(run.get(f'/machine/peripheral/pvic{c}', 'injected'), rung,
                        f'{label}: controller {c} injected its {rung} rings')
        run.done()


def vectors():
    """More lines than one CPU has vectors."""
    label = 'vectors'
    doorbells = Doorbells(16, 16)
    with tempfile.TemporaryDirectory() as tmp, \
            Lines('vectors', tmp, doorbells, label=label, smp=1) as run:
        run.begins('full')
        late = {int(m[1], 16) for text in run.log
                if (m := re.search(r'paravirq-doorbell PVIQ0002:(\w+): error (?:-28|-ENOSPC): '
                                   r'line \d+: cannot request irq \d+', text))}
        guest.note(f'doorbells that came too late: {sorted(late)}')
        guest.equal({int(m[1], 16) for text in run.log
                     if (m := re.search(r'paravirq-doorbell PVIQ0002:(\w+): probe with '
                                        'driver .* failed with error -28', text))},
                    late, f'{label}: Linux names each that came too late')
        warning = 'Interrupt reservation exceeds available resources'
        guest.ok(any(warning in text for text in run.log), f'{label}: Linux warns beforehand')
        run.ring_all(lambda line: 1, late)
        run.done()
        same({line: got[:3] for line, got in run.rows().items()},
             {line: (1, 1, 1) for line in run.rung if line // doorbells.per not in late},
             f'{label}: those in time have one interrupt for each ring')
        guest.equal(run.sum('dropped'), len(late) * doorbells.per,
                    f'{label}: those too late have none')
        run.done()

        said = run.begins(r'exchanged PVIQ0002:(\w+) PVIQ0002:(\w+)')
        comes, leaves = int(said[1], 16), int(said[2], 16)
        run.ring_all(lambda line: 1, late - {comes} | {leaves})
        run.done()
        # What it was rung before, it fetches when it is bound.
        same({line: got[:2] for line, got in run.rows().items()},
             {line: (rung, rung - (line // doorbells.per == comes))
              for line, rung in run.rung.items()
              if line // doorbells.per not in late - {comes} | {leaves}},
             f'{label}: the one that came is like the others')
        guest.equal(run.sum('errors'), 0, f'{label}: the guest made no error')
        run.done()


# [ROUTE-2] [RAISE-1]
def last_xapic_id():
    """A CPU whose APIC id is an xAPIC's broadcast. Linux has one on KVM, or with an IOMMU."""
    label = 'APIC id 255'
    with guest.Run('smoke', label=label, machine='q35', timeout=300,
                   smp='1,maxcpus=256,sockets=1,cores=256',
                   args=['-device', 'qemu64-x86_64-cpu,socket-id=0,core-id=255,'
                         'thread-id=0']) as run:
        pass
    cpus = re.findall(r'validation: .* cpu (\d),', '\n'.join(run.log))
    guest.equal(cpus, ['0', '1'] * 4, f'{label}: has half of the lines')


def line_of(transport):
    """Of microvm,paravirq=on."""
    return transport if transport < 24 else transport + 40


def transports(n):
    """Device tree of microvm with these virtio-mmio transports."""
    window = 0x1000 + 8 * (n + 40) + 0xfff & ~0xfff
    return f'''/dts-v1/;
/ {{
    #address-cells = <1>;
    #size-cells = <1>;
    interrupt-parent = <&intc>;

    intc: interrupt-controller@{P["PVIC0_ADDR"]:x} {{
        compatible = "paravirq,intc";
        reg = <{P["PVIC0_ADDR"]:#x} {window:#x}>;
        interrupt-controller;
        #interrupt-cells = <2>;
        #address-cells = <0>;
    }};
''' + ''.join(f'''
    virtio_mmio@{addr:x} {{
        compatible = "virtio,mmio";
        reg = <{addr:#x} 0x200>;
        interrupts = <{line_of(i)} 1>;
    }};
''' for i in range(n) for addr in [0xfeb00000 + 0x200 * i]) + '};\n'


def disks(n, firmware='acpi'):
    """As many virtio-mmio disks, each with its own content on its own line."""
    label = f'{n} disks, {firmware}'
    machine = f'microvm,paravirq=on,virtio-transports={n}'
    with tempfile.TemporaryDirectory() as tmp:
        args, expected = [], {}
        for i in range(n):
            content = f'disk {i}\n'.encode() * 2000
            content = content[:8192]
            with open(f'{tmp}/{i}', 'wb') as image:
                image.write(content)
            args += ['-drive', f'if=none,id=d{i},format=raw,read-only=on,file={tmp}/{i}',
                     '-device', f'virtio-blk-device,drive=d{i},bus=virtio-mmio-bus.{i}']
            expected[line_of(i)] = 1, hashlib.sha256(content).hexdigest()
        options = {'tables': []}
        if firmware == 'dt':
            machine += ',acpi=off,pic=on'
            options = {'tables': [compile_table(tmp, transports(n), 'dt')]}
        with guest.Run('disks', label=label, machine=machine, firmware=firmware, devices=(),
                       args=args, append=f'guest_disks={n} {QUIET}', timeout=120,
                       **options) as run:
            pass
        found = {int(m[1]): (int(m[2]), m[3]) for text in run.log if (m := re.search(
            r'selftest: disk \w+ line (\d+) interrupts (\d+) sha256 (\w+)', text))}
        same(found, expected, f'{label}: each has its content, its line, and one interrupt '
             'for one read')


if guest.can('dt'):
    disks(64, firmware='dt')
    lines('16 lines, device tree', Doorbells(4, 4), cpus=2, firmware='dt+acpi')
disks(256)
# Three cores take four APIC ids: an id is no CPU number. In an emulated host vCPUs take
# turns, and each byte of the tables that the guest prints is an exit.
if guest.boot.EMULATED_HOST:
    lines('512 lines', Doorbells(8, 64), cpus=4)
    lines('8 CPUs', Doorbells(4, 16), cpus=8, smp='8,maxcpus=9,sockets=3,cores=3')
else:
    lines('2048 lines', Doorbells(32, 64), cpus=16)
    lines('64 CPUs', Doorbells(4, 64), cpus=64, smp='64,maxcpus=66,sockets=22,cores=3')
lines('8 controllers', Doorbells(8, 8, controllers=8), cpus=2)
vectors()
if 'kvm' in os.environ.get('ACCEL', ''):
    last_xapic_id()
guest.done()
