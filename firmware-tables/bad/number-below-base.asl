/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: the fourth interrupt of DBL1 lies below _GSB, as if the lines had been
 * numbered from 1 and 0 been meant. Number 0xfff minus 0x1000 is no line.
 * Expected: "out of range" for number 0xfff; DBL0 works.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBAD2", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define FOURTH	Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\_SB.PVIC") { 0x0fff }
#include "dbl1.asli"
	}
}
