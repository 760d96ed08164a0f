#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The devices of hypervisor/qemu without a guest: the doorbell with a peer outside,
and the ACPI tables of microvm; all else is in hypervisor/qemu/tests/qtest, which
tests/22-qtest.t runs. Prints TAP. Run by hand or by prove; takes the path of QEMU
from $QEMU, default build/qemu/qemu-system-x86_64.
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
DB = 0xfeca0000
DEVICES = ["-device", "paravirq,id=pvic", "-device", "paravirq-doorbell,id=db0"]


class Machine:
    """One QEMU with a qtest and a QMP socket; with this accel its vCPUs never run."""

    def __init__(self, *args, machine="q35", accel="qtest"):
        chans, inherit = {}, []
        for name in ("qtest", "qmp"):
            chans[name], other = socket.socketpair()
            # 2,008 transports take a while to realize on a machine with more to do.
            chans[name].settimeout(300)
            inherit.append(other)
        self.qemu = subprocess.Popen(
            [QEMU, "-L", "/usr/share/seabios", "-L", "/usr/share/qemu",
             "-nodefaults", "-display", "none", "-accel", accel, "-smp", "2",
             "-m", "64", "-M", machine,
             "-chardev", f"socket,id=q,fd={inherit[0].fileno()}", "-object", "qtest,id=qt,chardev=q,log=/dev/null",
             "-chardev", f"socket,id=m,fd={inherit[1].fileno()}", "-mon", "m,mode=control",
             *args],
            pass_fds=[s.fileno() for s in inherit], stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        for other in inherit:
            other.close()
        self.chans = chans
        self.qtest_file = chans["qtest"].makefile("rw")
        self.qmp_file = chans["qmp"].makefile("rw")
        try:
            json.loads(self.qmp_file.readline())
            self.qmp("qmp_capabilities")
        except BaseException:
            # Left alone it would keep the harness waiting for its output.
            self.__exit__()
            raise

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
            for _ in range(200):
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
                i = int(re.search(r"Device \((?:VR|V0)(..)\)", text).group(1), 16)
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


def test_microvm_transports():
    most = 2008
    virtio = []
    for i in (0, 23, 24, 255, most - 1):
        virtio += ["-device", "virtio-rng-device,bus=virtio-mmio-bus.%d" % i]
    with Machine(*virtio, machine="microvm,paravirq=on,virtio-transports=%d" % most) as m:
        text = decompile(dsdt(m)[0])
        assert "Memory32Fixed (ReadWrite, 0xFEC80000, 0x00005000, )" in text
        assert m.get("lines", "/machine/pvic") == 2048
        for i, name, line in ((0, "V000", 0), (23, "V017", 23), (24, "V018", 64),
                              (255, "V0FF", 295), (most - 1, "V7D7", 2047)):
            device = text[text.index("Device (%s)" % name):]
            device = re.split(r"Device \(", device)[1]
            for wanted in ("Memory32Fixed (ReadWrite, 0x%08X, 0x00000200, )"
                           % (0xfeb00000 + 512 * i), "{ 0x%08X, }" % (0x1000 + line)):
                assert wanted in device, (name, wanted)
    with Machine(machine="microvm,paravirq=on,virtio-transports=1") as m:
        assert m.get("lines", "/machine/pvic") == 64
    for machine, said in (
            ("paravirq=on,virtio-transports=0", "virtio-transports=0, allowed 1 to 2008"),
            ("paravirq=on,virtio-transports=2009", "virtio-transports=2009, allowed 1 to 2008"),
            ("virtio-transports=30", "virtio-transports=30 needs paravirq=on")):
        refused(machine, "microvm: " + said)


def test_microvm_queue_interrupts():
    """Documentation/virt/paravirq/virtio-queues.rst, with the transport 1."""
    virtio = ["-device", "virtio-rng-device,bus=virtio-mmio-bus.1"]
    names = ('Package (0x02) { "interrupt-names", Package (0x03) { "config", "vq1", "vq2" } }')
    for option, wanted in (
            ("paravirq=on,", ('Edge, ActiveHigh, Exclusive, 0x00, "\\\\_SB.PVIC", ) '
                              "{ 0x00001001, 0x00001042, 0x00001043, }", names)),
            ("", ("Level, ActiveHigh, Exclusive, ,, ) { 0x00000019, }",
                  "Edge, ActiveHigh, Exclusive, ,, ) { 0x00000022, 0x00000023, }", names))):
        with Machine(*virtio, machine="microvm,%svirtio-queue-interrupts=2" % option) as m:
            text = decompile(dsdt(m)[0])
            for w in wanted:
                assert w in text, (option, w, text)
            if option:
                assert m.get("lines", "/machine/pvic") == 64 + 24 * 2
            # What is there is taken, what is not reads as the shared one.
            for n, taken in (1, 1), (2, 2), (3, 0), (2, 2), (0, 0), (0xffffffff, 0), (1, 1):
                m.qtest("writel", 0xfeb002e0, n)
                assert m.qtest("readl", 0xfeb002e0) == taken, (n, taken)
            m.qtest("writel", 0xfeb00270, 0)
            assert m.qtest("readl", 0xfeb002e0) == 0
    with Machine(*virtio, machine="microvm,paravirq=on") as m:
        m.qtest("writel", 0xfeb002e0, 1)
        assert m.qtest("readl", 0xfeb002e0) == 0
    for machine, said in (
            ("virtio-queue-interrupts=255", "=255, allowed 0 to 254"),
            ("virtio-queue-interrupts=24", "=24, allowed 1 to 23 without paravirq=on"),
            ("virtio-queue-interrupts=1,acpi=off", "=1 needs paravirq=on or acpi=on"),
            ("paravirq=on,virtio-transports=1000,virtio-queue-interrupts=2",
             "=2 with 1000 transports needs 3040 lines, allowed 2048")):
        refused(machine, "microvm: virtio-queue-interrupts" + said)
    # Only who connects them can say that they are there.
    refused("paravirq=on", "can't apply global virtio-mmio.queue-interrupts=1: "
            "Property 'virtio-mmio.queue-interrupts' not found",
            "-global", "virtio-mmio.queue-interrupts=1")


def refused(machine, said, *args):
    qemu = subprocess.run([QEMU, "-M", "microvm," + machine, "-accel", "qtest", "-display",
                           "none", *args], capture_output=True, text=True, timeout=60, check=False)
    assert qemu.returncode == 1
    assert qemu.stderr.splitlines()[0].endswith(said), qemu.stderr


def table(blob, name):
    start = blob.index(name)
    return blob[start:start + struct.unpack("<I", blob[start + 4:start + 8])[0]]


def test_microvm_other_controllers():
    """What there is, the tables say: 8259s, IO-APICs, an RTC; and who has which line."""
    for options, has in (("", True), (",io-apic=off,pic=off,rtc=off", False)):
        with Machine("-serial", "null", machine="microvm,paravirq=on" + options) as m:
            aml, blob = dsdt(m)
            madt, fadt = table(blob, b"APIC"), table(blob, b"FACP")
            types, at = [], 44
            while at < len(madt):
                types.append(madt[at])
                at += madt[at + 1]
            # PCAT_COMPAT; IO-APICs are of type 1; no CMOS RTC.
            assert (madt[40] & 1, types.count(1)) == ((1, 2) if has else (0, 0)), (madt, types)
            assert bool(fadt[109] & 1 << 5) == (not has), fadt
            text = decompile(aml)
            for device, gsi in ("COM1", 0x1019), ("GED", 0x1018):
                body = text[text.index("Device (%s)" % device):]
                assert re.search(r"Interrupt \(ResourceConsumer, Edge, ActiveHigh, Exclusive, ,, \) "
                                 r"\{ 0x%08X, \}" % gsi, body.split("Device (")[1]), (device, text)
            # The tree is for firmware, which polls: it must name no other's interrupt.
            assert b"interrupt-parent\0" not in m.fw_cfg("etc/fdt")
    for machine in ("io-apic=off", "paravirq=on,io-apic=off,acpi=off",
                    "paravirq=on,io-apic=off,pcie=on", "paravirq=on,io-apic=off,usb=on",
                    "paravirq=on,io-apic=off,ioapic2=on"):
        refused(machine, "microvm: io-apic=off needs paravirq=on and acpi=on, "
                "and allows neither ioapic2 nor pcie nor usb")


def test_microvm_place():
    """The DSDT says where the controller is, so it is there."""
    for said, addr, port in (("port=0xe00", "fec80000", "e00"),
                             ("addr=0x1fec90000", "1fec90000", "0")):
        refused("paravirq=on", "microvm: paravirq=on with paravirq.addr=0x%s and "
                "paravirq.port=0x%s, allowed are 0xfec80000 and 0" % (addr, port),
                "-global", "paravirq." + said)


def test_microvm_serial():
    """Who knows no paravirq has the serial port where it always was."""
    for machine, line, pin in (("paravirq=on", 1, True), ("paravirq=on,pic=off", 1, None),
                               ("paravirq=on,acpi=off", 0, True), ("paravirq=off", None, True)):
        with Machine("-serial", "null", machine="microvm," + machine) as m:
            if pin is not None:
                # ICW1 to ICW4 of the 8259
                for port, value in (0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, 1):
                    m.qtest("outb", port, value)
            m.qtest("outb", 0x3fc, 8)
            m.qtest("outb", 0x3f9, 2)
            if line is not None:
                assert m.get("dropped", "/machine/pvic") == line, machine
            if pin is not None:
                irr = re.search(r"pic0: irr=(..)", m.qmp("human-monitor-command",
                                                         **{"command-line": "info pic"}))
                assert bool(int(irr[1], 16) & 1 << 4) == pin, (machine, irr[0])


def test_microvm_without():
    """The tables of machines without paravirq are those that QEMU's own test knows."""
    golden = os.path.join(ROOT, "build/qemu-src/tests/data/acpi/x86/microvm/")
    # What firmware fills in: checksum; pointers in the FADT
    filled = {"FACP": [*range(36, 44), *range(132, 148)]}
    for suffix, names, options in (
            ("", ("DSDT", "FACP", "APIC"), "ioapic2=off,rtc=off"),
            (".rtc", ("DSDT",), "ioapic2=off,rtc=on"),
            (".ioapic2", ("DSDT", "APIC"), "ioapic2=on,rtc=off")):
        with Machine("-smp", "1", "-serial", "null", "-device", "virtio-rng-device",
                     machine="microvm,acpi=on," + options) as m:
            blob = m.fw_cfg("etc/acpi/tables")
            for name in names:
                with open(golden + name + suffix, "rb") as file:
                    tables = [bytearray(file.read()), bytearray(table(blob, name.encode()))]
                for one in tables:
                    for i in [9, *filled.get(name, [])]:
                        one[i] = 0
                assert tables[0] == tables[1], (name + suffix, *map(bytearray.hex, tables))


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
