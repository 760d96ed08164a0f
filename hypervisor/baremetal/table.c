// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the table of partitions, a text file; Documentation/virt/paravirq/baremetal.rst
 * says what stands in it. machine.c calls it once; it makes partitions and channels. What
 * has an error is said and left out.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "hv.h"

/* One more than can be, which has an error. */
struct partition partitions[ARRAY_SIZE(machine.apic_ids) + 1];
u32 nr_partitions;

/* What is being read; "reading" a partition, it is the next one. */
static bool reading, failed;
static u32 line_number, first_line, nr_cpus;

/* One error: the value seen, and what is allowed. */
#define bad(value, allowed, ...)	do {					\
	hv_info("table line %u: \"%s\", allowed: " allowed "\n", line_number, value,	\
		##__VA_ARGS__);							\
	failed = true;								\
} while (0)

static const struct module *find_module(const char *name)
{
	u32 i;

	for (i = 1; i < machine.nr_modules; i++)
		if (!strcmp(machine.modules[i].name, name))
			return &machine.modules[i];
	bad(name, "the name of a module, there are %u", machine.nr_modules - 1);
	return NULL;
}

static struct partition *find_partition(const char *name)
{
	u32 i;

	for (i = 0; i < nr_partitions; i++)
		if (!strcmp(partitions[i].name, name))
			return &partitions[i];
	return NULL;
}

/* A number from "least" to "most"; with a "unit" it ends in M and is a multiple of that. */
static u32 number(const char *word, u32 least, u32 most, u32 unit)
{
	char *end;
	u64 n = strtoul(word, &end, 10);

	if (*word < '0' || *word > '9' || strcmp(end, unit ? "M" : "") || n < least ||
	    n > most || (unit && n % unit)) {
		if (unit)
			bad(word, "%uM to %uM, a multiple of %uM", least, most, unit);
		else
			bad(word, "%u to %u", least, most);
	}
	return (u32)n;
}

/* Its first port. */
static u16 console(const char *word)
{
	static const u16 ports[] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };
	char name[] = "com1";
	u16 port = 0;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ports); i++, name[3]++)
		if (!strcmp(word, name) && ports[i] != log_port)
			port = ports[i];
	for (i = 0; i < nr_partitions; i++)
		if (partitions[i].console == port)
			port = 0;
	if (!port)
		bad(word, "com1 to com4, one that nobody has");
	return port;
}

static void read_setting(struct partition *p, const char *word, const char *value)
{
	if (!strcmp(word, "cpus")) {
		p->nr_cpus = number(value, 1, ARRAY_SIZE(machine.apic_ids), 0);
	} else if (!strcmp(word, "memory")) {
		p->size = number(value, 2, 512 * 1024, 2) * MIB;
	} else if (!strcmp(word, "lines")) {
		p->nr_lines = number(value, 1, PARAVIRQ_MAX_LINES, 0);
	} else if (!strcmp(word, "transport")) {
		p->pio = !strcmp(value, "pio");
		if (!p->pio && strcmp(value, "hypercall"))
			bad(value, "hypercall, pio");
	} else if (!strcmp(word, "console")) {
		p->console = console(value);
	} else if (!strcmp(word, "kernel")) {
		p->kernel = find_module(value);
		if (p->kernel && !guest_memory_needed(p->kernel, NULL))
			bad(value, "a bzImage, boot protocol 2.12 or later, of 64 bits");
	} else if (!strcmp(word, "initrd")) {
		p->initrd = find_module(value);
	} else if (!strcmp(word, "ssdt")) {
		p->ssdt = find_module(value);
		if (p->ssdt && !guest_ssdt_is_valid(p->ssdt))
			bad(value, "an SSDT with length and checksum, up to 64 KiB");
	} else {
		bad(word, "cpus, memory, lines, transport, console, kernel, initrd, ssdt, append");
	}
}

/* What depends on other settings, and on what is left. */
static void check_partition(const struct partition *p)
{
	u64 needed, free = memory_free() / MIB;

	if (!p->kernel) {
		bad(p->name, "a partition with a kernel");
		return;
	}
	needed = guest_memory_needed(p->kernel, p->initrd) / MIB;
	if (p->size / MIB < needed || p->size / MIB > free)
		bad(p->name, "memory of %luM, for kernel and initrd, to %luM, the free; not %luM",
		    needed, free, p->size / MIB);
	if (p->nr_cpus > machine.nr_cpus - nr_cpus)
		bad(p->name, "cpus up to %u, as many are left; not %u", machine.nr_cpus - nr_cpus,
		    p->nr_cpus);
}

static void end_partition(void)
{
	struct partition *p = &partitions[nr_partitions];
	u32 line = line_number;

	line_number = first_line;
	if (reading && !failed)
		check_partition(p);
	if (reading && failed) {
		hv_info("partition %s is left out\n", p->name);
	} else if (reading) {
		partition_init(p);
		nr_cpus += p->nr_cpus;
		nr_partitions++;
	}
	line_number = line;
	reading = false;
	failed = false;
}

static void begin_partition(struct partition *p, const char *name)
{
	*p = (struct partition){ .nr_cpus = 1, .size = 256 * MIB, .nr_lines = 16 };
	reading = true;
	first_line = line_number;
	snprintf(p->name, sizeof(p->name), "%s", name);
	if (strcmp(p->name, name) || find_partition(name))
		bad(name, "a name of its own, up to %lu characters", sizeof(p->name) - 1);
}

/* channel A B [events N] [memory SIZE] */
static void read_channel(char **words, u32 nr_words)
{
	struct partition *p[2] = { find_partition(words[1]), find_partition(words[2]) };
	u32 size = 2, events = 1, i, lines[2], *changes;
	void *memory;

	for (i = 3; i < nr_words; i += 2) {
		if (!strcmp(words[i], "events"))
			events = number(words[i + 1], 1, PARAVIRQ_CHANNEL_MAX_EVENTS, 0);
		else if (!strcmp(words[i], "memory"))
			size = number(words[i + 1], 2, (u32)(memory_free() / MIB), 2);
		else
			bad(words[i], "events, memory");
	}
	if (!p[0] || !p[1] || p[0] == p[1])
		bad(words[1 + !!p[0]], "two partitions that stand before");
	for (i = 0; i < 2 && !failed; i++) {
		if (p[i]->nr_sides == MAX_SIDES || p[i]->channels_end + size * MIB > GUEST_HIGH)
			bad(p[i]->name, "%u channels, with 1024M of memory", MAX_SIDES);
		else if (p[i]->used_lines + events + 1 > p[i]->nr_lines)
			bad(p[i]->name, "%u lines for channels, this one makes %u",
			    p[i]->nr_lines, p[i]->used_lines + events + 1);
		lines[i] = p[i]->used_lines;
	}
	if (failed)
		return;

	memory = memset(memory_large(size * MIB), 0, size * MIB);
	changes = memory_pages(2 * sizeof(*changes));
	for (i = 0; i < 2; i++) {
		struct channel_side *side = &p[i]->sides[p[i]->nr_sides++];

		side->peer = p[!i];
		side->line = p[i]->used_lines;
		side->peer_line = lines[!i];
		side->address = (u32)p[i]->channels_end;
		side->size = (u32)(size * MIB);
		p[i]->used_lines += events + 1;
		p[i]->channels_end += side->size;
		partition_map(p[i], side->address, memory, side->size);
		paravirq_channel_init(&side->channel, changes, i, events, vcpu_raise_peer, side);
	}
}

static void read_line(char *line)
{
	char *words[8] = { "", "", "", "", "", "", "", "" }, *word, *rest = line;
	u32 n = 0;

	line += strspn(line, " \t");
	/* The rest of the line, whatever is in it. */
	if (reading && !strncmp(line, "append ", 7)) {
		snprintf(partitions[nr_partitions].append, APPEND_SIZE, "%s", line + 7);
		if (strlen(line + 7) >= APPEND_SIZE)
			bad("append", "%u characters", APPEND_SIZE - 1);
		return;
	}
	while (n < ARRAY_SIZE(words) && (word = strtok_r(NULL, " \t", &rest)))
		words[n++] = word;
	if (!n || *words[0] == '#')
		return;
	if (!strcmp(words[0], "partition") || !strcmp(words[0], "channel"))
		end_partition();	/* and its failure, or that of a channel */
	if (!strcmp(words[0], "channel")) {
		if (n == 3 || n == 5 || n == 7)
			read_channel(words, n);
		else
			bad(words[0], "channel NAME NAME [events N] [memory SIZE]");
	} else if (n != 2) {
		bad(words[0], "a word and its value");
	} else if (!strcmp(words[0], "partition")) {
		begin_partition(&partitions[nr_partitions], words[1]);
	} else if (reading) {
		read_setting(&partitions[nr_partitions], words[0], words[1]);
	} else if (!strcmp(words[0], "log") && !nr_partitions) {
		log_port = console(words[1]) ?: DEBUG_PORT;
	} else {
		bad(words[0], "partition, channel");
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
