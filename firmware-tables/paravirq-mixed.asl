/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The platform of paravirq2.asl with the registers of the second controller,
 * \_SB.PVI2, at I/O ports, those of the first in memory.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQMIX", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"

#define NAME	PVI2
#define UID	1
#define BASE	PVIC1_BASE
#define PORT	PVIC1_PORT
#define PORTS	PVIC_PIO_SIZE
#include "intc.asli"

#include "dbl1-pvi2.asli"
	}
}
