// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * An ACPI table that tells a guest of a paravirq controller and of devices on it, without
 * iasl: to copy into a VMM, which calls aml_paravirq(). Calls memory and string functions.
 *
 * A length, of one to three bytes, is inserted once all is there. What does not fit is
 * counted and not stored.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <stdbool.h>
#include <string.h>

#include <libparavirq/paravirq.h>

#include "aml.h"

#define SOURCE		"\\_SB.PVIC"
#define MEMORY_SIZE	12
#define PORTS_SIZE	8
#define INTERRUPT_SIZE	(10 + sizeof(SOURCE))

struct aml {
	uint8_t *table;
	size_t size, used;
};

/* A number, little-endian. */
static void put(struct aml *aml, uint64_t value, unsigned int bytes)
{
	for (; bytes--; value >>= 8, aml->used++)
		if (aml->used < aml->size)
			aml->table[aml->used] = (uint8_t)value;
}

static void put_bytes(struct aml *aml, const char *bytes, size_t length)
{
	while (length--)
		put(aml, (uint8_t)*bytes++, 1);
}

/* Inserts the length of what begins at @start, its own bytes included. */
static void put_length(struct aml *aml, size_t start)
{
	size_t length = aml->used - start;
	unsigned int bytes = length < 0x3f ? 1 : length < 0xffe ? 2 : 3;

	if (aml->used + bytes <= aml->size)
		memmove(aml->table + start + bytes, aml->table + start, length);
	aml->used = start;
	length += bytes;
	put(aml, bytes == 1 ? length : (bytes - 1) << 6 | (length & 15) | length >> 4 << 8, bytes);
	aml->used = start + length;
}

static void put_integer(struct aml *aml, uint32_t value)
{
	if (value > 1)
		put(aml, value > 0xffff ? 0x0c : value > 0xff ? 0x0b : 0x0a, 1);
	put(aml, value, value > 0xffff ? 4 : value > 0xff ? 2 : 1);
}

/* Device (name) { Name (_HID, hid) Name (_UID, uid); returns where its length belongs. */
static size_t put_device(struct aml *aml, const char *name, const char *hid, uint32_t uid)
{
	size_t start = aml->used + 2;

	put_bytes(aml, "\x5b\x82", 2);
	put_bytes(aml, name, 4);
	put_bytes(aml, "\x08_HID\x0d", 6);
	put_bytes(aml, hid, strlen(hid) + 1);
	put_bytes(aml, "\x08_UID", 5);
	put_integer(aml, uid);
	return start;
}

/* Name (_CRS, ResourceTemplate () { of so many bytes; returns where its length belongs. */
static size_t put_resources(struct aml *aml, size_t bytes)
{
	size_t start = aml->used + 6;

	put_bytes(aml, "\x08_CRS\x11", 6);
	put_integer(aml, (uint32_t)bytes + 2);
	return start;
}

static void put_end(struct aml *aml, size_t resources, size_t device)
{
	put(aml, 0x0079, 2);
	put_length(aml, resources);
	put_length(aml, device);
}

/* Memory32Fixed (ReadWrite, base, size) */
static void put_memory(struct aml *aml, uint32_t base, uint32_t size)
{
	put(aml, 0x01000986, 4);
	put(aml, (uint64_t)size << 32 | base, 8);
}

static void put_controller(struct aml *aml, const struct aml_controller *controller)
{
	size_t device = put_device(aml, "PVIC", "PVIQ0001", 0), resources;

	put_bytes(aml, "\x08_GSB", 5);
	put_integer(aml, controller->gsb);
	resources = put_resources(aml, controller->base ? MEMORY_SIZE : PORTS_SIZE);
	if (controller->base)
		put_memory(aml, controller->base, PARAVIRQ_REG_ROUTE + 8 * controller->nr_lines);
	else	/* IO (Decode16, port, port, 1, 0x40) */
		put(aml, 0x4001000000000147 | controller->port * UINT64_C(0x100010000), 8);
	put_end(aml, resources, device);
}

static void put_consumer(struct aml *aml, const struct aml_consumer *consumer, uint32_t uid,
			 uint32_t gsb)
{
	size_t device = put_device(aml, consumer->name, consumer->hid, uid), resources;
	uint32_t i;

	/* Name (_DEP, Package () { \_SB.PVIC }) */
	put_bytes(aml, "\x08_DEP\x12\x0c\x01\\._SB_PVIC", 18);
	resources = put_resources(aml, (consumer->size ? MEMORY_SIZE : 0) +
				       consumer->nr_lines * INTERRUPT_SIZE);
	if (consumer->size)
		put_memory(aml, consumer->base, consumer->size);
	for (i = 0; i < consumer->nr_lines; i++) {
		/* Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0, SOURCE) { ... } */
		put(aml, 0x0103000089 | (INTERRUPT_SIZE - 3) << 8, 5);
		put(aml, gsb + consumer->lines[i], 5);
		put_bytes(aml, SOURCE, sizeof(SOURCE));
	}
	put_end(aml, resources, device);
}

static enum aml_status check(const struct aml_controller *controller,
			     const struct aml_consumer *consumers, size_t nr_consumers)
{
	const char *characters = "_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	uint64_t window = PARAVIRQ_REG_ROUTE + 8 * (uint64_t)controller->nr_lines;
	bool taken[PARAVIRQ_MAX_LINES] = { false };
	size_t i, j;

	if (controller->nr_lines < 1 || controller->nr_lines > PARAVIRQ_MAX_LINES ||
	    controller->gsb > UINT32_MAX - controller->nr_lines ||
	    controller->base % PARAVIRQ_REG_ROUTE || controller->base + window > UINT32_MAX ||
	    (!controller->base && (!controller->port || controller->port % PARAVIRQ_PIO_SIZE)))
		return AML_BAD_CONTROLLER;

	for (i = 0; i < nr_consumers; i++) {
		const struct aml_consumer *c = &consumers[i];

		if (strspn(c->name, characters) != 4 || c->name[4] || c->name[0] <= '9' ||
		    !strcmp(c->name, "PVIC"))
			return AML_BAD_NAME;
		for (j = 0; j < i; j++)
			if (!strcmp(c->name, consumers[j].name))
				return AML_BAD_NAME;
		j = strspn(c->hid, characters + 1);
		if (j < 7 || j > 8 || c->hid[j] || !strncmp(c->hid, "PNP", 3) ||
		    !strncmp(c->hid, "ACPI", 4) || !strcmp(c->hid, "PRP0001") ||
		    !strcmp(c->hid, "PVIQ0001") || !strcmp(c->hid, "PVIQ0003"))
			return AML_BAD_HID;
		if ((uint64_t)c->base + c->size > UINT64_C(1) << 32)
			return AML_BAD_MEMORY;
		if (!c->nr_lines)
			return AML_BAD_LINE;
		for (j = 0; j < c->nr_lines; j++) {
			if (c->lines[j] >= controller->nr_lines || taken[c->lines[j]])
				return AML_BAD_LINE;
			taken[c->lines[j]] = true;
		}
	}
	return AML_OK;
}

/* The header of the SSDT, and Scope (\_SB) { ... } */
enum aml_status aml_paravirq(void *table, size_t size, size_t *length,
			     const struct aml_controller *controller,
			     const struct aml_consumer *consumers, size_t nr_consumers)
{
	enum aml_status status = check(controller, consumers, nr_consumers);
	struct aml aml = { .table = table, .size = size };
	size_t i, sum = 0;

	if (status != AML_OK)
		return status;
	put_bytes(&aml, "SSDT\0\0\0\0\2\0PVIQ\0\0PARAVIRQ\1\0\0\0PVIQ\1\0\0\0\x10\\_SB_", 42);
	put_controller(&aml, controller);
	for (i = 0; i < nr_consumers; i++)
		put_consumer(&aml, &consumers[i], (uint32_t)i, controller->gsb);
	put_length(&aml, 37);
	*length = aml.used;
	if (aml.used > size)
		return AML_TOO_SMALL;
	aml.used = 4;
	put(&aml, *length, 4);
	for (i = 0; i < *length; i++)
		sum += aml.table[i];
	aml.table[9] = (uint8_t)-sum;
	return AML_OK;
}
