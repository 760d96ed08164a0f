/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The example platform by GSIs, without a source: the numbers from _GSB on are the
 * controller's. The second doorbell comes before the controller and has no _DEP:
 * its interrupts are resolved when its driver asks for them.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define GSIS

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQGSI", 1)
{
	Scope (\_SB)
	{
#include "dbl1.asli"
#include "pvic.asli"
#include "dbl0.asli"
	}
}
