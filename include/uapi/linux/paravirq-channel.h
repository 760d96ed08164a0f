/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause */
/*
 * The paravirq channel: shared memory of two guests that ring each other.
 *
 * Each of the two sides has events that the other one rings: lines of its
 * paravirq controller, and one more line that says that the other side came or
 * went. Rings are counted in the shared memory, before the line is raised, so
 * that interrupts may coalesce and counts never do. The page
 * Documentation/virt/paravirq/channel.rst says what must hold. Built into the
 * guest driver, the hypervisor library and the firmware tables (through the C
 * preprocessor, so everything but plain numbers stays out).
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef _UAPI_LINUX_PARAVIRQ_CHANNEL_H
#define _UAPI_LINUX_PARAVIRQ_CHANNEL_H

/* What PARAVIRQ_CHANNEL_REG_MAGIC reads: "PVIC" as four little-endian bytes. */
#define PARAVIRQ_CHANNEL_MAGIC		0x43495650

/* What PARAVIRQ_CHANNEL_REG_VERSION reads. A guest refuses any other version. */
#define PARAVIRQ_CHANNEL_VERSION	1

/* The most events that one channel may have each way; the least is 1. */
#define PARAVIRQ_CHANNEL_MAX_EVENTS	16

/*
 * Registers of 32 bits, little-endian, at these offsets, by hypercall or from an
 * address in memory, each reached by an aligned 4-byte access only.
 */

/* The constant PARAVIRQ_CHANNEL_MAGIC. Read only. */
#define PARAVIRQ_CHANNEL_REG_MAGIC	0x00

/* The constant PARAVIRQ_CHANNEL_VERSION. Read only. */
#define PARAVIRQ_CHANNEL_REG_VERSION	0x04

/* Number of events each way, 1 to PARAVIRQ_CHANNEL_MAX_EVENTS. Read only, never changes. */
#define PARAVIRQ_CHANNEL_REG_EVENTS	0x08

/* Which of the two sides this is, 0 or 1. Read only, never changes. */
#define PARAVIRQ_CHANNEL_REG_SIDE	0x0c

/* How often the peer came or went, mod 2^32: if odd, it is up. Read only. */
#define PARAVIRQ_CHANNEL_REG_PEER	0x10

/* 1: this side is up, 0: it is not. Each change counts in the other side's PEER. */
#define PARAVIRQ_CHANNEL_REG_STATE	0x14

/* Number of an event to raise at the peer. Write only. */
#define PARAVIRQ_CHANNEL_REG_RING	0x18

/* PARAVIRQ_CHANNEL_REG_PEER: the peer is up. */
#define PARAVIRQ_CHANNEL_PEER_UP	0x1

/* What a hypercall that writes PARAVIRQ_CHANNEL_REG_RING returns. */
#define PARAVIRQ_CHANNEL_RAISED		0
#define PARAVIRQ_CHANNEL_PEER_DOWN	1
#define PARAVIRQ_CHANNEL_NO_EVENT	0xffffffff

/*
 * hypercall: VMCALL or VMMCALL by 64-bit code of CPL 0 is one access. EAX is what to
 * do, ECX the number of the channel in this guest << 16 | the offset of the
 * register, EDX what is written, RAX what is read. In memory these functions would
 * be "RVIC" and "WVIC", no other's numbers.
 */
#define PARAVIRQ_CHANNEL_HYPERCALL_READ		0x43495652
#define PARAVIRQ_CHANNEL_HYPERCALL_WRITE	0x43495657
#define PARAVIRQ_CHANNEL_NUMBER_SHIFT		16
#define PARAVIRQ_CHANNEL_MAX_NUMBER		0xffff

/*
 * The shared memory: the page of side 0, which the other one does not write, that of
 * side 1, then the data, whose use is the users' affair. At least one page of it.
 */
#define PARAVIRQ_CHANNEL_PAGE		0x1000
#define PARAVIRQ_CHANNEL_DATA		0x2000

/*
 * Of each side's page: how often it has rung event n, and how many of the peer's rings
 * of event n it has taken, mod 2^32. 32 bits each, little-endian, at these + 4 * n.
 */
#define PARAVIRQ_CHANNEL_RUNG		0x00
#define PARAVIRQ_CHANNEL_TAKEN		0x40

#endif /* _UAPI_LINUX_PARAVIRQ_CHANNEL_H */
