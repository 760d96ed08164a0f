// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Fuzzing of libparavirq: register accesses, raises and restore images out of
 * arbitrary bytes, each step compared with a model written from the interface.
 * Built for libFuzzer by hypervisor/libparavirq/Makefile, run by tests/09-fuzz.t
 * and "make fuzz". With -DREPLAY it has a main() of its own that runs the files
 * named on the command line, to reproduce and to measure what a corpus reaches.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paravirq.h"

#define MOST_LINES	5

/* What a line is; the model's route() says how a guest sees it. */
struct line {
	bool enabled, masked, pending;
	uint8_t vector;
	uint32_t apic_id;
};

static struct paravirq pv;
static paravirq_word words[MOST_LINES + 2];
static uint32_t nr_lines, broadcast_id;

static struct line model[MOST_LINES];
static struct paravirq_registers model_registers;
static uint64_t model_count[PARAVIRQ_NR_RAISED];

/* What an eventfd holds, to which others listen while the line may be injected. */
static bool irqfds;
static bool rung[MOST_LINES], model_rung[MOST_LINES];

/* What the library did in this step, and what the model expects of it. */
struct effects {
	unsigned int injections;
	uint32_t apic_id;
	uint8_t vector;
	unsigned int changes[MOST_LINES];
};
static struct effects seen, expected;

#define CHECK(condition)						\
	do {								\
		if (!(condition)) {					\
			fprintf(stderr, "fuzz-libparavirq:%d: %s\n",	\
				__LINE__, #condition);			\
			abort();					\
		}							\
	} while (0)

/* The rest of the input; past its end it is all 0. */
static const uint8_t *input, *input_end;

static uint64_t take(unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | (input < input_end ? *input++ : 0);
	return value;
}

static bool vcpu_exists(uint32_t apic_id)
{
	return apic_id % 4 != 3;
}

static bool fuzz_inject(void *opaque, uint32_t line, uint32_t apic_id, uint8_t vector)
{
	CHECK(line < nr_lines);
	CHECK(opaque == &pv);
	CHECK(vector >= 32 && apic_id != 0xffffffff && apic_id != broadcast_id);
	seen.injections++;
	seen.apic_id = apic_id;
	seen.vector = vector;
	return vcpu_exists(apic_id);
}

static void fuzz_changed(void *opaque, uint32_t first, uint32_t lines)
{
	CHECK(opaque == &pv);
	CHECK(lines >= 1 && lines <= nr_lines && first <= nr_lines - lines);
	for (uint32_t line = first; line < first + lines; line++)
		seen.changes[line]++;
}

static bool fuzz_collect(void *opaque, uint32_t line)
{
	bool was = rung[line];

	CHECK(opaque == &pv);
	CHECK((paravirq_route(&pv, line) & 0x300) != 0x100);
	rung[line] = false;
	return was;
}

static const struct paravirq_ops with_irqfds = {
	.inject = fuzz_inject, .route_changed = fuzz_changed, .collect = fuzz_collect,
};
static const struct paravirq_ops with_changed = {
	.inject = fuzz_inject, .route_changed = fuzz_changed,
};
static const struct paravirq_ops without_changed = { .inject = fuzz_inject };

static uint64_t route(const struct line *l)
{
	return (uint64_t)l->apic_id << 32 | l->pending << 10 | l->masked << 9 |
	       l->enabled << 8 | l->vector;
}

static bool good(uint64_t value)
{
	uint32_t apic_id = value >> 32;

	return (value & 0xff) >= 32 && !(value & 0xfffff800) &&
	       apic_id != 0xffffffff && apic_id != broadcast_id;
}

static void model_reject(void)
{
	if (model_registers.errors != 0xffffffff)
		model_registers.errors++;
}

static enum paravirq_raised model_inject(const struct line *l)
{
	enum paravirq_raised what = vcpu_exists(l->apic_id) ? PARAVIRQ_INJECTED :
							      PARAVIRQ_DROPPED;

	expected.injections++;
	expected.apic_id = l->apic_id;
	expected.vector = l->vector;
	model_count[what]++;
	return what;
}

static void ring(uint32_t line)
{
	if (irqfds && line < nr_lines && !(model[line].enabled && !model[line].masked))
		rung[line] = model_rung[line] = true;
}

static void model_collect(uint32_t line)
{
	struct line *l = &model[line];

	if (!model_rung[line])
		return;
	model_rung[line] = false;
	l->pending = l->enabled;
	model_count[l->enabled ? PARAVIRQ_LATCHED : PARAVIRQ_DROPPED]++;
}

static void model_write(uint32_t line, uint64_t value)
{
	struct line *l = &model[line];
	bool pending;

	if (value & 0x100 && !good(value)) {
		model_reject();
		return;
	}
	model_collect(line);
	pending = l->enabled && l->pending;
	*l = (struct line){ .masked = true };
	if (value & 0x100) {
		l->enabled = true;
		l->vector = value;
		l->apic_id = value >> 32;
		l->masked = value & 0x200;
		l->pending = pending && l->masked;
		if (pending && !l->masked)
			model_inject(l);
	}
	expected.changes[line]++;
}

static enum paravirq_raised model_raise(uint32_t line)
{
	if (line < nr_lines && model[line].enabled) {
		if (!model[line].masked)
			return model_inject(&model[line]);
		model[line].pending = true;
		model_count[PARAVIRQ_LATCHED]++;
		return PARAVIRQ_LATCHED;
	}
	model_count[PARAVIRQ_DROPPED]++;
	return PARAVIRQ_DROPPED;
}

static void model_reset(void)
{
	for (uint32_t i = 0; i < nr_lines; i++)
		model_write(i, 0);
	model_registers = (struct paravirq_registers){ 0 };
}

static bool is_route(uint64_t offset, unsigned int size)
{
	return size == 8 && offset % 8 == 0 && offset >= 0x1000 &&
	       (offset - 0x1000) / 8 < nr_lines;
}

/* Any of the transports: at I/O ports or in memory. */
static void model_write_register(bool pio, uint64_t offset, unsigned int size, uint64_t value)
{
	uint32_t low = value;

	if (!pio && is_route(offset, size)) {
		model_write((offset - 0x1000) / 8, value);
	} else if (size == 4 && offset == 0x10 && low == 1) {
		model_reset();
	} else if (size == 4 && offset == 0x18 && low < nr_lines) {
		model_raise(low);
	} else if (pio && size == 4 && offset == 0x20) {
		model_registers.dest = low;
	} else if (pio && size == 4 && offset == 0x24 && low >> 16 < nr_lines) {
		model_write(low >> 16, (uint64_t)model_registers.dest << 32 | (low & 0xffff));
	} else if (pio && size == 4 && offset == 0x28 && low < nr_lines) {
		model_collect(low);
		model_registers.dest = model[low].apic_id;
		model_registers.select = route(&model[low]);
	} else {
		model_reject();
	}
}

static void write_register(bool pio, uint64_t offset, unsigned int size, uint64_t value)
{
	model_write_register(pio, offset, size, value);
	if (pio)
		paravirq_pio_write(&pv, offset, size, value);
	else
		paravirq_mmio_write(&pv, offset, size, value);
}

static uint64_t model_read(bool pio, uint64_t offset, unsigned int size)
{
	if (!pio && is_route(offset, size)) {
		model_collect((offset - 0x1000) / 8);
		return route(&model[(offset - 0x1000) / 8]);
	}
	if (size == 4 && offset <= 0xc && offset % 4 == 0)
		return (const uint32_t[]){ 0x51495650, 1, nr_lines, 0 }[offset / 4];
	if (size == 4 && offset == 0x14)
		return model_registers.errors;
	if (pio && size == 4 && offset == 0x20)
		return model_registers.dest;
	if (pio && size == 4 && offset == 0x28)
		return model_registers.select;
	model_reject();
	return 0;
}

static void read_register(bool pio, uint64_t offset, unsigned int size)
{
	uint64_t value = model_read(pio, offset, size);

	CHECK(value == (pio ? paravirq_pio_read(&pv, offset, size) :
			      paravirq_mmio_read(&pv, offset, size)));
}

/* A register of those in memory, or EAX is no function of the controller. */
static void hypercall(uint32_t function, uint32_t offset, uint64_t value)
{
	unsigned int size = offset < 0x1000 ? 4 : 8;
	uint64_t result = value, after = value;
	bool ours = true;

	if (function == 0x51495652) {
		after = model_read(false, offset, size);
	} else if (function == 0x51495657) {
		model_write_register(false, offset, size, value);
		after = 0;
	} else {
		ours = false;
	}
	CHECK(paravirq_hypercall(&pv, function, offset, value, &result) == ours);
	CHECK(result == after);
}

static void restore(void)
{
	enum paravirq_status status = PARAVIRQ_OK, result;
	struct paravirq_registers registers;
	uint64_t image[MOST_LINES + 2];
	uint32_t bad = 0, bad_line = 77, n = nr_lines;
	uint8_t how = take(1);

	/* The lines' number is another, or a few routes are. */
	paravirq_save(&pv, image, &registers);
	CHECK(!memcmp(&registers, &model_registers, sizeof(registers)));
	for (uint32_t i = 0; i < nr_lines; i++) {
		model_collect(i);
		CHECK(image[i] == route(&model[i]));
		if (how & 1 << i) {
			image[i] = take(8);
			ring(i);
		}
	}
	if (how & 0x40) {
		registers.errors = take(4);
		registers.dest = take(4);
		registers.select = take(4);
	}
	if (how & 0x80)
		n = take(1);

	if (n != nr_lines)
		status = PARAVIRQ_BAD_NR_LINES;
	for (uint32_t i = 0; i < nr_lines && status == PARAVIRQ_OK; i++) {
		bad = i;
		if (!(image[i] & 0x100))
			status = image[i] == 0x200 ? PARAVIRQ_OK : PARAVIRQ_BAD_DISABLED;
		else if ((image[i] & 0x600) == 0x400)
			status = PARAVIRQ_BAD_PENDING;
		else if (image[i] & 0xfffff800)
			status = PARAVIRQ_BAD_RESERVED;
		else if ((image[i] & 0xff) < 32)
			status = PARAVIRQ_BAD_VECTOR;
		else if (!good(image[i] & ~UINT64_C(0x400)))
			status = PARAVIRQ_BAD_DEST;
	}
	result = paravirq_restore(&pv, n, image, &registers, how & 0x20 ? NULL : &bad_line);
	CHECK(result == status);
	if (status == PARAVIRQ_OK) {
		for (uint32_t i = 0; i < nr_lines; i++) {
			model_collect(i);
			model[i] = (struct line){
				image[i] >> 8 & 1, image[i] >> 9 & 1,
				image[i] >> 10 & 1, image[i], image[i] >> 32,
			};
			expected.changes[i]++;
		}
		model_registers = registers;
	}
	if (status == PARAVIRQ_OK || status == PARAVIRQ_BAD_NR_LINES || how & 0x20)
		CHECK(bad_line == 77);
	else
		CHECK(bad_line == bad);
}

static void step(void)
{
	static const unsigned int sizes[] = { 1, 2, 4, 8, 4, 8, 3, 16 };
	uint8_t op = take(1);
	uint32_t line = take(1) % (nr_lines + 1);
	uint64_t value;

	switch (op % 16) {
	case 0:	/* any access */
		value = take(8);
		write_register(false, take(op & 0x80 ? 8 : 2), sizes[op / 16 % 8], value);
		break;
	case 1:
		read_register(false, take(op & 0x80 ? 8 : 2), sizes[op / 16 % 8]);
		break;
	case 2:	/* any route */
		write_register(false, 0x1000 + 8 * line, 8, take(8));
		break;
	case 3:	/* a route that may well be right, also to the highest ids */
		value = (op & 0x40 ? 0xffffff00 : 0) | take(1);
		value = value << 32 | 0x100 | (op & 0x80 ? 0x200 : 0);
		write_register(false, 0x1000 + 8 * line, 8, value | take(1));
		break;
	case 4:
		CHECK(paravirq_raise(&pv, line) == model_raise(line));
		break;
	case 5:	/* a low register */
		if (op & 0x80)
			write_register(op & 0x40, 4 * line, 4, take(1));
		else
			read_register(op & 0x40, 4 * line, 4);
		break;
	case 6:
		write_register(op & 0x40, op & 0x80 ? 0x10 : 0x18, 4, take(1));
		break;
	case 7:
		model_reset();
		paravirq_reset(&pv);
		break;
	case 8:
		restore();
		break;
	case 9:	/* any access to a port */
		value = take(4);
		write_register(true, take(op & 0x80 ? 8 : 1), sizes[op / 16 % 8], value);
		break;
	case 10:
		read_register(true, take(op & 0x80 ? 8 : 1), sizes[op / 16 % 8]);
		break;
	case 11:	/* the halves of a route, other steps between them */
		write_register(true, 0x20, 4, (op & 0x40 ? 0xffffff00 : 0) | take(1));
		break;
	case 12:
		write_register(true, 0x24, 4, line << 16 | take(2));
		break;
	case 13:
		write_register(true, 0x28, 4, line);
		break;
	case 14:
		ring(line);
		break;
	case 15:
		hypercall(op & 0x40 ? 0x51495652 : op & 0x20 ? 0x51495657 : take(4),
			  op & 0x80 ? 0x1000 + 8 * line : take(2), take(8));
		break;
	}
}

/* Holds after every step, whatever the model says. */
static void check(bool changed)
{
	for (uint32_t i = 0; i < nr_lines; i++) {
		uint64_t r = paravirq_route(&pv, i);

		CHECK(!(r & PARAVIRQ_ROUTE_RESERVED));
		if (r & PARAVIRQ_ROUTE_ENABLE)
			CHECK((r & PARAVIRQ_ROUTE_VECTOR) >= 32);
		else
			CHECK(r == PARAVIRQ_ROUTE_RESET);
		if (r & PARAVIRQ_ROUTE_PENDING)
			CHECK(r & PARAVIRQ_ROUTE_MASK);
		CHECK(r == route(&model[i]));
		/* A read would collect. */
		CHECK(irqfds || r == paravirq_mmio_read(&pv, 0x1000 + 8 * i, 8));
		CHECK(rung[i] == model_rung[i]);
		/* Unlocked, nobody waits. */
		CHECK(r == words[i]);
		CHECK(seen.changes[i] == (changed ? expected.changes[i] : 0));
	}
	CHECK(paravirq_route(&pv, nr_lines) == PARAVIRQ_ROUTE_RESET);
	CHECK(paravirq_mmio_read(&pv, 0x14, 4) == model_registers.errors);
	CHECK(paravirq_pio_read(&pv, 0x20, 4) == model_registers.dest);
	CHECK(paravirq_pio_read(&pv, 0x28, 4) == model_registers.select);
	CHECK(seen.injections == expected.injections);
	CHECK(seen.apic_id == expected.apic_id);
	CHECK(seen.vector == expected.vector);
	for (int i = 0; i < PARAVIRQ_NR_RAISED; i++)
		CHECK(paravirq_count(&pv, i) == model_count[i]);
	/* What lies behind the last line is not the library's. */
	CHECK(words[nr_lines] == 0x1234567800000131);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t config;

	input = data;
	input_end = data + size;
	config = take(1);
	nr_lines = config % MOST_LINES + 1;
	broadcast_id = config & 0x80 ? 0xff : 0xffffffff;
	for (int i = 0; i < MOST_LINES + 2; i++)
		words[i] = 0x1234567800000131;
	for (int i = 0; i < MOST_LINES; i++)
		model[i] = (struct line){ .masked = true };
	memset(model_count, 0, sizeof(model_count));
	model_registers = (struct paravirq_registers){ 0 };
	memset(&seen, 0, sizeof(seen));
	irqfds = config & 0x10;
	memset(rung, 0, sizeof(rung));
	memset(model_rung, 0, sizeof(model_rung));

	if (config & 0x40) {
		uint32_t n = take(2);

		if (n - 1 >= PARAVIRQ_MAX_LINES)
			CHECK(paravirq_init(&pv, words, n, broadcast_id, &with_changed, &pv) ==
			      PARAVIRQ_BAD_NR_LINES);
	}
	CHECK(paravirq_init(&pv, words, nr_lines, broadcast_id,
			    irqfds ? &with_irqfds :
			    config & 0x20 ? &without_changed : &with_changed,
			    &pv) == PARAVIRQ_OK);
	while (input < input_end) {
		memset(&seen, 0, sizeof(seen));
		memset(&expected, 0, sizeof(expected));
		step();
		check(irqfds || !(config & 0x20));
	}
	return 0;
}

#ifdef REPLAY
int main(int argc, char **argv)
{
	static uint8_t data[1 << 16];

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");

		if (!file) {
			perror(argv[i]);
			return 1;
		}
		LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), file));
		fclose(file);
	}
	return 0;
}
#endif
