/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: _GSB of the second controller needs more than the 32 bits of an interrupt
 * number; cut to 32 bits it would seem to fit DBL1. For QEMU with two
 * -device paravirq.
 * Expected: "_GSB 0x100002000, allowed up to" from \_SB.PVI2, DBL1 stays without
 * interrupts; PVIC and DBL0 work.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBADC", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define BASE	0x100002000
#define WINDOW	PVIC1_ADDR, PVIC_SIZE
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
