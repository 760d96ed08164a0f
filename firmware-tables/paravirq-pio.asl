/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The platform of paravirq.asl with the controller's registers at I/O ports,
 * for QEMU machines with -device paravirq,port= and two -device
 * paravirq-doorbell (q35, pc, microvm).
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "platform.h"

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQPIO", 1)
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
#include "dbl1.asli"
	}
}
