/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The controller of hypercall.asl alone, with doorbell.asl the whole platform: two
 * tables that can be loaded one after the other.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "platform.h"

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQINTH", 1)
{
	Scope (\_SB)
	{
#define NAME	PVIC
#define UID	0
#define BASE	PVIC0_BASE
#define TRANSPORT	"hypercall"
#include "intc.asli"
	}
}
