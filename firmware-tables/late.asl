/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A doorbell that is loaded into a running guest which has modlines.asl already: with
 * the lines of its first controller that are kept for kernel modules, so that it gets
 * none. For QEMU with -device paravirq-doorbell,addr=0xfeca2000,first-line=56.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "platform.h"

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQLATE", 1)
{
	External (\_SB.PVIC, DeviceObj)

	Scope (\_SB)
	{
#define NAME	LATE
#define UID	2
#define ADDR	DOORBELL2_ADDR
#define SOURCE	"\\_SB.PVIC"
#define FIRST	PVIC0_BASE + DOORBELL2_LINE
#define LINE0	0x1038
#define LINE1	0x1039
#define LINE2	0x103a
#define LINE3	0x103b
#include "dbl.asli"
	}
}
