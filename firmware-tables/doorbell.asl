/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two doorbells on a controller that another table declares: the DSDT of
 * -M microvm,paravirq=on, or pvic.asl.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQDBEL", 1)
{
	External (\_SB.PVIC, DeviceObj)

	Scope (\_SB)
	{
#include "dbl0.asli"
#include "dbl1.asli"
	}
}
