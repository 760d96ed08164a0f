/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: the fourth interrupt of DBL1 names a controller that does not exist.
 * Expected: "source '\_SB.NONE' does not exist", neither a WARN nor endless probe
 * deferral nor GSI 4099; DBL0 works.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBAD6", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define FOURTH	Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\_SB.NONE") { 0x1003 }
#include "dbl1.asli"
	}
}
