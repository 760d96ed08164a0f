# SPDX-License-Identifier: GPL-2.0
"""
For host tests (tests/*.t) that boot guests: TAP on stdout, one line for each
result of a guest's test and for each check of its run. Built on scripts/boot.

    import guest
    with guest.Run('smoke', machine='q35') as run:
        run.wait_line('ready')
        run.ring(3)
    guest.ok(True, 'a check of the host')
    guest.done()

Leaving the "with" block waits for the guest and judges it: the guest's KTAP
has to be complete, QEMU's exit status has to agree, the log has to be clean.

Copyright (C) 2026 The paravirq authors
"""
import contextlib
import importlib.machinery
import importlib.util
import os
import re
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback

sys.dont_write_bytecode = True
_path = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../scripts/boot')
_loader = importlib.machinery.SourceFileLoader('boot', _path)
boot = importlib.util.module_from_spec(
    importlib.util.spec_from_loader('boot', _loader))
_loader.exec_module(boot)
load = boot.load
signal.signal(signal.SIGINT, boot.end)

# Status for scripts/kvm-host, which takes it for a fault of the emulated processor.
TRIPLE_FAULT = 98

# Debian's own kernel of the version $KERNEL, or another one of scripts/build-stock.
STOCK = os.environ.get('STOCK_KERNEL') or \
    {'6.1': 'bookworm-6.1', '7.3': 'trixie-7.3'}.get(os.environ.get('KERNEL'), 'bookworm-6.12')

_done = 0
_failed = 0


def note(text):
    """A comment in the TAP."""
    for line in str(text).splitlines():
        print(f'# {line}', flush=True)


def ok(passed, name):
    """One result; returns it."""
    global _done, _failed
    _done += 1
    _failed += not passed
    # A '#' would start a directive.
    print(f'{"ok" if passed else "not ok"} {_done} - {name.replace("#", "")}',
          flush=True)
    return bool(passed)


def skip(name):
    """One result of what cannot be tested here."""
    global _done
    _done += 1
    print(f'ok {_done} - {name} # SKIP', flush=True)


def can(firmware='acpi', **_):
    """
    Can this Linux boot with that firmware? 6.1 has no device tree on x86-64, and no lines for
    the queues of virtio.
    """
    if boot.built('slim') != 'slim-6.1' or firmware == 'acpi':
        return True
    skip(f'{firmware}: not with Linux 6.1')
    return False


def equal(got, expected, name):
    """Passes when both are equal, and shows them otherwise."""
    if not ok(got == expected, name):
        note(f'got {got!r}, expected {expected!r}')


def done():
    """Ends the TAP of this file; every file ends with it."""
    print(f'1..{_done}')
    sys.exit(_failed > 0)


def ktap(log):
    """
    The plan and the results {number: (passed, text, skipped)} in the lines of
    a guest's test, and what is wrong with them.
    """
    plan, results, wrong = None, {}, []
    for line in log:
        match = re.match(r'(?:\[[^]]*\] )?selftest: (.*)', line)
        if not match:
            continue
        line = match[1]
        head = re.match(r'1\.\.(\d+)', line)
        result = re.match(r'(ok|not ok) (\d+)(?: -)? ?(.*)', line)
        if head and plan is not None:
            wrong.append(f'a second plan: {line}')
        elif head:
            plan = int(head[1])
        elif result:
            number = int(result[2])
            if number in results:
                wrong.append(f'a second result {number}')
            text, _, directive = result[3].partition('#')
            results[number] = (result[1] == 'ok', text.strip(),
                               directive.strip().upper().startswith('SKIP'))
        elif line.startswith('Bail out!'):
            wrong.append(line)
    if not plan:
        wrong.append('no plan' if plan is None else 'a plan of no tests')
    wrong += [f'result {n} is not in the plan 1..{plan}'
              for n in results if not 1 <= n <= (plan or 0)]
    return plan or 0, results, wrong


class Run(boot.Guest):
    """A guest that is booted, waited for and judged. See boot.Guest."""

    def __init__(self, test, label=None, allow=(), expect=boot.PASSED, **options):
        """
        allow: patterns of log lines that are no trouble in this run.
        expect: QEMU's exit status; when it is not that of a passed test, or
        test is None, no KTAP is expected.
        """
        super().__init__(test, **options)
        self.label = label or ' '.join(
            [test or 'boot', *(str(v) for k, v in options.items()
                               if k in ('kernel', 'machine', 'firmware', 'load'))])
        self.allow = allow
        self.expect = expect
        self.ktap = test is not None and expect == boot.PASSED

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, error, trace):
        try:
            if error and not isinstance(error, Exception):
                return False
            if error:
                ok(False, f'{self.label}: {kind.__name__}: {error}')
                note(''.join(traceback.format_exception(kind, error, trace)))
                self.process.kill()
            self.judge()
        finally:
            self.stop()
        return True

    def throttle(self, reads, writes):
        """How many of them a second disk "d" does, 0 for all."""
        self.qmp('human-monitor-command', command_line=
                 f'block_set_io_throttle d 0 0 0 0 {reads} {writes}')

    def move_after(self, accesses):
        """
        Has another QEMU go on once there were 20 "rd_operations" or "wr_operations" of
        the disk; returns how many.
        """
        while self.qmp('query-blockstats')[0]['stats'][accesses] < 20:
            time.sleep(0.02)
        self.save()
        n = self.qmp('query-blockstats')[0]['stats'][accesses]
        self.replace()
        self.load()
        return n

    def triple_fault(self, status):
        """Has the emulated processor ended it? No Linux ends without a word."""
        return boot.EMULATED_HOST and status == 0 != self.expect and not any(
            re.search('reboot: |Kernel panic', line) for line in self.log)

    def judge(self):
        """Waits for the end and reports everything about this run."""
        status = self.wait()
        before = _failed
        if self.triple_fault(status):
            note(f'{self.label}: a triple fault after {self.log[-1:]}')
            sys.exit(TRIPLE_FAULT)
        if self.ktap:
            # Of the last boot: a reset cuts a test short.
            boots = [i for i, line in enumerate(self.log) if 'Linux version' in line]
            plan, results, wrong = ktap(self.log[max(boots, default=0):])
            for n in range(1, plan + 1):
                passed, text, skipped = results.get(n, (False, f'result {n} is missing', False))
                name = f'{self.label}: {text}'
                if skipped:
                    skip(name)
                else:
                    ok(passed, name)
            ok(not wrong, f'{self.label}: the results are complete')
            note('\n'.join(wrong))
        equal(status, self.expect, f'{self.label}: exit status of QEMU')
        trouble = boot.trouble(self.log, self.allow)
        ok(not trouble, f'{self.label}: the log is clean')
        if _failed > before:
            note(f'the log of {self.label}:')
            note('\n'.join(self.log))


class Doorbell:
    """QEMU's db0, /dev/doorbell0 in the guest, whose test has said that it is up."""

    def __init__(self, run):
        run.wait_line('selftest: up')
        self.run = run

    def ring(self, *lines):
        self.run.ring(*lines)

    def get(self, name):
        return self.run.get('/machine/peripheral/db0', name)

    def took(self, n):
        """Waits until the doorbell has taken in n rings."""
        while self.get('rung') < n:
            time.sleep(0.01)

    def is_settled(self):
        """Has the guest fetched each ring?"""
        return self.get('rung') == self.get('fetched')

    def settled(self, label):
        """All that was rung has been fetched, once there was time for it."""
        self.run.until(self.is_settled)
        equal(self.get('fetched'), self.get('rung'),
              f'{label}: every ring was fetched')


def under_fire(run, label):
    """
    The guest's test moves lines 0 to 2 from CPU to CPU while they are rung: each ring is
    counted once, of its line. The guest then waits for line 3. Returns the doorbell.
    """
    db = Doorbell(run)
    run.wait_line('selftest: firing')
    fire = Fire(db, 0, 1, 2)
    run.wait_line('selftest: over', timeout=240)
    rings = fire.cease()
    run.until(db.is_settled)
    db.ring(3)
    for n in range(3):
        _, said = run.wait_line(rf'selftest: line {n} rings (\d+) total (\d+)')
        equal(int(said[2]), int(said[1]) + rings // 3,
              f'{label}: line {n}: {said[1]} rings of the guest and '
              f'{rings // 3} of the host were all counted')
    db.settled(label)
    return db


def suspend(kernel, **options):
    """
    A guest on q35 sleeps (S3); its machine, which wakes it up, was reset meanwhile. A held
    line is rung before and after.
    """
    with Run('suspend', kernel=kernel, append='no_console_suspend', timeout=180,
             **options) as run:
        run.wait_line('selftest: ring 1')
        run.ring(0, doorbell=1)
        run.wait_line('ACPI: PM: Preparing to enter system sleep state S3')
        while run.qmp('query-status')['status'] != 'suspended':
            time.sleep(0.1)
        equal(run.get('/machine/peripheral/pvic', 'route-writes') > 0, True,
              f'{run.label}: the guest had routes')
        run.qmp('system_wakeup')
        run.wait_line('selftest: ring 2')
        run.ring(0, doorbell=1)


@contextlib.contextmanager
def table_disk(*names):
    """The image of a disk that has these tables, one after the other."""
    with tempfile.NamedTemporaryFile(suffix='.img') as image:
        for name in names:
            with open(os.path.join(boot.BUILD, f'tables/{name}.aml'), 'rb') as f:
                image.write(f.read())
        image.write(bytes(-image.tell() % 512))
        image.flush()
        yield image


class Fire(threading.Thread):
    """Rings lines until told to stop, a few at a time."""

    def __init__(self, doorbell, *lines):
        super().__init__(daemon=True)
        self.doorbell, self.lines, self.rings, self.ceased = doorbell, lines, 0, False
        self.start()

    def run(self):
        while not self.ceased:
            self.doorbell.ring(*self.lines * 5)
            self.rings += 5 * len(self.lines)
            time.sleep(0.001 * self.doorbell.run.pace)

    def cease(self):
        self.ceased = True
        self.join()
        return self.rings


class Stream:
    """
    Rings the lines of a doorbell of QEMU's by its socket, again and again, from a
    thread of its own. "rings" has all of it in order, and the doorbell counts
    what it took in: when the guest moves to another QEMU, what the old one has left
    is rung in the new one.
    """

    def __init__(self, run, number, *lines):
        self.run, self.number, self.lines = run, number, lines
        self.rings = bytearray()
        self._sent = 0
        self._firing = True
        self._lock = threading.Lock()
        self._running = False
        self._thread = None
        self.go_on(0)

    def get(self, name):
        """A property of the doorbell."""
        return self.run.get(f'/machine/peripheral/db{self.number}', name)

    def ring(self, *lines):
        """Rings lines once, in their turn."""
        with self._lock:
            self.rings += bytes(lines)

    def took(self):
        """Waits until the doorbell has taken in all that there is by now."""
        with self._lock:
            n = len(self.rings)
        while self.get('rung') < n:
            time.sleep(0.02)

    def go_on(self, rung):
        """Rings from ring number "rung" on, those that were rung before first."""
        self._sent = rung
        self._running = True
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def pause(self):
        """Rings no more until go_on()."""
        self._running = False
        self._thread.join()

    def more(self, n):
        """Waits until n more rings have been sent."""
        until = self._sent + n
        self.run.until(lambda: self._sent >= until, timeout=30)

    def cease(self):
        """Rings what there is and no more."""
        with self._lock:
            self._firing = False

    def compare(self):
        """
        The guest, which has called totals(), has fetched all that the doorbell took
        in since the last reset, and counted each ring for its line.
        """
        rung = self.get('rung')
        label = f'{self.run.label}: doorbell {self.number}'
        equal(self.get('fetched'), rung, f'{label}: {rung} rings were fetched')
        taken = self.rings[-rung:]
        start = max(i for i, line in enumerate(self.run.log) if 'Linux version' in line)
        for n in range(boot.platform()['DOORBELL_LINES']):
            line = boot.platform()[f'DOORBELL{self.number}_LINE'] + n
            _, said = self.run.wait_line(rf'selftest: line {line} total (\d+)', start)
            equal(int(said[1]), taken.count(n), f'{label} line {n}: '
                  f'{taken.count(n)} rings, each counted once')

    def _send(self):
        out = self.run.connect(f'c{self.number}')
        while self._running:
            with self._lock:
                if self._firing and self._sent >= len(self.rings):
                    self.rings += bytes(self.lines) * 20
                more = self.rings[self._sent:self._sent + 1000]
            try:
                if more:
                    self._sent += out.send(more, socket.MSG_DONTWAIT)
            except BlockingIOError:
                pass
            except OSError:
                return
            time.sleep(0.005)
