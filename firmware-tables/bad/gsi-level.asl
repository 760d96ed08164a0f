/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: the fourth interrupt of DBL1 is a GSI of the controller, with a level.
 * Expected: "trigger type 4, only rising edge (1) is supported"; DBL0 works.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define GSIS

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBADG", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define FOURTH	Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) { LINE3 }
#include "dbl1.asli"
	}
}
