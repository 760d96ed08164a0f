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

#define GUEST_XSDT		(GUEST_ACPI + 0x100)
#define GUEST_FADT		(GUEST_ACPI + 0x200)
#define GUEST_MADT		(GUEST_ACPI + 0x400)
#define GUEST_DSDT		(GUEST_ACPI + 0x1800)
#define GUEST_SSDT		(GUEST_ACPI + 0x2000)
#define GUEST_OWN_SSDT		(GUEST_ACPI + 0x8000)
#define SSDT_MAX		0xc000
#define HEADER_SIZE		36
#define FADT_SIZE		276

/* There is a reset register, APIC ids are physical, no hardware but what is said here. */
#define FADT_FLAGS		(BIT32(10) | BIT32(19) | BIT32(20))
/* No VGA, no MSI, no RTC; and no 8042, which would be a bit. */
#define FADT_BOOT_FLAGS		(BIT(2) | BIT(3) | BIT(5))
#define FADT_PORT8		0x01000801
#define FADT_PORT32		0x03002001

#define field(p, offset, type)	(*(type *)((u8 *)(p) + (offset)))

u64 guest_entry(const struct module *kernel)
{
	return field(kernel->data, SETUP_PREF_ADDRESS, u64);
}

static u64 low_memory_end(const struct partition *p)
{
	return p->size < GUEST_CHANNELS ? p->size : GUEST_CHANNELS;
}

static u32 setup_size(const struct module *kernel)
{
	return (kernel->data[SETUP_SECTORS] + 1) * 512;
}

/* In bytes; 0 if the kernel is none that can be booted. */
u64 guest_memory_needed(const struct module *kernel, const struct module *initrd)
{
	u64 size = kernel->size;

	if (size < 0x1000 || memcmp(kernel->data + SETUP_MAGIC, "HdrS", 4) ||
	    field(kernel->data, SETUP_VERSION, u16) < 0x20c || setup_size(kernel) >= size ||
	    guest_entry(kernel) < MIB || guest_entry(kernel) >= GIB)
		return 0;
	if (size < field(kernel->data, SETUP_INIT_SIZE, u32))
		size = field(kernel->data, SETUP_INIT_SIZE, u32);

	return align_up(guest_entry(kernel) + size +
			(initrd ? align_up(initrd->size, PAGE_SIZE) : 0), LARGE_PAGE);
}

static u8 sum(const u8 *data, u64 size)
{
	u8 sum = 0;

	while (size--)
		sum += *data++;
	return sum;
}

bool guest_ssdt_is_valid(const struct module *ssdt)
{
	return ssdt->size >= HEADER_SIZE && ssdt->size <= SSDT_MAX &&
	       !memcmp(ssdt->data, "SSDT", 4) && field(ssdt->data, 4, u32) == ssdt->size &&
	       !sum(ssdt->data, ssdt->size);
}

static u8 *begin(u8 *table, const char *signature, u8 revision, u32 length)
{
	memcpy(table, signature, 4);
	field(table, 4, u32) = length;
	table[8] = revision;
	memcpy(table + 10, "PVIQ\0\0PVIQBARE\1\0\0\0PVIQ\1\0\0", 26);
	return table;
}

static void end(u8 *table)
{
	table[9] -= sum(table, field(table, 4, u32));
}

static void make_fadt(struct partition *p)
{
	u8 *fadt = begin(p->memory + GUEST_FADT, "FACP", 6, FADT_SIZE);

	field(fadt, 76, u32) = machine.pm_timer;
	fadt[91] = 4;
	field(fadt, 109, u16) = FADT_BOOT_FLAGS;
	field(fadt, 112, u32) = FADT_FLAGS;
	field(fadt, 116, u32) = FADT_PORT8;
	field(fadt, 120, u64) = PORT_RESET;
	field(fadt, 140, u64) = GUEST_DSDT;
	field(fadt, 208, u32) = FADT_PORT32;
	field(fadt, 212, u64) = machine.pm_timer;
	field(fadt, 244, u32) = FADT_PORT8;
	field(fadt, 248, u64) = PORT_SLEEP_CONTROL;
	field(fadt, 256, u32) = FADT_PORT8;
	field(fadt, 260, u64) = PORT_SLEEP_STATUS;
	end(fadt);
}

/* The CPUs, the one that boots first; the mailbox by which the others are started. */
static void make_madt(struct partition *p)
{
	u8 *madt = begin(p->memory + GUEST_MADT, "APIC", 5, HEADER_SIZE + 8 + p->nr_cpus * 16 + 24);
	u8 *entry = madt + HEADER_SIZE + 8;
	u32 i;

	field(madt, HEADER_SIZE, u32) = 0xfee00000;
	for (i = 0; i < p->nr_cpus; i++, entry += 16) {
		field(entry, 0, u16) = 16 << 8 | 9;
		field(entry, 4, u32) = p->vcpus[i].apic_id;
		field(entry, 8, u32) = 1;
		field(entry, 12, u32) = i;
	}
	field(entry, 0, u16) = 24 << 8 | 16;
	field(entry, 2, u16) = 1;
	field(entry, 8, u64) = GUEST_MAILBOX;
	field(entry, 16, u64) = GUEST_PARK;
	end(madt);
}

/* What DSDT and SSDT read. */
static void make_info(struct partition *p)
{
	u32 *info = (u32 *)(p->memory + GUEST_INFO), i;

	info[0] = p->console;
	for (i = 0; i < p->nr_sides; i++) {
		const struct channel_side *side = &p->sides[i];

		info += 4;
		info[0] = side->address;
		info[1] = side->size;
		info[2] = side->line;
		info[3] = side->channel.events + 1;
	}
}

static void make_acpi(struct partition *p)
{
	u8 *rsdp = memcpy(p->memory + GUEST_ACPI, "RSD PTR \0PVIQ\0\0\2", 16);
	u8 *xsdt = begin(p->memory + GUEST_XSDT, "XSDT", 1, HEADER_SIZE + (p->ssdt ? 32 : 24));

	make_fadt(p);
	make_madt(p);
	make_info(p);
	memcpy(p->memory + GUEST_DSDT, dsdt, ssdt - dsdt);
	memcpy(p->memory + GUEST_SSDT, ssdt, ssdt_end - ssdt);
	field(xsdt, HEADER_SIZE, u64) = GUEST_FADT;
	field(xsdt, HEADER_SIZE + 8, u64) = GUEST_MADT;
	field(xsdt, HEADER_SIZE + 16, u64) = GUEST_SSDT;
	if (p->ssdt) {
		field(xsdt, HEADER_SIZE + 24, u64) = GUEST_OWN_SSDT;
		memcpy(p->memory + GUEST_OWN_SSDT, p->ssdt->data, p->ssdt->size);
	}
	end(xsdt);
	field(rsdp, 20, u32) = 36;
	field(rsdp, 24, u64) = GUEST_XSDT;
	rsdp[8] = -sum(rsdp, 20);
	rsdp[32] = -sum(rsdp, 36);
}

/* What CPUs run that wait for the mailbox, with memory at its addresses. */
static void make_park(struct partition *p)
{
	u64 *pml4 = (u64 *)(p->memory + GUEST_PAGE_TABLES);
	u32 i;

	memcpy(p->memory + GUEST_PARK, guest_park, guest_park_end - guest_park);
	pml4[0] = (GUEST_PAGE_TABLES + PAGE_SIZE) | 3;
	for (i = 0; i < 4; i++)
		pml4[512 + i] = i * GIB | 0x83;
}

static void add_range(u8 *params, u64 base, u64 end, u32 type)
{
	u8 *range = params + PARAMS_RANGES + 20 * params[PARAMS_NR_RANGES]++;

	field(range, 0, u64) = base;
	field(range, 8, u64) = end - base;
	field(range, 16, u32) = type;
}

static void make_boot_params(struct partition *p, u64 ramdisk)
{
	u8 *params = p->memory + GUEST_BOOT_PARAMS, *setup = p->kernel->data;
	char *line = (char *)p->memory + GUEST_COMMAND_LINE, *digit;
	u64 low = low_memory_end(p);
	u32 khz = machine.tsc_khz;

	memcpy(params + SETUP_SECTORS, setup + SETUP_SECTORS,
	       SETUP_MAGIC + setup[SETUP_MAGIC - 1] - SETUP_SECTORS);
	params[SETUP_LOADER] = 0xff;
	field(params, SETUP_RAMDISK, u32) = (u32)ramdisk;
	field(params, SETUP_RAMDISK_SIZE, u32) = p->initrd ? (u32)p->initrd->size : 0;
	field(params, SETUP_COMMAND_LINE, u32) = GUEST_COMMAND_LINE;
	field(params, PARAMS_RSDP, u64) = GUEST_ACPI;
	/* Linux measures the TSC by a PIT, and watches it, if it is not told. */
	copy(line, PAGE_SIZE, "tsc=reliable tsc_early_khz=0x00000000 ");
	for (digit = line + 36; khz; khz >>= 4)
		*digit-- = "0123456789abcdef"[khz & 15];
	copy(line + 38, PAGE_SIZE - 38, p->append);

	add_range(params, 0, GUEST_LOW_END, E820_RAM);
	add_range(params, GUEST_ACPI, MIB, E820_RESERVED);
	add_range(params, MIB, low, E820_RAM);
	if (p->size > low)
		add_range(params, GUEST_HIGH, GUEST_HIGH + p->size - low, E820_RAM);
}

/* The first MiB is as at first; what else the last guest has left, the next may see. */
void guest_load(struct partition *p)
{
	const struct module *kernel = p->kernel;
	u32 setup = setup_size(kernel);
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
