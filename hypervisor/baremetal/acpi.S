/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the memory of each guest has from GUEST_ACPI on: the ACPI tables, and the code that
 * its CPUs run while they wait. guest.c copies it, writes what differs and the checksums.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "layout.h"

	.macro	at address
	.org	guest_acpi + \address - GUEST_ACPI
	.endm

	.macro	table address, signature, revision, length
	at	\address
	.ascii	"\signature"
	.long	\length
	.byte	\revision, 0
	.ascii	"PVIQ\0\0PVIQBARE\1\0\0\0PVIQ\1\0\0\0"
	.endm

	.macro	port address, width, access, number
	at	\address
	.byte	1, \width, 0, \access
	.quad	\number
	.endm

	.section .rodata
	.globl	guest_acpi, guest_acpi_end
guest_acpi:
	.ascii	"RSD PTR \0PVIQ\0\0\2"
	.long	0, 36
	.quad	GUEST_XSDT, 0

	table	GUEST_XSDT, "XSDT", 1, 68
	.quad	GUEST_FADT, GUEST_MADT, GUEST_SSDT, GUEST_OWN_SSDT

/* There is a reset register, APIC ids are physical, no hardware but what is said here. */
	table	GUEST_FADT, "FACP", 6, 276
	at	GUEST_FADT + 91
	.byte	4			/* length of the PM timer */
	at	GUEST_FADT + 109
	.short	1 << 5 | 1 << 3 | 1 << 2	/* no RTC, no MSI, no VGA */
	.byte	0
	.long	1 << 20 | 1 << 19 | 1 << 10
	port	GUEST_FADT + 116, 8, 1, PORT_RESET
	at	GUEST_FADT + 140
	.quad	GUEST_DSDT
	port	GUEST_FADT + 208, 32, 3, 0
	port	GUEST_FADT + 244, 8, 1, PORT_SLEEP_CONTROL
	port	GUEST_FADT + 256, 8, 1, PORT_SLEEP_STATUS

/* All CPUs but the first one begin here. ESI is the APIC id. */
	at	GUEST_PARK
guest_park:
	movl	$1, %eax		/* sleep */
	movl	$PORT_PARK, %edx
	outb	%al, %dx
	movzwl	GUEST_MAILBOX, %ecx	/* 1: go; any other: a test whether it is here */
	jecxz	guest_park
	cmpl	%esi, GUEST_MAILBOX + 4
	jne	guest_park
	movq	GUEST_MAILBOX + 8, %rax
	movw	$0, GUEST_MAILBOX
	loop	guest_park		/* it was not 1 */
	jmp	*%rax

/* The mailbox says that a CPU can be sent back to here: it is reset, and begins above. */
	at	GUEST_PARK_RESET
	xorl	%eax, %eax
	movl	$PORT_PARK, %edx
	outb	%al, %dx

	at	GUEST_DSDT
	.incbin	"dsdt.aml"
	at	GUEST_SSDT
	.incbin	"ssdt.aml"

/* Each CPU is an entry more. */
	table	GUEST_MADT, "APIC", 5, 68
	.long	0xfee00000, 0
	.byte	16, 24
	.short	1
	.long	0
	.quad	GUEST_MAILBOX, GUEST_PARK_RESET
guest_acpi_end:

	.section .note.GNU-stack, "", @progbits
