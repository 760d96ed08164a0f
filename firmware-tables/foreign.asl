/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Odd interrupts that are none of paravirq's, to compare kernels: with and
 * without the paravirq patches each must come out the same, since firmware like
 * this exists and works by accident. An unpatched x86 kernel ignores the source
 * and takes every number for a GSI.
 *
 *   ODD0  source exists and is no interrupt controller, GSI 3: handed out
 *   ODD1  source does not exist, GSI 5: handed out
 *   ODD2  source does not exist, a GSI that no IO-APIC has: "Unable to locate
 *         IOAPIC for GSI 4099", the resource is disabled
 *   ODD3  no source, a GSI that no IO-APIC has: the same for GSI 4100
 *   ODD4  relative path of ODD0's source, GSI 7: handed out
 *   ODD5  no source, GSI 6: handed out, as it should be
 *
 * No driver binds to PVIQ0FFF by itself; "driver_override" binds one.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define ODD(name, uid, interrupt)					\
	Device (name)							\
	{								\
		Name (_HID, "PVIQ0FFF")					\
		Name (_UID, uid)					\
		Name (_CRS, ResourceTemplate () { interrupt })		\
	}
#define SOURCED(source, number)	Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, source) { number }
#define PLAIN(number)		Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { number }

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQODDS", 1)
{
	Scope (\_SB)
	{
		Device (BUS1)
		{
			Name (_HID, "ACPI0004")
			Name (_UID, 1)
		}

		ODD (ODD0, 0, SOURCED ("\\_SB.BUS1", 3))
		ODD (ODD1, 1, SOURCED ("\\_SB.NONE", 5))
		ODD (ODD2, 2, SOURCED ("\\_SB.NONE", 0x1003))
		ODD (ODD3, 3, PLAIN (0x1004))
		ODD (ODD4, 4, SOURCED ("BUS1", 7))
		ODD (ODD5, 5, PLAIN (6))
	}
}
