/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses of a guest below 1 MiB and a port, for C, boot.S and the ASL files; from the ACPI
 * tables on they are reserved. Plain numbers only.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define GUEST_BOOT_PARAMS	0x90000
#define GUEST_COMMAND_LINE	0x91000
#define GUEST_LOW_END		0x9f000
#define GUEST_ACPI		0xe0000
#define GUEST_INFO		0xfa000
#define GUEST_PAGE_TABLES	0xfb000
#define GUEST_PARK		0xfd000
#define GUEST_MAILBOX		0xfe000
#define PORT_PARK		0x603	/* 0: this CPU is as at first; 1: it sleeps for a moment */
