/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: both controllers have hypercalls.
 * Expected: "allowed for one controller" from \_SB.PVI2, DBL1 stays without interrupts;
 * PVIC and DBL0 work.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "platform.h"

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBADH", 1)
{
	Scope (\_SB)
	{
#define NAME	PVIC
#define UID	0
#define BASE	PVIC0_BASE
#define TRANSPORT	"hypercall"
#include "intc.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define BASE	PVIC1_BASE
#define TRANSPORT	"hypercall"
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
