#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
virtio-mmio with an interrupt for each queue: what the guest counts is what the device
fired, nothing of it touches the shared interrupt, and guests and devices that know
nothing of it work as before. On lines of paravirq's and on pins of an IO-APIC. The
guest's part stands in tools/testing/selftests/paravirq, queues and disk.
Documentation/virt/paravirq/virtio-queues.rst is what is tested.

Copyright (C) 2026 The paravirq authors
"""
import hashlib
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

SLIM = guest.boot.SLIM
DT = 'microvm,paravirq=on,acpi=off,pic=on'
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


def queues(label, own, args=(), reads=500, transport=0, **options):
    """Of the disk's two queues, the first "own" have interrupts of their own."""
    with tempfile.NamedTemporaryFile(suffix='.img') as image:
        image.truncate(MIB << 20)
        options = {'machine': SLIM, **options}
        options['append'] = (f'guest_own={own} guest_base={BASE + transport * 0x200:#x} '
                             f'{options.get("append", "")}')
        with guest.Run('queues', label=label, args=(
                '-drive', f'if=none,id=d,format=raw,file={image.name}',
                '-device', 'virtio-blk-device,id=disk,drive=d,num-queues=2,'
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
            guest.equal(pulses, own * reads, f'{label}: the device fired queues')
            guest.equal(asserted, (2 - own) * reads, f'{label}: and the shared interrupt')
            # Notify; status and acknowledge.
            guest.equal(offsets, {0x50} if own == 2 else {0x50, 0x60, 0x64},
                        f'{label}: no other register was accessed')
            run.wait_line('selftest: resize')
            run.qmp('block_resize', device='d', size=(MIB + 1) << 20)
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


def io_apic():
    """No paravirq in the machine."""
    queues('IO-APIC', 2, **IO_APIC)


def before():
    """One side only has it, or one has less."""
    queues('old device', 0)
    queues('old guest', 0, kernel='stock', **IO_APIC)
    tree = {'machine': DT, 'firmware': 'dt', 'tables': ['microvm-dt-queues'],
            'append': 'noapic'}
    said(queues('device without', 0, args=LINES96, **tree),
         '4 queue interrupts in firmware, allowed 0: device took 0 for 1$')
    tree['machine'] += ',virtio-queue-interrupts=1'
    said(queues('device with one', 1, args=LINES96, **tree),
         '4 queue interrupts in firmware, allowed 1: device took 0 for 2$')


for test in sys.argv[1:] or ('paravirq', 'io_apic', 'before'):
    globals()[test]()
guest.done()
