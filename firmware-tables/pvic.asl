/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The controller alone, as the DSDT of -M microvm,paravirq=on has it. With
 * doorbell.asl it makes the platform of paravirq.asl out of two tables that can
 * be loaded one after the other.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQINTC", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
	}
}
