#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Drivers that nobody here wrote, each on a paravirq line of a guest without PCI, MSI
and IO-APIC, with a real load: virtio disk, network, random numbers, balloon and
console, a driver in user space, and the virtual machine's generation. By ACPI and
by device tree; the guest's part stands in tools/testing/selftests/paravirq, in the
script of the test's name.

Copyright (C) 2026 The paravirq authors
"""
import hashlib
import os
import re
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

EMULATED = guest.boot.EMULATED_HOST
MACHINE = {'acpi': guest.boot.SLIM, 'dt': 'microvm,paravirq=on,acpi=off,pic=on',
           'acpi queues': guest.boot.SLIM + ',virtio-queue-interrupts=2'}


class Run(guest.Run):
    """A guest with all that firmware-tables/devices.* describe."""

    def __init__(self, test, firmware, append='', **options):
        super().__init__(test, label=f'{test} {firmware}', firmware=firmware.split()[0],
                         machine=MACHINE[firmware], tables=['devices'],
                         append=f'noapic tsc=reliable {append}', **options)

    def said(self, word):
        """What follows this word in each line of the guest's test that has it first."""
        return [m[1] for line in self.log
                if (m := re.search(rf'selftest: {word} (\S+)', line))]


def fio_archive(path, jobs):
    """fio, its libraries and its jobs as an archive."""
    said = subprocess.run(['ldd', '/usr/bin/fio'], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    with tarfile.open(path, 'w') as tar:
        for name in ['/usr/bin/fio', jobs, *re.findall(r'(/\S+) \(0x', said)]:
            tar.add(os.path.realpath(name), os.path.basename(name))


def fio(firmware):
    # Jobs run one after the other: a lost interrupt ends the one with depth 1.
    depths = (1, 8, 64)
    blocks = 256 if EMULATED else 1024
    with tempfile.TemporaryDirectory() as d:
        image, jobs = os.path.join(d, 'image'), os.path.join(d, 'jobs')

        def write_jobs(disk, more):
            with open(jobs, 'w', encoding='utf-8') as f:
                f.write(f'[global]\nfilename={disk}\nrw=randwrite\nbs=4k\n'
                        f'size={blocks * 4}k\nverify=crc32c\nstonewall\n{more}\n' +
                        ''.join(f'[depth{depth}]\niodepth={depth}\n'
                                f'offset={i * blocks * 4}k\n'
                                for i, depth in enumerate(depths)))

        with open(image, 'wb') as f:
            f.truncate(len(depths) * blocks * 4096)
        write_jobs('/dev/${DISK}', 'direct=1\nioengine=libaio\nthread=1\n'
                   'fadvise_hint=0\nverify_fatal=1')
        fio_archive(os.path.join(d, 'archive'), jobs)
        with Run('fio', firmware, f'guest_blocks={len(depths) * blocks} '
                 f'guest_alone={2 * blocks}', memory='512M', args=(
                     '-drive', f'if=none,id=a,format=raw,file={image}',
                     '-drive', f'if=none,id=b,format=raw,readonly=on,file={d}/archive',
                     '-device', 'virtio-blk-device,drive=a,serial=image',
                     '-device', 'virtio-blk-device,drive=b,serial=archive')):
            pass
        write_jobs(image, 'ioengine=sync\nverify_only=1')
        done = subprocess.run(['fio', jobs], cwd=d, check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if not guest.ok(done.returncode == 0 and done.stdout.count('err= 0') == 3,
                        f'fio {firmware}: the image is what fio wrote'):
            guest.note(done.stdout)


class Server(threading.Thread):
    """Serves one port of 127.0.0.1, one connection after the other."""

    def __init__(self, serve):
        super().__init__(daemon=True)
        self.serve = serve
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            connection, _ = self.socket.accept()
            with connection:
                self.serve(connection)


def net(firmware):
    mib = 2 if EMULATED else 16
    data = os.urandom(mib << 20)
    words = [os.urandom(8).hex() for _ in range(60)]
    arrived = []

    def talk(connection):
        try:
            for word in words:
                connection.sendall(f'{word}\n'.encode())
                run.wait_line(f'selftest: heard {word}')
                # Longer than the guest delays what it acknowledges.
                time.sleep(0.05)
        except TimeoutError as error:
            guest.note(error)

    def sink(connection):
        digest = hashlib.sha256()
        while more := connection.recv(1 << 16):
            digest.update(more)
        arrived.append(digest.hexdigest())

    ports = {'talk': talk, 'sink': sink, 'source': lambda connection: connection.sendall(data)}
    append = [f'guest_mib={mib}',
              *(f'guest_{name}={Server(serve).port}' for name, serve in ports.items())]
    if 'queues' in firmware:
        append.append('guest_queue=-input.0')
    with Run('net', firmware, ' '.join(append),
             args=('-netdev', 'user,id=n',
                   '-device', 'virtio-net-device,netdev=n')) as run:
        pass
    guest.equal(run.said('heard'), words, f'net {firmware}: the guest heard each word')
    guest.equal(arrived, run.said('sent') * 2, f'net {firmware}: what the guest sent')
    guest.equal(run.said('received'), [hashlib.sha256(data).hexdigest()] * 2,
                f'net {firmware}: what the guest received')


def rng(firmware):
    with tempfile.NamedTemporaryFile('w') as blocks:
        blocks.write(''.join(f'{n:063d}\n' for n in range(1 << 14)))
        blocks.flush()
        # With its quality at 0 the kernel's own thread takes little of it.
        with Run('rng', firmware, 'rng_core.default_quality=0', args=(
                '-object', f'rng-random,id=r,filename={blocks.name}',
                '-device', 'virtio-rng-device,rng=r')):
            pass


def balloon(firmware):
    memory = 256 << 20
    with Run('balloon', firmware, memory='256M',
             args=('-device', 'virtio-balloon-device')) as run:
        for said, less in ((r'inflate (\d+)', True), ('deflate', False)):
            _, match = run.wait_line(f'selftest: {said}')
            size = memory - (int(match[1]) << 20 if less else 0)
            run.qmp('balloon', value=size)
            run.wait_line(rf'selftest: (not )?ok {4 if not less else 2} ')
            # The guest tells the host after it has told itself.
            guest.ok(run.until(lambda: run.qmp('query-balloon')['actual'] == size),
                     f'balloon {firmware}: the host counts {size >> 20} MiB too')


def console(firmware):
    lines = [os.urandom(30).hex() for _ in range(100)]
    bulk = os.urandom(50000).hex()
    append = 'guest_queue=-input' if 'queues' in firmware else ''
    with Run('console', firmware, append, console='hvc0') as run:
        last, _ = run.wait_line('selftest: type')
        for line in lines:
            run.type(line + '\n')
            last, _ = run.wait_line('selftest: line ', last + 1)
        run.wait_line('selftest: type more')
        run.type(bulk)
    guest.ok(any('Linux version' in line for line in run.log),
             f'console {firmware}: the log is there from its first line')
    guest.equal(run.said('line'), lines, f'console {firmware}: 100 lines arrived')
    guest.equal(run.said('sha256'), [hashlib.sha256(bulk.encode()).hexdigest()],
                f'console {firmware}: {len(bulk)} bytes arrived')


def uio(firmware):
    with Run('uio', firmware, 'uio_pdrv_genirq.of_id=generic-uio') as run:
        last, _ = run.wait_line('selftest: (not )?ok 2 ')
        last, _ = run.wait_line('selftest: counting', last + 1)
        for _ in range(200):
            run.ring(0, doorbell=1)
            run.acknowledged(1, doorbell=1)
        run.wait_line('selftest: counting', last + 1)
        # One by one, so that some come while the driver has its interrupt disabled.
        for _ in range(2000):
            run.ring(0, doorbell=1)
            time.sleep(0.0001)
        run.wait_line('selftest: (not )?ok 4 ')
        guest.equal([run.get('/machine/peripheral/db1', name) for name in ('rung', 'fetched')],
                    [2400] * 2, f'uio {firmware}: the doorbell has counted 2400 rings, all fetched')


def vmgenid(firmware):
    """The id is in guest memory, which is a file here."""
    p = guest.boot.platform()
    reseeded = 'crng reseeded due to virtual machine fork'
    with Run('vmgenid', firmware, f'memmap={p["VMGENID_SIZE"]}${p["VMGENID_ADDR"]:#x}',
             moves=True) as run:
        last, _ = run.wait_line('selftest: ready')
        for n in range(1, 11):
            if n % 2:
                with open(os.path.join(run.dir, 'ram'), 'r+b') as ram:
                    ram.seek(p['VMGENID_ADDR'])
                    ram.write(os.urandom(16))
            run.ring(1, doorbell=1)
            run.wait_line(f'selftest: interrupts {n}$')
            if n % 2:
                last, _ = run.wait_line(reseeded, last + 1)
    guest.equal(sum(reseeded in line for line in run.log), 5,
                f'vmgenid {firmware}: 5 new generations, none without a change')


# By ACPI vmgenid's driver has no interrupt, but a Notify () of firmware. With interrupts of
# their own for the queues that have most to do.
for firm, tests in (('acpi', (fio, net, rng, balloon, console, uio)),
                    ('dt', (fio, net, rng, balloon, console, uio, vmgenid)),
                    ('acpi queues', (net, console))):
    for test in tests if guest.can(firm) else ():
        test(firm)
guest.done()
