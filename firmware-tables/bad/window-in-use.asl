/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: both controllers have the same register window.
 * Expected: "can't request region for resource" from \_SB.PVI2, which comes second,
 * DBL1 stays without interrupts; PVIC and DBL0 work.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBADE", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define BASE	PVIC1_BASE
#define WINDOW	PVIC0_ADDR, PVIC_SIZE
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
