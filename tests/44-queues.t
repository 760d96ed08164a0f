#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
virtio-mmio with an interrupt for each queue: what the guest counts is what the device
fired, nothing of it touches the shared interrupt, and guests and devices that know
nothing of it work as before. On lines of paravirq's and on pins of an IO-APIC. The
guest's part stands in tools/testing/selftests/paravirq, queues, disk and wake.
Documentation/virt/paravirq/virtio-queues.rst is what is tested.

Copyright (C) 2026 The paravirq authors
"""
import contextlib
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

SLIM = guest.boot.SLIM
DT = 'microvm,paravirq=on,acpi=off,pic=on'
KVM = os.environ.get('ACCEL', '').startswith('kvm')
MIB = 8
IO_APIC = {'machine': 'microvm,virtio-queue-interrupts=2', 'tables': [], 'devices': [],
           'append': 'guest_chip=IO-APIC', 'transport': 1}
# Transport 0: its registers, and its lines with virtio-queue-interrupts=4. On the
# IO-APIC it does not work: to pin 0 QEMU maps nothing, taking it for the PIT's.
BASE, LINES = 0xfeb00000, [0, 64, 65]
MODERN = ('-global', 'virtio-mmio.force-legacy=false')
# The machine has none, but enough lines for a tree that says it had.
LINES96 = ('-global', 'paravirq.lines=96')


def accesses(text):
    """
    What the device did: pulses of queues, assertions of the shared interrupt, and
    the registers that the guest accessed.
    """
    return (len(re.findall('virtio_mmio_queue_irq ', text)),
            len(re.findall('virtio_mmio_setting_irq .*IRQ 1$', text, re.M)),
            {int(offset, 16) for offset in
             re.findall(r'virtio_mmio_(?:read|write) offset (0x\w+)', text)})


@contextlib.contextmanager
def vhost_user(image):
    """A process of its own serves the image, with two queues: arguments and device."""
    daemon = os.path.join(os.path.dirname(guest.boot.QEMU), 'storage-daemon/qemu-storage-daemon')
    with tempfile.TemporaryDirectory() as tmp:
        at = f'{tmp}/vhost'
        process = subprocess.Popen([
            daemon, '--blockdev', f'file,node-name=d,filename={image}',
            '--export', 'vhost-user-blk,id=e,node-name=d,writable=on,num-queues=2,'
            f'addr.type=unix,addr.path={at}'])
        try:
            while process.poll() is None and not os.path.exists(at):
                time.sleep(0.05)
            yield ('-chardev', f'socket,id=d,path={at}'), 'vhost-user-blk,chardev=d'
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def drive(image):
    """QEMU serves the image itself."""
    yield ('-drive', f'if=none,id=d,format=raw,file={image}'), 'virtio-blk-device,drive=d'


def queues(label, own, args=(), reads=500, transport=0, server=drive, named=True, **options):
    """
    Of the disk's two queues, the first "own" have interrupts of their own. The device
    fires them unless KVM can, whoever serves the disk, which takes lines of paravirq's.
    A guest that does not know of several interrupts ("named") leaves their register alone.
    """
    by_kvm = KVM and 'guest_chip=IO-APIC' not in options.get('append', '')
    fired = 0 if by_kvm else own * reads
    with tempfile.NamedTemporaryFile(suffix='.img') as image:
        image.truncate(MIB << 20)
        options = {'machine': SLIM, **options}
        options['append'] = (f'guest_own={own} guest_base={BASE + transport * 0x200:#x} '
                             'no_console_suspend suspend.pm_test_delay=1 '
                             f'{options.get("append", "")}')
        with server(image.name) as (disk, device), guest.Run('queues', label=label, args=(
                *disk, '-device', f'{device},num-queues=2,'
                f'bus=virtio-mmio-bus.{transport}', '-trace', 'virtio_mmio_*', '-D', '{dir}/trace',
                *args), **options) as run:

            def trace():
                with open(os.path.join(run.dir, 'trace'), encoding='utf-8') as f:
                    return f.read()

            run.wait_line('selftest: (not )?ok 1 ')
            before = len(trace())
            run.type('go\n')
            run.wait_line('selftest: read')
            pulses, asserted, offsets = accesses(trace()[before:])
            run.type('go\n')
            guest.equal(pulses, fired, f'{label}: the device fired queues')
            guest.equal(asserted, (2 - own) * reads, f'{label}: and the shared interrupt')
            # Status and acknowledge; QueueNotify is not traced.
            guest.equal(offsets - {0x50}, set() if own == 2 else {0x60, 0x64},
                        f'{label}: no other register was accessed')
            if server is drive:
                run.wait_line('selftest: resize')
                run.qmp('block_resize', device='d', size=(MIB + 1) << 20)
            if not named:
                guest.ok(0xe0 not in accesses(trace())[2],
                         f'{label}: the register of queue interrupts was not accessed')
        return run


def lines(run):
    """Numbers of lines, as the guest sees them."""
    return [int(m[1]) for line in run.log if (m := re.search(r'selftest: line (\d+)', line))]


def said(run, text):
    """The transport was there twice."""
    guest.equal([bool(re.search(text, line)) for line in run.log].count(True), 2,
                f'{run.label}: it says so once: {text}')


def paravirq():
    run = queues('acpi', 2, machine=SLIM + ',virtio-queue-interrupts=4')
    guest.equal(lines(run), LINES, 'acpi: the lines')
    queues('dt', 2, machine=DT + ',virtio-queue-interrupts=4', firmware='dt', append='noapic',
           tables=['microvm-dt-queues'], args=MODERN)
    # More queues than interrupts
    queues('one shared', 1, machine=SLIM + ',virtio-queue-interrupts=1', args=MODERN)


def vhost():
    """
    Another process serves the disk, which needs its memory. It tells nobody when the disk
    grows.
    """
    queues('vhost', 2, server=vhost_user, machine=SLIM + ',virtio-queue-interrupts=4', moves=True,
           args=MODERN, append='guest_fixed=1')


def io_apic():
    """No paravirq in the machine."""
    queues('IO-APIC', 2, **IO_APIC)


def before():
    """One side only has it, or one has less."""
    queues('old device', 0, named=False)
    queues('old guest', 0, kernel=guest.STOCK, named=False, **{
        **IO_APIC, 'append': IO_APIC['append'] + ' guest_modules=virtio_mmio,virtio_blk'})
    tree = {'machine': DT, 'firmware': 'dt', 'tables': ['microvm-dt-queues'],
            'append': 'noapic'}
    said(queues('device without', 0, args=LINES96, **tree),
         '4 queue interrupts in firmware, allowed 0: device took 0 for 1$')
    tree['machine'] += ',virtio-queue-interrupts=1'
    said(queues('device with one', 1, args=LINES96, **tree),
         '4 queue interrupts in firmware, allowed 1: device took 0 for 2$')


def moving(label, args=(), **options):
    """
    Another QEMU has the disk from the middle of its writes on, and a third one from
    the middle of its reads on; none knows what it has not been told.
    """
    with tempfile.NamedTemporaryFile(suffix='.img') as image:
        image.truncate(MIB << 20)
        with guest.Run('disk', label=label, moves=True, append='guest_queue=-req.0', args=(
                '-drive', f'if=none,id=d,format=raw,throttling.iops-total=40,file={image.name}',
                '-device', 'virtio-blk-device,drive=d', *args),
                machine=SLIM + ',virtio-queue-interrupts=1', **options) as run:
            run.wait_line('the disk is there')
            run.move_after('wr_operations')
            run.throttle(40, 0)
            run.move_after('rd_operations')
            run.throttle(0, 0)
        digests = [m[1] for line in run.log if (m := re.search('sha256 ([0-9a-f]{64})', line))]
        with open(image.name, 'rb') as f:
            guest.equal(digests, [hashlib.sha256(f.read()).hexdigest()],
                        f'{label}: the image has what the guest wrote')


def migrate():
    moving('moving')
    moving('moving, modern', args=MODERN)


def state_of(run):
    """What a QEMU would be sent of it."""
    run.save()
    with open(os.path.join(run.dir, 'state'), 'rb') as f:
        return f.read()


def sections():
    """
    A guest that has not used it can go to a QEMU that does not know it; one that has
    is refused by a device that has less.
    """
    disk = ('-drive', 'if=none,id=d,format=raw,file.driver=null-co,file.size=8M,'
            'file.read-zeroes=on',
            '-device', 'virtio-blk-device,drive=d')
    for own, machine in (True, SLIM), (False, 'microvm,paravirq=on,acpi=off,pic=on'):
        options = {} if own else {'firmware': 'dt', 'append': 'noapic'}
        run = guest.Run('disk', label='sections', moves=True, args=disk,
                        machine=machine + ',virtio-queue-interrupts=1', **options).start()
        try:
            run.wait_line('the disk is there')
            guest.equal(b'queue_interrupts' in state_of(run), own,
                        f'sections: what is assigned is sent: {own}')
            run.command[run.command.index('-M') + 1] = machine + ',memory-backend=ram'
            run.command[1:1] = '-global', 'paravirq.lines=72'
            run.replace()
            try:
                run.load()
                told = 'loaded'
            except (RuntimeError, OSError, ValueError):
                run.wait()
                told = '\n'.join(run.log)
            guest.ok(('queue 0 has interrupt 1, allowed 0 to 0' if own else 'loaded') in told,
                     f'sections: a device without {"refuses" if own else "takes"} the guest')
        finally:
            run.stop()


def reset():
    """The machine is reset while the disk is read; the next boot finds all as it was."""
    with tempfile.NamedTemporaryFile(suffix='.img') as image:
        image.truncate(MIB << 20)
        with guest.Run('disk', label='reset', append='guest_queue=-req.0', reboot=True, args=(
                '-drive', f'if=none,id=d,format=raw,throttling.iops-total=40,file={image.name}',
                '-device', 'virtio-blk-device,drive=d'),
                machine=SLIM + ',virtio-queue-interrupts=1') as run:
            start = 0
            for _ in range(2):
                run.wait_line('the disk is there', start)
                start = len(run.log)
                run.qmp('system_reset')
            run.qmp('human-monitor-command', command_line='block_set_io_throttle d 0 0 0 0 0 0')


def wake():
    """A key is pressed when the guest sleeps."""
    with guest.Run('wake', label='wake', kernel='modules', firmware='dt',
                   append='noapic no_console_suspend loglevel=8',
                   machine=DT + ',virtio-queue-interrupts=4',
                   tables=['microvm-dt-queues'], args=(
                       *MODERN, '-device', 'virtio-keyboard-device,bus=virtio-mmio-bus.1')) as run:
        run.wait_line('PM: suspend-to-idle')
        run.qmp('send-key', keys=[{'type': 'qcode', 'data': 'a'}])


for test in sys.argv[1:] or ('paravirq', 'vhost', 'io_apic', 'before', 'migrate', 'sections',
                             'reset', 'wake'):
    globals()[test]()
guest.done()
