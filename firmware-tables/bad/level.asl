/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: the fourth interrupt of DBL1 is level-triggered; lines are edges.
 * Expected: "trigger type 4, only rising edge (1) is supported"; DBL0 works.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBAD3", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define FOURTH	Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive, 0, "\\_SB.PVIC") { LINE3 }
#include "dbl1.asli"
	}
}
