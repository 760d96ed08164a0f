/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two controllers, one doorbell on each: \_SB.DBL0 on \_SB.PVIC, \_SB.BUS0.DBL1 on
 * \_SB.PVI2. For QEMU with two -device paravirq.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PARAVIQ2", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define BASE	PVIC1_BASE
#define WINDOW	PVIC1_ADDR, PVIC_SIZE
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
