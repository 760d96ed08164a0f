/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: the register window of the second controller holds 32 lines, the
 * controller has 64. For QEMU with two -device paravirq.
 * Expected: "holds 32 lines, the controller has 64"
 * from \_SB.PVI2, DBL1 stays without interrupts; PVIC and DBL0 work. Without the
 * controller at hand, check-tables finds line 40
 * out of range, allowed 0 to 31.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBAD9", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define BASE	PVIC1_BASE
#define WINDOW	PVIC1_ADDR, 0x1100
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
