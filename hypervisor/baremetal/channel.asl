/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The SSDT of one channel of a partition, with as many interrupts as there can be.
 * guest.c writes its numbers and cuts off the interrupts that it has not, so that nothing
 * may follow them.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define EVENT	Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\_SB.PVIC") { 0x1000 }

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQCHAN", 1)
{
	External (\_SB.PVIC, DeviceObj)

	Scope (\_SB)
	{
		Device (CH00)
		{
			Name (_HID, "PVIQ0003")
			Name (_UID, 0xfe)
			Name (_DEP, Package () { \_SB.PVIC })
			Name (_DSD, Package ()
			{
				ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
				Package ()
				{
					Package () { "paravirq,transport", "hypercall" },
					Package () { "paravirq,channel", 0xfe },
				}
			})
			Name (_CRS, ResourceTemplate ()
			{
				Memory32Fixed (ReadWrite, 0xc0000000, 0x00200000)
				EVENT
				EVENT
				EVENT
				EVENT
				EVENT
				EVENT
				EVENT
				EVENT
				EVENT
				EVENT
				EVENT
				EVENT
				EVENT
				EVENT
				EVENT
				EVENT
				EVENT
			})
		}
	}
}
