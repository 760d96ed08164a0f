/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One controller and two doorbells on it, for QEMU machines with
 * -device paravirq and two -device paravirq-doorbell (q35, pc, microvm).
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "PARAVIRQ", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"
#include "dbl0.asli"
#include "dbl1.asli"
	}
}
