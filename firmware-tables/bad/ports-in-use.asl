/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bad: both controllers have the same I/O ports.
 * Expected: "I/O ports [io 0x0e00-0x0e3f] are in use" from \_SB.PVI2, which comes
 * second, DBL1 stays without interrupts; PVIC and DBL0 work.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "platform.h"

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQBADC", 1)
{
	Scope (\_SB)
	{
#define NAME	PVIC
#define UID	0
#define BASE	PVIC0_BASE
#define PORT	PVIC0_PORT
#define PORTS	PVIC_PIO_SIZE
#include "intc.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define BASE	PVIC1_BASE
#define PORT	PVIC0_PORT
#define PORTS	PVIC_PIO_SIZE
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
