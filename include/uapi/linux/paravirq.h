/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause */
/*
 * paravirq: the interface between a guest and its hypervisor, version 1.
 *
 * A controller gives a guest 1 to 2048 edge-triggered interrupt lines. For
 * each line the guest writes a route, the LAPIC vector and the APIC id that
 * the hypervisor shall inject when the line is raised; nothing is exchanged per
 * interrupt. This file is the whole interface in C: the guest driver, the
 * hypervisor library and the firmware tables (through the C preprocessor, so
 * everything but plain numbers stays out of it) are built from it.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef _UAPI_LINUX_PARAVIRQ_H
#define _UAPI_LINUX_PARAVIRQ_H

/* What PARAVIRQ_REG_MAGIC reads: "PVIQ" as four little-endian bytes. */
#define PARAVIRQ_MAGIC			0x51495650

/* What PARAVIRQ_REG_VERSION reads. A guest refuses any other version. */
#define PARAVIRQ_VERSION		1

/* The most lines that one controller may have; the least is 1. */
#define PARAVIRQ_MAX_LINES		2048

/*
 * The registers are reached in memory (mmio), at I/O ports (pio) or by
 * hypercalls, whichever firmware names.
 *
 * Registers of 32 bits, little-endian, at these offsets in all. Each is
 * reached by an aligned 4-byte access only.
 */

/* The constant PARAVIRQ_MAGIC. Read only. */
#define PARAVIRQ_REG_MAGIC		0x000

/* The constant PARAVIRQ_VERSION. Read only. */
#define PARAVIRQ_REG_VERSION		0x004

/* Number of lines, 1 to PARAVIRQ_MAX_LINES. Read only, never changes. */
#define PARAVIRQ_REG_NR_LINES		0x008

/* Feature bits; none is defined, a guest ignores those it does not know. Read only. */
#define PARAVIRQ_REG_FEATURES		0x00c

/* Commands, PARAVIRQ_CONTROL_*. Write only. */
#define PARAVIRQ_REG_CONTROL		0x010

/* Guest accesses rejected since the last reset, saturating. Read only. */
#define PARAVIRQ_REG_ERRORS		0x014

/* Number of a line to raise as its device would. Write only, for self-tests. */
#define PARAVIRQ_REG_TRIGGER		0x018

/* PARAVIRQ_REG_CONTROL: every route to PARAVIRQ_ROUTE_RESET, all else to 0. */
#define PARAVIRQ_CONTROL_RESET		0x1

/*
 * mmio: the route of line n, 64 bits at PARAVIRQ_REG_ROUTE + 8 * n, read and
 * written by aligned 8-byte accesses only, so that a route always changes as
 * a whole.
 */
#define PARAVIRQ_REG_ROUTE		0x1000

/*
 * pio: a port takes 32 bits, so a route passes in halves through registers that
 * all lines share, and still changes as a whole. Who uses them must be alone.
 * 32 bits each, little-endian.
 */

/* Least number of ports; the base is a multiple of it. */
#define PARAVIRQ_PIO_SIZE		0x40

/* Bits 63:32 of a route, for PARAVIRQ_PIO_COMMIT and by PARAVIRQ_PIO_SELECT. */
#define PARAVIRQ_PIO_DEST		0x20

/* Bits 15:0 of a route and the line that gets it, with DEST. Write only. */
#define PARAVIRQ_PIO_COMMIT		0x24
#define PARAVIRQ_COMMIT_LINE_SHIFT	16

/* A line is written: takes its route. Reads bits 31:0 of it, DEST the others. */
#define PARAVIRQ_PIO_SELECT		0x28

/*
 * hypercall: VMCALL or VMMCALL by 64-bit code of CPL 0 is one access to a register
 * of mmio: ECX is its offset, EAX what to do, RDX what is written, RAX what is read.
 * In memory these functions would be "RVIQ" and "WVIQ", no other's numbers.
 */
#define PARAVIRQ_HYPERCALL_READ		0x51495652
#define PARAVIRQ_HYPERCALL_WRITE	0x51495657

/* Bits 7:0: LAPIC vector to inject, 32 to 255. */
#define PARAVIRQ_ROUTE_VECTOR		0x00000000000000ff

/* The line is in use. Writing 0 puts the whole route to its reset state. */
#define PARAVIRQ_ROUTE_ENABLE		0x0000000000000100

/* An enabled line that is raised is latched as pending instead of injected. */
#define PARAVIRQ_ROUTE_MASK		0x0000000000000200

/* The line was raised while masked; injected once on unmask. Ignored on write. */
#define PARAVIRQ_ROUTE_PENDING		0x0000000000000400

/* Bits 63:32: physical APIC id of the one vCPU to inject into. */
#define PARAVIRQ_ROUTE_DEST		0xffffffff00000000
#define PARAVIRQ_ROUTE_DEST_SHIFT	32

/*
 * All other bits are reserved: written as 0, read as 0. A plain number, as all of these,
 * and of 32 bits: ~ of it has them alone, unless it is cast before.
 */
#define PARAVIRQ_ROUTE_RESERVED		0x00000000fffff800

/* The state of a line after reset: not enabled, masked, not pending. */
#define PARAVIRQ_ROUTE_RESET		PARAVIRQ_ROUTE_MASK

#endif /* _UAPI_LINUX_PARAVIRQ_H */
