#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The devices of hypervisor/qemu without a guest: registers are driven over
QEMU's qtest socket, everything else over QMP. Prints TAP. Run by hand or by
prove; takes the path of QEMU from $QEMU, default build/qemu/qemu-system-x86_64.
Numbers in brackets are those of Documentation/virt/paravirq/interface.rst.

Copyright (C) 2026 The paravirq authors
"""
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
QEMU = os.environ.get("QEMU", ROOT + "/build/qemu/qemu-system-x86_64")
PVIC, DB, PORT = 0xfec80000, 0xfeca0000, 0xe00
ENABLE, MASK, PENDING = 0x100, 0x200, 0x400
DEVICES = ["-device", "paravirq,id=pvic", "-device", "paravirq-doorbell,id=db0"]
AT_PORTS = ["-device", "paravirq,id=pvic,port=0xe00", *DEVICES[2:]]


def route(apic_id, vector, flags):
    return apic_id << 32 | vector | flags


class Machine:
    """One QEMU with a qtest and a QMP socket; its vCPUs never run."""

    def __init__(self, *args, machine="q35"):
        chans, inherit = {}, []
        for name in ("qtest", "qmp"):
            chans[name], other = socket.socketpair()
            chans[name].settimeout(60)
            inherit.append(other)
        self.qemu = subprocess.Popen(
            [QEMU, "-L", "/usr/share/seabios", "-L", "/usr/share/qemu",
             "-nodefaults", "-display", "none", "-accel", "qtest", "-smp", "2",
             "-m", "64", "-M", machine,
             "-chardev", f"socket,id=q,fd={inherit[0].fileno()}", "-object", "qtest,id=qt,chardev=q",
             "-chardev", f"socket,id=m,fd={inherit[1].fileno()}", "-mon", "m,mode=control",
             *args],
            pass_fds=[s.fileno() for s in inherit], stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        for other in inherit:
            other.close()
        self.chans = chans
        self.qtest_file = chans["qtest"].makefile("rw")
        self.qmp_file = chans["qmp"].makefile("rw")
        json.loads(self.qmp_file.readline())
        self.qmp("qmp_capabilities")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.qemu.kill()
        self.qemu.communicate()
        for chan in (self.qtest_file, self.qmp_file, *self.chans.values()):
            try:
                chan.close()
            except OSError:
                pass

    def qtest(self, *words):
        print(*words, file=self.qtest_file, flush=True)
        while True:
            answer = self.qtest_file.readline().split()
            if not answer or answer[0] != "IRQ":
                break
        assert answer[:1] == ["OK"], (words, answer)
        return int(answer[1], 0) if len(answer) > 1 else None

    def qmp_raw(self, command, **arguments):
        print(json.dumps({"execute": command, "arguments": arguments}),
              file=self.qmp_file, flush=True)
        while True:
            answer = json.loads(self.qmp_file.readline())
            if "event" not in answer:
                return answer

    def qmp(self, command, **arguments):
        return self.qmp_raw(command, **arguments)["return"]

    def get(self, name, device="pvic"):
        path = device if device[0] == "/" else "/machine/peripheral/" + device
        return self.qmp("qom-get", path=path, property=name)

    def ring(self, line):
        return self.qmp_raw("qom-set", path="/machine/peripheral/db0", property="ring", value=line)

    def read_route(self, line):
        return self.qtest("readq", PVIC + 0x1000 + 8 * line)

    def write_route(self, line, value):
        self.qtest("writeq", PVIC + 0x1000 + 8 * line, value)

    def commit(self, line, value, port=PORT):
        """A route by way of I/O ports."""
        self.qtest("outl", port + 0x20, value >> 32)
        self.qtest("outl", port + 0x24, line << 16 | value & 0xffff)

    def select(self, line, port=PORT):
        self.qtest("outl", port + 0x28, line)
        return self.qtest("inl", port + 0x20) << 32 | self.qtest("inl", port + 0x28)

    def irr(self, cpu):
        """Vectors that wait in the LAPIC of a vCPU."""
        text = self.qmp("human-monitor-command",
                        **{"command-line": "info lapic %d" % cpu})
        found = re.search(r"IRR\s+(.*)", text).group(1)
        return sorted(int(v) for v in re.findall(r"\b(\d+)\b", found))

    def memory(self, address, length):
        """Bytes as a vCPU would see them."""
        print("read", address, length, file=self.qtest_file, flush=True)
        return bytes.fromhex(self.qtest_file.readline().split()[1][2:])

    def fw_cfg(self, name):
        """Content of a fw_cfg file, by way of guest memory (fw_cfg DMA)."""
        def dma(key, length):
            self.qtest("write", 0x1000, 16, "0x" + struct.pack(
                ">IIQ", key << 16 | 0x0a, length, 0x100000).hex())
            self.qtest("outl", 0x514, 0)
            self.qtest("outl", 0x518, int.from_bytes(struct.pack(">I", 0x1000), "little"))
            return self.memory(0x100000, length)
        count = struct.unpack(">I", dma(0x19, 4))[0]
        listing = dma(0x19, 4 + 64 * count)[4:]
        for i in range(count):
            size, key, _, file = struct.unpack(">IHH56s", listing[64 * i:64 * i + 64])
            if file.rstrip(b"\0").decode() == name:
                return dma(key, size)
        raise KeyError(name)


def refused(*args, machine="q35"):
    """What QEMU says when it does not start."""
    done = subprocess.run([QEMU, "-M", machine, "-nodefaults", "-display", "none", "-accel",
                           "qtest", "-L", "/usr/share/seabios", "-L", "/usr/share/qemu",
                           *args], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 1, done.returncode
    return done.stderr


def test_registers_on_every_machine():
    for machine in ("q35", "pc", "microvm"):
        with Machine(*DEVICES, machine=machine) as m:
            # [REG-3] [REG-5]
            assert [m.qtest("readl", PVIC + o) for o in (0, 4, 8, 12, 20)] == \
                [0x51495650, 1, 64, 0, 0]
            assert m.memory(PVIC, 4) == b"PVIQ"
            assert m.qtest("readl", DB) == 0x42445650
            assert m.qtest("readl", DB + 4) == 4
            m.write_route(32, route(0, 0x31, ENABLE))
            assert m.ring(0) == {"return": {}}
            assert m.irr(0) == [0x31], m.irr(0)


def test_every_wrong_access_is_counted_once():  # [REG-4] [ERR-1] [ERR-4] [ERR-6]
    with Machine(*DEVICES) as m:
        errors = 0
        for op, offset in (("readb", 0), ("readw", 0), ("readq", 0), ("readl", 2), ("readl", 1),
                           ("readl", 0x10), ("readl", 0x18), ("readl", 0x1c),
                           ("readl", 0x1000), ("readq", 0x1004), ("readq", 0x11fc)):
            m.qtest(op, PVIC + offset)
            errors += 1
            assert m.qtest("readl", PVIC + 0x14) == errors, (op, hex(offset))
        for op, offset in (("writeb", 0x1000), ("writew", 0x1000), ("writel", 0x1000),
                           ("writel", 0x1004), ("writeq", 0x1004), ("writeb", 0x10),
                           ("writeq", 0x10), ("writel", 0x11), ("writel", 0)):
            m.qtest(op, PVIC + offset, 0x131 if "q" in op else 1)
            errors += 1
            assert m.qtest("readl", PVIC + 0x14) == errors, (op, hex(offset))
        assert m.get("errors") == errors
        assert m.read_route(0) == MASK


def test_routes_reach_the_right_vcpu():  # [ROUTE-2] [ROUTE-3] [RAISE-1] [RAISE-4]
    with Machine(*DEVICES) as m:
        m.write_route(33, route(1, 0x42, ENABLE))
        m.ring(1)
        assert m.irr(0) == [] and m.irr(1) == [0x42]
        assert m.get("injected") == 1
        # Without a look at the high bits this would be vCPU 1.
        m.write_route(33, route(0x101, 0x43, ENABLE))
        assert m.read_route(33) == route(0x101, 0x43, ENABLE)
        m.ring(1)
        assert m.irr(1) == [0x42] and m.get("dropped") == 1
        m.write_route(33, route(0xff, 0x44, ENABLE))
        assert m.read_route(33) == route(0x101, 0x43, ENABLE)
        assert m.get("errors") == 1
        assert m.get("route-writes") == 3 and m.get("route-reads") == 2


def test_every_assertion_counts():  # [RAISE-2]
    with Machine(*DEVICES) as m:
        m.write_route(5, route(1, 0x42, ENABLE))
        for level, injected in ((1, 1), (1, 2), (0, 2), (1, 3)):
            m.qtest("set_irq_in", "/machine/peripheral/pvic", "unnamed-gpio-in", 5, level)
            assert m.get("injected") == injected, (level, injected)


def test_mask_and_trigger():  # [TRIG-1] [ROUTE-7]
    with Machine(*DEVICES) as m:
        m.write_route(32, route(1, 0x42, ENABLE | MASK))
        m.ring(0)
        m.qtest("writel", PVIC + 0x18, 32)
        assert m.get("latched") == 2 and m.irr(1) == []
        assert m.read_route(32) == route(1, 0x42, ENABLE | MASK | PENDING)
        m.write_route(32, route(1, 0x43, ENABLE))
        assert m.get("injected") == 1 and m.irr(1) == [0x43]


def test_doorbell():
    with tempfile.TemporaryDirectory() as tmp:
        server = socket.create_server(tmp + "/chr", family=socket.AF_UNIX)
        with Machine("-chardev", "socket,id=c0,path=%s/chr" % tmp, "-device", "paravirq,id=pvic",
                     "-device", "paravirq-doorbell,id=db0,chardev=c0") as m:
            peer = server.accept()[0]
            peer.settimeout(60)
            m.qtest("writel", DB + 8, 3)
            m.ring(3)
            m.qtest("writel", DB + 8, 4)
            m.qtest("writeb", DB + 8, 3)
            assert "allowed 0 to 3" in m.ring(4)["error"]["desc"]
            peer.sendall(bytes([3, 4, 255, 2]))
            end = time.monotonic() + 60
            while m.get("rung", "db0") < 4 and time.monotonic() < end:
                time.sleep(0.01)
            assert m.get("rung", "db0") == 4
            assert m.qtest("readl", DB + 0x118) == 0
            assert m.qtest("readq", DB + 0x118) == 3
            assert m.qtest("readq", DB + 0x118) == 0
            assert m.qtest("readq", DB + 0x110) == 1
            assert m.qtest("readq", DB + 0x120) == 0
            assert peer.recv(1) + peer.recv(1) == bytes([3, 2])
            assert m.get("fetched", "db0") == 4
            assert m.get("dropped") == 4


def test_doorbell_of_a_stopped_machine():
    with tempfile.TemporaryDirectory() as tmp:
        server = socket.create_server(tmp + "/chr", family=socket.AF_UNIX)
        with Machine("-chardev", "socket,id=c0,path=%s/chr" % tmp, *DEVICES[:3],
                     DEVICES[3] + ",chardev=c0") as m:
            peer = server.accept()[0]
            rung = 0
            for _ in range(20):
                # Some of these arrive before it stops, most after.
                peer.sendall(bytes(50))
                m.qmp("stop")
                before = m.get("rung", "db0")
                peer.sendall(bytes(50))
                assert "running" in m.ring(1)["error"]["desc"]
                assert m.get("rung", "db0") == before
                m.qmp("cont")
                rung += 100
                end = time.monotonic() + 60
                while m.get("rung", "db0") < rung and time.monotonic() < end:
                    time.sleep(0.01)
                assert m.get("rung", "db0") == rung
            assert m.qtest("readq", DB + 0x100) == rung


def test_reset():  # [RESET-4]
    with Machine(*DEVICES) as m:
        m.write_route(32, route(1, 0x42, ENABLE | MASK))
        m.ring(0)
        m.qtest("readb", PVIC)
        m.qmp("system_reset")
        end = time.monotonic() + 60
        while m.read_route(32) != MASK and time.monotonic() < end:
            time.sleep(0.01)
        assert m.read_route(32) == MASK and m.get("errors") == 0
        assert m.qtest("readq", DB + 0x100) == 0 and m.get("rung", "db0") == 0


def save(m, path):
    m.qmp("migrate", uri="exec:cat>" + path)
    end = time.monotonic() + 60
    while m.qmp("query-migrate").get("status") not in ("completed", "failed"):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert m.qmp("query-migrate")["status"] == "completed"


def test_migration():  # [SAVE-1] [SAVE-2] [SAVE-3]
    with tempfile.TemporaryDirectory() as tmp:
        with Machine(*DEVICES) as m:
            m.write_route(32, route(1, 0x42, ENABLE | MASK))
            m.write_route(33, route(1, 0x43, ENABLE))
            m.ring(0)
            m.ring(0)
            m.qtest("readb", PVIC)
            save(m, tmp + "/state")
        with Machine(*DEVICES, "-incoming", "exec:cat " + tmp + "/state") as m:
            end = time.monotonic() + 60
            while m.qmp("query-status")["status"] == "inmigrate" and time.monotonic() < end:
                time.sleep(0.01)
            assert m.read_route(32) == route(1, 0x42, ENABLE | MASK | PENDING)
            assert m.read_route(33) == route(1, 0x43, ENABLE)
            assert m.get("errors") == 1 and m.get("injected") == 0
            m.write_route(32, route(1, 0x42, ENABLE))
            assert m.get("injected") == 1 and m.irr(1) == [0x42]
            assert m.get("rung", "db0") == 2 and m.qtest("readq", DB + 0x100) == 2
        other = ["-device", "paravirq,id=pvic,lines=65", *DEVICES[2:]]
        assert "differ in lines" in refused(*other, "-smp", "2", "-m", "64",
                                            "-incoming", "exec:cat " + tmp + "/state")


def test_ports_on_every_machine():  # [DISC-3] [PIO-1] [PIO-2] [PIO-3] [PIO-4]
    for machine in ("q35", "pc", "microvm"):
        with Machine(*AT_PORTS, machine=machine) as m:
            assert [m.qtest("inl", PORT + o) for o in (0, 4, 8, 12, 0x14, 0x20, 0x28)] == \
                [0x51495650, 1, 64, 0, 0, 0, 0]
            assert m.qtest("readl", PVIC) != 0x51495650
            # Two lines, in two steps each: nothing is left of the one before.
            m.qtest("outl", PORT + 0x20, 0x12345678)
            assert m.qtest("inl", PORT + 0x20) == 0x12345678
            m.commit(32, route(1, 0x31, ENABLE))
            m.commit(33, route(0, 0x32, ENABLE | MASK))
            m.qtest("outl", PORT + 0x24, 63 << 16 | 0x133)
            for line, expected in ((32, route(1, 0x31, ENABLE)), (33, route(0, 0x32, ENABLE | MASK)),
                                   (63, route(0, 0x33, ENABLE)), (0, MASK), (62, MASK)):
                assert m.select(line) == expected, (line, expected)
            # What SELECT reads is of its time: PENDING comes with the next one.
            assert m.select(33) & PENDING == 0
            m.ring(0)
            m.ring(1)
            m.qtest("outl", PORT + 0x18, 63)
            assert m.irr(1) == [0x31] and m.irr(0) == [0x33]
            assert m.qtest("inl", PORT + 0x28) & PENDING == 0
            assert m.select(33) == route(0, 0x32, ENABLE | MASK | PENDING)
            assert [m.get(n) for n in ("route-writes", "route-reads", "errors")] == [3, 7, 0]
            m.qtest("outl", PORT + 0x10, 1)
            assert [m.qtest("inl", PORT + o) for o in (0x20, 0x28)] == [0, 0]
            assert {m.select(line) for line in range(64)} == {MASK}


def test_every_wrong_access_at_ports_is_counted_once():  # [PIO-5] [REG-4] [ERR-1] [ERR-2] [ERR-3]
    for machine in ("q35", "microvm"):
        with Machine(*AT_PORTS, machine=machine) as m:
            good = route(1, 0x42, ENABLE)
            m.commit(7, good)
            m.select(7)
            errors = 0
            for op, offset in (*((op, o) for op in ("inb", "inw") for o in (0, 0x20, 0x28, 0x2a)),
                               *(("inl", o) for o in (1, 2, 0x0e, 0x10, 0x18, 0x1c, 0x22, 0x24,
                                                      0x2c, 0x30, 0x3c))):
                assert m.qtest(op, PORT + offset) == 0, (op, hex(offset))
                errors += 1
                assert m.qtest("inl", PORT + 0x14) == errors, (op, hex(offset))
            for op, offset, value in (
                    ("outb", 0x20, 5), ("outw", 0x20, 5), ("outb", 0x24, 0), ("outw", 0x24, 0x131),
                    ("outw", 0x26, 7), ("outb", 0x28, 0), ("outw", 0x28, 0), ("outb", 0x10, 1),
                    ("outl", 0x00, 1), ("outl", 0x14, 0), ("outl", 0x1c, 1), ("outl", 0x2c, 1),
                    ("outl", 0x3c, 1), ("outl", 0x22, 5), ("outl", 0x26, 5), ("outl", 0x10, 2),
                    ("outl", 0x18, 64), ("outl", 0x28, 64), ("outl", 0x28, 0xffffffff),
                    # No such line, vector below 32, reserved bits.
                    ("outl", 0x24, 64 << 16 | 0x131), ("outl", 0x24, 0xffff0131),
                    ("outl", 0x24, 7 << 16 | 0x11f), ("outl", 0x24, 7 << 16 | 0x8131),
                    ("outl", 0x24, 7 << 16 | 0x931)):
                m.qtest(op, PORT + offset, value)
                errors += 1
                assert m.qtest("inl", PORT + 0x14) == errors, (op, hex(offset), value)
                assert [m.qtest("inl", PORT + o) for o in (0x20, 0x28)] == [1, 0x142], (op, hex(offset))
            for dest in (0xff, 0xffffffff):
                m.commit(7, route(dest, 0x42, ENABLE))
                errors += 1
                assert m.qtest("inl", PORT + 0x20) == dest
            assert m.get("errors") == errors
            assert m.select(7) == good and {m.select(n) for n in range(64) if n != 7} == {MASK}
            # Without ENABLE nothing is wrong with the rest.
            m.qtest("outl", PORT + 0x24, 7 << 16 | 0xfeff)
            assert m.select(7) == MASK and m.get("errors") == errors
        # A controller in memory has no such registers.
        with Machine(*DEVICES, machine=machine) as m:
            for offset in (0x20, 0x24, 0x28):
                assert m.qtest("readl", PVIC + offset) == 0
                m.qtest("writel", PVIC + offset, 1)
            assert m.get("errors") == 6 and m.qtest("inl", PORT) != 0x51495650


def test_ports_half_way():  # [SAVE-1] [RESET-1] [RESET-4]
    with tempfile.TemporaryDirectory() as tmp:
        with Machine(*AT_PORTS) as m:
            m.commit(32, route(1, 0x42, ENABLE | MASK))
            m.ring(0)
            m.select(32)
            m.qtest("outl", PORT + 0x20, 0x89abcdef)
            m.qtest("inb", PORT)
            save(m, tmp + "/state")
        with Machine(*AT_PORTS, "-incoming", "exec:cat " + tmp + "/state") as m:
            end = time.monotonic() + 60
            while m.qmp("query-status")["status"] == "inmigrate" and time.monotonic() < end:
                time.sleep(0.01)
            assert [m.qtest("inl", PORT + o) for o in (0x14, 0x20, 0x28)] == \
                [1, 0x89abcdef, 0x42 | ENABLE | MASK | PENDING]
            m.qtest("outl", PORT + 0x24, 33 << 16 | 0x143)
            assert m.select(33) == route(0x89abcdef, 0x43, ENABLE)
            m.qmp("system_reset")
            end = time.monotonic() + 60
            while m.qtest("inl", PORT + 0x20) != 0 and time.monotonic() < end:
                time.sleep(0.01)
            assert [m.qtest("inl", PORT + o) for o in (0x14, 0x20, 0x28)] == [0, 0, 0]
            assert m.select(32) == m.select(33) == MASK


def test_two_controllers_at_ports():  # [DISC-1]
    for second in ("port=0xffc0", "addr=0xfec80000"):
        with Machine("-device", "paravirq,id=pvic,port=0xe00,lines=2048",
                     "-device", "paravirq,id=pvi2,lines=1," + second,
                     "-device", "paravirq-doorbell,id=db0,intc=pvi2,lines=1,first-line=0",
                     "-device", "paravirq-doorbell,id=db1,intc=pvic,lines=64,first-line=1984,"
                     "addr=0xfeca1000") as m:
            m.qtest("outl", PORT + 0x20, 1)
            if "port" in second:
                m.commit(0, route(0, 0x62, ENABLE), 0xffc0)
                assert m.select(0, 0xffc0) == route(0, 0x62, ENABLE)
            else:
                m.write_route(0, route(0, 0x62, ENABLE))
            # DEST of the one is not that of the other.
            m.qtest("outl", PORT + 0x24, 2047 << 16 | 0x161)
            assert m.select(2047) == route(1, 0x61, ENABLE) and m.select(0) == MASK
            m.ring(0)
            m.qtest("writel", 0xfeca1008, 63)
            assert m.irr(0) == [0x62] and m.irr(1) == [0x61]


def test_bad_controllers_at_ports():
    with Machine(*AT_PORTS) as m:
        def change(name, value):
            assert m.qmp_raw("qom-set", path="/machine/peripheral/pvic", property=name,
                             value=value) == {"return": {}}
        change("x-version", 7)
        assert m.qtest("inl", PORT + 4) == 7
        change("x-gone", True)
        assert [m.qtest("inl", PORT), m.qtest("inb", PORT)] == [0xffffffff, 0xff]
        m.commit(0, route(1, 0x61, ENABLE))
        change("x-gone", False)
        assert m.select(0) == MASK and m.get("route-writes") == 0
        change("x-flip", 0xf0)
        assert sorted(m.qtest("inl", PORT + 0x28) for _ in range(4)) == [MASK] * 2 + [MASK | 0xf0] * 2


def test_refused_options():
    for args, said in (
            # [REG-6], then [REG-1]
            (["paravirq,lines=0"], "paravirq: lines=0, allowed 1 to 2048"),
            (["paravirq,lines=2049"], "paravirq: lines=2049, allowed 1 to 2048"),
            (["paravirq,addr=0xfec80010"], "addr=0xfec80010 is not a multiple of 0x1000"),
            (["paravirq,addr=0xfffffffffffff000"], "leaves no room for 0x1200 bytes"),
            # [PIO-1], then [DISC-3]
            *((["paravirq,port=" + port], "paravirq: port=%s, allowed are multiples of 0x40 up to "
               "0xffc0" % port) for port in ("0xe01", "0xe20", "0xffe0", "0x10000")),
            (["paravirq,addr=0xfec80000,port=0xe00"],
             "paravirq: addr=0xfec80000 and port=0xe00, only one is allowed"),
            (["paravirq-doorbell"], "there is no paravirq controller"),
            (["paravirq", "paravirq,addr=0xfec90000", "paravirq-doorbell"], "there are several"),
            (["paravirq,id=a", "paravirq-doorbell,intc=b"], "'b' not found"),
            (["paravirq", "paravirq-doorbell,lines=0"], "lines=0, allowed 1 to 64"),
            (["paravirq", "paravirq-doorbell,lines=65"], "lines=65, allowed 1 to 64"),
            (["paravirq", "paravirq-doorbell,first-line=61"], "which has lines 0 to 63"),
            (["paravirq", "paravirq-doorbell,first-line=4294967295"], "which has lines 0 to 63"),
            (["paravirq", "paravirq-doorbell,addr=4"], "addr=0x4 is not a multiple of 0x1000")):
        devices = [word for arg in args for word in ("-device", arg)]
        assert said in refused(*devices), args


def test_limits_and_two_controllers():  # [DISC-1] [REG-2]
    with Machine("-device", "paravirq,id=pvic,lines=2048",
                 "-device", "paravirq,id=pvi2,lines=1,addr=0xfec90000",
                 "-device", "paravirq-doorbell,id=db0,intc=pvi2,lines=1,first-line=0",
                 "-device", "paravirq-doorbell,id=db1,intc=pvic,lines=64,first-line=1984,"
                 "addr=0xfeca1000") as m:
        m.write_route(2047, route(0, 0x61, ENABLE))
        m.qtest("writeq", 0xfec91000, route(0, 0x62, ENABLE))
        m.ring(0)
        m.qtest("writel", 0xfeca1008, 63)
        assert m.irr(0) == [0x61, 0x62]


def test_bad_controllers_for_the_driver():
    with Machine("-device", "paravirq,id=pvic,x-magic=0x12345678,x-version=2,x-nr-lines=0") as m:
        assert [m.qtest("readl", PVIC + o) for o in (0, 4, 8)] == [0x12345678, 2, 0]
    with Machine(*DEVICES) as m:
        def change(name, value):
            assert m.qmp_raw("qom-set", path="/machine/peripheral/pvic", property=name,
                             value=value) == {"return": {}}
        change("x-nr-lines", 7)
        assert m.qtest("readl", PVIC + 8) == 7
        change("x-flip", 0xf00000000)
        assert sorted(m.read_route(0) for _ in range(4)) == [MASK] * 2 + [MASK | 0xf00000000] * 2
        change("x-gone", True)
        assert [m.qtest("readl", PVIC), m.read_route(0)] == [0xffffffff, 0xffffffffffffffff]
        m.write_route(0, route(0, 0x61, ENABLE))
        change("x-gone", False)
        change("x-flip", 0)
        assert m.read_route(0) == MASK


def dsdt(m):
    blob = m.fw_cfg("etc/acpi/tables")
    start = blob.index(b"DSDT")
    return blob[start:start + struct.unpack("<I", blob[start + 4:start + 8])[0]], blob


def decompile(aml):
    with tempfile.TemporaryDirectory() as tmp:
        with open(tmp + "/t.aml", "wb") as out:
            out.write(aml)
        subprocess.run(["iasl", "-d", tmp + "/t.aml"], check=True, capture_output=True)
        with open(tmp + "/t.dsl", encoding="utf-8") as text:
            return re.sub(r"\s+", " ", re.sub(r"//.*", "", text.read()))


def test_microvm_tables():
    virtio = ["-global", "virtio-mmio.force-legacy=false", "-device", "virtio-rng-device"]
    with tempfile.TemporaryDirectory() as tmp:
        with open(tmp + "/ssdt", "wb") as out:
            out.write(b"SSDT" + struct.pack("<IBB6s8sI4sI", 36, 2, 0, b"TESTID", b"TESTTBL ",
                                            1, b"TEST", 1))
        for option in ("on", "off"):
            with Machine(*virtio, "-acpitable", "file=" + tmp + "/ssdt",
                         machine="microvm,paravirq=" + option) as m:
                aml, blob = dsdt(m)
                text = decompile(aml)
                assert b"TESTTBL" in blob
                assert ("PVIQ0001" in text) == (option == "on")
                i = int(re.search(r"Device \(VR(\d\d)\)", text).group(1))
                if option == "off":
                    assert "PVIC" not in text
                    continue
                # [DISC-2] [DISC-3] [DISC-4] [DISC-6] [DISC-7] [REG-2]
                for wanted in (
                        'Device (PVIC) { Name (_HID, "PVIQ0001") Name (_UID, Zero) '
                        "Name (_GSB, 0x1000)",
                        "Memory32Fixed (ReadWrite, 0xFEC80000, 0x00001200, )",
                        "Name (_DEP, Package (0x01) { \\_SB.PVIC })",
                        "Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0x00, "
                        '"\\\\_SB.PVIC", ) { 0x%08X, }' % (0x1000 + i)):
                    assert wanted in text, wanted
                assert m.get("lines", "/machine/pvic") == 64


def main():
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_")]
    print("1..%d" % len(tests))
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        try:
            function()
            print("ok", number, name, flush=True)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            frame = error.__traceback__
            while frame.tb_next:
                frame = frame.tb_next
            print("not ok", number, name, flush=True)
            print("# line %d: %s %s" % (frame.tb_lineno, type(error).__name__,
                                        " ".join(str(error).split())[:2000]))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
