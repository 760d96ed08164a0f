/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines that devices without a driver claim: nobody maps them, and a kernel module
 * must not be given them (paravirq_alloc_irq()). On the first controller these are
 * the four highest lines, each claimed in a way of its own; on the second one, which
 * has no _GSB, three of four. Beside them the two doorbells. For QEMU with two -device
 * paravirq, the second one with lines=4.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define SOURCED	Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\_SB.PVIC")
#define SECOND	Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\_SB.PVI2")

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQCLMS", 1)
{
	Scope (\_SB)
	{
#include "pvic.asli"

#define NAME	PVI2
#define UID	1
#define WINDOW	PVIC1_ADDR, PVIC_SIZE
#include "intc.asli"

#include "dbl0.asli"
#include "dbl1.asli"

		/* Lines 63 and 60; the number in between is not claimed by this. */
		Device (CLM0)
		{
			Name (_HID, "PVIQ0004")
			Name (_UID, 0)
			Name (_CRS, ResourceTemplate ()
			{
				SOURCED { 0x103f, 0x103c }

				/* Of a controller that is not ours, not line 1. */
				Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\_SB.CLM3")
					{ 0x1001 }
			})
		}

		/* Line 62 of a device that is absent, as it says when it is asked. */
		Device (CLM1)
		{
			Name (_HID, "PVIQ0004")
			Name (_UID, 1)
			Method (_STA) { Return (0) }
			Method (_CRS, 0, Serialized)
			{
				Name (RES, ResourceTemplate () { SOURCED { 0x103e } })
				Return (RES)
			}

			/* Line 61, as a GSI that is the controller's. */
			Device (CLM2)
			{
				Name (_ADR, 0)
				Name (_CRS, ResourceTemplate ()
				{
					Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive)
						{ 0x103d }
				})
			}
		}

		Device (CLM3)
		{
			Name (_HID, "PVIQ0004")
			Name (_UID, 3)
			Name (_CRS, ResourceTemplate ()
			{
				SECOND { 0 }
				SECOND { 1, 2 }

				/* A GSI of the IO-APIC, not line 3. */
				Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 3 }
			})
		}
	}
}
