// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Stress of libparavirq with threads, in TAP. tests/05-stress.t runs it under
 * ThreadSanitizer, tests/03-mutants.t against broken libraries.
 *
 *   stress-libparavirq		storm, irqfds, rejected accesses, writers among raisers,
 *				what a device stores before it raises
 *   stress-libparavirq forbidden	a VMM that breaks the locking rule:
 *				ends with status 3 when it hangs, as it must
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define _XOPEN_SOURCE 700
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "paravirq.h"

#define LINES		4
#define VCPUS		2
#define RAISERS		3
#define WRITERS		2
#define STORM_SECONDS	2
#define HANG_SECONDS	20	/* no sanitizer and no load makes a write take so long */
#define HUNG		3	/* exit status */
#define ENABLE		PARAVIRQ_ROUTE_ENABLE
#define MASK		PARAVIRQ_ROUTE_MASK
#define PENDING		PARAVIRQ_ROUTE_PENDING
#define REG_ROUTE(line)	(PARAVIRQ_REG_ROUTE + 8 * (uint64_t)(line))

static struct paravirq pv;
static paravirq_word words[LINES];
static atomic_bool stop;
static atomic_uint faults[4];	/* by enum fault */
static unsigned int tests;
static int failed;

enum fault { OLD_ROUTE, TORN, LOST, EXTRA };

static void ok(bool good, const char *what)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++tests, what);
	failed |= !good;
}

static void fault(enum fault what)
{
	atomic_fetch_add(&faults[what], 1);
}

static void write_route(uint32_t line, uint64_t route)
{
	paravirq_mmio_write(&pv, REG_ROUTE(line), 8, route);
}

static void pause_for(unsigned int n)
{
	for (volatile unsigned int i = 0; i < n; i++)
		;
}

static void run(pthread_t *thread, void *(*function)(void *), uintptr_t arg)
{
	if (pthread_create(thread, NULL, function, (void *)arg)) {
		perror("pthread_create");
		exit(1);
	}
}

/*
 * Ends a run in which a writer makes no progress. Says who waits for whom, as
 * far as the VMM of "forbidden" has told.
 */
static atomic_uint progress;
static atomic_bool writer_has_big, inject_wants_big;

static void *watchdog(void *arg)
{
	unsigned int seconds = (uintptr_t)arg, seen = 0, still = 0;

	while (still < seconds * 10) {
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
		still = atomic_load(&progress) == seen ? still + 1 : 0;
		seen = atomic_load(&progress);
	}
	printf("# hung: no register write completed for %u s%s\n", seconds,
	       atomic_load(&writer_has_big) && atomic_load(&inject_wants_big) ?
	       "; the writer holds a lock that inject() waits for" : "");
	fflush(stdout);
	_exit(HUNG);
}

/*
 * The storm. Vector and APIC id tell the line and which write made the route:
 * vector = 32 + 4 * something + line, APIC id = number of the write. Injections
 * of a line are legal by the route that was complete last (current) and by the
 * one that is being written (next); 0 stands for none.
 *
 * What lies in plain variables is guarded by the line's lock alone, or by the
 * lock of a vCPU: ThreadSanitizer says so when it is not.
 */
static atomic_uint current[LINES], next[LINES];
static uint64_t injections[LINES];		/* plain: the line's lock */
static struct {
	pthread_mutex_t lock;	/* no register writer ever holds it: allowed */
	uint64_t requested;
} vcpus[VCPUS];

struct tally {
	uint64_t raises, injected, latched, dropped, unmasked, refused, taken;
};
static struct tally tallies[RAISERS + WRITERS + VCPUS];
static _Thread_local unsigned int injected_here, refused_here;

/*
 * What the machine does that stops its vCPUs, it does between two accesses: each
 * access has the world for reading. The guest's own lock makes its vCPUs take turns
 * with DEST, COMMIT and SELECT; the world may well stop while one has it.
 */
static pthread_rwlock_t world = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t guest = PTHREAD_MUTEX_INITIALIZER;
static unsigned int stops;		/* plain: world, for writing */

/* Numbers of writes say what they do. */
static bool masked(uint32_t seq)
{
	return seq % 3 == 1;
}

static bool vcpu_exists(uint32_t seq)
{
	return seq % 13;
}

static uint64_t route_of(uint32_t line, uint32_t seq)
{
	return (uint64_t)seq << 32 | (32 + seq % 55 * 4 + line) | ENABLE |
	       (masked(seq) ? MASK : 0);
}

static bool storm_inject(void *opaque, uint32_t line, uint32_t seq, uint8_t vector)
{
	(void)opaque;
	injections[line]++;
	if (masked(seq) || vector != (route_of(line, seq) & PARAVIRQ_ROUTE_VECTOR))
		fault(TORN);
	pause_for(100);
	/* In this order: while we hold the line, next cannot become current. */
	if (atomic_load(&next[line]) != seq && atomic_load(&current[line]) != seq)
		fault(OLD_ROUTE);
	if (!vcpu_exists(seq)) {
		refused_here++;
		return false;
	}
	pthread_mutex_lock(&vcpus[seq % VCPUS].lock);
	vcpus[seq % VCPUS].requested++;
	pthread_mutex_unlock(&vcpus[seq % VCPUS].lock);
	injected_here++;
	return true;
}

static void storm_raise(struct tally *t, uint32_t line)
{
	enum paravirq_raised what = paravirq_raise(&pv, line);

	t->raises++;
	t->injected += what == PARAVIRQ_INJECTED;
	t->latched += what == PARAVIRQ_LATCHED;
	t->dropped += what == PARAVIRQ_DROPPED;
}

static void *storm_raiser(void *arg)
{
	struct tally *t = &tallies[(uintptr_t)arg];

	while (!atomic_load(&stop)) {
		/* Of which line: the last is hit by all, the others in turn. */
		uint32_t line = t->raises % 2 ? LINES - 1 : t->raises / 2 % LINES;

		storm_raise(t, line);
		if (paravirq_route(&pv, line) & PARAVIRQ_ROUTE_RESERVED)
			fault(TORN);
		pause_for(50);
	}
	return NULL;
}

static void *storm_vcpu(void *arg)
{
	struct tally *t = &tallies[RAISERS + WRITERS + (uintptr_t)arg];

	while (!atomic_load(&stop)) {
		pthread_mutex_lock(&vcpus[(uintptr_t)arg].lock);
		t->taken += vcpus[(uintptr_t)arg].requested;
		vcpus[(uintptr_t)arg].requested = 0;
		pthread_mutex_unlock(&vcpus[(uintptr_t)arg].lock);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	return NULL;
}

/* Reset, save and restore, with no vCPU at work; raisers go on. */
static void stop_the_world(uint32_t seq)
{
	struct paravirq_registers registers;
	uint64_t routes[LINES];
	uint32_t line;

	stops++;
	injected_here = refused_here = 0;
	paravirq_save(&pv, routes, &registers);
	for (line = 0; line < LINES; line++)
		atomic_store(&next[line], 0);
	if (seq % 2)
		paravirq_reset(&pv);
	else
		paravirq_mmio_write(&pv, PARAVIRQ_REG_CONTROL, 4, PARAVIRQ_CONTROL_RESET);
	for (line = 0; line < LINES; line++)
		atomic_store(&current[line], 0);
	pause_for(1000);
	for (line = 0; line < LINES; line++)
		atomic_store(&next[line], routes[line] >> 32);
	if (paravirq_restore(&pv, LINES, routes, &registers, NULL) != PARAVIRQ_OK)
		fault(TORN);
	for (line = 0; line < LINES; line++) {
		atomic_store(&current[line], routes[line] >> 32);
		if ((paravirq_route(&pv, line) | PENDING) != (routes[line] | PENDING))
			fault(TORN);
		if (routes[line] & PENDING & ~paravirq_route(&pv, line))
			fault(LOST);
	}
	if (injected_here + refused_here)
		fault(EXTRA);
}

/*
 * The first access of a pair, in DEST or SELECT. Sometimes the world stops before
 * the second, and what the first one left must be there again.
 */
static void first_half(uint64_t offset, uint32_t value)
{
	static _Thread_local unsigned int halves;

	pthread_rwlock_rdlock(&world);
	paravirq_pio_write(&pv, offset, 4, value);
	pthread_rwlock_unlock(&world);
	if (++halves % 63 == 0) {
		pthread_rwlock_wrlock(&world);
		stop_the_world(halves / 126);
		pthread_rwlock_unlock(&world);
	}
}

/*
 * Returns the route; *seq is the number of its write, which has to be looked up before
 * the world can stop: it is 0 then for a while.
 */
static uint64_t storm_read(uint32_t line, bool pio, uint32_t *seq)
{
	uint64_t route;

	if (pio)
		first_half(PARAVIRQ_PIO_SELECT, line);
	pthread_rwlock_rdlock(&world);
	if (pio)
		route = (uint64_t)paravirq_pio_read(&pv, PARAVIRQ_PIO_DEST, 4) << 32 |
			paravirq_pio_read(&pv, PARAVIRQ_PIO_SELECT, 4);
	else
		route = paravirq_mmio_read(&pv, REG_ROUTE(line), 8);
	*seq = atomic_load(&current[line]);
	pthread_rwlock_unlock(&world);
	return route;
}

/* One write of one line, by its only writer; seq 0 disables. */
static void storm_write(struct tally *t, uint32_t line, uint32_t seq, bool pio)
{
	uint64_t before, route = seq ? route_of(line, seq) : 0;
	unsigned int n;
	uint32_t last;

	if (pio)
		pthread_mutex_lock(&guest);
	before = storm_read(line, pio, &last);
	if (before & PARAVIRQ_ROUTE_RESERVED || (before & ENABLE ? before >> 32 : 0) != last)
		fault(TORN);
	if (pio)
		first_half(PARAVIRQ_PIO_DEST, route >> 32);
	pthread_rwlock_rdlock(&world);
	atomic_store(&next[line], seq);
	injected_here = refused_here = 0;
	if (pio)
		paravirq_pio_write(&pv, PARAVIRQ_PIO_COMMIT, 4,
				   line << PARAVIRQ_COMMIT_LINE_SHIFT | (uint32_t)route);
	else
		write_route(line, route);
	atomic_store(&current[line], seq);
	n = injected_here + refused_here;
	pthread_rwlock_unlock(&world);
	if (pio)
		pthread_mutex_unlock(&guest);

	t->unmasked += injected_here;
	t->refused += refused_here;
	if (n > 1 || (n && (!seq || masked(seq) || !(before & MASK))))
		fault(EXTRA);
	if (!n && before & PENDING && seq && !masked(seq))
		fault(LOST);
	atomic_fetch_add(&progress, 1);

	/* On a busy machine, raisers hardly ever run while the line is masked. */
	if (masked(seq) && seq % 4 == 0)
		storm_raise(t, line);
}

static void *storm_writer(void *arg)
{
	uintptr_t me = (uintptr_t)arg;
	struct tally *t = &tallies[RAISERS + me];

	/* By pio and mmio in turn, and the writers not in step. */
	for (uint32_t seq = 1; !atomic_load(&stop); seq++) {
		for (uint32_t line = me; line < LINES; line += WRITERS)
			storm_write(t, line, seq % 8 ? seq : 0, (seq / 8 + me) % 4);
		pause_for(500);
	}
	return NULL;
}

static void storm(void)
{
	static const struct paravirq_ops ops = { .inject = storm_inject };
	pthread_t threads[RAISERS + WRITERS + VCPUS];
	struct tally sum = { 0 };
	uint64_t calls = 0;
	int i, n = 0;

	paravirq_init(&pv, words, LINES, UINT32_MAX, &ops, NULL);
	for (i = 0; i < VCPUS; i++)
		pthread_mutex_init(&vcpus[i].lock, NULL);
	for (i = 0; i < RAISERS; i++)
		run(&threads[n++], storm_raiser, i);
	for (i = 0; i < WRITERS; i++)
		run(&threads[n++], storm_writer, i);
	for (i = 0; i < VCPUS; i++)
		run(&threads[n++], storm_vcpu, i);
	sleep(STORM_SECONDS);
	atomic_store(&stop, true);
	while (n)
		pthread_join(threads[--n], NULL);

	for (i = 0; i < RAISERS + WRITERS + VCPUS; i++) {
		sum.raises += tallies[i].raises;
		sum.injected += tallies[i].injected;
		sum.latched += tallies[i].latched;
		sum.dropped += tallies[i].dropped;
		sum.unmasked += tallies[i].unmasked;
		sum.refused += tallies[i].refused;
		sum.taken += tallies[i].taken;
	}
	for (i = 0; i < VCPUS; i++)
		sum.taken += vcpus[i].requested;
	for (i = 0; i < LINES; i++)
		calls += injections[i];
	printf("# %u writes, the world stopped %u times\n", atomic_load(&progress), stops);
	printf("# %llu raises: %llu injected, %llu latched, %llu dropped; %llu by unmasking\n",
	       (unsigned long long)sum.raises, (unsigned long long)sum.injected,
	       (unsigned long long)sum.latched, (unsigned long long)sum.dropped,
	       (unsigned long long)sum.unmasked);
	ok(stops && sum.injected && sum.latched && sum.dropped && sum.unmasked && sum.refused,
	   "storm: each fate of an interrupt was met");
	ok(!faults[OLD_ROUTE], "storm: no injection by a route that a write has replaced");
	ok(!faults[TORN], "storm: every route is the one written, whole, and shows no lock");
	ok(!faults[LOST], "storm: unmasking injects what was pending");
	ok(!faults[EXTRA], "storm: a write injects at most once, only when it unmasks");
	ok(sum.raises == sum.injected + sum.latched + sum.dropped &&
	   paravirq_count(&pv, PARAVIRQ_INJECTED) == sum.injected + sum.unmasked &&
	   paravirq_count(&pv, PARAVIRQ_LATCHED) == sum.latched &&
	   paravirq_count(&pv, PARAVIRQ_DROPPED) == sum.dropped + sum.refused,
	   "storm: every raise is injected, latched or dropped, and counted as such");
	ok(sum.taken == sum.injected + sum.unmasked && calls > sum.taken,
	   "storm: the vCPUs have what was injected");
}

/*
 * Irqfds: eventfds that several threads ring, and a KVM that takes the rings while
 * it listens. Each line has a writer; another thread reads and saves all the time.
 * Routes are those of the storm.
 */
#define IRQFD_SECONDS	1

static struct irqfd {
	pthread_mutex_t lock;	/* as in the storm: no writer ever holds it */
	bool listening;
	uint32_t seq;		/* of KVM's route */
	uint64_t rung, waiting, taken, collected, collects;
} irqfds[LINES];
static atomic_ulong irqfd_unmasked;

/* KVM injects what there is. */
static void irqfd_take(uint32_t line)
{
	struct irqfd *irqfd = &irqfds[line];

	if (masked(irqfd->seq) ||
	    (atomic_load(&next[line]) != irqfd->seq && atomic_load(&current[line]) != irqfd->seq))
		fault(OLD_ROUTE);
	irqfd->taken += irqfd->waiting;
	irqfd->waiting = 0;
}

static void irqfd_ring(uint32_t line)
{
	struct irqfd *irqfd = &irqfds[line];

	pthread_mutex_lock(&irqfd->lock);
	irqfd->rung++;
	irqfd->waiting++;
	if (irqfd->listening)
		irqfd_take(line);
	pthread_mutex_unlock(&irqfd->lock);
}

static bool irqfd_inject(void *opaque, uint32_t line, uint32_t seq, uint8_t vector)
{
	(void)opaque;
	(void)vector;
	if (masked(seq) || atomic_load(&next[line]) != seq)
		fault(OLD_ROUTE);
	injected_here++;
	return true;
}

/* As the VMM must: by the route of now, whoever wrote it. */
static void irqfd_route_changed(void *opaque, uint32_t first, uint32_t nr_lines)
{
	(void)opaque;
	for (uint32_t line = first; line < first + nr_lines; line++) {
		struct irqfd *irqfd = &irqfds[line];
		uint64_t route;

		pthread_mutex_lock(&irqfd->lock);
		route = paravirq_route(&pv, line);
		irqfd->seq = route >> 32;
		irqfd->listening = (route & (ENABLE | MASK)) == ENABLE;
		if (irqfd->listening && irqfd->waiting)
			irqfd_take(line);
		pthread_mutex_unlock(&irqfd->lock);
	}
}

static bool irqfd_collect(void *opaque, uint32_t line)
{
	struct irqfd *irqfd = &irqfds[line];
	bool found;

	(void)opaque;
	pthread_mutex_lock(&irqfd->lock);
	found = !irqfd->listening && irqfd->waiting;
	if (found) {
		irqfd->collected += irqfd->waiting;
		irqfd->waiting = 0;
		irqfd->collects++;
	}
	pthread_mutex_unlock(&irqfd->lock);
	return found;
}

static void *irqfd_ringer(void *arg)
{
	for (uint32_t line = (uintptr_t)arg; !atomic_load(&stop); line++) {
		irqfd_ring(line % LINES);
		pause_for(200);
	}
	return NULL;
}

static void *irqfd_reader(void *unused)
{
	struct paravirq_registers registers;
	uint64_t routes[LINES];

	(void)unused;
	while (!atomic_load(&stop)) {
		for (uint32_t line = 0; line < LINES; line++)
			if (paravirq_mmio_read(&pv, REG_ROUTE(line), 8) & PARAVIRQ_ROUTE_RESERVED)
				fault(TORN);
		paravirq_save(&pv, routes, &registers);
		nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	}
	return NULL;
}

/* Returns how often the write itself injected. */
static unsigned int irqfd_write(uint32_t line, uint32_t seq)
{
	atomic_store(&next[line], seq);
	injected_here = 0;
	write_route(line, seq ? route_of(line, seq) : 0);
	atomic_store(&current[line], seq);
	atomic_fetch_add(&progress, 1);
	return injected_here;
}

static void *irqfd_writer(void *arg)
{
	uint32_t line = (uintptr_t)arg, seq;

	for (seq = 3; !atomic_load(&stop); seq += 3) {
		/* Not masked, two routes; masked, and rung at least once. */
		if (irqfd_write(line, seq - 1) || irqfd_write(line, seq))
			fault(EXTRA);
		pause_for(500);
		if (irqfd_write(line, seq + 1))
			fault(EXTRA);
		irqfd_ring(line);
		if (seq % 2) {
			switch (irqfd_write(line, seq + 2)) {
			case 0:
				fault(LOST);
				break;
			case 1:
				atomic_fetch_add(&irqfd_unmasked, 1);
				break;
			default:
				fault(EXTRA);
			}
		} else {
			if (irqfd_write(line, 0))
				fault(EXTRA);
			irqfd_ring(line);
		}
	}
	return NULL;
}

static void irqfd(void)
{
	static const struct paravirq_ops ops = {
		.inject = irqfd_inject,
		.route_changed = irqfd_route_changed,
		.collect = irqfd_collect,
	};
	pthread_t threads[RAISERS + LINES + 1];
	struct irqfd sum = { 0 };
	int i, n = 0;

	atomic_store(&stop, false);
	memset(faults, 0, sizeof(faults));
	paravirq_init(&pv, words, LINES, UINT32_MAX, &ops, NULL);
	for (i = 0; i < LINES; i++) {
		pthread_mutex_init(&irqfds[i].lock, NULL);
		atomic_store(&next[i], 0);
		atomic_store(&current[i], 0);
	}
	for (i = 0; i < RAISERS; i++)
		run(&threads[n++], irqfd_ringer, i);
	for (i = 0; i < LINES; i++)
		run(&threads[n++], irqfd_writer, i);
	run(&threads[n++], irqfd_reader, 0);
	sleep(IRQFD_SECONDS);
	atomic_store(&stop, true);
	while (n)
		pthread_join(threads[--n], NULL);

	for (i = 0; i < LINES; i++) {
		sum.rung += irqfds[i].rung;
		sum.waiting += irqfds[i].waiting;
		sum.taken += irqfds[i].taken;
		sum.collected += irqfds[i].collected;
		sum.collects += irqfds[i].collects;
	}
	printf("# %llu rings: KVM took %llu, %llu were collected in %llu goes, %lu by unmasking\n",
	       (unsigned long long)sum.rung, (unsigned long long)sum.taken,
	       (unsigned long long)sum.collected, (unsigned long long)sum.collects,
	       atomic_load(&irqfd_unmasked));
	ok(sum.taken && sum.collects && irqfd_unmasked, "irqfd: each fate of a ring was met");
	ok(!faults[OLD_ROUTE], "irqfd: no injection by a route that a write has replaced");
	ok(!faults[TORN] && !faults[LOST], "irqfd: unmasking injects what was rung");
	ok(!faults[EXTRA], "irqfd: ... and only unmasking, once");
	ok(sum.rung == sum.taken + sum.collected + sum.waiting &&
	   paravirq_count(&pv, PARAVIRQ_INJECTED) == irqfd_unmasked &&
	   paravirq_count(&pv, PARAVIRQ_LATCHED) +
	   paravirq_count(&pv, PARAVIRQ_DROPPED) == sum.collects,
	   "irqfd: every ring is accounted for");
}

/* Rejected accesses from several threads at once: ERRORS is exact. */
#define REJECT_SECONDS	0.5

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void *rejecter(void *count)
{
	while (!atomic_load(&stop)) {
		paravirq_mmio_write(&pv, PARAVIRQ_REG_MAGIC, 4, 0);
		paravirq_pio_write(&pv, PARAVIRQ_REG_MAGIC, 4, 0);
		*(unsigned int *)count += 2;
	}
	return NULL;
}

static void rejects(void)
{
	pthread_t threads[RAISERS];
	unsigned int counts[RAISERS][64] = { 0 };	/* no cache line is shared */
	unsigned int sum = 0;
	double end = now() + REJECT_SECONDS;

	atomic_store(&stop, false);
	paravirq_reset(&pv);
	for (int i = 0; i < RAISERS; i++)
		run(&threads[i], rejecter, (uintptr_t)counts[i]);
	while (now() < end)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	atomic_store(&stop, true);
	for (int i = 0; i < RAISERS; i++) {
		pthread_join(threads[i], NULL);
		sum += counts[i][0];
	}
	printf("# %u rejected\n", sum);
	ok(sum && paravirq_mmio_read(&pv, PARAVIRQ_REG_ERRORS, 4) == sum,
	   "rejects: every one is counted");
}

/*
 * A raise gives way to a writer that waits: one thread raises twice, a writer comes
 * while the first injects, and the second goes by what was written.
 */
#define ROUNDS		100
#define OLD		2
#define NEW		5

static atomic_uint by_old, by_new;
static atomic_bool raising;

static bool held_inject(void *opaque, uint32_t line, uint32_t apic_id, uint8_t vector)
{
	uint64_t route = __atomic_load_n(&words[0], __ATOMIC_RELAXED);

	(void)opaque;
	(void)line;
	(void)vector;
	if (apic_id == NEW) {
		atomic_fetch_add(&by_new, 1);
		return true;
	}
	/* Until the writer has left its mark. */
	if (!atomic_exchange(&raising, true))
		while (__atomic_load_n(&words[0], __ATOMIC_RELAXED) == route)
			sched_yield();
	atomic_fetch_add(&by_old, 1);
	return true;
}

static void *raise_twice(void *unused)
{
	(void)unused;
	paravirq_raise(&pv, 0);
	paravirq_raise(&pv, 0);
	return NULL;
}

static void fairness(void)
{
	static const struct paravirq_ops ops = { .inject = held_inject };
	pthread_t thread;

	paravirq_init(&pv, words, LINES, UINT32_MAX, &ops, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		write_route(0, route_of(0, OLD));
		atomic_store(&raising, false);
		run(&thread, raise_twice, 0);
		while (!atomic_load(&raising))
			sched_yield();
		write_route(0, route_of(0, NEW));
		pthread_join(thread, NULL);
		atomic_fetch_add(&progress, 1);
	}
	printf("# %u injections by the old route, %u by the new one\n", atomic_load(&by_old),
	       atomic_load(&by_new));
	ok(atomic_load(&by_old) == ROUNDS && atomic_load(&by_new) == ROUNDS,
	   "fairness: raisers give way to a writer");
}

/*
 * [RAISE-7] A device stores and raises its line; whoever injects, at once or by unmasking,
 * sees what was stored. "stored" is a plain variable: the order of its accesses is all
 * that keeps them apart.
 */
#define STORES		20000

static unsigned int stored;
static atomic_uint taken, stale;

static bool looking_inject(void *opaque, uint32_t line, uint32_t apic_id, uint8_t vector)
{
	(void)opaque;
	(void)line;
	(void)apic_id;
	(void)vector;
	if (stored != atomic_load(&taken) + 1)
		atomic_fetch_add(&stale, 1);
	atomic_fetch_add(&taken, 1);
	return true;
}

static void *storing_device(void *unused)
{
	(void)unused;
	for (unsigned int n = 1; n <= STORES; n++) {
		stored = n;
		paravirq_raise(&pv, 0);
		while (atomic_load(&taken) != n)
			sched_yield();	/* the vCPU may want this CPU */
	}
	return NULL;
}

static void stores(void)
{
	static const struct paravirq_ops ops = { .inject = looking_inject };
	pthread_t thread;

	paravirq_init(&pv, words, LINES, UINT32_MAX, &ops, NULL);
	write_route(0, route_of(0, 4));
	run(&thread, storing_device, 0);
	while (atomic_load(&taken) < STORES) {
		/* One is latched, others come until the line is masked again. */
		while (!(paravirq_route(&pv, 0) & PARAVIRQ_ROUTE_PENDING) &&
		       atomic_load(&taken) < STORES)
			sched_yield();
		write_route(0, route_of(0, 2));
		write_route(0, route_of(0, 4));
		atomic_fetch_add(&progress, 1);
	}
	pthread_join(thread, NULL);
	ok(atomic_load(&stale) == 0, "stores: what was stored before a raise is seen");
	ok(paravirq_count(&pv, PARAVIRQ_LATCHED) > 0, "stores: ... also if it was pending");
}

/* What the locking rule forbids: inject() takes a lock that a writer holds. */
static pthread_mutex_t big = PTHREAD_MUTEX_INITIALIZER;

static bool forbidden_inject(void *opaque, uint32_t line, uint32_t apic_id, uint8_t vector)
{
	(void)opaque;
	(void)line;
	(void)apic_id;
	(void)vector;
	atomic_store(&inject_wants_big, true);
	pthread_mutex_lock(&big);
	atomic_store(&inject_wants_big, false);
	pthread_mutex_unlock(&big);
	return true;
}

static void *busy_raiser(void *unused)
{
	(void)unused;
	while (!atomic_load(&stop))
		paravirq_raise(&pv, 0);
	return NULL;
}

static void forbidden(void)
{
	static const struct paravirq_ops ops = { .inject = forbidden_inject };
	pthread_t thread;

	paravirq_init(&pv, words, LINES, UINT32_MAX, &ops, NULL);
	write_route(0, route_of(0, 2));
	run(&thread, busy_raiser, 0);
	for (int i = 0; i < 10000000; i++) {
		pthread_mutex_lock(&big);
		atomic_store(&writer_has_big, true);
		write_route(0, route_of(0, 2));
		atomic_store(&writer_has_big, false);
		pthread_mutex_unlock(&big);
		atomic_fetch_add(&progress, 1);
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && strcmp(argv[1], "forbidden")) {
		fprintf(stderr, "%s: allowed is forbidden\n", argv[1]);
		return 2;
	}
	if (argc > 1) {
		run(&thread, watchdog, 3);
		forbidden();
		return 0;
	}
	run(&thread, watchdog, HANG_SECONDS);
	storm();
	irqfd();
	rejects();
	fairness();
	stores();
	printf("1..%u\n", tests);
	return failed;
}
