// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Unit tests of libparavirq, in TAP; each of the rules of the interface has a
 * test that breaks with it, numbers in brackets are those of interface.rst. Most
 * tests run twice, with the registers in memory and at I/O ports. Built and run by
 * hypervisor/libparavirq/Makefile; tests/03-mutants.t shows that the tests can fail.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define _XOPEN_SOURCE 700
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <threads.h>
#include <time.h>

#include <cmocka.h>

#include "paravirq.h"

#define LINES		64
#define BROADCAST	0xff
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define ENABLE		PARAVIRQ_ROUTE_ENABLE
#define MASK		PARAVIRQ_ROUTE_MASK
#define PENDING		PARAVIRQ_ROUTE_PENDING
#define ROUTE(apic_id, vector, flags)	((uint64_t)(apic_id) << 32 | (vector) | (flags))
#define REG_ROUTE(line)	(PARAVIRQ_REG_ROUTE + 8 * (uint64_t)(line))
#define COMMIT(line, route)	((uint32_t)(line) << PARAVIRQ_COMMIT_LINE_SHIFT | (uint16_t)(route))

static bool pio;	/* the transport: registers at I/O ports, else in memory */
static struct paravirq pv;
static paravirq_word lines[PARAVIRQ_MAX_LINES];

/* What the fake LAPICs saw. */
static bool vcpu_exists;
static unsigned int injected;
static uint32_t last_apic_id;
static uint8_t last_vector;

/* What the fake irqfd user saw. */
static unsigned int changed[PARAVIRQ_MAX_LINES], changes;
static uint64_t changed_route;

/* A line as the library keeps it. */
static uint64_t word_of(uint32_t line)
{
	return __atomic_load_n(&lines[line], __ATOMIC_SEQ_CST);
}

static bool fake_inject(void *opaque, uint32_t line, uint32_t apic_id, uint8_t vector)
{
	assert_ptr_equal(opaque, &pv);
	/* The line is the one that is locked. */
	assert_true(word_of(line) & 0x80000000);
	injected++;
	last_apic_id = apic_id;
	last_vector = vector;
	return vcpu_exists;
}

/* The locks of the lines must be free again: their words are the routes alone. */
static void fake_route_changed(void *opaque, uint32_t first, uint32_t nr_lines)
{
	assert_ptr_equal(opaque, &pv);
	changes++;
	for (uint32_t line = first; line < first + nr_lines; line++) {
		changed[line]++;
		changed_route = paravirq_route(&pv, line);
		assert_int_equal(word_of(line), changed_route);
	}
}

static const struct paravirq_ops ops = {
	.inject = fake_inject,
	.route_changed = fake_route_changed,
};

static void start(uint32_t nr_lines)
{
	assert_int_equal(paravirq_init(&pv, lines, nr_lines, BROADCAST, &ops, &pv),
			 PARAVIRQ_OK);
	vcpu_exists = true;
	injected = 0;
	memset(changed, 0, sizeof(changed));
	changes = 0;
}

static int setup_mmio(void **state)
{
	(void)state;
	pio = false;
	start(LINES);
	return 0;
}

static int setup_pio(void **state)
{
	(void)state;
	pio = true;
	start(LINES);
	return 0;
}

static uint64_t read_register(uint64_t offset, unsigned int size)
{
	return pio ? paravirq_pio_read(&pv, offset, size) :
		     paravirq_mmio_read(&pv, offset, size);
}

static void write_register(uint64_t offset, unsigned int size, uint64_t value)
{
	if (pio)
		paravirq_pio_write(&pv, offset, size, value);
	else
		paravirq_mmio_write(&pv, offset, size, value);
}

static uint32_t read32(uint64_t offset)
{
	return read_register(offset, 4);
}

static void write32(uint64_t offset, uint32_t value)
{
	write_register(offset, 4, value);
}

static uint64_t read_route(uint32_t line)
{
	if (!pio)
		return paravirq_mmio_read(&pv, REG_ROUTE(line), 8);
	write32(PARAVIRQ_PIO_SELECT, line);
	return (uint64_t)read32(PARAVIRQ_PIO_DEST) << 32 | read32(PARAVIRQ_PIO_SELECT);
}

/* At I/O ports, the bits 31:16 of the route are not written. */
static void write_route(uint32_t line, uint64_t route)
{
	if (!pio) {
		paravirq_mmio_write(&pv, REG_ROUTE(line), 8, route);
		return;
	}
	write32(PARAVIRQ_PIO_DEST, route >> 32);
	write32(PARAVIRQ_PIO_COMMIT, COMMIT(line, route));
}

/* Of both transports: mmio must not reach what they have at I/O ports. */
static void assert_ports(uint32_t dest, uint32_t select)
{
	assert_int_equal(paravirq_pio_read(&pv, 0x20, 4), dest);
	assert_int_equal(paravirq_pio_read(&pv, 0x28, 4), select);
}

static void assert_errors(uint32_t errors)
{
	assert_int_equal(paravirq_errors(&pv), errors);
	assert_int_equal(read32(PARAVIRQ_REG_ERRORS), errors);
}

static void assert_injected(unsigned int n, uint32_t apic_id, uint8_t vector)
{
	assert_int_equal(injected, n);
	assert_int_equal(last_apic_id, apic_id);
	assert_int_equal(last_vector, vector);
}

/* [REG-2] [REG-6] */
static void test_init(void **state)
{
	(void)state;
	assert_int_equal(paravirq_init(&pv, lines, 0, BROADCAST, &ops, &pv),
			 PARAVIRQ_BAD_NR_LINES);
	assert_int_equal(paravirq_init(&pv, lines, PARAVIRQ_MAX_LINES + 1,
				       BROADCAST, &ops, &pv),
			 PARAVIRQ_BAD_NR_LINES);
	start(1);
	start(PARAVIRQ_MAX_LINES);
	for (int i = 0; i < PARAVIRQ_MAX_LINES; i++)
		assert_int_equal(read_route(i), PARAVIRQ_ROUTE_RESET);
	write_route(PARAVIRQ_MAX_LINES - 1, ROUTE(1, 0x31, ENABLE));
	assert_int_equal(read_route(PARAVIRQ_MAX_LINES - 1), ROUTE(1, 0x31, ENABLE));
	assert_errors(0);
	assert_int_equal(paravirq_mmio_size(64), 0x1200);
}

/* [REG-3] */
static void assert_constants(void)
{
	assert_int_equal(read32(0x000), 'P' | 'V' << 8 | 'I' << 16 | 'Q' << 24);
	assert_int_equal(read32(0x004), 1);
	assert_int_equal(read32(0x008), LINES);
	assert_int_equal(read32(0x00c), 0);
}

static void test_constants(void **state)
{
	(void)state;
	assert_constants();
	assert_ports(0, 0);
	assert_errors(0);
}

/*
 * Rule 6: 32-bit APIC ids. Each line has its own route.
 * [ROUTE-8] [ROUTE-9] [RAISE-1]
 */
static void test_route_is_kept(void **state)
{
	uint64_t first = ROUTE(0xfffffffe, 0x20, ENABLE);
	uint64_t last = ROUTE(0x12345678, 0xff, ENABLE | MASK);

	(void)state;
	write_route(0, first);
	write_route(LINES - 1, last);
	assert_int_equal(read_route(0), first);
	assert_int_equal(read_route(LINES - 1), last);
	assert_int_equal(read_route(1), PARAVIRQ_ROUTE_RESET);
	assert_int_equal(paravirq_route(&pv, 0), first);
	assert_int_equal(paravirq_route(&pv, LINES), PARAVIRQ_ROUTE_RESET);
	assert_int_equal(paravirq_raise(&pv, 0), PARAVIRQ_INJECTED);
	assert_injected(1, 0xfffffffe, 0x20);
	assert_errors(0);
}

/*
 * Rule 3: every raise of an enabled, unmasked line injects.
 * [RAISE-1] [RAISE-2] [RAISE-6]
 */
static void test_every_raise_injects(void **state)
{
	(void)state;
	write_route(5, ROUTE(1, 0x31, ENABLE));
	for (unsigned int i = 1; i <= 10; i++) {
		assert_int_equal(paravirq_raise(&pv, 5), PARAVIRQ_INJECTED);
		assert_injected(i, 1, 0x31);
	}
	assert_int_equal(read_route(5), ROUTE(1, 0x31, ENABLE));
	assert_int_equal(paravirq_count(&pv, PARAVIRQ_INJECTED), 10);
}

/*
 * Rule 4: raises of a masked line are latched, unmasking injects once.
 * [ROUTE-7] [RAISE-3]
 */
static void test_mask_latches(void **state)
{
	(void)state;
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
	for (int i = 0; i < 3; i++)
		assert_int_equal(paravirq_raise(&pv, 5), PARAVIRQ_LATCHED);
	assert_int_equal(injected, 0);
	assert_int_equal(paravirq_count(&pv, PARAVIRQ_LATCHED), 3);
	assert_int_equal(read_route(5), ROUTE(1, 0x31, ENABLE | MASK | PENDING));

	write_route(5, ROUTE(1, 0x31, ENABLE));
	assert_injected(1, 1, 0x31);
	assert_int_equal(read_route(5), ROUTE(1, 0x31, ENABLE));
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
	write_route(5, ROUTE(1, 0x31, ENABLE));
	assert_int_equal(injected, 1);
	assert_int_equal(paravirq_count(&pv, PARAVIRQ_INJECTED), 1);
}

static void test_unmask_without_pending(void **state)
{
	(void)state;
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
	write_route(5, ROUTE(1, 0x31, ENABLE));
	assert_int_equal(injected, 0);
}

/*
 * Masked retargets keep PENDING; it goes out by the route that unmasks.
 * [ROUTE-6] [ROUTE-7]
 */
static void test_pending_follows_retarget(void **state)
{
	(void)state;
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
	paravirq_raise(&pv, 5);
	write_route(5, ROUTE(2, 0x42, ENABLE | MASK));
	assert_int_equal(read_route(5), ROUTE(2, 0x42, ENABLE | MASK | PENDING));
	assert_int_equal(injected, 0);
	write_route(5, ROUTE(3, 0x53, ENABLE));
	assert_injected(1, 3, 0x53);
	assert_int_equal(read_route(5), ROUTE(3, 0x53, ENABLE));
}

/* [ROUTE-3] */
static void test_pending_is_not_writable(void **state)
{
	(void)state;
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK | PENDING));
	assert_int_equal(read_route(5), ROUTE(1, 0x31, ENABLE | MASK));
	write_route(5, ROUTE(1, 0x31, ENABLE | PENDING));
	assert_int_equal(read_route(5), ROUTE(1, 0x31, ENABLE));
	assert_int_equal(injected, 0);
	assert_errors(0);
}

/*
 * Rule 4: dropped while not enabled, whatever MASK says.
 * [RAISE-4]
 */
static void test_disabled_drops(void **state)
{
	(void)state;
	assert_int_equal(paravirq_raise(&pv, 5), PARAVIRQ_DROPPED);
	assert_int_equal(read_route(5), PARAVIRQ_ROUTE_RESET);
	write_route(5, ROUTE(1, 0x31, ENABLE));
	assert_int_equal(injected, 0);
	write_route(5, ROUTE(1, 0x31, 0));
	assert_int_equal(paravirq_raise(&pv, 5), PARAVIRQ_DROPPED);
	assert_int_equal(injected, 0);
	assert_int_equal(paravirq_count(&pv, PARAVIRQ_DROPPED), 2);
}

/*
 * Without ENABLE any value is right and means the reset state.
 * [ROUTE-1]
 */
static void test_disable_resets_route(void **state)
{
	static const uint64_t values[] = {
		0, MASK, PENDING, 0xffffffffffffffff & ~(uint64_t)ENABLE,
		ROUTE(0xffffffff, 3, 0), ROUTE(BROADCAST, 0x31, 0),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
		paravirq_raise(&pv, 5);
		write_route(5, values[i]);
		assert_int_equal(read_route(5), PARAVIRQ_ROUTE_RESET);
		write_route(5, ROUTE(1, 0x31, ENABLE));
		assert_int_equal(injected, 0);
	}
	assert_errors(0);
}

/*
 * Rule 5: wrong routes are counted and change nothing, not even PENDING.
 * [ROUTE-2] [ERR-2]
 */
static void test_bad_routes(void **state)
{
	static const uint64_t bad[] = {
		ROUTE(1, 0, ENABLE), ROUTE(1, 31, ENABLE), ROUTE(1, 31, ENABLE | MASK),
		ROUTE(0xffffffff, 0x31, ENABLE), ROUTE(0xffffffff, 0x31, ENABLE | MASK),
		ROUTE(BROADCAST, 0x31, ENABLE), ROUTE(BROADCAST, 0x31, ENABLE | MASK),
	};
	uint64_t good = ROUTE(1, 0x31, ENABLE | MASK);
	uint32_t errors = 0;

	(void)state;
	write_route(5, good);
	paravirq_raise(&pv, 5);
	changed[5] = 0;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		write_route(5, bad[i]);
		assert_errors(++errors);
		assert_int_equal(read_route(5), good | PENDING);
	}
	for (int bit = 11; bit < (pio ? 16 : 32); bit++) {
		write_route(5, ROUTE(1, 0x31, ENABLE) | UINT64_C(1) << bit);
		assert_errors(++errors);
		assert_int_equal(read_route(5), good | PENDING);
	}
	assert_int_equal(changed[5], 0);
	assert_int_equal(injected, 0);

	/* 0xff is an APIC id like any other where the hypervisor has x2APIC. */
	paravirq_init(&pv, lines, LINES, UINT32_MAX, &ops, &pv);
	write_route(5, ROUTE(0xff, 0x31, ENABLE));
	assert_int_equal(read_route(5), ROUTE(0xff, 0x31, ENABLE));
	assert_errors(0);
}

static bool is_register(uint64_t offset, unsigned int size, bool write)
{
	if (size == 8 && !pio)
		return offset % 8 == 0 && offset >= REG_ROUTE(0) && offset < REG_ROUTE(LINES);
	if (size != 4)
		return false;
	if (pio && (offset == 0x20 || (offset == 0x24 && write) || offset == 0x28))
		return true;
	return write ? offset == 0x10 || offset == 0x18 :
		       offset == 0x14 || (offset <= 0x0c && offset % 4 == 0);
}

/* Tries an access both ways, unless there is a register; how many were wrong? */
static unsigned int bad_access(uint64_t offset, unsigned int size)
{
	unsigned int n = 0;

	if (!is_register(offset, size, true)) {
		write_register(offset, size, ROUTE(2, 0x42, ENABLE));
		n++;
	}
	if (!is_register(offset, size, false)) {
		assert_int_equal(read_register(offset, size), 0);
		n++;
	}
	return n;
}

/*
 * Rule 5 for everything that is no register: every offset inside the window, a
 * page behind it, the first of 33 bits and the last ones there are; read-only,
 * write-only, wrong size and alignment among them. The value is a good route and a
 * wrong command.
 * [REG-4] [REG-5] [ERR-1] [ERR-2] [ERR-3] [ERR-4] [ERR-6]
 */
static void test_bad_accesses(void **state)
{
	static const unsigned int sizes[] = { 0, 1, 2, 3, 4, 5, 7, 8, 16 };
	uint32_t errors = 0;

	(void)state;
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
	paravirq_pio_write(&pv, PARAVIRQ_PIO_SELECT, 4, 5);
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (uint64_t i = 0; i < REG_ROUTE(LINES) + 4096; i++)
			errors += bad_access(i, sizes[s]);
		for (uint64_t i = 0; i < 64; i++)
			errors += bad_access((UINT64_C(1) << 32) + i, sizes[s]);
		for (uint64_t i = UINT64_MAX - 16; i; i++)
			errors += bad_access(i, sizes[s]);
	}
	assert_errors(errors);
	assert_ports(1, 0x31 | ENABLE | MASK);
	assert_constants();
	assert_int_equal(read_route(5), ROUTE(1, 0x31, ENABLE | MASK));
	for (int i = 0; i < LINES; i++)
		if (i != 5)
			assert_int_equal(read_route(i), PARAVIRQ_ROUTE_RESET);
	assert_int_equal(injected, 0);
}

/* [RESET-3] [ERR-1] Wrong commands, and good values by accesses of a wrong size. */
static void test_bad_commands(void **state)
{
	static const uint32_t commands[] = { 0, 2, 3, 0x101, 0x80000001, 0xffffffff };
	static const unsigned int sizes[] = { 0, 1, 2, 3, 5, 8 };
	uint32_t errors = 0;

	(void)state;
	write_route(5, ROUTE(1, 0x31, ENABLE));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		write32(PARAVIRQ_REG_CONTROL, commands[i]);
		assert_errors(++errors);
	}
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		write_register(PARAVIRQ_REG_CONTROL, sizes[i], PARAVIRQ_CONTROL_RESET);
		write_register(PARAVIRQ_REG_TRIGGER, sizes[i], 5);
		write_register(PARAVIRQ_PIO_DEST, sizes[i], 2);
		write_register(PARAVIRQ_PIO_COMMIT, sizes[i], COMMIT(5, 0x42 | ENABLE));
		write_register(PARAVIRQ_PIO_SELECT, sizes[i], 5);
		assert_errors(errors += 5);
	}
	assert_ports(pio ? 1 : 0, 0);
	assert_int_equal(read_route(5), ROUTE(1, 0x31, ENABLE));
	assert_int_equal(injected, 0);

	/* Bytes beyond the access do not count. */
	write_register(PARAVIRQ_REG_CONTROL, 4, 0xdead00000001);
	assert_errors(0);
	assert_int_equal(read_route(5), PARAVIRQ_ROUTE_RESET);
}

/* [ERR-4] [RESET-1] */
static void test_errors_saturate(void **state)
{
	struct paravirq_registers registers = { .errors = 0xfffffffe };
	uint64_t routes[LINES];

	(void)state;
	for (int i = 0; i < LINES; i++)
		routes[i] = PARAVIRQ_ROUTE_RESET;
	assert_int_equal(paravirq_restore(&pv, LINES, routes, &registers, NULL), PARAVIRQ_OK);
	read32(0x1c);
	assert_errors(0xffffffff);
	read32(0x1c);
	assert_errors(0xffffffff);
	write32(PARAVIRQ_REG_CONTROL, PARAVIRQ_CONTROL_RESET);
	assert_errors(0);
}

/* [TRIG-1] [TRIG-2] */
static void test_trigger(void **state)
{
	(void)state;
	write_route(5, ROUTE(1, 0x31, ENABLE));
	write32(PARAVIRQ_REG_TRIGGER, 5);
	assert_injected(1, 1, 0x31);
	write_route(LINES - 1, ROUTE(1, 0x32, ENABLE | MASK));
	write32(PARAVIRQ_REG_TRIGGER, LINES - 1);
	assert_int_equal(read_route(LINES - 1), ROUTE(1, 0x32, ENABLE | MASK | PENDING));
	assert_errors(0);
	write32(PARAVIRQ_REG_TRIGGER, LINES);
	write32(PARAVIRQ_REG_TRIGGER, 0xffffffff);
	assert_errors(2);
	assert_int_equal(injected, 1);
}

/* [RAISE-4] [ERR-5] [ERR-6] */
static void test_raise_out_of_range(void **state)
{
	(void)state;
	/* Armed memory behind the last line must stay untouched. */
	lines[LINES] = ROUTE(1, 0x31, ENABLE);
	assert_int_equal(paravirq_raise(&pv, LINES), PARAVIRQ_DROPPED);
	assert_int_equal(paravirq_raise(&pv, UINT32_MAX), PARAVIRQ_DROPPED);
	assert_int_equal(injected, 0);
	assert_errors(0);
}

/*
 * Rule 5: an APIC id that no vCPU has is a good route; raises are dropped.
 * [ROUTE-3] [ROUTE-7] [RAISE-4] [ERR-5]
 */
static void test_no_such_vcpu(void **state)
{
	(void)state;
	vcpu_exists = false;
	write_route(5, ROUTE(77, 0x31, ENABLE));
	assert_errors(0);
	assert_int_equal(paravirq_raise(&pv, 5), PARAVIRQ_DROPPED);
	write_route(5, ROUTE(77, 0x31, ENABLE | MASK));
	assert_int_equal(paravirq_raise(&pv, 5), PARAVIRQ_LATCHED);
	assert_int_equal(read_route(5), ROUTE(77, 0x31, ENABLE | MASK | PENDING));
	write_route(5, ROUTE(77, 0x31, ENABLE));
	assert_int_equal(read_route(5), ROUTE(77, 0x31, ENABLE));
	assert_int_equal(paravirq_count(&pv, PARAVIRQ_DROPPED), 2);
	assert_int_equal(paravirq_count(&pv, PARAVIRQ_INJECTED), 0);
	assert_errors(0);
}

/*
 * Rules 2 and 4: after RESET nothing of the old state is left.
 * [RESET-1] [RESET-4]
 */
static void reset_by(void (*reset)(void))
{
	write_route(0, ROUTE(1, 0x31, ENABLE));
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
	write_route(LINES - 1, ROUTE(1, 0x31, ENABLE));
	paravirq_raise(&pv, 5);
	read32(0x1c);
	paravirq_pio_write(&pv, PARAVIRQ_PIO_SELECT, 4, 5);
	assert_ports(1, 0x31 | ENABLE | MASK | PENDING);
	reset();
	assert_ports(0, 0);
	for (int i = 0; i < LINES; i++) {
		assert_int_equal(read_route(i), PARAVIRQ_ROUTE_RESET);
		assert_int_equal(paravirq_raise(&pv, i), PARAVIRQ_DROPPED);
	}
	assert_errors(0);
	write_route(5, ROUTE(1, 0x31, ENABLE));
	assert_int_equal(injected, 0);
}

static void reset_by_guest(void)
{
	write32(PARAVIRQ_REG_CONTROL, PARAVIRQ_CONTROL_RESET);
}

static void reset_by_machine(void)
{
	paravirq_reset(&pv);
}

static void test_reset(void **state)
{
	(void)state;
	reset_by(reset_by_guest);
	start(LINES);
	reset_by(reset_by_machine);
}

static void test_route_changed(void **state)
{
	struct paravirq_registers registers;
	uint64_t routes[LINES];

	(void)state;
	write_route(5, ROUTE(1, 0x31, ENABLE));
	assert_int_equal(changed[5], 1);
	assert_int_equal(changed_route, ROUTE(1, 0x31, ENABLE));
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
	assert_int_equal(changed[5], 2);
	paravirq_raise(&pv, 5);
	read_route(5);
	assert_int_equal(changed[5], 2);
	paravirq_save(&pv, routes, &registers);
	write_route(5, 0);
	assert_int_equal(changed[5], 3);
	assert_int_equal(changed_route, PARAVIRQ_ROUTE_RESET);

	/* All lines at once. */
	changes = 0;
	paravirq_restore(&pv, LINES, routes, &registers, NULL);
	assert_int_equal(changed[5], 4);
	assert_int_equal(changes, 1);
	reset_by_guest();
	assert_int_equal(changed[5], 5);
	for (int i = 0; i < LINES; i++)
		assert_int_equal(changed[i], i == 5 ? 5 : 2);
	assert_int_equal(changes, 2);

	/* The callback is optional. */
	paravirq_init(&pv, lines, LINES, BROADCAST,
		      &(struct paravirq_ops){ .inject = fake_inject }, &pv);
	write_route(5, ROUTE(1, 0x31, ENABLE));
	assert_int_equal(paravirq_raise(&pv, 5), PARAVIRQ_INJECTED);
}

/*
 * A VMM with irqfds: eventfds, to which a fake KVM listens while the line
 * is enabled and unmasked. Writing one may happen at any moment.
 */
static bool eventfd[LINES], listening[LINES];
static unsigned int collects, kvm_injected;
static uint64_t kvm_route[LINES];
static bool ring_while_injecting;

static void ring(uint32_t line)
{
	if (listening[line])
		kvm_injected++;
	else
		eventfd[line] = true;
}

static bool irqfd_inject(void *opaque, uint32_t line, uint32_t apic_id, uint8_t vector)
{
	if (ring_while_injecting)
		ring(5);
	return fake_inject(opaque, line, apic_id, vector);
}

static void irqfd_route_changed(void *opaque, uint32_t first, uint32_t nr_lines)
{
	fake_route_changed(opaque, first, nr_lines);
	for (uint32_t line = first; line < first + nr_lines; line++) {
		kvm_route[line] = paravirq_route(&pv, line);
		listening[line] = (kvm_route[line] & (ENABLE | MASK)) == ENABLE;
		if (listening[line] && eventfd[line]) {
			eventfd[line] = false;
			kvm_injected++;
		}
	}
}

static bool irqfd_collect(void *opaque, uint32_t line)
{
	uint64_t word = word_of(line);
	bool rung = eventfd[line];

	assert_ptr_equal(opaque, &pv);
	assert_true(word & 0x80000000);	/* locked */
	assert_int_not_equal(word & (ENABLE | MASK), ENABLE);
	eventfd[line] = false;
	collects += rung;
	return rung;
}

static void start_irqfds(void)
{
	static const struct paravirq_ops irqfd_ops = {
		.inject = irqfd_inject,
		.route_changed = irqfd_route_changed,
		.collect = irqfd_collect,
	};

	start(LINES);
	paravirq_init(&pv, lines, LINES, BROADCAST, &irqfd_ops, &pv);
	memset(eventfd, 0, sizeof(eventfd));
	memset(listening, 0, sizeof(listening));
	collects = kvm_injected = 0;
	ring_while_injecting = false;
}

static void assert_latched(unsigned int latched, unsigned int dropped)
{
	assert_int_equal(paravirq_count(&pv, PARAVIRQ_LATCHED), latched);
	assert_int_equal(paravirq_count(&pv, PARAVIRQ_DROPPED), dropped);
	assert_int_equal(collects, latched + dropped);
}

/* [RAISE-3] */
static void test_irqfd_mask(void **state)
{
	(void)state;
	start_irqfds();
	write_route(5, ROUTE(1, 0x31, ENABLE));
	ring(5);
	assert_int_equal(kvm_injected, 1);
	/* Both ways on one line. */
	assert_int_equal(paravirq_raise(&pv, 5), PARAVIRQ_INJECTED);
	assert_injected(1, 1, 0x31);

	/* However often it was rung, the guest sees it and is interrupted once. */
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
	assert_int_equal(read_route(5), ROUTE(1, 0x31, ENABLE | MASK));
	ring(5);
	assert_int_equal(read_route(5), ROUTE(1, 0x31, ENABLE | MASK | PENDING));
	ring(5);
	assert_int_equal(read_route(5), ROUTE(1, 0x31, ENABLE | MASK | PENDING));
	assert_int_equal(read_route(5), ROUTE(1, 0x31, ENABLE | MASK | PENDING));
	ring(5);
	assert_latched(2, 0);
	write_route(5, ROUTE(1, 0x31, ENABLE));
	assert_latched(3, 0);
	assert_injected(2, 1, 0x31);
	assert_int_equal(kvm_injected, 1);

	/* Also when it did not look; by the new route. */
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
	ring(5);
	write_route(5, ROUTE(2, 0x32, ENABLE | MASK));
	assert_latched(4, 0);
	assert_int_equal(paravirq_route(&pv, 5), ROUTE(2, 0x32, ENABLE | MASK | PENDING));
	write_route(5, ROUTE(3, 0x33, ENABLE));
	assert_injected(3, 3, 0x33);
	write_route(5, ROUTE(3, 0x33, ENABLE | MASK));
	ring(5);
	write_route(5, ROUTE(4, 0x34, ENABLE));
	assert_injected(4, 4, 0x34);
	assert_int_equal(kvm_injected, 1);
	assert_int_equal(kvm_route[5], ROUTE(4, 0x34, ENABLE));

	/* What comes as it is unmasked is a new one. */
	write_route(5, ROUTE(4, 0x34, ENABLE | MASK));
	ring(5);
	ring_while_injecting = true;
	write_route(5, ROUTE(4, 0x34, ENABLE));
	assert_injected(5, 4, 0x34);
	assert_int_equal(kvm_injected, 2);
}

/* [RAISE-4] [RAISE-5] */
static void test_irqfd_disable(void **state)
{
	(void)state;
	start_irqfds();
	ring(5);
	assert_int_equal(read_route(5), PARAVIRQ_ROUTE_RESET);
	assert_latched(0, 1);
	ring(5);
	write_route(5, ROUTE(1, 0x31, ENABLE));
	assert_latched(0, 2);
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
	ring(5);
	write_route(5, 0);
	assert_latched(1, 2);
	ring(5);
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
	assert_latched(1, 3);
	ring(5);
	reset_by_machine();
	ring(5);
	write_route(5, ROUTE(1, 0x31, ENABLE));
	assert_latched(2, 4);
	assert_int_equal(injected + kvm_injected, 0);
}

/* [SAVE-1] */
static void test_irqfd_save_restore(void **state)
{
	struct paravirq_registers registers;
	uint64_t routes[LINES];

	(void)state;
	start_irqfds();
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
	write_route(6, ROUTE(1, 0x32, ENABLE));
	ring(5);
	ring(7);
	paravirq_save(&pv, routes, &registers);
	assert_latched(1, 1);
	assert_int_equal(routes[5], ROUTE(1, 0x31, ENABLE | MASK | PENDING));
	assert_int_equal(routes[7], PARAVIRQ_ROUTE_RESET);
	/* The copy takes nothing away. */
	assert_int_equal(paravirq_route(&pv, 5), routes[5]);

	/* What was rung before belongs to another life. */
	write_route(5, ROUTE(9, 0x99, ENABLE | MASK));
	ring(5);
	ring(6);
	ring(7);
	assert_int_equal(kvm_injected, 1);
	routes[5] = ROUTE(1, 0x31, ENABLE | MASK);
	routes[7] = ROUTE(1, 0x33, ENABLE);
	assert_int_equal(paravirq_restore(&pv, LINES, routes, &registers, NULL), PARAVIRQ_OK);
	assert_int_equal(read_route(5), ROUTE(1, 0x31, ENABLE | MASK));
	write_route(5, ROUTE(1, 0x31, ENABLE));
	assert_int_equal(injected, 0);
	assert_int_equal(kvm_injected, 1);
	for (int i = 5; i < 8; i++)
		ring(i);
	assert_int_equal(kvm_injected, 4);
}

/*
 * Rule 7: the state moves to another controller, PENDING and registers too.
 * [SAVE-1] [SAVE-2]
 */
static void test_save_restore(void **state)
{
	struct paravirq_registers registers, registers_again;
	uint64_t routes[LINES], again[LINES];

	(void)state;
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
	write_route(6, ROUTE(0x12345678, 0x32, ENABLE));
	write_route(7, ROUTE(3, 0x33, ENABLE | MASK));
	paravirq_raise(&pv, 5);
	read32(0x1c);
	paravirq_pio_write(&pv, PARAVIRQ_PIO_SELECT, 4, 6);
	paravirq_pio_write(&pv, PARAVIRQ_PIO_DEST, 4, 0x87654321);
	paravirq_save(&pv, routes, &registers);
	assert_int_equal(registers.errors, 1);
	assert_int_equal(registers.dest, 0x87654321);
	assert_int_equal(registers.select, 0x32 | ENABLE);
	assert_int_equal(routes[5], ROUTE(1, 0x31, ENABLE | MASK | PENDING));

	start(LINES);
	write_route(9, ROUTE(1, 0x39, ENABLE));
	assert_int_equal(paravirq_restore(&pv, LINES, routes, &registers, NULL), PARAVIRQ_OK);
	paravirq_save(&pv, again, &registers_again);
	assert_memory_equal(again, routes, sizeof(routes));
	assert_memory_equal(&registers_again, &registers, sizeof(registers));
	assert_errors(1);
	assert_ports(0x87654321, 0x32 | ENABLE);
	for (int i = 0; i < LINES; i++)
		assert_int_equal(read_route(i), routes[i]);
	assert_int_equal(injected, 0);
	write_route(5, ROUTE(2, 0x51, ENABLE));
	assert_injected(1, 2, 0x51);
	assert_int_equal(paravirq_raise(&pv, 6), PARAVIRQ_INJECTED);
	assert_injected(2, 0x12345678, 0x32);
}

/*
 * A refused restore changes nothing, not even the lines before the bad one.
 * [SAVE-3] [SAVE-4]
 */
static void test_restore_refuses(void **state)
{
	static const struct {
		uint64_t route;
		enum paravirq_status status;
	} bad[] = {
		{ ROUTE(1, 31, ENABLE), PARAVIRQ_BAD_VECTOR },
		{ ROUTE(1, 0x31, ENABLE | 0x800), PARAVIRQ_BAD_RESERVED },
		{ ROUTE(1, 0x31, ENABLE | 0x80000000), PARAVIRQ_BAD_RESERVED },
		{ ROUTE(0xffffffff, 0x31, ENABLE), PARAVIRQ_BAD_DEST },
		{ ROUTE(BROADCAST, 0x31, ENABLE), PARAVIRQ_BAD_DEST },
		{ ROUTE(1, 0x31, ENABLE | PENDING), PARAVIRQ_BAD_PENDING },
		{ 0, PARAVIRQ_BAD_DISABLED },
		{ MASK | PENDING, PARAVIRQ_BAD_DISABLED },
		{ MASK | 0x80000000, PARAVIRQ_BAD_DISABLED },
		{ ROUTE(1, 0x31, MASK), PARAVIRQ_BAD_DISABLED },
	};
	static const struct paravirq_registers others = { UINT32_MAX, 0xdeadbeef, 0xdeadbeef };
	struct paravirq_registers registers;
	uint64_t before[LINES], routes[LINES], after[LINES];
	uint32_t line;

	(void)state;
	write_route(5, ROUTE(1, 0x31, ENABLE | MASK));
	paravirq_raise(&pv, 5);
	read32(0x1c);
	paravirq_pio_write(&pv, PARAVIRQ_PIO_SELECT, 4, 5);
	paravirq_save(&pv, before, &registers);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		memcpy(routes, before, sizeof(routes));
		routes[3] = ROUTE(1, 0x33, ENABLE);
		routes[7] = bad[i].route;
		line = 0;
		assert_int_equal(paravirq_restore(&pv, LINES, routes, &others, &line),
				 bad[i].status);
		assert_int_equal(line, 7);
		assert_int_equal(paravirq_restore(&pv, LINES, routes, &others, NULL),
				 bad[i].status);
		paravirq_save(&pv, after, &registers);
		assert_memory_equal(after, before, sizeof(before));
	}
	assert_int_equal(paravirq_restore(&pv, LINES - 1, before, &others, NULL),
			 PARAVIRQ_BAD_NR_LINES);
	assert_int_equal(paravirq_restore(&pv, LINES + 1, before, &others, NULL),
			 PARAVIRQ_BAD_NR_LINES);
	assert_errors(1);
	assert_ports(1, 0x31 | ENABLE | MASK | PENDING);
	/* Of the registers any value is taken. */
	assert_int_equal(paravirq_restore(&pv, LINES, before, &others, NULL), PARAVIRQ_OK);
	assert_ports(0xdeadbeef, 0xdeadbeef);
	assert_errors(UINT32_MAX);
}

/* [PIO-2] DEST keeps its value until it or SELECT is written: COMMIT leaves it. */
static void test_dest(void **state)
{
	static const uint32_t values[] = { 0xffffffff, 0, 0xff, 0x12345678 };
	uint32_t errors = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		write32(PARAVIRQ_PIO_DEST, values[i]);
		assert_ports(values[i], 0);
	}
	for (int i = 0; i < 3; i++) {
		write32(PARAVIRQ_PIO_COMMIT, COMMIT(i, 0x31 | ENABLE));
		write32(PARAVIRQ_PIO_COMMIT, COMMIT(i, 0x1f | ENABLE));
		assert_ports(0x12345678, 0);
		assert_errors(++errors);
	}
	write32(PARAVIRQ_PIO_COMMIT, COMMIT(2, 0));
	assert_ports(0x12345678, 0);
	assert_int_equal(read_route(0), ROUTE(0x12345678, 0x31, ENABLE));
	assert_int_equal(read_route(1), ROUTE(0x12345678, 0x31, ENABLE));
	assert_int_equal(read_route(2), PARAVIRQ_ROUTE_RESET);
}

/*
 * [PIO-3] [PIO-5] Which line COMMIT writes, and that nothing changes before. That
 * it obeys all rules of ROUTE is up to the tests that run twice.
 */
static void test_commit(void **state)
{
	static const uint32_t bad[] = { LINES, LINES + 1, 0x8000, 0xffff };
	static const uint32_t good[] = { 0, 5, LINES - 1 };
	uint32_t errors = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		write32(PARAVIRQ_PIO_COMMIT, COMMIT(bad[i], 0x31 | ENABLE));
		write32(PARAVIRQ_PIO_COMMIT, COMMIT(bad[i], 0));
		assert_errors(errors += 2);
	}
	for (int i = 0; i < LINES; i++)
		assert_int_equal(paravirq_route(&pv, i), PARAVIRQ_ROUTE_RESET);

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		write32(PARAVIRQ_PIO_DEST, i + 1);
		assert_int_equal(paravirq_route(&pv, good[i]), PARAVIRQ_ROUTE_RESET);
		write32(PARAVIRQ_PIO_COMMIT, COMMIT(good[i], 0x31 | ENABLE));
		assert_int_equal(changed[good[i]], 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(paravirq_route(&pv, good[i]), ROUTE(i + 1, 0x31, ENABLE));
	assert_errors(errors);
}

/* [PIO-4] [PIO-5] [ROUTE-9] SELECT is a copy of the route as it was then. */
static void test_select(void **state)
{
	static const uint32_t bad[] = { LINES, 0x10005, 0xffffffff };
	uint32_t errors = 0;

	(void)state;
	write_route(5, ROUTE(0x12345678, 0x31, ENABLE | MASK));
	write32(PARAVIRQ_PIO_SELECT, 5);
	paravirq_raise(&pv, 5);
	assert_ports(0x12345678, 0x31 | ENABLE | MASK);
	write32(PARAVIRQ_PIO_SELECT, 5);
	assert_ports(0x12345678, 0x31 | ENABLE | MASK | PENDING);

	write_route(5, ROUTE(2, 0x42, ENABLE));
	assert_ports(2, 0x31 | ENABLE | MASK | PENDING);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		write32(PARAVIRQ_PIO_SELECT, bad[i]);
		assert_errors(++errors);
		assert_ports(2, 0x31 | ENABLE | MASK | PENDING);
	}
	write32(PARAVIRQ_PIO_SELECT, LINES - 1);
	assert_ports(0, PARAVIRQ_ROUTE_RESET);
	assert_int_equal(paravirq_route(&pv, 5), ROUTE(2, 0x42, ENABLE));
	assert_int_equal(changed[5], 2);
	assert_errors(errors);
}

/* Saves the state, and restores it in a new controller. */
static void migrate(void)
{
	struct paravirq_registers registers;
	uint64_t routes[LINES];

	paravirq_save(&pv, routes, &registers);
	start(LINES);
	assert_int_equal(paravirq_restore(&pv, LINES, routes, &registers, NULL), PARAVIRQ_OK);
}

/* [SAVE-1] The guest is moved between the two halves of a write, and of a read. */
static void test_migrate_between_halves(void **state)
{
	(void)state;
	write32(PARAVIRQ_PIO_DEST, 0x12345678);
	migrate();
	write32(PARAVIRQ_PIO_COMMIT, COMMIT(5, 0x31 | ENABLE));
	assert_int_equal(paravirq_route(&pv, 5), ROUTE(0x12345678, 0x31, ENABLE));
	write32(PARAVIRQ_PIO_DEST, 0);
	write32(PARAVIRQ_PIO_SELECT, 5);
	migrate();
	assert_ports(0x12345678, 0x31 | ENABLE);
}

/*
 * [LINE-1] Every event in every state of a line: the state that it leads to and
 * whether it injects. The route tells the state.
 * [ROUTE-8] No other line moves. [ROUTE-9] A read changes nothing. [RAISE-3]
 */
static void test_life_of_a_line(void **state)
{
	enum { DISABLED, ENABLED, MASKED, LATCHED, STATES };
	enum { OFF, ON, ON_MASK, REJECTED, CLEAR, RAISE, READ, EVENTS };
	static const uint64_t route_of[STATES] = {
		MASK, ROUTE(1, 0x31, ENABLE), ROUTE(1, 0x31, ENABLE | MASK),
		ROUTE(1, 0x31, ENABLE | MASK | PENDING),
	};
	static const uint64_t written[] = {
		ROUTE(1, 0x31, 0), ROUTE(1, 0x31, ENABLE), ROUTE(1, 0x31, ENABLE | MASK),
		ROUTE(1, 0x1f, ENABLE),
	};
	static const struct {
		int to;
		unsigned int injects;
	} life[STATES][EVENTS] = {
		{ { DISABLED, 0 }, { ENABLED, 0 }, { MASKED, 0 }, { DISABLED, 0 },
		  { DISABLED, 0 }, { DISABLED, 0 }, { DISABLED, 0 } },
		{ { DISABLED, 0 }, { ENABLED, 0 }, { MASKED, 0 }, { ENABLED, 0 },
		  { DISABLED, 0 }, { ENABLED, 1 }, { ENABLED, 0 } },
		{ { DISABLED, 0 }, { ENABLED, 0 }, { MASKED, 0 }, { MASKED, 0 },
		  { DISABLED, 0 }, { LATCHED, 0 }, { MASKED, 0 } },
		{ { DISABLED, 0 }, { ENABLED, 1 }, { LATCHED, 0 }, { LATCHED, 0 },
		  { DISABLED, 0 }, { LATCHED, 0 }, { LATCHED, 0 } },
	};
	uint64_t other = ROUTE(2, 0x42, ENABLE | MASK);

	(void)state;
	for (int from = DISABLED; from < STATES; from++) {
		for (int event = OFF; event < EVENTS; event++) {
			start(LINES);
			assert_int_equal(read_route(5), PARAVIRQ_ROUTE_RESET);
			write_route(4, other);
			write_route(5, route_of[from]);
			if (from == LATCHED)
				paravirq_raise(&pv, 5);
			if (event <= REJECTED)
				write_route(5, written[event]);
			else if (event == CLEAR)
				reset_by_guest();
			else if (event == RAISE)
				paravirq_raise(&pv, 5);
			else
				read_route(5);
			assert_int_equal(read_route(5), route_of[life[from][event].to]);
			assert_int_equal(injected, life[from][event].injects);
			assert_int_equal(read_route(4), event == CLEAR ? PARAVIRQ_ROUTE_RESET : other);
			assert_int_equal(read_route(6), PARAVIRQ_ROUTE_RESET);
		}
	}
}

/*
 * Rules 1 and 2 with threads: raisers hammer one line while a writer changes
 * its route. The writer numbers its writes and puts the number into the APIC id;
 * what the write does and the vector follow from the number. So an injection
 * tells whether its route is whole, and whether it came after the write that
 * replaced it. So does a read, which the raisers do as well.
 * [ROUTE-4] [ROUTE-5] [ROUTE-7] [RESET-2] [RAISE-5]
 */
#define RAISERS		2
#define SECONDS		2

static atomic_uint completed;	/* number of the last write that returned */
static atomic_uint stragglers, torn, injections;
static atomic_bool stop;
static _Thread_local unsigned int injections_here;

/* Each that has to wait for injections follows one that allows them. */
enum {
	ENABLED, RETARGET, MASKED, UNMASK, REMASK, RETARGET_MASKED, UNMASK_MOVED, DISABLE,
	ENABLED_AGAIN, RESET, KINDS
};

static uint8_t vector_of(uint32_t seq)
{
	return 32 + seq % 223;
}

static bool live(uint32_t seq)
{
	switch (seq % KINDS) {
	case ENABLED:
	case RETARGET:
	case UNMASK:
	case UNMASK_MOVED:
	case ENABLED_AGAIN:
		return true;
	default:
		return false;
	}
}

/*
 * Keeps the CPU: on a busy machine, giving it up with a line locked would let
 * the others spin for whole time slices.
 */
static void pause_for(unsigned int n)
{
	for (volatile unsigned int i = 0; i < n; i++)
		;
}

static bool threaded_inject(void *opaque, uint32_t line, uint32_t seq, uint8_t vector)
{
	(void)opaque;
	(void)line;
	if (vector != vector_of(seq) || !live(seq))
		atomic_fetch_add(&torn, 1);
	/* Long enough for a write that does not wait to complete meanwhile. */
	pause_for(500);
	if (seq < atomic_load(&completed))
		atomic_fetch_add(&stragglers, 1);
	atomic_fetch_add(&injections, 1);
	injections_here++;
	return true;
}

static void *raiser(void *unused)
{
	(void)unused;
	while (!atomic_load(&stop)) {
		uint64_t route;

		paravirq_raise(&pv, 5);
		route = read_route(5);
		if (route & ENABLE && (uint8_t)route != vector_of(route >> 32))
			atomic_fetch_add(&torn, 1);
		pause_for(200);
	}
	return NULL;
}

static void test_threads(void **state)
{
	static const struct paravirq_ops threaded = { .inject = threaded_inject };
	pthread_t threads[RAISERS];
	unsigned int leaked = 0, lost = 0, twice = 0, latched = 0;
	uint64_t route;
	time_t end = time(NULL) + SECONDS + 1;

	(void)state;
	paravirq_init(&pv, lines, LINES, UINT32_MAX, &threaded, NULL);
	for (int i = 0; i < RAISERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, raiser, NULL), 0);

	for (uint32_t seq = KINDS; time(NULL) < end; seq++) {
		uint64_t before = read_route(5);

		if (before & PARAVIRQ_ROUTE_RESERVED)
			leaked++;
		route = ROUTE(seq, vector_of(seq), ENABLE | (live(seq) ? 0 : MASK));
		injections_here = 0;
		if (seq % KINDS == RESET)
			reset_by_guest();
		else
			write_route(5, seq % KINDS == DISABLE ? 0 : route);
		atomic_store(&completed, seq);

		/* What was latched must go out now, and once. */
		if (live(seq) && before & PENDING) {
			latched++;
			lost += injections_here == 0;
		}
		twice += injections_here > 1;
		pause_for(1000);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < RAISERS; i++)
		pthread_join(threads[i], NULL);

	assert_int_equal(stragglers, 0);
	assert_int_equal(torn, 0);
	assert_int_equal(leaked, 0);
	assert_int_equal(lost, 0);
	assert_int_equal(twice, 0);
	/* No verdict without having seen both. */
	assert_true(latched > 0);
	assert_true(injections > latched);
	assert_int_equal(paravirq_count(&pv, PARAVIRQ_INJECTED), injections);
}

/*
 * Raises give way to a writer: one injects, a writer waits for it, and more raisers
 * come. By the old route none of them injects any more, each does by the new one.
 * The word of the line is watched only to see that the writer waits; a library that
 * shows nothing there is given time.
 */
#define ROUNDS		30
#define OTHERS		2

static atomic_int inside;	/* 1: inject() has been called, 2: it may return */
static atomic_uint by_old, by_new;

static bool held_inject(void *opaque, uint32_t line, uint32_t apic_id, uint8_t vector)
{
	int first = 0;

	(void)opaque;
	(void)line;
	(void)apic_id;
	if (atomic_compare_exchange_strong(&inside, &first, 1))
		while (atomic_load(&inside) != 2)
			;
	else
		atomic_fetch_add(vector == 0x31 ? &by_old : &by_new, 1);
	return true;
}

static void *one_raise(void *unused)
{
	paravirq_raise(&pv, 5);
	return unused;
}

static void *one_write(void *unused)
{
	write_route(5, ROUTE(1, 0x32, ENABLE));
	return unused;
}

static void test_raises_give_way(void **state)
{
	static const struct paravirq_ops held = { .inject = held_inject };
	pthread_t first, writer, others[OTHERS];
	uint64_t locked;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		time_t end = time(NULL) + 2;

		paravirq_init(&pv, lines, LINES, UINT32_MAX, &held, NULL);
		write_route(5, ROUTE(1, 0x31, ENABLE));
		atomic_store(&inside, 0);
		atomic_store(&by_old, 0);
		atomic_store(&by_new, 0);
		assert_int_equal(pthread_create(&first, NULL, one_raise, NULL), 0);
		while (atomic_load(&inside) != 1)
			;
		locked = word_of(5);
		assert_int_equal(pthread_create(&writer, NULL, one_write, NULL), 0);
		while (word_of(5) == locked && time(NULL) < end)
			;
		for (int i = 0; i < OTHERS; i++)
			assert_int_equal(pthread_create(&others[i], NULL, one_raise, NULL), 0);
		/* For the others to come; a good library does not need it. */
		thrd_sleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
		atomic_store(&inside, 2);
		pthread_join(first, NULL);
		pthread_join(writer, NULL);
		for (int i = 0; i < OTHERS; i++)
			pthread_join(others[i], NULL);
		assert_int_equal(by_old, 0);
		assert_int_equal(by_new, OTHERS);
	}
}

/*
 * A restore waits for an injection by the route that it replaces.
 * [SAVE-5]
 */
static void *one_restore(void *done)
{
	static const struct paravirq_registers registers;
	static uint64_t routes[LINES];

	for (int i = 0; i < LINES; i++)
		routes[i] = PARAVIRQ_ROUTE_RESET;
	assert_int_equal(paravirq_restore(&pv, LINES, routes, &registers, NULL), PARAVIRQ_OK);
	atomic_store((atomic_bool *)done, true);
	return NULL;
}

static void test_restore_waits(void **state)
{
	static const struct paravirq_ops held = { .inject = held_inject };
	static atomic_bool done;
	pthread_t raiser, restorer;
	uint64_t locked;
	time_t end;

	(void)state;
	paravirq_init(&pv, lines, LINES, UINT32_MAX, &held, NULL);
	write_route(5, ROUTE(1, 0x31, ENABLE));
	atomic_store(&inside, 0);
	assert_int_equal(pthread_create(&raiser, NULL, one_raise, NULL), 0);
	while (atomic_load(&inside) != 1)
		;
	locked = word_of(5);
	assert_int_equal(pthread_create(&restorer, NULL, one_restore, &done), 0);
	/* A good library shows that somebody waits, a bad one is through. */
	for (end = time(NULL) + 2; word_of(5) == locked && !done && time(NULL) < end;)
		;
	assert_false(atomic_load(&done));
	atomic_store(&inside, 2);
	pthread_join(raiser, NULL);
	pthread_join(restorer, NULL);
	assert_int_equal(word_of(5), PARAVIRQ_ROUTE_RESET);
}

/*
 * The image of a restore is in memory that others write, here just after the library has
 * looked at a line: what was looked at is what is taken, and what a second look refuses
 * leaves no line half.
 */
static uint64_t image[LINES];
static uint32_t spoiling;	/* at this line, the last one becomes bad */

static bool spoiling_collect(void *opaque, uint32_t line)
{
	(void)opaque;
	if (line == spoiling)
		image[LINES - 1] = ROUTE(1, 0x31, ENABLE | 0x80000000);
	return false;
}

static enum paravirq_status restore_spoilt(uint32_t line, uint32_t *bad_line)
{
	static const struct paravirq_ops spoils = { .inject = fake_inject,
						    .collect = spoiling_collect };
	static const struct paravirq_registers registers;

	paravirq_init(&pv, lines, LINES, BROADCAST, &spoils, &pv);
	for (int i = 0; i < LINES; i++)
		image[i] = ROUTE(1, 0x31, ENABLE);
	spoiling = line;
	return paravirq_restore(&pv, LINES, image, &registers, bad_line);
}

static void test_restore_of_a_shared_image(void **state)
{
	uint32_t bad = 0;

	(void)state;
	assert_int_equal(restore_spoilt(LINES - 1, NULL), PARAVIRQ_OK);
	assert_int_equal(image[LINES - 1], ROUTE(1, 0x31, ENABLE | 0x80000000));
	for (int i = 0; i < LINES; i++)
		assert_int_equal(word_of(i), ROUTE(1, 0x31, ENABLE));

	assert_int_equal(restore_spoilt(0, &bad), PARAVIRQ_BAD_RESERVED);
	assert_int_equal(bad, LINES - 1);
	for (int i = 0; i < LINES; i++)
		assert_int_equal(word_of(i), PARAVIRQ_ROUTE_RESET);
}

/* Of several errors it is the first line's; each of these goes before those above it. */
static void test_restore_says_one_error(void **state)
{
	static const struct paravirq_registers registers;
	static const struct {
		uint64_t route;
		enum paravirq_status status;
	} worse[] = {
		{ ROUTE(UINT32_MAX, 0x31, ENABLE), PARAVIRQ_BAD_DEST },
		{ ROUTE(UINT32_MAX, 1, ENABLE), PARAVIRQ_BAD_VECTOR },
		{ ROUTE(UINT32_MAX, 1, ENABLE | 0x800), PARAVIRQ_BAD_RESERVED },
		{ ROUTE(UINT32_MAX, 1, ENABLE | 0x800 | PENDING), PARAVIRQ_BAD_PENDING },
		{ ROUTE(UINT32_MAX, 1, 0x800 | PENDING), PARAVIRQ_BAD_DISABLED },
	};
	uint32_t bad = 99;

	(void)state;
	for (int i = 0; i < LINES; i++)
		image[i] = PARAVIRQ_ROUTE_RESET;
	assert_int_equal(paravirq_restore(&pv, LINES, image, &registers, &bad), PARAVIRQ_OK);
	assert_int_equal(bad, 99);
	image[LINES - 1] = 0;
	for (size_t i = 0; i < sizeof(worse) / sizeof(worse[0]); i++) {
		image[2] = worse[i].route;
		assert_int_equal(paravirq_restore(&pv, LINES, image, &registers, &bad), worse[i].status);
		assert_int_equal(bad, 2);
	}
	bad = 99;
	assert_int_equal(paravirq_restore(&pv, LINES - 1, image, &registers, &bad),
			 PARAVIRQ_BAD_NR_LINES);
	assert_int_equal(bad, 99);
}

static void test_version(void **state)
{
	(void)state;
	assert_int_equal(paravirq_library_version(),
			 PARAVIRQ_LIBRARY_MAJOR << 16 | PARAVIRQ_LIBRARY_MINOR);
}

/* [HYP-2] to [HYP-6] What RAX is after a hypercall of the controller. */
static uint64_t hypercall(uint32_t function, uint32_t offset, uint64_t value)
{
	uint64_t result = 0x5555555555555555;

	assert_true(paravirq_hypercall(&pv, function, offset, value, &result));
	return result;
}

static void test_hypercall(void **state)
{
	const uint64_t route = UINT64_C(7) << 32 | PARAVIRQ_ROUTE_ENABLE | 0x41;
	const uint32_t others[] = { 0, 1, PARAVIRQ_HYPERCALL_READ + 1, PARAVIRQ_HYPERCALL_WRITE + 1 };
	uint64_t result = 5;

	(void)state;
	assert_int_equal(hypercall(PARAVIRQ_HYPERCALL_READ, PARAVIRQ_REG_MAGIC, 0), PARAVIRQ_MAGIC);
	assert_int_equal(hypercall(PARAVIRQ_HYPERCALL_WRITE, REG_ROUTE(3), route), 0);
	assert_int_equal(hypercall(PARAVIRQ_HYPERCALL_READ, REG_ROUTE(3), 0), route);
	assert_int_equal(paravirq_route(&pv, 3), route);

	/* Bits 63:32 are no part of what a register of 32 bits is written. */
	assert_int_equal(hypercall(PARAVIRQ_HYPERCALL_WRITE, PARAVIRQ_REG_TRIGGER,
				   UINT64_C(1) << 32 | 3), 0);
	assert_int_equal(injected, 1);
	assert_int_equal(paravirq_errors(&pv), 0);

	/* What is rejected reads 0, and counts. */
	assert_int_equal(hypercall(PARAVIRQ_HYPERCALL_READ, REG_ROUTE(LINES), 0), 0);
	assert_int_equal(hypercall(PARAVIRQ_HYPERCALL_WRITE, PARAVIRQ_REG_MAGIC, 0), 0);
	assert_int_equal(hypercall(PARAVIRQ_HYPERCALL_READ, PARAVIRQ_REG_MAGIC + 1, 0), 0);
	assert_int_equal(paravirq_errors(&pv), 3);

	for (unsigned int i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(paravirq_hypercall(&pv, others[i], PARAVIRQ_REG_MAGIC, 0, &result));
	assert_int_equal(result, 5);
	assert_int_equal(paravirq_errors(&pv), 3);
}

/* A test, once for each transport. */
#define BOTH(test)						\
	{ #test " by mmio", test, setup_mmio, NULL, NULL },	\
	{ #test " by pio", test, setup_pio, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_init),
		BOTH(test_constants),
		BOTH(test_route_is_kept),
		BOTH(test_every_raise_injects),
		BOTH(test_mask_latches),
		BOTH(test_unmask_without_pending),
		BOTH(test_pending_follows_retarget),
		BOTH(test_pending_is_not_writable),
		BOTH(test_disabled_drops),
		BOTH(test_disable_resets_route),
		BOTH(test_bad_routes),
		BOTH(test_bad_accesses),
		BOTH(test_bad_commands),
		BOTH(test_errors_saturate),
		BOTH(test_trigger),
		BOTH(test_raise_out_of_range),
		BOTH(test_no_such_vcpu),
		BOTH(test_reset),
		BOTH(test_route_changed),
		BOTH(test_irqfd_mask),
		BOTH(test_irqfd_disable),
		BOTH(test_irqfd_save_restore),
		BOTH(test_save_restore),
		BOTH(test_restore_says_one_error),
		BOTH(test_restore_refuses),
		BOTH(test_life_of_a_line),
		cmocka_unit_test_setup(test_dest, setup_pio),
		cmocka_unit_test_setup(test_commit, setup_pio),
		cmocka_unit_test_setup(test_select, setup_pio),
		cmocka_unit_test_setup(test_migrate_between_halves, setup_pio),
		cmocka_unit_test_setup(test_hypercall, setup_mmio),
		cmocka_unit_test_setup(test_threads, setup_mmio),
		cmocka_unit_test_setup(test_raises_give_way, setup_mmio),
		cmocka_unit_test_setup(test_restore_waits, setup_mmio),
		cmocka_unit_test_setup(test_restore_of_a_shared_image, setup_mmio),
		cmocka_unit_test(test_version),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
