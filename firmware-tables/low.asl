/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A controller without _GSB: numbers are lines, and these are GSIs of the IO-APIC
 * as well. Only the source says whose interrupts they are. For QEMU with
 * -device paravirq and -device paravirq-doorbell,addr=0xfeca1000,first-line=3.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "platform.h"

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQLOW", 1)
{
	Scope (\_SB)
	{
#define NAME	PVIC
#define UID	0
#define WINDOW	PVIC0_ADDR, PVIC_SIZE
#include "intc.asli"

#define SOURCE	"\\_SB.PVIC"
#define FIRST	3
#define LINE0	3
#define LINE1	4
#define LINE2	5
#define LINE3	6
#include "dbl1.asli"
	}
}
