/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The platform of paravirq.asl with hypercalls in the place of the controller's
 * registers, for QEMU machines with -device paravirq,id=pvic, -device
 * paravirq-test,intc=pvic,hypercall=on and two -device paravirq-doorbell (q35, pc, microvm).
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "platform.h"

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQHYP", 1)
{
	Scope (\_SB)
	{
#define NAME	PVIC
#define UID	0
#define BASE	PVIC0_BASE
#define TRANSPORT	"hypercall"
#include "intc.asli"
#include "dbl0.asli"
#include "dbl1.asli"
	}
}
