/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The SSDT of each partition: its interrupt controller and its channels. It is the same
 * for all; what differs, it and channel.asli read from a page that guest.c fills, the
 * controller's transport while it is loaded.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "layout.h"
#include "platform.h"

DefinitionBlock ("", "SSDT", 2, "PVIQ", "PVIQPART", 1)
{
	Scope (\_SB)
	{
		Device (PVIC)
		{
			Name (_HID, "PVIQ0001")
			Name (_UID, 0)
			Name (_GSB, PVIC0_BASE)
			OperationRegion (INFO, SystemMemory, GUEST_INFO + 4, 4)
			Field (INFO, DWordAcc, NoLock, Preserve)
			{
				PIO, 32,
			}
			If (PIO)
			{
				Name (_CRS, ResourceTemplate ()
				{
					IO (Decode16, PORT_CONTROLLER, PORT_CONTROLLER, 0x01, PVIC_PIO_SIZE)
				})
			}
			Else
			{
				Name (_DSD, Package ()
				{
					ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
					Package ()
					{
						Package () { "paravirq,transport", "hypercall" },
					}
				})
			}
		}

		/* _CRS of a channel: memory at Arg0 of Arg1 bytes, Arg3 lines from Arg2 on. */
		Name (CHNM, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0, 0, MEM)
		})
		Name (CHNI, ResourceTemplate ()
		{
			Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, "\\_SB.PVIC", LINE) { 0 }
		})
		CreateDWordField (CHNM, MEM._BAS, CHNA)
		CreateDWordField (CHNM, MEM._LEN, CHNS)
		CreateDWordField (CHNI, LINE._INT, CHNN)
		Method (CHNR, 4, Serialized)
		{
			CHNA = Arg0
			CHNS = Arg1
			CHNN = PVIC0_BASE + Arg2
			Local0 = CHNM
			Local1 = Arg3 & 0x1f
			While (Local1)
			{
				Local0 = ConcatenateResTemplate (Local0, CHNI)
				CHNN++
				Local1--
			}
			Return (Local0)
		}

#define NAME	CH00
#define NUMBER	0
#include "channel.asli"
#define NAME	CH01
#define NUMBER	1
#include "channel.asli"
#define NAME	CH02
#define NUMBER	2
#include "channel.asli"
#define NAME	CH03
#define NUMBER	3
#include "channel.asli"
#define NAME	CH04
#define NUMBER	4
#include "channel.asli"
#define NAME	CH05
#define NUMBER	5
#include "channel.asli"
#define NAME	CH06
#define NUMBER	6
#include "channel.asli"
#define NAME	CH07
#define NUMBER	7
#include "channel.asli"
#define NAME	CH08
#define NUMBER	8
#include "channel.asli"
#define NAME	CH09
#define NUMBER	9
#include "channel.asli"
#define NAME	CH0A
#define NUMBER	10
#include "channel.asli"
#define NAME	CH0B
#define NUMBER	11
#include "channel.asli"
#define NAME	CH0C
#define NUMBER	12
#include "channel.asli"
#define NAME	CH0D
#define NUMBER	13
#include "channel.asli"
#define NAME	CH0E
#define NUMBER	14
#include "channel.asli"
#define NAME	CH0F
#define NUMBER	15
#include "channel.asli"
	}
}
