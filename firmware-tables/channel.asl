/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest without any device that is emulated: a controller and a channel, both reached by
 * hypercalls.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "platform.h"

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQCHAN", 1)
{
	Scope (\_SB)
	{
#define NAME	PVIC
#define UID	0
#define BASE	PVIC0_BASE
#define TRANSPORT	"hypercall"
#include "intc.asli"

#define NAME	CHN0
#define UID	0
#define MEMORY	CHANNEL_ADDR, CHANNEL_SIZE
#define SOURCE	"\\_SB.PVIC"
#define DEPENDS	\_SB.PVIC
#define LINE0	0x1000
#define LINE1	0x1001
#define LINE2	0x1002
#define LINE3	0x1003
#define LINE4	0x1004
#include "chan.asli"
	}
}
