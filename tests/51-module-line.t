#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A kernel module without a firmware node has a line that firmware keeps for modules:
samples/paravirq in the guest says which one it got, and a doorbell that no table
describes raises that line, from outside. The guest's part stands in
tools/testing/selftests/paravirq/inkernel.

Copyright (C) 2026 The paravirq authors
"""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

P = guest.boot.platform()
PVIC = '/machine/peripheral/pvic'
# The second controller comes last: the doorbells before are on the only one there is.
DEVICES = [*guest.boot.hardware(1),
           '-device', f'paravirq-doorbell,id=db2,addr={P["DOORBELL2_ADDR"]:#x},'
           f'first-line={P["DOORBELL2_LINE"]},lines={P["DOORBELL_LINES"]}',
           '-device', f'paravirq,id=pvic1,addr={P["PVIC1_ADDR"]:#x},lines=4']


def inkernel(label, late=False, **options):
    """late: there is a table that names the line later."""
    with guest.Run('inkernel', label=label, kernel='modules', tables=['modlines'],
                   devices=DEVICES, timeout=180, **options) as run:
        db = guest.Doorbell(run)
        at, _ = run.wait_line('selftest: loading')
        at, said = run.wait_line(r'paravirq_sample: line (\d+) irq \d+', at)
        line = int(said[1]) - P['DOORBELL2_LINE']
        start = [run.get(PVIC, name) for name in ('injected', 'latched', 'dropped')]

        def raise_line():
            run.set('/machine/peripheral/db2', 'ring', line)

        def stats(name):
            now = [run.get(PVIC, name) for name in ('injected', 'latched', 'dropped')]
            return [a - b for a, b in zip(now, start)]

        for _ in range(40):
            at, _ = run.wait_line('selftest: ready', at + 1)
            raise_line()
        at, _ = run.wait_line('selftest: stopped', at + 1)
        for _ in range(3):
            raise_line()
        guest.equal(stats('stopped'), [40, 3, 0], f'{label}: 40 raises injected, then 3 latched')
        db.ring(3)
        at, _ = run.wait_line('selftest: started', at + 1)
        guest.equal(stats('started')[0], 42, f'{label}: the 3 injected as one, and the end said')
        at, _ = run.wait_line('selftest: freed', at + 1)
        raise_line()
        guest.equal(stats('freed')[2], 1, f'{label}: a raise of the line that was freed is dropped')
        db.ring(3)
        for _ in range(2 if late else 1):
            at, _ = run.wait_line('selftest: ready', at + 1)
            raise_line()


with tempfile.NamedTemporaryFile(suffix='.img') as image:
    with open(os.path.join(guest.boot.BUILD, 'tables/late.aml'), 'rb') as f:
        image.write(f.read())
    image.write(bytes(-image.tell() % 512))
    image.flush()
    for machine, disk in (('q35', 'virtio-blk-pci'), ('microvm', 'virtio-blk-device')):
        inkernel(machine, late=True, machine=machine,
                 args=('-drive', 'if=none,id=d,format=raw,readonly=on,'
                       f'file={image.name}', '-device', f'{disk},drive=d'))
if guest.can('dt+acpi'):
    inkernel('device tree', machine='q35', firmware='dt+acpi')
guest.done()
