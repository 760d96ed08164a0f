// SPDX-License-Identifier: GPL-2.0
/*
 * The machine's memory, as ranges that are free. machine.c says what there is and what is
 * taken already; what is allocated then is never given back.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "hv.h"

static struct {
	u64 base, end;
} ranges[64];

static u32 nr_ranges;

/* What is beyond these the machine has, and nobody uses. */
void memory_add(u64 base, u64 end)
{
	u32 i = 0;

	while (i < nr_ranges && ranges[i].base < ranges[i].end)
		i++;
	if (base >= end || i == ARRAY_SIZE(ranges))
		return;
	ranges[i].base = base;
	ranges[i].end = end;
	if (i == nr_ranges)
		nr_ranges++;
}

void memory_remove(u64 base, u64 end)
{
	u32 i, n = nr_ranges;

	for (i = 0; i < n; i++) {
		if (end <= ranges[i].base || base >= ranges[i].end)
			continue;
		memory_add(end, ranges[i].end);
		ranges[i].end = base > ranges[i].base ? base : ranges[i].base;
	}
}

/* Halts when there is none: who asks for much looks before. */
u64 memory_alloc(u64 size, u64 align)
{
	u64 base;
	u32 i;

	for (i = 0; i < nr_ranges; i++) {
		base = align_up(ranges[i].base, align);
		if (base + size <= ranges[i].end) {
			memory_remove(base, base + size);
			return base;
		}
	}
	hv_info("no %lu KiB of memory are free: halted\n", size >> 10);
	halt();
}

/* Pages for the hypervisor's own use. */
void *memory_zalloc(u64 size)
{
	return memset((void *)memory_alloc(align_up(size, PAGE_SIZE), PAGE_SIZE), 0, size);
}

/* The most that could be allocated of large pages, but for some that is the hypervisor's. */
u64 memory_largest(void)
{
	u64 size, most = 0;
	u32 i;

	for (i = 0; i < nr_ranges; i++) {
		size = align_down(ranges[i].end, LARGE_PAGE) - align_up(ranges[i].base, LARGE_PAGE);
		if ((long)size > (long)most)
			most = size;
	}
	return most > 2 * LARGE_PAGE ? most - 2 * LARGE_PAGE : 0;
}
