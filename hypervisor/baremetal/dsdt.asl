/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The DSDT of a partition: its interrupt controller, its serial port and how it is
 * switched off. guest.c writes the address of the port, or hides it.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "platform.h"

DefinitionBlock ("", "DSDT", 2, "PVIQ", "PVIQBARE", 1)
{
	Name (\_S5, Package () { 5, 5, 0, 0 })

	Scope (\_SB)
	{
#define NAME	PVIC
#define UID	0
#define BASE	PVIC0_BASE
#define TRANSPORT	"hypercall"
#include "intc.asli"

		Device (COM0)
		{
			Name (_HID, EisaId ("PNP0501"))
			Name (_UID, 0)
			Name (_STA, 0x0f)
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x03f8, 0x03f8, 0x01, 0x08)
			})
		}
	}
}
