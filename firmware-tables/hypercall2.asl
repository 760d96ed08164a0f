/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The platform of paravirq2.asl with hypercalls in the place of the registers of the
 * second controller, \_SB.PVI2, those of the first in memory.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQHYP2", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define BASE	PVIC1_BASE
#define TRANSPORT	"hypercall"
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
