/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: the second controller has half of the I/O ports that it needs.
 * Expected: "32 I/O ports, at least 64 are needed" from \_SB.PVI2, DBL1 stays
 * without interrupts; PVIC and DBL0 work.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBADA", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define BASE	PVIC1_BASE
#define PORT	PVIC1_PORT
#define PORTS	0x20
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
