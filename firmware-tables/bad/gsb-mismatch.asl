/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: DBL1 numbers its lines from 0x2000, the second controller from 0x3000. For
 * QEMU with two -device paravirq.
 * Expected: "out of range" for number 0x2028; PVIC and DBL0 work.
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
#define BASE	0x3000
#define WINDOW	PVIC1_ADDR, PVIC_SIZE
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
