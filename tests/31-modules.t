#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Controller and consumer as modules in both load orders; two controllers at
once; what debugfs shows; the guest without its IO-APIC. The checks stand in
tools/testing/selftests/paravirq/modules, smoke and debugfs. Numbers in brackets
are those of Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

for tables in ['paravirq'], ['paravirq-pio']:
    for first in 'controller', 'consumer':
        with guest.Run('modules', label=f'modules {tables[0]}, {first} first', kernel='modules',
                       tables=tables, append=f'guest_coldplug=0 guest_first={first}'):
            pass
# [DISC-1] [DISC-4] [DISC-8] [DISC-9] The second doorbell is on the second
# controller, has several descriptors and no _DEP.
with guest.Run('smoke', tables=['paravirq2']):
    pass
# [DISC-3] The second one at I/O ports, the first in memory.
with guest.Run('smoke', label='mixed', tables=['paravirq-mixed']) as run:
    pass
guest.equal(sorted(line.split(', ')[-2] for line in run.log if 'parent VECTOR' in line),
            ['mmio', 'pio'], 'mixed: one in memory, one at I/O ports')
# Numbers that are GSIs of the IO-APIC too: the source decides.
with guest.Run('smoke', label='low numbers', tables=['low'], append='guest_nr=4', devices=(
        '-device', 'paravirq',
        '-device', 'paravirq-doorbell,addr=0xfeca1000,first-line=3')):
    pass
for options in ({}, {'tables': ['paravirq2']}, {'tables': ['paravirq-pio']},
                {'kernel': 'modules'},
                {'firmware': 'dt', 'machine': 'q35'}):
    if not guest.can(**options):
        continue
    with guest.Run('debugfs', label=f'debugfs {options}', **options):
        pass
# [TRIG-1]
with guest.Run('smoke', label='selftest', append='paravirq.selftest=1') as run:
    pass
guest.equal(sum('selftest: PVIQ0001:00 line' in line and line.endswith(': passed')
                for line in run.log), 8, 'paravirq.selftest: 8 lines passed')
for options in ({'machine': 'q35'}, {'machine': 'microvm,paravirq=on'},
                {'machine': 'q35', 'kernel': 'modules'}):
    with guest.Run('smoke', append='noapic', label=f'noapic {options}',
                   **options) as run:
        pass
    guest.ok(not any('IO-APIC' in line and 'edge' in line for line in run.log),
             f'noapic {options}: nothing is on the IO-APIC')
guest.done()
