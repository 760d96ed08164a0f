/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: the register window of the second controller begins at no multiple of
 * 0x1000, thus in the middle of QEMU's, where no register is.
 * Expected: "magic 0x0" from \_SB.PVI2, DBL1 stays without interrupts; PVIC and DBL0
 * work. Without the controller at hand, check-tables says what is allowed.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBADF", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define BASE	PVIC1_BASE
#define WINDOW	0xfec90800, PVIC_SIZE
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
