/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A table to begin with: one controller, one device with four lines. Change what has a
 * comment, compile it (iasl -we template.asl) and have it checked (scripts/check-tables
 * template.aml). "scripts/mktable my --consumer hid=PVIQ0002 lines=32-35
 * memory=0xfeca0000+0x300" writes the same without comments; its options change it.
 *
 * Copyright (C) 2026 The paravirq authors
 */
DefinitionBlock ("", "SSDT", 2, "PVIQ", "MKTABLE", 1)	// OEM and table: names of yours
{
	Scope (\_SB)
	{
		Device (PVIC)				// any name; the devices below name it
		{
			Name (_HID, "PVIQ0001")		// what the driver looks for
			Name (_UID, 0)			// of several controllers each has its own
			Name (_GSB, 0x1000)		// number of line 0, above all of IO-APICs

			Name (_CRS, ResourceTemplate ()
			{
				// Registers: from a multiple of 0x1000; 0x1000 bytes, and 8
				// for each line. Instead, I/O ports from a multiple of 0x40:
				//	IO (Decode16, 0xe00, 0xe00, 0x01, 0x40)
				// or hypercalls: no _CRS, but
				//	Name (_DSD, Package ()
				//	{
				//		ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
				//		Package ()
				//		{
				//			Package () { "paravirq,transport", "hypercall" },
				//		}
				//	})
				// In the same list, lines 56 to 59 for kernel modules:
				//	Package () { "paravirq,module-lines", Package () { 56, 4 } },
				Memory32Fixed (ReadWrite, 0xfec80000, 0x1200)
			})
		}

		Device (D000)				// any name
		{
			Name (_HID, "PVIQ0002")		// what its driver looks for
			Name (_UID, 0)			// of several with this _HID each has its own
			Name (_DEP, Package () { \_SB.PVIC })	// wait for the controller

			Name (_CRS, ResourceTemplate ()
			{
				// Its registers, if it has some.
				Memory32Fixed (ReadWrite, 0xfeca0000, 0x300)

				// platform_get_irq() 0 to 3: lines 32 to 35, numbers from
				// _GSB, each one literal. Always edge, high, exclusive.
				Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\_SB.PVIC") { 0x1020 }
				Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\_SB.PVIC") { 0x1021 }
				Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\_SB.PVIC") { 0x1022 }
				Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\_SB.PVIC") { 0x1023 }
			})
		}
	}
}
