#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A controller that is reached by hypercalls: what the instruction does in each mode and
with each kind of CPU, by tests/lib/hypercall.S, and Linux with such a controller.
What Linux makes of wrong ones is in 70-bad-tables.t, what they cost in 35-cost.t.
Numbers in brackets are those of Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import os
import re
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

PVIC = '/machine/peripheral/pvic'
ROMS = ['-L', '/usr/share/seabios', '-L', '/usr/share/qemu']
READ, WRITE = 0x51495652, 0x51495657
MAGIC, VERSION, NR_LINES, CONTROL, ERRORS, TRIGGER, ROUTE = 0, 4, 8, 0x10, 0x14, 0x18, 0x1000
HIGH = 0xfedcba9800000000
CPUS = {'AMD': 'qemu64', 'AMD without SVM': 'qemu64,svm=off',
        'Intel': 'qemu64,vendor=GenuineIntel'}

# As tests/lib/hypercall.S has them: code and stack segments, flags and other registers.
KERNEL, USER, KERNEL32, USER32 = (0x18, 0x20), (0x2b, 0x33), (0x08, 0x20), (0x3b, 0x33)
FLAGS, PATTERN = 0x8d7, 0x1111111122222222
UD = 6

ROUTE5 = 0x1234567800000142
# What it is, mode, RAX, RCX, RDX; the exception or what is in RAX after it.
CASES = [
    # [HYP-2]
    ('MAGIC', KERNEL, READ, MAGIC, 0, 0x51495650),
    ('VERSION', KERNEL, READ, VERSION, 0, 1),
    # [HYP-3] [HYP-4]
    ('NR_LINES, high bits set', KERNEL, HIGH | READ, HIGH | NR_LINES, HIGH, 64),
    ('write of a route, high bits set', KERNEL, HIGH | WRITE, HIGH | ROUTE + 40, ROUTE5, 0),
    ('read of a route', KERNEL, READ, ROUTE + 40, 0, ROUTE5),
    ('write of TRIGGER, high bits set', KERNEL, WRITE, TRIGGER, HIGH | 5, 0),
    ('nothing was rejected', KERNEL, READ, ERRORS, 0, 0),
    # [HYP-5] [ERR-1] [ERR-3]
    ('read of half a route', KERNEL, READ, ROUTE + 4, 0, 0),
    ('read past the routes', KERNEL, READ, ROUTE + 8 * 64, 0, 0),
    ('write past the routes', KERNEL, WRITE, ROUTE + 8 * 64, ROUTE5, 0),
    ('read of what is written', KERNEL, READ, CONTROL, 0, 0),
    ('write of what is read', KERNEL, WRITE, MAGIC, 0, 0),
    ('read between registers', KERNEL, READ, 2, 0, 0),
    ('read at the last offset', KERNEL, READ, 0xffffffff, 0, 0),
    ('seven were rejected', KERNEL, READ, ERRORS, 0, 7),
    # [HYP-6]
    *((f'function {function:#x}', KERNEL, function, CONTROL, 1, UD)
      for function in (0, 1, 0x40000000, READ - 1, READ + 1, WRITE - 1, WRITE + 1, 0xffffffff)),
    *((f'{what} at {where}', mode, function, CONTROL, 1, UD)
      for mode, where in ((USER, 'CPL 3'), (KERNEL32, 'CPL 0, 32 bits'),
                          (USER32, 'CPL 3, 32 bits'))
      for function, what in ((READ, 'read'), (WRITE, 'write'))),
    ('none of these was an access', KERNEL, READ, ERRORS, 0, 7),
    ('nor changed a route', KERNEL, READ, ROUTE + 40, 0, ROUTE5),
    ('RESET', KERNEL, WRITE, CONTROL, 1, 0),
    ('a route after it', KERNEL, READ, ROUTE + 40, 0, 0x200),
    ('ERRORS after it', KERNEL, READ, ERRORS, 0, 0),
]


def execute(code, cpu, option):
    """What each of the cases does by VMMCALL ("amd") or VMCALL ("intel")."""
    with tempfile.TemporaryDirectory() as tmp:
        with open(f'{tmp}/cases.h', 'w', encoding='utf-8') as file:
            for _, (cs, ss), rax, rcx, rdx, _ in CASES:
                file.write(f'CASE({code}, {cs}, {ss}, {rax:#x}, {rcx:#x}, {rdx:#x})\n')
        source = os.path.join(os.path.dirname(__file__), 'lib/hypercall.S')
        subprocess.run(['gcc', '-c', f'-DCASES="{tmp}/cases.h"', '-o', f'{tmp}/o', source],
                       check=True)
        subprocess.run(['ld', '-Ttext', '0', '--oformat', 'binary', '-o', f'{tmp}/bios', f'{tmp}/o'],
                       check=True)
        qemu = subprocess.run(
            [guest.boot.QEMU, '-M', 'q35', '-cpu', cpu, '-bios', f'{tmp}/bios', '-nodefaults',
             '-display', 'none', *ROMS, '-serial', f'file:{tmp}/out', '-device', 'paravirq,id=pvic',
             '-device', f'paravirq-test,intc=pvic,{option}', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4'], timeout=300, check=False)
        with open(f'{tmp}/out', 'rb') as file:
            states = list(struct.iter_unpack('<17Q', file.read()))
    return qemu.returncode, states


def instruction(label, cpu, mine, option='hypercall=on'):
    """Each case, and the state that it leaves, where that is this CPU's instruction or not."""
    status, states = execute('intel' if mine == ('Intel' in label) else 'amd', cpu, option)
    guest.equal((status, len(states)), (guest.boot.PASSED, len(CASES)), f'{label}: it ran')
    for (what, _, rax, rcx, rdx, expected), state in zip(CASES, states):
        vector = UD if expected == UD or not mine or option != 'hypercall=on' else 0
        # An exception sets RF in the flags that it saves.
        guest.equal(list(map(hex, state)), list(map(hex, [
            vector, FLAGS | (0x10000 if vector else 0), rax if vector else expected, rcx, rdx,
            *[PATTERN] * 12])), f'{label}: {what}')


# [HYP-1]
for name, cpu_model in CPUS.items():
    instruction(name, cpu_model, mine=True)
instruction('AMD, VMCALL', CPUS['AMD'], mine=False)
instruction('Intel, VMMCALL', CPUS['Intel'], mine=False)
instruction('AMD, not taken', CPUS['AMD'], mine=True, option='hypercall=off')
instruction('Intel, not taken', CPUS['Intel'], mine=True, option='hypercall=off')

# [HYP-7]
twice = subprocess.run([guest.boot.QEMU, '-M', 'q35', '-nodefaults', '-display', 'none', *ROMS,
                        '-monitor', 'stdio', '-device', 'paravirq,id=pvic',
                        *['-device', 'paravirq-test,intc=pvic,hypercall=on'] * 2],
                       input='quit\n', stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       text=True, timeout=300, check=False)
guest.ok(twice.returncode == 1 and 'paravirq-test: hypercall=on is allowed once' in twice.stderr,
         'a second device with hypercalls is refused')


def traced(run):
    """The hypercalls of a guest: function, offset, what was written."""
    with open(f'{run.dir}/trace', encoding='utf-8') as file:
        return [(int(f, 0), int(o, 0), int(v, 0) if int(f, 0) == WRITE else None)
                for f, o, v in re.findall(
                    r'^paravirq_hypercall function (\w+) offset (\w+) value (\w+)$',
                    file.read(), re.M)]


check = guest.load('check-boot-log').check
# [DISC-3] [DISC-10] [HYP-1]
for options in ({'machine': 'q35'},
                {'machine': 'q35', 'args': ['-cpu', CPUS['AMD without SVM']]},
                {'machine': 'q35', 'args': ['-cpu', CPUS['Intel']]},
                {'machine': 'microvm', 'load': 'initrd'},
                {'machine': 'pc'},
                {'machine': 'q35', 'kernel': 'modules'},
                {'machine': 'q35', 'firmware': 'dt'},
                {'machine': 'microvm', 'firmware': 'dt'},
                {'machine': 'microvm', 'firmware': 'dt+acpi'},
                {'machine': 'q35', 'tables': ['hypercall2']},
                {'machine': 'microvm', 'tables': ['hypercall2'], 'firmware': 'dt'}):
    if not guest.can(**options):
        continue
    options.setdefault('tables', ['hypercall'])
    text = f'smoke {" ".join(map(str, options.values()))}'
    with guest.Run('smoke', label=text, **options) as run:
        pass
    guest.equal([line.split(', ')[-2] for line in run.log if 'parent VECTOR' in line][-1:],
                ['hypercall'], f'{text}: the log says hypercall')
    guest.equal([said for passed, said in check(run.log) if not passed], [],
                f'{text}: check-boot-log finds nothing wrong')

# [HYP-10] [GUEST-1] Looked for by the read of MAGIC; then all as with other transports.
for option, test, calls in (
        ('', 'smoke', [(READ, MAGIC, None), (READ, MAGIC, None), (READ, VERSION, None),
                       (READ, NR_LINES, None), (WRITE, CONTROL, 1)]),
        (',magic=2', 'quiet', [(READ, MAGIC, None)] * 2)):
    devices = guest.boot.hardware(1, hypercall=0)
    devices[3] += option
    run = guest.Run(test, label=f'probe{option}', tables=['hypercall'], devices=devices,
                    machine='q35', args=['-trace', 'paravirq_hypercall', '-D', '{dir}/trace'])
    with run:
        run.wait_line('selftest: 1\\.\\.')
        log = traced(run)
    guest.equal(log[:5], calls, f'probe{option}: its hypercalls')

# [ROUTE-4] [ROUTE-5] [GUEST-6] [GUEST-7]
with guest.Run('affinity', label='affinity hypercall', tables=['hypercall'], timeout=300,
               append='guest_rounds=30') as run:
    guest.under_fire(run, run.label).ring(3)
with guest.Run('retarget', label='retarget hypercall', tables=['hypercall'], timeout=300):
    pass

# [GUEST-3]
with guest.Run('suspend', label='suspend hypercall', kernel='modules', tables=['hypercall'],
               append='no_console_suspend', timeout=180) as run:
    run.wait_line('selftest: ring 1')
    run.ring(0, doorbell=1)
    run.wait_line('ACPI: PM: Preparing to enter system sleep state S3')
    guest.ok(run.until(lambda: run.qmp('query-status')['status'] == 'suspended'),
             'suspend hypercall: it sleeps')
    guest.equal(run.get(PVIC, 'errors'), 0, 'suspend hypercall: no access was rejected')
    run.qmp('system_wakeup')
    run.wait_line('selftest: ring 2')
    run.ring(0, doorbell=1)

# A controller that comes after the first one was removed has them.
with tempfile.NamedTemporaryFile(suffix='.img') as image:
    for name in ('pvic-hypercall', 'doorbell'):
        with open(os.path.join(guest.boot.BUILD, f'tables/{name}.aml'), 'rb') as f:
            image.write(f.read())
    image.write(bytes(-image.tell() % 512))
    image.flush()
    with guest.Run('configfs', label='configfs hypercall', machine='microvm', tables=[], expect=0,
                   devices=guest.boot.hardware(1, hypercall=0),
                   args=('-drive', 'if=none,id=d,format=raw,readonly=on,'
                         f'file={image.name}', '-device', 'virtio-blk-device,drive=d')) as run:
        # It ends by a reset.
        run.ktap = True
guest.done()
