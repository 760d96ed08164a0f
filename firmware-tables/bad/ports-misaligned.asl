/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: the I/O ports of the second controller begin at no multiple of 0x40 but
 * 0x20 behind those of QEMU's, where DEST is.
 * Expected: "magic 0x0" from \_SB.PVI2, DBL1 stays without interrupts; PVIC and DBL0
 * work. Without the controller at hand, check-tables says what is allowed.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBADB", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define BASE	PVIC1_BASE
#define PORT	0xe60
#define PORTS	PVIC_PIO_SIZE
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
