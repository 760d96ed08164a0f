#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
No ring is lost when KVM injects: the doorbells ring eventfds, and what tests/30-fire.t
and tests/33-migrate.t do to a guest is done again. That it was KVM say QEMU's trace and
the controller's counts: of thousands of rings it injected itself only those that had
met a masked line. Skips when $ACCEL is not kvm.
Numbers in brackets are those of Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

P = guest.boot.platform()
PVIC = '/machine/peripheral/pvic'
IRQFD = ['-global', 'paravirq-doorbell.irqfd=on', '-trace', 'paravirq_*', '-D', '{dir}/trace']
HOPS = 3


def run(test, **options):
    return guest.Run(test, smp=2, timeout=300, args=IRQFD, **options)


def traced(vm, event):
    """How often an event was traced."""
    with open(vm.dir + '/trace', encoding='utf-8') as file:
        return sum(line.startswith(f'{event} ') for line in file)


def by_kvm(vm, label, dropped=False, moved=0):
    """
    QEMU has injected what had been latched, of so many lines by a QEMU before it, and
    nothing else; KVM has injected the rest.
    """
    counts = {name: vm.get(PVIC, name) for name in ('injected', 'latched', 'dropped')}
    guest.ok(counts['injected'] <= counts['latched'] + moved and
             (dropped or not counts['dropped']),
             f'{label}: QEMU injected {counts["injected"]}, latched {counts["latched"]} and '
             f'dropped {counts["dropped"]}')
    attached = traced(vm, 'paravirq_irqfd_attach')
    guest.ok(attached >= P['DOORBELL_LINES'], f'{label}: {attached} times KVM began to inject')


# [GUEST-6] [GUEST-7]
def affinity():
    with run('affinity', append='guest_rounds=30') as vm:
        db = guest.under_fire(vm, 'affinity')
        by_kvm(vm, 'affinity')
        guest.equal(traced(vm, 'paravirq_inject'), vm.get(PVIC, 'injected'),
                    'affinity: the trace has what QEMU injected')
        db.ring(3)


# [RAISE-3] [GUEST-7]
def mask():
    with run('mask', append='no_console_suspend') as vm:
        db = guest.Doorbell(vm)
        db.ring(3)
        line, _ = vm.wait_line('suspend debug: Waiting')
        injected, detached = vm.get(PVIC, 'injected'), traced(vm, 'paravirq_irqfd_detach')
        db.ring(*[0] * 100, 1)
        db.took(101)
        guest.equal(vm.get(PVIC, 'injected') - injected, 0,
                    'mask: QEMU injects no ring of a masked line')
        guest.ok(detached > 0, f'mask: {detached} times KVM ceased to inject')
        vm.wait_line('suspend debug: Waiting', line + 1)
        guest.equal(vm.get(PVIC, 'injected') - injected, 2,
                    'mask: QEMU injects once for each line that was rung')
        db.ring(*[0] * 50)
        vm.wait_line('selftest: firing')
        latched = vm.get(PVIC, 'latched')
        fire = guest.Fire(db, 2)
        vm.until(lambda: vm.get(PVIC, 'latched') > latched)
        db.ring(1)
        vm.wait_line(r'selftest: slept', timeout=120)
        rings = fire.cease()
        db.settled('mask')
        latched = vm.get(PVIC, 'latched') - latched
        guest.ok(latched > 0, f'mask: {latched} times {rings} rings met a masked line')
        by_kvm(vm, 'mask')
        db.ring(3)


def rebind():
    # As in tests/30-fire.t
    with run('rebind', allow=['No irq handler for ']) as vm:
        db = guest.Doorbell(vm)
        vm.wait_line('selftest: unbound')
        db.ring(*[2] * 7)
        db.took(7)
        vm.ring(3, doorbell=1)
        vm.wait_line('selftest: firing')
        fire = guest.Fire(db, 0, 1, 2)
        vm.until(lambda: vm.get(PVIC, 'dropped') > 0)
        vm.ring(2, doorbell=1)
        vm.wait_line('selftest: rebound', timeout=120)
        fire.cease()
        db.settled('rebind')
        dropped = vm.get(PVIC, 'dropped')
        guest.ok(dropped > 0, f'rebind: {dropped} times rings met an unbound consumer')
        by_kvm(vm, 'rebind', dropped=True)
        db.ring(3, 0)


# [SAVE-1] [SAVE-2]
def migrate():
    """The lines of doorbell 0 move to and fro, the first one of doorbell 1 is masked."""
    intc, line = P['PVIC1_ADDR'], P['DOORBELL1_LINE']
    with run('migrate', tables=['paravirq2'], moves=True,
             append=f'guest_masked=1 guest_errors={intc + 0x14:#x} '
                    f'guest_route={intc + 0x1000 + 8 * line:#x}') as vm:
        vm.wait_line('selftest: firing')
        streams = [guest.Stream(vm, n, *(range(3) if n == 0 else range(1, 3)))
                   for n in range(2)]
        for n in range(HOPS):
            vm.wait_line(f'selftest: masked {n + 1}')
            streams[1].ring(*[0] * 100)
            streams[1].took()
            vm.save()
            taken = [s.get('rung') for s in streams]
            for s in streams:
                s.pause()
            vm.replace()
            for s, start in zip(streams, taken):
                s.go_on(start)
            vm.load()
            streams[0].ring(3)
        vm.wait_line('selftest: moved')
        for s in streams:
            s.cease()
            s.ring(3)
        vm.wait_line('selftest: line .* total')
        guest.equal([s.get('rung') for s in streams], [len(s.rings) for s in streams],
                    'migrate: no ring was lost on the way')
        for s in streams:
            s.compare()
        by_kvm(vm, 'migrate', moved=3)
        streams[0].ring(3)


# Documentation/virt/paravirq/virtio-queues.rst
def disk():
    """An iothread serves a disk with two queues, and KVM fires their interrupts."""
    with tempfile.NamedTemporaryFile(suffix='.img') as image:
        image.truncate(8 << 20)
        with guest.Run('queues', label='disk', smp=2, timeout=300,
                       machine=guest.boot.SLIM + ',virtio-queue-interrupts=4',
                       append='guest_own=2 guest_base=0xfeb00000', args=[
                           '-object', 'iothread,id=io',
                           '-drive', f'if=none,id=d,format=raw,file={image.name}',
                           '-device', 'virtio-blk-device,drive=d,num-queues=2,iothread=io,'
                           'bus=virtio-mmio-bus.0', '-trace', 'virtio_mmio_queue_irq',
                           '-trace', 'paravirq_*', '-D', '{dir}/trace']) as vm:
            vm.wait_line('selftest: (not )?ok 1 ')
            attached = traced(vm, 'paravirq_irqfd_attach')
            guest.ok(attached >= 2, f'disk: {attached} times KVM began to inject')
            vm.type('go\n')
            vm.wait_line('selftest: read', timeout=120)
            guest.equal(traced(vm, 'virtio_mmio_queue_irq'), 0,
                        'disk: QEMU fires no queue: KVM does')
            vm.type('go\n')
            vm.wait_line('selftest: resize', timeout=120)
            vm.qmp('block_resize', device='d', size=9 << 20)


if not os.environ.get('ACCEL', '').startswith('kvm'):
    print('1..0 # SKIP needs ACCEL=kvm')
    sys.exit(0)
affinity()
# [GUEST-9]
with run('retarget', tables=['paravirq-pio']) as retarget:
    pass
mask()
rebind()
migrate()
disk()
guest.done()
