/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The first controller keeps four lines for kernel modules without a firmware node, the
 * second one none; beside them the two doorbells. For QEMU with two -device paravirq.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQMODL", 1)
{
	Scope (\_SB)
	{
#define MODULE_LINES	DOORBELL2_LINE, DOORBELL_LINES
#include "pvic.asli"

#define NAME	PVI2
#define UID	1
#define WINDOW	PVIC1_ADDR, PVIC_SIZE
#include "intc.asli"

#include "dbl0.asli"
#include "dbl1.asli"
	}
}
