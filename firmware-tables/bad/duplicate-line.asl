/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: the fourth interrupt of DBL1 is line 32, the first of DBL0. The irq domain
 * cannot see that, it hands the same Linux interrupt to both; the one that comes
 * second fails in request_irq().
 * Expected: the validation says "is claimed by" and names both devices; whichever
 * doorbell is probed first works.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBAD5", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define FOURTH	Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\_SB.PVIC") { 0x1020 }
#include "dbl1.asli"
	}
}
