/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * An ACPI table that tells a guest of a paravirq controller and of devices on it, without
 * iasl: to copy into a VMM, which calls aml_paravirq() of aml.c. Calls nothing.
 *
 * It has no names of interrupts ("interrupt-names"), no lines for modules
 * ("paravirq,module-lines"), no hypercalls and no channels. Whether addresses are free, of
 * what is in the table and of local APICs, and whether an IO-APIC has the numbers from @gsb
 * on, is left to scripts/check-tables and to who calls.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef LIBPARAVIRQ_AML_H
#define LIBPARAVIRQ_AML_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct aml_controller - \_SB.PVIC
 * @gsb: number of line 0 as an interrupt, best 0x1000 or above
 * @nr_lines: number of lines
 * @base: of the register window in memory, a multiple of 0x1000; 0 for I/O ports
 * @port: the first of the I/O ports, a multiple of 0x40
 */
struct aml_controller {
	uint32_t gsb;
	uint32_t nr_lines;
	uint32_t base;
	uint16_t port;
};

/**
 * struct aml_consumer - a device that has lines
 * @name: four characters, unique: the device is \_SB.name
 * @hid: its _HID, as its driver knows it; _UID counts the consumers from 0
 * @base: of its memory
 * @size: of that in bytes, 0 for none
 * @lines: its interrupts, in order; no other may have them
 * @nr_lines: number of them, at least 1
 */
struct aml_consumer {
	const char *name;
	const char *hid;
	uint32_t base;
	uint32_t size;
	const uint32_t *lines;
	uint32_t nr_lines;
};

/**
 * enum aml_status - result of aml_paravirq()
 * @AML_OK: it is there and has *@length bytes
 * @AML_TOO_SMALL: it needs *@length bytes
 * @AML_BAD_CONTROLLER: number of lines, place or @gsb is not allowed
 * @AML_BAD_NAME: not A-Z, 0-9 and _, four of them, no digit first; or not unique
 * @AML_BAD_HID: not A-Z and 0-9, seven or eight of them; or of a controller, a channel or
 *	a standard: PVIQ0001, PVIQ0003, PRP0001, PNP..., ACPI...
 * @AML_BAD_MEMORY: ends above 4 GiB
 * @AML_BAD_LINE: no line, one that the controller does not have, or that somebody has already
 */
enum aml_status {
	AML_OK,
	AML_TOO_SMALL,
	AML_BAD_CONTROLLER,
	AML_BAD_NAME,
	AML_BAD_HID,
	AML_BAD_MEMORY,
	AML_BAD_LINE,
};

enum aml_status aml_paravirq(void *table, size_t size, size_t *length,
			     const struct aml_controller *controller,
			     const struct aml_consumer *consumers, size_t nr_consumers);

#ifdef __cplusplus
}
#endif

#endif /* LIBPARAVIRQ_AML_H */
