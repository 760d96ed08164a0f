/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device of a driver for all devices, uio_pdrv_genirq, beside the virtio-mmio
 * transports in the DSDT of -M microvm,paravirq=on: the registers and the first
 * line of the second doorbell belong to a program. The first doorbell is as ever.
 *
 * The driver matches by "compatible" (PRP0001), by the one that
 * uio_pdrv_genirq.of_id= on the kernel's command line names.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "platform.h"

#if PVIC0_BASE + DOORBELL1_LINE != 0x1028
#error The second doorbell is on another line
#endif

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQDEVS", 1)
{
	External (\_SB.PVIC, DeviceObj)

	Scope (\_SB)
	{
#include "dbl0.asli"

		Device (UIO0)
		{
			Name (_HID, "PRP0001")
			Name (_UID, 0)
			Name (_DEP, Package () { \_SB.PVIC })
			Name (_CRS, ResourceTemplate ()
			{
				/* The driver skips memory that is ReadWrite; a program may write still. */
				Memory32Fixed (ReadOnly, DOORBELL1_ADDR, DOORBELL_SIZE)
				Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\_SB.PVIC") { 0x1028 }
			})
			Name (_DSD, Package ()
			{
				ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
				Package ()
				{
					Package () { "compatible", "generic-uio" },
					Package () { "linux,uio-name", "counter" }
				}
			})
		}
	}
}
