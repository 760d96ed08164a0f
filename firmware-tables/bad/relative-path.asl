/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: DBL1 names its controller by relative paths. A resource source is no name
 * that ACPI resolves within a scope, it has to be absolute.
 * Expected: "source 'PVIC' is not an absolute path", for '^PVIC' as well, no WARN;
 * DBL0 works.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBAD7", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define THIRD	Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "PVIC") { LINE2 }
#define FOURTH	Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "^PVIC") { LINE3 }
#include "dbl1.asli"
	}
}
