/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the example platform has its devices: the one place that the ASL and
 * DTS files of this directory, and the scripts that start QEMU, take numbers
 * from. Plain numbers only: it goes through the C preprocessor into iasl and
 * dtc, and the scripts read its #define lines.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef PARAVIRQ_PLATFORM_H
#define PARAVIRQ_PLATFORM_H

/* Two controllers: register windows (in bytes, enough for 64 lines), lines. */
#define PVIC0_ADDR		0xfec80000
#define PVIC1_ADDR		0xfec90000
#define PVIC_SIZE		0x1200
#define PVIC_LINES		64

/* Where they are if they have I/O ports instead. */
#define PVIC0_PORT		0xe00
#define PVIC1_PORT		0xe40
#define PVIC_PIO_SIZE		0x40

/* ACPI numbers of line 0 of each (_GSB); DT counts lines from 0. */
#define PVIC0_BASE		0x1000
#define PVIC1_BASE		0x2000

/*
 * Two doorbells: register windows, first line and number of lines of each. A third
 * one, for tests of lines that no table gives to a device.
 */
#define DOORBELL0_ADDR		0xfeca0000
#define DOORBELL1_ADDR		0xfeca1000
#define DOORBELL2_ADDR		0xfeca2000
#define DOORBELL_SIZE		0x300
#define DOORBELL0_LINE		32
#define DOORBELL1_LINE		40
#define DOORBELL2_LINE		56
#define DOORBELL_LINES		4

/* Memory of a channel, above all of the guest's. */
#define CHANNEL_ADDR		0xc0000000
#define CHANNEL_SIZE		0x100000

/* The same of QEMU's, registers first, where no guest has RAM or PCI; its first line. */
#define CHANNEL_QEMU_ADDR	0x1000000000
#define CHANNEL_QEMU_LINE	32

/* Guest memory that is kept from Linux, for a channel and a page of its registers. */
#define CHANNEL_RAM_ADDR	0xa000000
#define CHANNEL_REGS_ADDR	0xa100000
#define CHANNEL_REGS_SIZE	0x1000

/* A page of guest memory that firmware keeps from Linux: the generation id. */
#define VMGENID_ADDR		0x8000000
#define VMGENID_SIZE		0x1000

#endif /* PARAVIRQ_PLATFORM_H */
