/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: both controllers number their lines from 0x1000. DBL1 names the second one
 * and gets its lines; without a source the numbers are the first one's. For QEMU
 * with two -device paravirq.
 * Expected: "GSIs 0x1000 to 0x103f not served"; both doorbells work.
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
#define WINDOW	PVIC1_ADDR, PVIC_SIZE
#include "intc.asli"

#define SOURCE	"\\_SB.PVI2"
#define FIRST	PVIC0_BASE + DOORBELL1_LINE
#define LINE0	0x1028
#define LINE1	0x1029
#define LINE2	0x102a
#define LINE3	0x102b
#include "dbl1.asli"
	}
}
