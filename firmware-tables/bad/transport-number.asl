/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: the transport of the second controller is no string.
 * Expected: "allowed is "hypercall"" from \_SB.PVI2, DBL1 stays without interrupts;
 * PVIC and DBL0 work.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBADL", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define BASE	PVIC1_BASE
#define TRANSPORT	1
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
