#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Interrupts that a guest raises itself, thousands at full speed, as scripts/bench-bell
measures them: on a paravirq line as on an IO-APIC and by MSI, each ring has its run of
the handler, and each run its ring. The kernel checks its locks.

Copyright (C) 2026 The paravirq authors
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

bell = guest.load('bench-bell')
exits = bell.exits
accel = os.environ.get('ACCEL', 'tcg')

# The paravirq of this kernel is a module, and microvm's console one of its consumers.
ours = exits.Side('paravirq', 'modules', 'q35', 'pci', 'PARAVIRQ PCI-MSIX', 1, ('paravirq',),
                  guest.boot.hardware(1))
sides = [ours, ours._replace(name='paravirq, ports', tables=('paravirq-pio',),
                             devices=guest.boot.hardware(1, ports=(0,))),
         *(side for side in exits.BELL_SIDES if side.machine.startswith('microvm,pcie'))]
if 'kvm' in accel:
    sides.append(ours._replace(name='paravirq, irqfd', devices=[
        *ours.devices, '-global', 'paravirq-doorbell.irqfd=on']))
for side in sides:
    # Not coldplugged: the doorbell's own driver would be there first.
    side = side._replace(kernel='modules', append=f'{side.append} guest_coldplug=0')
    steps = []
    try:
        steps = exits.run(side, exits.BELL, accel)
        guest.equal([name for name, *_ in steps],
                    ['boot', *(f'{step}_{time}' for step in ('rings', 'chain', 'masks')
                               for time in ('warm', 'once', 'twice'))], f'{side.name}: all steps')
        bell.checked(side.name, steps)
        guest.ok(True, f'{side.name}: each ring was one run and one interrupt')
    except (RuntimeError, TimeoutError) as error:
        guest.ok(False, f'{side.name}: {error}')
        guest.note('\n'.join(map(str, steps)))
guest.done()
