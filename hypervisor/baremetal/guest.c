// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the memory of a guest: Linux by its 32-bit boot protocol, and the ACPI tables that
 * tell of the partition. run.c calls guest_load() each time that a partition starts,
 * table.c asks before whether the files are good.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "hv.h"

#define SETUP_SECTORS		0x1f1
#define SETUP_MAGIC		0x202
#define SETUP_VERSION		0x206
#define SETUP_LOADER		0x210
#define SETUP_RAMDISK		0x218
#define SETUP_RAMDISK_SIZE	0x21c
#define SETUP_COMMAND_LINE	0x228
#define SETUP_PREF_ADDRESS	0x258
#define SETUP_INIT_SIZE		0x260

#define PARAMS_RSDP		0x070
#define PARAMS_NR_RANGES	0x1e8
#define PARAMS_RANGES		0x2d0

#define E820_RAM		1
#define E820_RESERVED		2

#define HEADER_SIZE		36
#define SSDT_MAX		0xc000
#define FADT_SIZE		276
#define INTERRUPT_SIZE		20		/* a descriptor with the source \_SB.PVIC */

/* There is a reset register, APIC ids are physical, no hardware but what is said here. */
#define FADT_FLAGS		(BIT32(10) | BIT32(19) | BIT32(20))
/* No VGA, no MSI, no RTC; and no 8042, which would be a bit. */
#define FADT_BOOT_FLAGS		(BIT(2) | BIT(3) | BIT(5))
#define FADT_IO_PORT		0x01000801	/* of 8 bits */
/* Number of line 0, as firmware-tables/platform.h has it. */
#define GSB			0x1000

#define field(p, offset, type)	(*(type *)((u8 *)(p) + (offset)))

u64 guest_entry(const struct module *kernel)
{
	return field(kernel->data, SETUP_PREF_ADDRESS, u64);
}

static u64 low_memory_end(const struct partition *p)
{
	return p->size < GUEST_CHANNELS ? p->size : GUEST_CHANNELS;
}

/* In bytes; 0 if the kernel is none that can be booted. */
u64 guest_memory_needed(const struct module *kernel, const struct module *initrd)
{
	if (kernel->size < 0x1000 || memcmp(kernel->data + SETUP_MAGIC, "HdrS", 4) ||
	    field(kernel->data, SETUP_VERSION, u16) < 0x20c ||
	    guest_entry(kernel) >= GUEST_CHANNELS)
		return 0;

	return align_up(guest_entry(kernel) + field(kernel->data, SETUP_INIT_SIZE, u32) +
			(initrd ? align_up(initrd->size, PAGE_SIZE) : 0), LARGE_PAGE);
}

static u8 sum(const u8 *data, u32 size)
{
	u8 sum = 0;

	while (size--)
		sum += *data++;
	return sum;
}

/* There is room for the other tables, too. */
bool guest_ssdt_is_valid(const struct module *ssdt)
{
	return ssdt->size >= HEADER_SIZE && !memcmp(ssdt->data, "SSDT", 4) &&
	       field(ssdt->data, 4, u32) == ssdt->size && !sum(ssdt->data, (u32)ssdt->size) &&
	       ssdt->size <= SSDT_MAX;
}

/* The tables of one guest, one after the other; each that is finished stands in the XSDT. */
struct tables {
	struct partition *p;
	u64 next;
	u8 *xsdt;
};

static u8 *begin(struct tables *t, const char *signature, u8 revision, u32 length)
{
	u8 *table = t->p->memory + t->next;

	memcpy(table, signature, 4);
	field(table, 4, u32) = length;
	table[8] = revision;
	memcpy(table + 10, "PVIQ\0\0PVIQBARE\1\0\0\0PVIQ\1\0\0", 26);
	return table;
}

/* Returns the address in the guest. */
static u64 end(struct tables *t, u8 *table, bool listed)
{
	u64 address = t->next;

	table[9] -= sum(table, field(table, 4, u32));
	t->next = align_up(t->next + field(table, 4, u32), 16);
	if (listed) {
		field(t->xsdt, field(t->xsdt, 4, u32), u64) = address;
		field(t->xsdt, 4, u32) += 8;
	}
	return address;
}

static u8 *copy(struct tables *t, const u8 *table)
{
	return memcpy(t->p->memory + t->next, table, field(table, 4, u32));
}

/* Some bytes that are there: the templates have them. */
static u8 *find(u8 *table, const char *bytes, u32 size)
{
	while (memcmp(table, bytes, size))
		table++;
	return table;
}

static u64 make_dsdt(struct tables *t)
{
	u8 *dsdt = copy(t, dsdt_template);
	u8 *port = find(dsdt, "\x47\x01\xf8\x03", 4);

	field(port, 2, u16) = t->p->console;
	field(port, 4, u16) = t->p->console;
	if (!t->p->console)
		find(dsdt, "_STA\x0a", 5)[5] = 0;
	return end(t, dsdt, false);
}

static void make_fadt(struct tables *t, u64 dsdt)
{
	u8 *fadt = begin(t, "FACP", 6, FADT_SIZE);

	field(fadt, 40, u32) = (u32)dsdt;
	field(fadt, 109, u16) = FADT_BOOT_FLAGS;
	field(fadt, 112, u32) = FADT_FLAGS;
	field(fadt, 116, u32) = FADT_IO_PORT;
	field(fadt, 120, u64) = PORT_RESET;
	field(fadt, 140, u64) = dsdt;
	field(fadt, 244, u32) = FADT_IO_PORT;
	field(fadt, 248, u64) = PORT_SLEEP_CONTROL;
	field(fadt, 256, u32) = FADT_IO_PORT;
	field(fadt, 260, u64) = PORT_SLEEP_STATUS;
	end(t, fadt, true);
}

/* The CPUs, the one that boots first; the mailbox by which the others are started. */
static void make_madt(struct tables *t)
{
	u32 i, length = HEADER_SIZE + 8 + t->p->nr_cpus * 16 + 24;
	u8 *madt = begin(t, "APIC", 6, length), *entry = madt + HEADER_SIZE + 8;

	field(madt, HEADER_SIZE, u32) = 0xfee00000;
	for (i = 0; i < t->p->nr_cpus; i++, entry += 16) {
		field(entry, 0, u16) = 16 << 8 | 9;
		field(entry, 4, u32) = t->p->vcpus[i].apic_id;
		field(entry, 8, u32) = 1;
		field(entry, 12, u32) = i;
	}
	field(entry, 0, u16) = 24 << 8 | 16;
	field(entry, 2, u16) = 1;
	field(entry, 8, u64) = GUEST_MAILBOX;
	field(entry, 16, u64) = GUEST_PARK;
	end(t, madt, true);
}

/* Lengths of two bytes, as these of the template are: a nibble, and what is above it. */
static void set_length(u8 *at, u32 length)
{
	at[0] = 0x40 | (length & 15);
	at[1] = (u8)(length >> 4);
}

/* The channel's own SSDT: the template without what it has too much. */
static void make_channel(struct tables *t, u32 number)
{
	struct channel_side *side = &t->p->sides[number];
	u8 *ssdt = copy(t, channel_template);
	u8 *scope = ssdt + HEADER_SIZE, *device = find(scope, "CH00", 4) - 2;
	u8 *memory = find(device, "\x86\x09\x00\x01", 4), *buffer = find(device, "_CRS\x11", 5) + 5;
	u32 i, nr = side->channel.events + 1;
	u8 *last = memory + 12 + nr * INTERRUPT_SIZE;

	scope = find(scope, "\x10", 1) + 1;
	device[2 + 2] = "0123456789ABCDEF"[number >> 4];
	device[2 + 3] = "0123456789ABCDEF"[number & 15];
	find(device, "_UID\x0a", 5)[5] = (u8)number;
	find(device, "paravirq,channel\0\x0a", 18)[18] = (u8)number;
	field(memory, 4, u32) = (u32)side->address;
	field(memory, 8, u32) = (u32)side->size;
	for (i = 0; i < nr; i++)
		field(memory, 12 + i * INTERRUPT_SIZE + 5, u32) = GSB + side->line + i;
	last[0] = 0x79;
	last[1] = 0;
	last += 2;
	set_length(scope, (u32)(last - scope));
	set_length(device, (u32)(last - device));
	set_length(buffer, (u32)(last - buffer));
	field(buffer, 3, u16) = (u16)(last - memory);
	field(ssdt, 4, u32) = (u32)(last - ssdt);
	end(t, ssdt, true);
}

static void make_acpi(struct partition *p)
{
	struct tables t = { .p = p, .next = GUEST_ACPI + 64 };
	u8 *rsdp = p->memory + GUEST_ACPI;
	u64 dsdt;
	u32 i;

	t.xsdt = begin(&t, "XSDT", 1, HEADER_SIZE);
	t.next += align_up(HEADER_SIZE + 8 * (3 + (u64)p->nr_sides), 16);
	dsdt = make_dsdt(&t);
	make_fadt(&t, dsdt);
	make_madt(&t);
	for (i = 0; i < p->nr_sides; i++)
		make_channel(&t, i);
	if (p->ssdt)
		end(&t, copy(&t, p->ssdt->data), true);
	t.xsdt[9] -= sum(t.xsdt, field(t.xsdt, 4, u32));

	memcpy(rsdp, "RSD PTR \0PVIQ\0\0\2", 16);
	field(rsdp, 20, u32) = 36;
	field(rsdp, 24, u64) = GUEST_ACPI + 64;
	rsdp[8] = -sum(rsdp, 20);
	rsdp[32] = -sum(rsdp, 36);
}

/* What a CPU runs that the guest has sent back: it leaves. */
static void make_park(struct partition *p)
{
	u64 *pml4 = (u64 *)(p->memory + GUEST_PAGE_TABLES);
	u32 i;

	/* mov $PORT_PARK, %dx; out %al, %dx; ud2 */
	memcpy(p->memory + GUEST_PARK, "\x66\xba\x03\x06\xee\x0f\x0b", 7);
	pml4[0] = (GUEST_PAGE_TABLES + PAGE_SIZE) | 3;
	for (i = 0; i < 4; i++)
		pml4[512 + i] = i * GIB | 0x83;
}

static void add_range(u8 *params, u64 base, u64 end, u32 type)
{
	u8 *range = params + PARAMS_RANGES + 20 * params[PARAMS_NR_RANGES]++;

	if (base == end)
		params[PARAMS_NR_RANGES]--;
	field(range, 0, u64) = base;
	field(range, 8, u64) = end - base;
	field(range, 16, u32) = type;
}

static void make_boot_params(struct partition *p, u64 ramdisk)
{
	u8 *params = p->memory + GUEST_BOOT_PARAMS, *setup = p->kernel->data;
	u64 low = low_memory_end(p);

	memcpy(params + SETUP_SECTORS, setup + SETUP_SECTORS,
	       SETUP_MAGIC + setup[SETUP_MAGIC - 1] - SETUP_SECTORS);
	params[SETUP_LOADER] = 0xff;
	field(params, SETUP_RAMDISK, u32) = (u32)ramdisk;
	field(params, SETUP_RAMDISK_SIZE, u32) = p->initrd ? (u32)p->initrd->size : 0;
	field(params, SETUP_COMMAND_LINE, u32) = GUEST_COMMAND_LINE;
	field(params, PARAMS_RSDP, u64) = GUEST_ACPI;
	/* Linux has nothing else to measure the TSC by, nor to watch it. */
	log_format((char *)p->memory + GUEST_COMMAND_LINE, PAGE_SIZE,
		   "%s tsc_early_khz=%u tsc=reliable", p->append, machine.tsc_khz);

	add_range(params, 0, GUEST_LOW_END, E820_RAM);
	add_range(params, GUEST_ACPI, MIB, E820_RESERVED);
	add_range(params, MIB, low, E820_RAM);
	add_range(params, GUEST_HIGH, GUEST_HIGH + p->size - low, E820_RAM);
}

/* The first MiB is as at first; what else the last guest has left, the next may see. */
void guest_load(struct partition *p)
{
	const struct module *kernel = p->kernel;
	u32 setup = (kernel->data[SETUP_SECTORS] + 1) * 512;
	u64 ramdisk = 0;

	memset(p->memory, 0, MIB);
	make_acpi(p);
	make_park(p);
	memcpy(p->memory + guest_entry(kernel), kernel->data + setup, kernel->size - setup);
	if (p->initrd) {
		ramdisk = align_down(low_memory_end(p) - p->initrd->size, PAGE_SIZE);
		memcpy(p->memory + ramdisk, p->initrd->data, p->initrd->size);
	}
	make_boot_params(p, ramdisk);
}
