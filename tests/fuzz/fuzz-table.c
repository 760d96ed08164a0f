// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzing of the bare-metal hypervisor's table of partitions, table.c in user space: of
 * arbitrary text come partitions and channels that have what they are said to have, and
 * nothing of each other. It includes table.c, whose state has to begin anew each time, and
 * stands for what table.c calls. Built for libFuzzer and run by tests/09-fuzz.t.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <stdarg.h>
#include <sys/mman.h>

#include "baremetal/table.c"

#define NR_CPUS		5
#define MEMORY		(64 * MIB)

struct machine machine = {
	.nr_cpus = NR_CPUS,
	.modules = { { .name = "table" }, { .name = "k" }, { .name = "i" }, { .name = "s" } },
	.nr_modules = 4,
};

u16 log_port;

/* What is free of it begins it. */
static u8 *memory;
static u64 memory_end;
static u32 nr_pages;

#define check(right)	do {							\
	if (!(right)) {								\
		fprintf(stderr, "fuzz-table:%d: %s\n", __LINE__, #right);	\
		__builtin_trap();						\
	}									\
} while (0)

void hv_info(const char *format, ...)
{
	char text[4096];
	va_list list;

	va_start(list, format);
	check(vsnprintf(text, sizeof(text), format, list) < (int)sizeof(text));
	va_end(list);
	check(text[strlen(text) - 1] == '\n');
}

u64 memory_free(void)
{
	return memory_end;
}

void *memory_large(u64 size)
{
	check(size && size % LARGE_PAGE == 0 && size <= memory_end);
	memory_end -= size;
	return memory + memory_end;
}

void *memory_pages(u64 size)
{
	static u8 pages[MAX_SIDES * NR_CPUS][2 * sizeof(u32)];

	check(size <= sizeof(pages[0]) && nr_pages < ARRAY_SIZE(pages));
	return memset(pages[nr_pages++], 0, size);
}

u64 guest_memory_needed(const struct module *kernel, const struct module *initrd)
{
	return !strcmp(kernel->name, "k") ? (initrd ? 6 : 4) * MIB : 0;
}

bool guest_ssdt_is_valid(const struct module *ssdt)
{
	return !strcmp(ssdt->name, "s");
}

void vcpu_raise_peer(void *side, u32 event)
{
	(void)side;
	(void)event;
}

void partition_init(struct partition *p)
{
	p->memory = memory_large(p->size);
	p->channels_end = GUEST_CHANNELS;
}

void partition_map(struct partition *p, u64 guest, void *at, u64 size)
{
	check(p->memory && guest >= GUEST_CHANNELS && guest + size <= GUEST_HIGH);
	check((u8 *)at >= memory && (u8 *)at + size <= memory + MEMORY);
}

static void check_side(struct partition *p, u32 n)
{
	struct channel_side *side = &p->sides[n];
	u32 events = side->channel.events, i;
	bool mutual = false;

	check(events >= 1 && events <= PARAVIRQ_CHANNEL_MAX_EVENTS);
	check(side->peer != p && side->peer < &partitions[nr_partitions]);
	check(side->line == (n ? side[-1].line + side[-1].channel.events + 1 : 0));
	check(side->line + events < p->nr_lines && side->size % LARGE_PAGE == 0);
	check(side->address == (n ? side[-1].address + side[-1].size : GUEST_CHANNELS));
	for (i = 0; i < side->peer->nr_sides; i++) {
		struct channel_side *other = &side->peer->sides[i];

		if (other->channel.changes == side->channel.changes && other->peer == p &&
		    other->line == side->peer_line)
			mutual = other->peer_line == side->line && other->size == side->size &&
				 other->channel.events == events &&
				 other->channel.side != side->channel.side;
	}
	check(mutual);
}

static void check_partitions(void)
{
	u32 i, j, cpus = 0;

	for (i = 0; i < nr_partitions; i++) {
		struct partition *p = &partitions[i];

		cpus += p->nr_cpus;
		check(p->nr_cpus && p->kernel && !strcmp(p->kernel->name, "k") && *p->name);
		check(!p->ssdt || !strcmp(p->ssdt->name, "s"));
		check(p->size >= guest_memory_needed(p->kernel, p->initrd));
		check(p->nr_lines >= 1 && p->nr_lines <= PARAVIRQ_MAX_LINES);
		check(p->nr_sides <= MAX_SIDES);
		for (j = 0; j < p->nr_sides; j++)
			check_side(p, j);
		check(!p->console || p->console != log_port);
		for (j = 0; j < i; j++)
			check(strcmp(p->name, partitions[j].name) &&
			      (!p->console || p->console != partitions[j].console));
	}
	check(cpus <= NR_CPUS);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct module table = { .data = (u8 *)data, .size = size };

	if (!memory)
		memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	memory_end = MEMORY;
	log_port = DEBUG_PORT;
	memset(partitions, 0, (nr_partitions + 1) * sizeof(*partitions));
	nr_partitions = nr_cpus = line_number = first_line = nr_pages = 0;
	reading = failed = false;
	table_read(&table);
	check_partitions();
	check(!reading && !failed);
	return 0;
}
