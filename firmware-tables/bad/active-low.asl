/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: the fourth interrupt of DBL1 is a falling edge; a line has no level that
 * could fall.
 * Expected: "trigger type 2, only rising edge (1) is supported"; DBL0 works.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBAD4", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define FOURTH	Interrupt (ResourceConsumer, Edge, ActiveLow, Exclusive, 0, "\\_SB.PVIC") { LINE3 }
#include "dbl1.asli"
	}
}
