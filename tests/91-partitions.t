#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Debian's own kernels, $STOCK_KERNEL of scripts/build-stock, with the modules of
packaging/dkms in two partitions of the bare-metal hypervisor: in one the consumer is
loaded first, in the other the controller. They ring each other; the guest's part is
tools/testing/selftests/paravirq/baremetal. And "make demo" does what the README says.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

baremetal = guest.load('baremetal')
KERNEL = guest.STOCK
RINGS = 1000
ORDER = {'A': 'paravirq_channel,paravirq', 'B': 'paravirq,paravirq_channel'}

machine = baremetal.Machine(
    ''.join(baremetal.partition(
        name, n + 1, memory='256M', append=f'guest_test=baremetal guest_rings={RINGS} '
        f'guest_modules={modules}') for n, (name, modules) in enumerate(ORDER.items())) +
    'channel A B events 4\n', baremetal.kernel_files(KERNEL), memory='768M', timeout=300)
try:
    guest.ok(machine.start().wait(), f'{KERNEL}: both partitions end')
    for port in machine.ports[1:]:
        guest.equal(baremetal.wrong(port.log), [], f'{KERNEL}: {port.label}, {ORDER[port.label]}: '
                    'test, boot log and validation are well')
        guest.ok(any(f'# taken {RINGS} of {RINGS}, ' in line for line in port.log),
                 f'{KERNEL}: {port.label} takes {RINGS} rings')
        guest.equal([line for line in port.log if 'taken for a GSI' in line], [],
                    f'{KERNEL}: {port.label}: no number is taken for a GSI')
    if guest._failed:
        for port in machine.ports:
            guest.note('\n'.join(f'{port.label} | {line}' for line in port.log))
finally:
    machine.stop()

demo = subprocess.run(['make', '-C', guest.boot.ROOT, 'demo'], stdout=subprocess.PIPE,
                      stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, check=False)
guest.ok(demo.returncode == 0 and 'paravirq: passed, ' in demo.stdout, 'make demo passes')
guest.ok(re.search(r'^Device \(PVIC\)$.*^    Interrupt \(ResourceConsumer, .*^Device \(CH00\)$',
                   demo.stdout, re.M | re.S), 'make demo shows what the SSDT is about')
for name in 'AB':
    guest.ok(re.search(rf'^ {name} \|   taken 1000 of 1000, ', demo.stdout, re.M),
             f'make demo: {name} shows the rings that it takes')
    guest.equal(re.findall(rf'^ {name} \|   PVIQ0003:00 interrupt (\d): PVIQ0001:00 line \d irq \d+ '
                           r'vector \d+ cpu 0, driver paravirq-channel', demo.stdout, re.M),
                list('01234'), f'make demo: {name} shows its validation')
if guest._failed:
    guest.note(demo.stdout)
guest.done()
