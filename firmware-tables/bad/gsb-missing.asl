/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: DBL1 numbers its lines from 0x2000, but the second controller lacks the
 * _GSB that says so, and then numbers are lines. For QEMU with two -device paravirq.
 * Expected: "out of range" for line 8232, number 0x2028; PVIC and DBL0 work.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBADA", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define WINDOW	PVIC1_ADDR, PVIC_SIZE
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
