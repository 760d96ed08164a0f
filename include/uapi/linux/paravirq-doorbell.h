/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause */
/*
 * The paravirq doorbell: the smallest device with several interrupt lines.
 *
 * Either side can ring a line: the guest by the RING register, the hypervisor
 * from outside. Each ring is counted in the device before the interrupt is
 * raised, and the guest's handler fetches and clears the count. Interrupts may
 * coalesce, counts never do: the sum of all fetched counts is the number of
 * rings. Built into the guest driver, the device model and the firmware tables
 * (through the C preprocessor, so everything but plain numbers stays out).
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef _UAPI_LINUX_PARAVIRQ_DOORBELL_H
#define _UAPI_LINUX_PARAVIRQ_DOORBELL_H

/* What PARAVIRQ_DOORBELL_REG_MAGIC reads: "PVDB" as four little-endian bytes. */
#define PARAVIRQ_DOORBELL_MAGIC		0x42445650

/* The most lines that one doorbell may have; the least is 1. */
#define PARAVIRQ_DOORBELL_MAX_LINES	64

/* Registers of 32 bits, little-endian, reached by aligned 4-byte accesses. */

/* The constant PARAVIRQ_DOORBELL_MAGIC. Read only. */
#define PARAVIRQ_DOORBELL_REG_MAGIC	0x000

/* Number of lines, 1 to PARAVIRQ_DOORBELL_MAX_LINES. Read only. */
#define PARAVIRQ_DOORBELL_REG_NR_LINES	0x004

/* Number of a line to ring. Write only; a line out of range is ignored. */
#define PARAVIRQ_DOORBELL_REG_RING	0x008

/*
 * Rings of line n since the last read: 64 bits at PARAVIRQ_DOORBELL_REG_COUNT
 * + 8 * n, read by aligned 8-byte accesses. Reading clears it in the same step.
 */
#define PARAVIRQ_DOORBELL_REG_COUNT	0x100

/*
 * Raises line n, whatever is written, of whatever width, to
 * PARAVIRQ_DOORBELL_REG_RAISE + 8 * n. Counts nothing, so that KVM can take it
 * by an ioeventfd, and on Intel need not decode the instruction. Write only.
 */
#define PARAVIRQ_DOORBELL_REG_RAISE	0x100

/* Size of the register window in bytes. */
#define PARAVIRQ_DOORBELL_SIZE		0x300

#endif /* _UAPI_LINUX_PARAVIRQ_DOORBELL_H */
