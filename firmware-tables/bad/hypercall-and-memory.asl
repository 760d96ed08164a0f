/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: the second controller has a register window in memory and hypercalls.
 * Expected: "only one is allowed" from \_SB.PVI2, DBL1 stays without interrupts;
 * PVIC and DBL0 work.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBADI", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define BASE	PVIC1_BASE
#define WINDOW	PVIC1_ADDR, PVIC_SIZE
#define TRANSPORT	"hypercall"
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
