/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The DSDT of each partition: its serial port and how it is switched off. It is the same
 * for all; what differs it reads from a page that guest.c fills.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "layout.h"

DefinitionBlock ("", "DSDT", 2, "PVIQ", "PVIQBARE", 1)
{
	Name (\_S5, Package () { 5, 5, 0, 0 })

	Scope (\_SB)
	{
		OperationRegion (INFO, SystemMemory, GUEST_INFO, 4)
		Field (INFO, DWordAcc, NoLock, Preserve)
		{
			PORT, 32,
		}

		Device (COM0)
		{
			Name (_HID, EisaId ("PNP0501"))
			Name (_UID, 0)
			Method (_STA)
			{
				If (PORT)
				{
					Return (0x0f)
				}
				Return (0)
			}
			Name (CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x03f8, 0x03f8, 0x01, 0x08, COM)
			})
			CreateWordField (CRS, COM._MIN, LOW)
			CreateWordField (CRS, COM._MAX, HIGH)
			Method (_CRS, 0, Serialized)
			{
				LOW = PORT
				HIGH = PORT
				Return (CRS)
			}
		}
	}
}
