/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses of a guest below 1 MiB, from the ACPI tables on reserved, and its ports, for C,
 * assembly and ASL. Plain numbers only.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define GUEST_BOOT_PARAMS	0x90000
#define GUEST_COMMAND_LINE	0x91000
#define GUEST_LOW_END		0x9f000

#define GUEST_ACPI		0xe0000
#define GUEST_XSDT		0xe0040
#define GUEST_FADT		0xe0100
#define GUEST_PARK		0xe0300
#define GUEST_PARK_RESET	0xe0380
#define GUEST_DSDT		0xe0400
#define GUEST_SSDT		0xe0500
#define GUEST_MADT		0xe1800
#define GUEST_PAGE_TABLES	0xe4000	/* 2 pages */
#define GUEST_INFO		0xe6000
#define GUEST_MAILBOX		0xe7000
#define GUEST_OWN_SSDT		0xf0000	/* to 1 MiB */

#define PORT_SLEEP_CONTROL	0x600	/* bit 5 set: off */
#define PORT_SLEEP_STATUS	0x601
#define PORT_RESET		0x602	/* restart */
#define PORT_PARK		0x603	/* 0: this CPU is as at first; 1: it sleeps for a moment */
#define PORT_REPORT		0x604	/* say the exits up to now */
#define PORT_CONTROLLER		0x640	/* 0x40 of them: the controller, by pio */
