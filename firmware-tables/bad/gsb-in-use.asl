/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: both controllers number their lines from 0x1000, so that the second one has no
 * GSIs. DBL1 has one that only this could have, if it had more lines. For QEMU with two
 * -device paravirq.
 * Expected: "GSIs 0x1000 to 0x103f not served", "IRQ index 0 not found"; DBL0 works.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "platform.h"

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBADH", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define BASE	PVIC0_BASE
#define WINDOW	PVIC1_ADDR, 0x1400
#include "intc.asli"

#define GSIS
#define FIRST	PVIC0_BASE + PVIC_LINES + DOORBELL1_LINE
#define LINE0	0x1068
#define LINE1	0x1069
#define LINE2	0x106a
#define LINE3	0x106b
#include "dbl1.asli"
	}
}
