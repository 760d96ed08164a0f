/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A channel with its registers in memory, for microvm with paravirq=on and
 * -device paravirq-channel: a page of registers, then the memory.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "platform.h"

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQCHNQ", 1)
{
	External (\_SB.PVIC, DeviceObj)

	Scope (\_SB)
	{
#define NAME	CHN0
#define UID	0
#define REGS_LOW	CHANNEL_QEMU_ADDR
#define REGS_HIGH	0x1000000fff
#define MEMORY_LOW	0x1000001000
#define MEMORY_HIGH	0x1000100fff
#define MEMORY_SIZE	CHANNEL_SIZE
#define SOURCE	"\\_SB.PVIC"
#define DEPENDS	\_SB.PVIC
#define LINE0	0x1020
#define LINE1	0x1021
#define LINE2	0x1022
#define LINE3	0x1023
#define LINE4	0x1024
#include "chan.asli"
	}
}
