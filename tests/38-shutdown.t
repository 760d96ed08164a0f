#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A guest goes down: a consumer that was enumerated before its controller still has its
interrupt in its .shutdown, and the last that the guest does to the controller is RESET.
Or another kernel takes over, while the host rings: it finds the controller quiet, and no
ring is lost. The guest's part stands in tools/testing/selftests/paravirq/shutdown and
kexec. Numbers in brackets are those of
Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

# A _DEP would make it wait for the controller.
ASL = r'''DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQTEST", 1) { Scope (\_SB) {
    Device (DBL0) {
        Name (_HID, "PVIQ0002")
        Name (_UID, 0)
        Name (_CRS, ResourceTemplate () {
            Memory32Fixed (ReadWrite, 0xFECA0000, 0x300)
            Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\_SB.PVIC") { 0x1020 }
        })
    }
    Device (PVIC) {
        Name (_HID, "PVIQ0001")
        Name (_UID, 0)
        Name (_GSB, 0x1000)
        Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0xFEC80000, 0x1200) })
    }
} }'''
ACCESS = re.compile(r"memory_region_ops_(read|write) .* addr (0x\w+) value (0x\w+) .*'paravirq'$",
                    re.M)

with tempfile.TemporaryDirectory() as tmp:
    with open(f'{tmp}/t.asl', 'w', encoding='utf-8') as f:
        f.write(ASL)
    subprocess.run(['iasl', '-p', f'{tmp}/t', f'{tmp}/t.asl'], check=True,
                   stdout=subprocess.DEVNULL)
    # A reset ends QEMU.
    with guest.Run('shutdown', kernel='modules', machine='q35', tables=[f'{tmp}/t.aml'],
                   devices=guest.boot.hardware(1), expect=0,
                   args=('-trace', 'memory_region_ops_*', '-D', f'{tmp}/trace')) as run:
        run.wait_line('irqprobe PVIQ0002:00: waits in shutdown')
        run.ring(0)
        run.wait_line('irqprobe PVIQ0002:00: (interrupted|forgotten) in shutdown')
    guest.ok(any('interrupted in shutdown' in line for line in run.log),
             'a consumer has its interrupt until it is shut down')
    with open(f'{tmp}/trace', encoding='utf-8') as f:
        accesses = ACCESS.findall(f.read())
    # [GUEST-2]
    guest.equal(accesses[-1], ('write', '0xfec80010', '0x1'),
                'the last access of the controller is a reset')
    guest.equal(sum(access == accesses[-1] for access in accesses), 2,
                'there was one more, when it came up')


def kexec():
    """The rings go on through the end of the one kernel and the start of the other."""
    name = guest.boot.built('slim')
    kernel = os.path.join(guest.boot.BUILD, 'kernel', name, 'arch/x86/boot/bzImage')
    initrd = os.path.join(guest.boot.BUILD, f'initrd-{name}.cpio')
    disks = [a for name, path in (('kernel', kernel), ('initrd', initrd))
             for a in ('-drive', f'if=none,id={name},format=raw,readonly=on,file={path}',
                       '-device', f'virtio-blk-device,drive={name},serial={name}')]
    with guest.Run('kexec', machine=guest.boot.SLIM, memory='512M', args=disks) as run:
        db = guest.Doorbell(run)
        rings = 0
        while sum('selftest: up' in line for line in run.log) < 2:
            db.ring(0, 1, 2)
            rings += 3
            time.sleep(0.01)
        guest.ok(run.until(lambda: [db.get(name)
                                    for name in ('rung', 'fetched')] == [rings] * 2),
                 f'kexec: {rings} rings are fetched')
        db.ring(3)
    guest.equal(sum('paravirq PVIQ0001:00: version 1' in line for line in run.log), 2,
                'kexec: two kernels had the controller')
    # [GUEST-2]
    guest.equal([line for line in run.log if 'No irq handler' in line], [],
                'kexec: the second one found it quiet')


kexec()
guest.done()
