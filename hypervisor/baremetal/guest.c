// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the memory of a guest: Linux by its 64-bit boot protocol, and the ACPI tables that
 * tell of the partition. run.c calls guest_load() each time that a partition starts,
 * table.c asks before whether the files are good.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <asm/bootparam.h>

#include "hv.h"

#define ENTRY_64BIT		0x200	/* from where the kernel is */
#define SETUP_MAGIC		0x202	/* "HdrS" */
#define TABLE_HEADER		36
#define E820_RAM		1
#define E820_RESERVED		2

#define field(p, offset, type)	(*(type *)((u8 *)(p) + (offset)))

static const struct setup_header *setup_header(const struct module *kernel)
{
	return (const void *)(kernel->data + offsetof(struct boot_params, hdr));
}

static u32 setup_size(const struct module *kernel)
{
	return (setup_header(kernel)->setup_sects + 1) * 512;
}

/* In bytes; 0 if the kernel is none that can be booted. */
u64 guest_memory_needed(const struct module *kernel, const struct module *initrd)
{
	const struct setup_header *hdr = setup_header(kernel);
	u64 size = kernel->size;

	if (size < sizeof(struct boot_params) || memcmp(kernel->data + SETUP_MAGIC, "HdrS", 4) ||
	    hdr->version < 0x20c || !(hdr->xloadflags & XLF_KERNEL_64) ||
	    setup_size(kernel) >= size || hdr->pref_address < MIB || hdr->pref_address >= GIB)
		return 0;
	if (size < hdr->init_size)
		size = hdr->init_size;

	return __ALIGN_KERNEL(hdr->pref_address + size +
			      (initrd ? __ALIGN_KERNEL(initrd->size, PAGE_SIZE) : 0), LARGE_PAGE);
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
	return ssdt->size >= TABLE_HEADER && ssdt->size <= MIB - GUEST_OWN_SSDT &&
	       !memcmp(ssdt->data, "SSDT", 4) && field(ssdt->data, 4, u32) == ssdt->size &&
	       !sum(ssdt->data, ssdt->size);
}

/* What DSDT and SSDT read. */
static void make_info(struct partition *p)
{
	u32 *info = (u32 *)(p->memory + GUEST_INFO), i;

	info[0] = p->console;
	info[1] = p->pio;
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
	u8 *rsdp = memcpy(p->memory + GUEST_ACPI, guest_acpi, guest_acpi_end - guest_acpi);
	u8 *fadt = p->memory + GUEST_FADT, *madt = p->memory + GUEST_MADT;
	u8 *tables[] = { p->memory + GUEST_XSDT, fadt, madt };
	u32 i;

	field(fadt, 76, u32) = machine.pm_timer;
	field(fadt, 212, u64) = machine.pm_timer;
	for (i = 0; i < p->nr_cpus; i++) {
		u32 *entry = (u32 *)(madt + field(madt, 4, u32));

		entry[0] = 16 << 8 | 9;
		entry[1] = p->vcpus[i].apic_id;
		entry[2] = 1;
		entry[3] = i;
		field(madt, 4, u32) += 16;
	}
	if (p->ssdt)
		memcpy(p->memory + GUEST_OWN_SSDT, p->ssdt->data, p->ssdt->size);
	else
		field(tables[0], 4, u32) -= 8;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		tables[i][9] = -sum(tables[i], field(tables[i], 4, u32));
	rsdp[8] = -sum(rsdp, 20);
	rsdp[32] = -sum(rsdp, 36);
}

/* All that has an address below 4 GiB is at it. */
static void make_page_tables(struct partition *p)
{
	u64 *pml4 = (u64 *)(p->memory + GUEST_PAGE_TABLES);
	u32 i;

	pml4[0] = (GUEST_PAGE_TABLES + PAGE_SIZE) | 3;
	for (i = 0; i < 4; i++)
		pml4[512 + i] = i * GIB | 0x83;
}

static void add_range(struct boot_params *params, u64 start, u64 end, u32 type)
{
	params->e820_table[params->e820_entries++] =
		(struct boot_e820_entry){ start, end - start, type };
}

static void make_boot_params(struct partition *p, u64 ramdisk)
{
	struct boot_params *params = (struct boot_params *)(p->memory + GUEST_BOOT_PARAMS);
	char *line = (char *)p->memory + GUEST_COMMAND_LINE;

	/* The byte before its magic says how long the header is, from there on. */
	memcpy(&params->hdr, setup_header(p->kernel), SETUP_MAGIC +
	       p->kernel->data[SETUP_MAGIC - 1] - offsetof(struct boot_params, hdr));
	params->hdr.type_of_loader = 0xff;
	params->hdr.ramdisk_image = (u32)ramdisk;
	params->hdr.ramdisk_size = p->initrd ? (u32)p->initrd->size : 0;
	params->hdr.cmd_line_ptr = GUEST_COMMAND_LINE;
	params->acpi_rsdp_addr = GUEST_ACPI;
	/* Linux measures the TSC by a PIT, and watches it, if it is not told. */
	snprintf(line, PAGE_SIZE, "tsc=reliable tsc_early_khz=%u %s", machine.tsc_khz, p->append);

	add_range(params, 0, GUEST_LOW_END, E820_RAM);
	add_range(params, GUEST_ACPI, MIB, E820_RESERVED);
	add_range(params, MIB, p->low_size, E820_RAM);
	if (p->size > p->low_size)
		add_range(params, GUEST_HIGH, GUEST_HIGH + p->size - p->low_size, E820_RAM);
}

/* The first MiB is as at first; what else the last guest has left, the next may see. */
void guest_load(struct partition *p)
{
	const struct module *kernel = p->kernel;
	u64 setup = setup_size(kernel), ramdisk = 0;

	memset(p->memory, 0, MIB);
	make_acpi(p);
	make_info(p);
	make_page_tables(p);
	memcpy(p->memory + setup_header(kernel)->pref_address, kernel->data + setup,
	       kernel->size - setup);
	if (p->initrd) {
		ramdisk = align_down(p->low_size - p->initrd->size, PAGE_SIZE);
		memcpy(p->memory + ramdisk, p->initrd->data, p->initrd->size);
	}
	make_boot_params(p, ramdisk);
	p->entry = setup_header(kernel)->pref_address + ENTRY_64BIT;
}
