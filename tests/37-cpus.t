#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Lines reach every CPU: of guests with 2, 8 and 32, in xAPIC mode and in x2APIC mode
(cluster, physical), with an APIC id above 255, with and without an IO-APIC. A move is one
write of a route. The guest's part stands in
tools/testing/selftests/paravirq/cpus. Numbers in brackets are those of
Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

PVIC = '/machine/peripheral/pvic'
CPU = 'max' if os.environ.get('ACCEL', 'tcg') == 'tcg' else 'host'

# CPUs, and whether one more has the APIC id 299, for which firmware turns x2APIC on.
MODES = [
    (2, False, '', ''),
    (8, False, '', ''),
    (32, False, '', ''),
    (8, False, '', 'noapic'),
    (2, True, 'cluster x2apic', 'noapic'),
    (8, True, 'cluster x2apic', 'noapic'),
    (32, True, 'cluster x2apic', 'noapic'),
    (8, True, 'physical x2apic', 'noapic x2apic_phys'),
]


# [ROUTE-2] [GUEST-8]
def cpus(number, far, mode, append):
    label = f'{number} CPUs {"and a far one " if far else ""}{mode} {append}'
    args = ('-smp', f'{number},maxcpus=300,sockets=1,cores=300', '-cpu', CPU, '-device',
            f'{CPU}-x86_64-cpu,socket-id=0,core-id=299,thread-id=0') if far else ()
    with guest.Run('cpus', label=label, machine='q35', smp=number, args=args, timeout=300,
                   append=f'{append} guest_mode="{mode}"') as run:
        db = guest.Doorbell(run)
        writes = run.get(PVIC, 'route-writes')
        db.ring(3)
        run.wait_line('selftest: moved', timeout=250)
        guest.equal(run.get(PVIC, 'route-writes') - writes, number + far,
                    f'{label}: one write for each move')
        db.ring(3)


for arguments in MODES:
    cpus(*arguments)
guest.done()
