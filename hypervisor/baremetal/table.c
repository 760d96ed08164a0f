// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the table of partitions, a text file; Documentation/virt/paravirq/baremetal.rst
 * says what stands in it. machine.c calls it once; it makes partitions and channels. What
 * has an error is said and left out.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "hv.h"

#define MAX_SIDES	64	/* of a partition: there is room for so many in its ACPI tables */

struct partition *partitions[ARRAY_SIZE(machine.apic_ids)];
u32 nr_partitions;

static const u16 com_ports[] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };

/* The partition that is being read, and in which lines it has what. */
static struct partition current;
static bool reading, failed;
static u32 line_number, first_line, cpus_line, memory_line, nr_cpus;

/* One error in a line: the value seen, and what is allowed. */
#define bad(line, value, ...)	do {						\
	char allowed[160];							\
										\
	log_format(allowed, sizeof(allowed), __VA_ARGS__);			\
	hv_info("table line %u: \"%s\", allowed: %s\n", line, value, allowed);	\
	failed = true;								\
} while (0)

static const struct module *find_module(const char *name)
{
	u32 i;

	for (i = 1; i < machine.nr_modules; i++)
		if (equal(machine.modules[i].name, name))
			return &machine.modules[i];
	bad(line_number, name, "the name of a module, there are %u", machine.nr_modules - 1);
	return NULL;
}

static struct partition *find_partition(const char *name)
{
	u32 i;

	for (i = 0; i < nr_partitions; i++)
		if (equal(partitions[i]->name, name))
			return partitions[i];
	return NULL;
}

/* A number from "least" to "most"; with a "unit" it ends in M and is a multiple of that. */
static u64 number(const char *word, u64 least, u64 most, u64 unit)
{
	u64 n = 0;
	const char *c;

	for (c = word; *c >= '0' && *c <= '9' && n <= BIT(32); c++)
		n = n * 10 + *c - '0';
	if (c != word && equal(c, unit ? "M" : "") && n >= least && n <= most &&
	    (!unit || n % unit == 0))
		return n;
	if (unit)
		bad(line_number, word, "%luM to %luM, a multiple of %luM", least, most, unit);
	else
		bad(line_number, word, "%lu to %lu", least, most);
	return n;
}

/* Its first port; 0 for none, and after an error. */
static u16 console(const char *word)
{
	u32 n = word[0] && word[1] && word[2] ? word[3] - '1' : 4, i;

	if (equal(word, "none"))
		return 0;
	if (memcmp(word, "com", 3) || n > 3 || word[4]) {
		bad(line_number, word, "com1 to com4, none");
		return 0;
	}
	for (i = 0; i < nr_partitions; i++)
		if (partitions[i]->console == com_ports[n])
			bad(line_number, word, "one that partition %s has not",
			    partitions[i]->name);
	if (com_ports[n] == log_port)
		bad(line_number, word, "one that the log has not");
	return com_ports[n];
}

static void read_setting(const char *key, const char *value)
{
	if (equal(key, "cpus")) {
		cpus_line = line_number;
		current.nr_cpus = (u32)number(value, 1, ARRAY_SIZE(machine.apic_ids), 0);
	} else if (equal(key, "memory")) {
		memory_line = line_number;
		current.size = number(value, 2, 512 * 1024, 2) * MIB;
	} else if (equal(key, "lines")) {
		current.nr_lines = (u32)number(value, 1, PARAVIRQ_MAX_LINES, 0);
	} else if (equal(key, "console")) {
		current.console = console(value);
	} else if (equal(key, "kernel")) {
		current.kernel = find_module(value);
		if (current.kernel && !guest_memory_needed(current.kernel, NULL))
			bad(line_number, value, "a bzImage, boot protocol 2.12 or later");
	} else if (equal(key, "initrd")) {
		current.initrd = find_module(value);
	} else if (equal(key, "ssdt")) {
		current.ssdt = find_module(value);
		if (current.ssdt && !guest_ssdt_is_valid(current.ssdt))
			bad(line_number, value, "an SSDT with length and checksum, up to 48 KiB");
	} else {
		bad(line_number, key, "cpus, memory, lines, console, kernel, initrd, ssdt, append");
	}
}

/* What depends on other settings, and on what is left. */
static void check_partition(void)
{
	u64 free = memory_largest() / MIB, needed;
	char value[24];

	if (!current.kernel) {
		bad(first_line, current.name, "a partition with a kernel");
		return;
	}
	needed = guest_memory_needed(current.kernel, current.initrd) / MIB;
	log_format(value, sizeof(value), "%luM", current.size / MIB);
	if (current.size / MIB < needed || current.size / MIB > free)
		bad(memory_line, value, "%luM, for kernel and initrd, to %luM, which is free",
		    needed, free);
	log_format(value, sizeof(value), "%u", current.nr_cpus);
	if (current.nr_cpus > machine.nr_cpus - nr_cpus)
		bad(cpus_line, value, "up to %u, as many are left", machine.nr_cpus - nr_cpus);
}

static void end_partition(void)
{
	struct partition *p;

	if (reading && !failed)
		check_partition();
	if (reading && failed) {
		hv_info("partition %s is left out\n", current.name);
	} else if (reading) {
		p = memcpy(memory_zalloc(sizeof(*p)), &current, sizeof(*p));
		p->sides = memory_zalloc(MAX_SIDES * sizeof(*p->sides));
		partition_init(p);
		nr_cpus += p->nr_cpus;
		partitions[nr_partitions++] = p;
	}
	reading = false;
	failed = false;
}

static void begin_partition(const char *name)
{
	memset(&current, 0, sizeof(current));
	current.nr_cpus = 1;
	current.size = 256 * MIB;
	current.nr_lines = 16;
	reading = true;
	first_line = line_number;
	cpus_line = line_number;
	memory_line = line_number;
	log_format(current.name, sizeof(current.name), "%s", name);
	if (!equal(current.name, name) || find_partition(name))
		bad(line_number, name, "a name of its own, up to %lu characters",
		    sizeof(current.name) - 1);
}

static bool side_fits(struct partition *p, u64 size, u32 events)
{
	if (p->nr_sides == MAX_SIDES || p->channels_end + size > GUEST_HIGH)
		bad(line_number, p->name, "%u channels, with 1024M of memory", MAX_SIDES);
	else if (p->used_lines + events + 1 > p->nr_lines)
		bad(line_number, p->name, "%u lines for channels, this one makes %u", p->nr_lines,
		    p->used_lines + events + 1);
	return !failed;
}

static struct channel_side *add_side(struct partition *p, u64 memory, u64 size, u32 events)
{
	struct channel_side *side = &p->sides[p->nr_sides++];

	side->address = (u32)p->channels_end;
	side->size = (u32)size;
	side->line = p->used_lines;
	p->channels_end += size;
	p->used_lines += events + 1;
	partition_map(p, side->address, memory, size);
	return side;
}

/* channel A B [events N] [memory SIZE] */
static void read_channel(char **words, u32 nr_words)
{
	struct partition *p[2] = { find_partition(words[1]), find_partition(words[2]) };
	u64 size = 2, memory;
	struct channel_side *sides[2];
	u32 events = 1, i, *changes;

	for (i = 3; i < nr_words; i += 2) {
		if (equal(words[i], "events"))
			events = (u32)number(words[i + 1], 1, PARAVIRQ_CHANNEL_MAX_EVENTS, 0);
		else if (equal(words[i], "memory"))
			size = number(words[i + 1], 2, memory_largest() / MIB, 2);
		else
			bad(line_number, words[i], "events, memory");
	}
	if (!p[0] || !p[1] || p[0] == p[1])
		bad(line_number, words[1 + !!p[0]], "two partitions that stand before");
	size *= MIB;
	if (failed || !side_fits(p[0], size, events) || !side_fits(p[1], size, events))
		return;

	memory = memory_alloc(size, LARGE_PAGE);
	memset((void *)memory, 0, size);
	changes = memory_zalloc(2 * sizeof(*changes));
	for (i = 0; i < 2; i++)
		sides[i] = add_side(p[i], memory, size, events);
	for (i = 0; i < 2; i++) {
		sides[i]->peer = p[!i];
		sides[i]->peer_line = sides[!i]->line;
		paravirq_channel_init(&sides[i]->channel, changes, i, events, vcpu_raise_peer,
				      sides[i]);
	}
}

static void read_line(char *line)
{
	char *words[8] = { "", "", "", "", "", "", "", "" };
	u32 n = 0;

	while (*line == ' ' || *line == '\t')
		line++;
	if (!*line || *line == '#')
		return;
	/* The rest of the line, whatever is in it. */
	if (reading && !memcmp(line, "append ", 7)) {
		log_format(current.append, sizeof(current.append), "%s", line + 7);
		if (!equal(current.append, line + 7))
			bad(line_number, "append", "%lu characters", sizeof(current.append) - 1);
		return;
	}
	while (*line && n < ARRAY_SIZE(words) - 1) {
		words[n++] = line;
		while (*line && *line != ' ' && *line != '\t')
			line++;
		while (*line == ' ' || *line == '\t')
			*line++ = 0;
	}
	if (equal(words[0], "partition") || equal(words[0], "channel"))
		end_partition();	/* and its failure, or that of a channel */
	if (equal(words[0], "channel")) {
		if (n % 2)
			read_channel(words, n);
		else
			bad(line_number, words[0], "channel NAME NAME [events N] [memory SIZE]");
	} else if (equal(words[0], "log") && n == 2 && !nr_partitions && !reading) {
		log_init(console(words[1]) ?: DEBUG_PORT);
	} else if (n != 2) {
		bad(line_number, words[0], "a word and its value");
	} else if (equal(words[0], "partition")) {
		begin_partition(words[1]);
	} else if (reading) {
		read_setting(words[0], words[1]);
	} else {
		bad(line_number, words[0], "partition, channel");
	}
}

void table_read(const struct module *table)
{
	char line[1200];
	u64 at = 0, n;

	for (; at < table->size; at++) {
		line_number++;
		for (n = 0; at < table->size && table->data[at] != '\n'; at++)
			if (n < sizeof(line) - 1 && table->data[at] != '\r')
				line[n++] = table->data[at];
		line[n] = 0;
		read_line(line);
	}
	end_partition();
}
