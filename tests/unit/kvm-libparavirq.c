// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * hypervisor/libparavirq/kvm.c, with a real KVM and no running vCPU: what KVM has
 * injected is read from the local APICs. Contains that file, as a VMM would that copied
 * it, and in save-restore.h what library.rst shows of saving; some ioctls of theirs are
 * made to fail or to wait. Run by tests/12-kvm-example.t, prints TAP.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

static int hooked_ioctl(int fd, unsigned long request, void *arg);
#define ioctl(fd, request, arg) hooked_ioctl(fd, request, (void *)(uintptr_t)(arg))
#include "kvm.c"
#include "save-restore.h"
#undef ioctl

enum { GSI = 24, WRAPPED = 300 & 0xff };
#define ROUTE(apic_id, vector)	((uint64_t)(apic_id) << 32 | PARAVIRQ_ROUTE_ENABLE | (vector))
#define MASKED(apic_id, vector)	(ROUTE(apic_id, vector) | PARAVIRQ_ROUTE_MASK)

/* The last one is in x2APIC mode, those before are in xAPIC mode: 300 is 44, too. */
enum { NR_VCPUS = 4 };
static const uint32_t ids[NR_VCPUS] = { 0, 1, 300, 600 };
static int vcpus[NR_VCPUS], fds[NR_LINES];
static struct kvm_lines c;
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint tables, irqfds;	/* ioctls */
static atomic_bool unlocked, gone;	/* the table was given to KVM so; vCPU 300 has left */
static atomic_int fail_table, fail_irqfd, block_table, block_irqfd, ring_at_assign = -1;
static sem_t blocked, go_on;
static unsigned int done, failed;

static void check(bool good, const char *name)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++done, name);
	failed += !good;
}

bool vmm_has_vcpu(uint32_t apic_id)
{
	return apic_id < 2 || (apic_id == 300 && !gone) || apic_id == 600;
}

static void ring(uint32_t line)
{
	uint64_t one = 1;

	if (write(fds[line], &one, sizeof(one)) != sizeof(one))
		abort();
}

static int hooked_ioctl(int fd, unsigned long request, void *arg)
{
	struct kvm_irqfd *irqfd = arg;

	if (request == KVM_SET_GSI_ROUTING) {
		tables++;
		if (!pthread_mutex_trylock(&table_lock)) {
			unlocked = true;
			pthread_mutex_unlock(&table_lock);
		}
		if (block_table) {
			sem_post(&blocked);
			sem_wait(&go_on);
		}
		if (fail_table)
			goto fail;
	}
	if (request == KVM_IRQFD) {
		irqfds++;
		if (block_irqfd) {
			sem_post(&blocked);
			sem_wait(&go_on);
		}
		if (fail_irqfd && !(irqfd->flags & KVM_IRQFD_FLAG_DEASSIGN))
			goto fail;
		if (ring_at_assign >= 0) {
			ring((uint32_t)ring_at_assign);
			ring_at_assign = -1;
		}
	}
	return ioctl(fd, request, arg);

fail:
	errno = ENOMEM;
	return -1;
}

/* Did this vCPU get the vector, and no vCPU another? Nothing is left requested. */
static bool got(int vcpu, uint8_t vector)
{
	bool good = true;
	int i, v;

	for (i = 0; i < NR_VCPUS; i++) {
		struct kvm_lapic_state apic;
		bool requested = false;

		if (ioctl(vcpus[i], KVM_GET_LAPIC, &apic))
			abort();
		for (v = 0; v < 256; v++) {
			bool set = apic.regs[0x200 + v / 32 * 16 + v % 32 / 8] >> v % 8 & 1;

			good &= set == (i == vcpu && v == vector);
			requested |= set;
		}
		for (v = 0; v < 8; v++)
			memset(&apic.regs[0x200 + 16 * v], 0, 4);
		if (requested && ioctl(vcpus[i], KVM_SET_LAPIC, &apic))
			abort();
	}
	return good;
}

static bool nothing(void)
{
	return got(-1, 0);
}

static void put(uint32_t line, uint64_t route)
{
	paravirq_mmio_write(&c.pv, PARAVIRQ_REG_ROUTE + 8 * line, 8, route);
}

static uint64_t get(uint32_t line)
{
	return paravirq_mmio_read(&c.pv, PARAVIRQ_REG_ROUTE + 8 * line, 8);
}

static void reset(void)
{
	paravirq_mmio_write(&c.pv, PARAVIRQ_REG_CONTROL, 4, PARAVIRQ_CONTROL_RESET);
}

static bool rung(uint32_t line)
{
	struct pollfd pollfd = { .fd = fds[line], .events = POLLIN };

	return poll(&pollfd, 1, 0) > 0;
}

static uint64_t counted(enum paravirq_raised what)
{
	static uint64_t before[PARAVIRQ_NR_RAISED];
	uint64_t now = paravirq_count(&c.pv, what), more = now - before[what];

	before[what] = now;
	return more;
}

/* Each ring is one interrupt, and KVM's: the library has none. */
static bool rings(uint32_t line, int vcpu, uint8_t vector)
{
	bool good = nothing() && c.lines[line].reader == KVM;
	int i;

	counted(PARAVIRQ_INJECTED);
	for (i = 0; i < 50; i++) {
		ring(line);
		good &= got(vcpu, vector);
	}
	return good && !counted(PARAVIRQ_INJECTED) && !rung(line);
}

/* Rings go through the VMM, which has them injected, or dropped by vCPU -1. */
static bool by_vmm(uint32_t line, int vcpu, uint8_t vector)
{
	bool good = nothing() && c.lines[line].reader == VMM;

	counted(PARAVIRQ_INJECTED);
	counted(PARAVIRQ_DROPPED);
	ring(line);
	good &= nothing();
	kvm_lines_poll(&c, 0);
	return good && got(vcpu, vector) && counted(PARAVIRQ_INJECTED) == (vcpu >= 0) &&
	       counted(PARAVIRQ_DROPPED) == (vcpu < 0) && !rung(line);
}

static void *write_line_1(void *unused)
{
	put(1, ROUTE(0, 0x61));
	return unused;
}

/* Line 2 is masked, read and raised while an ioctl for line 1 takes its time. */
static void others_go_on(atomic_int *block, const char *name)
{
	pthread_t thread;

	reset();
	put(2, block == &block_table ? MASKED(1, 0x62) : ROUTE(1, 0x62));
	*block = 1;
	pthread_create(&thread, NULL, write_line_1, NULL);
	sem_wait(&blocked);
	*block = 0;
	alarm(20);
	if (block == &block_irqfd)
		put(2, MASKED(1, 0x62));
	paravirq_raise(&c.pv, 2);
	get(2);
	alarm(0);
	sem_post(&go_on);
	pthread_join(thread, NULL);
	got(-1, 0);
	check(rings(1, 0, 0x61), name);
}

static atomic_bool stop;
static atomic_uint rung_3;

static void *ring_line_3(void *unused)
{
	while (!stop) {
		ring(3);
		rung_3++;
	}
	return unused;
}

/* Until line 3 was rung once more, from the beginning. */
static void wait_for_ring(void)
{
	unsigned int before = rung_3;

	while (rung_3 - before < 2)
		sched_yield();
}

static void *write_line_3(void *unused)
{
	unsigned int i;

	for (i = 0; i < 300; i++) {
		put(3, ROUTE(0, 0x40 + i % 64));
		put(3, i % 2 ? 0 : MASKED(1, 0x40 + i % 64));
	}
	return unused;
}

static void races(void)
{
	pthread_t ringer, writer;
	bool good = true;
	int i;

	pthread_create(&ringer, NULL, ring_line_3, NULL);
	for (i = 0; i < 100; i++) {
		put(3, ROUTE(0, 0x50));
		if (i % 2)
			put(3, 0);
		put(3, ROUTE(1, 0x51));
		got(-1, 0);		/* all that came by the old route */
		wait_for_ring();
		put(3, MASKED(1, 0x51));
		good &= got(1, 0x51);
		wait_for_ring();
		good &= nothing() && get(3) & PARAVIRQ_ROUTE_PENDING;
	}
	check(good, "rung all the time: nothing by an old route, nor while masked");

	pthread_create(&writer, NULL, write_line_3, NULL);
	write_line_3(NULL);
	pthread_join(writer, NULL);
	stop = true;
	pthread_join(ringer, NULL);
	kvm_lines_poll(&c, 0);
	put(3, MASKED(1, 0x52));
	get(3);
	put(3, ROUTE(1, 0x53));
	got(-1, 0);
	check(rings(3, 1, 0x53), "two writers of a line, and a ringer: then it works");
}

static void saving(void)
{
	static uint64_t routes[NR_LINES];
	struct paravirq_registers registers;
	uint32_t bad_line;
	bool good;

	reset();
	put(4, ROUTE(0, 0x71));
	put(5, MASKED(1, 0x72));
	put(6, ROUTE(WRAPPED, 0x73));
	fail_irqfd = 1;
	put(7, ROUTE(300, 0x74));
	fail_irqfd = 0;
	ring(5);
	ring(7);
	nothing();
	save(&c, routes, &registers);
	check(got(2, 0x74), "a save: what the VMM reads is in the local APICs");
	check(routes[4] == ROUTE(0, 0x71) && routes[6] == ROUTE(WRAPPED, 0x73) &&
	      routes[5] == (MASKED(1, 0x72) | PARAVIRQ_ROUTE_PENDING),
	      "a save: what a masked line's eventfd had is PENDING");

	reset();
	put(4, ROUTE(1, 0x75));
	put(4, MASKED(1, 0x75));
	put(7, ROUTE(1, 0x76));
	put(7, 0);
	put(6, ROUTE(WRAPPED, 0x76));
	ring(4);
	ring(5);
	ring(6);
	ring(7);
	tables = 0;
	good = restore(&c, routes, &registers, &bad_line) == PARAVIRQ_OK;
	check(good && tables == 1, "a restore is one KVM_SET_GSI_ROUTING");
	check(nothing() && !rung(4) && !rung(5) && !rung(6) && !rung(7),
	      "a restore injects nothing, and forgets what was before");
	good = rings(4, 0, 0x71) && rings(7, 2, 0x74) && by_vmm(6, -1, 0);
	check(good, "the restored routes work");
	put(5, ROUTE(1, 0x72));
	check(got(1, 0x72), "what was pending comes once it is unmasked");
	routes[9] = 1;
	check(restore(&c, routes, &registers, &bad_line) == PARAVIRQ_BAD_DISABLED && bad_line == 9 &&
	      rings(4, 0, 0x71), "a refused restore leaves all as it was");
}

static void everything(void)
{
	uint32_t line;
	bool good = true;

	put(0, ROUTE(0, 0x31));
	check(rings(0, 0, 0x31), "KVM injects each ring");
	tables = irqfds = 0;
	put(0, ROUTE(0, 0x31));
	check(!tables && !irqfds, "the same route again costs no ioctl");
	put(0, ROUTE(1, 0x42));
	check(rings(0, 1, 0x42), "the route is moved");
	put(0, ROUTE(300, 0x43));
	check(rings(0, 2, 0x43), "to an APIC id above 255");
	put(0, ROUTE(600, 0x43));
	check(rings(0, 3, 0x43), "to another, in x2APIC mode");
	paravirq_raise(&c.pv, 0);
	check(got(3, 0x43) && counted(PARAVIRQ_INJECTED) == 1, "paravirq_raise() goes there, too");
	put(0, ROUTE(WRAPPED, 0x43));
	check(by_vmm(0, -1, 0), "an id that only 8 bits of another are: dropped");
	put(0, ROUTE(0x1001, 0x43));
	check(by_vmm(0, -1, 0), "an id whose 8 bits are another: dropped");
	put(0, ROUTE(300, 0x43));
	gone = true;
	kvm_lines_look(&c);
	check(by_vmm(0, -1, 0), "a vCPU has gone: dropped");
	gone = false;
	kvm_lines_look(&c);
	check(rings(0, 2, 0x43), "it has come: KVM again");
	put(0, ROUTE(1, 0x44));
	check(rings(0, 1, 0x44), "and where it is moved to");

	put(0, MASKED(1, 0x44));
	counted(PARAVIRQ_LATCHED);
	ring(0);
	ring(0);
	check(nothing() && rung(0), "rings of a masked line wait in the eventfd");
	check(get(0) == (MASKED(1, 0x44) | PARAVIRQ_ROUTE_PENDING) && !rung(0) &&
	      counted(PARAVIRQ_LATCHED) == 1, "and the guest reads PENDING");
	put(0, ROUTE(0, 0x45));
	check(got(0, 0x45) && rings(0, 0, 0x45), "unmasked: one interrupt");
	put(0, 0);
	ring(0);
	put(0, ROUTE(0, 0x46));
	check(nothing() && rings(0, 0, 0x46), "rings of a disabled line are dropped");

	put(1, MASKED(1, 0x47));
	ring_at_assign = 1;
	put(1, ROUTE(1, 0x47));
	check(ring_at_assign == -1 && !rung(1) && got(1, 0x47),
	      "what KVM finds as it begins to listen is injected when the write completes");

	for (line = 0; line < NR_LINES - 1; line++)
		put(line, ROUTE(line % 2, 0x80 + line));
	tables = 0;
	reset();
	check(!tables, "RESET needs no KVM_SET_GSI_ROUTING");
	for (line = 0; line < NR_LINES - 1; line++)
		ring(line);
	check(nothing(), "after RESET nothing is injected");
	for (line = 0; line < NR_LINES - 1; line++) {
		put(line, ROUTE(line % 2, 0x80 + line));
		good &= nothing() && rings(line, line % 2, 0x80 + line);
	}
	check(good, "nor what was rung then: enabled again, each ring is injected");

	put(NR_LINES - 1, ROUTE(1, 0xc0));
	paravirq_raise(&c.pv, NR_LINES - 1);
	check(got(1, 0xc0), "a line without an eventfd is raised");

	fail_table = 1;
	put(0, ROUTE(300, 0x91));
	fail_table = 0;
	check(by_vmm(0, 2, 0x91), "KVM refuses a route: the VMM reads the eventfd");
	put(1, ROUTE(0, 0x92));
	check(by_vmm(0, 2, 0x91) && rings(1, 0, 0x92), "and goes on to while others have KVM");
	ring(0);
	alarm(20);
	kvm_lines_poll(&c, 1000000);
	alarm(0);
	check(got(2, 0x91), "it returns from waiting for a ring");
	put(0, MASKED(300, 0x91));
	ring(0);
	kvm_lines_poll(&c, 0);
	check(nothing() && rung(0), "but not while the line is masked");
	put(0, ROUTE(1, 0x93));
	check(got(1, 0x93) && rings(0, 1, 0x93), "KVM does not refuse the next");
	put(0, 0);
	fail_irqfd = 1;
	put(0, ROUTE(1, 0x94));
	fail_irqfd = 0;
	check(by_vmm(0, 1, 0x94), "KVM refuses an irqfd: the VMM reads the eventfd");

	others_go_on(&block_table, "while KVM takes the table, a masked line is read and raised");
	others_go_on(&block_irqfd, "while KVM attaches, another line is masked, read and raised");
	races();
	saving();
}

static int skip(const char *why)
{
	printf("1..0 # SKIP /dev/kvm: %s: %s\n", why, strerror(errno));
	return 0;
}

static void enter_x2apic(int vcpu)
{
	struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + sizeof(*cpuid->entries));
	struct kvm_sregs sregs;

	cpuid->nent = 1;
	cpuid->entries[0].function = 1;
	cpuid->entries[0].ecx = 1 << 21;	/* has it */
	if (ioctl(vcpu, KVM_SET_CPUID2, cpuid) || ioctl(vcpu, KVM_GET_SREGS, &sregs))
		abort();
	sregs.apic_base |= 1 << 10;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs))
		abort();
	free(cpuid);
}

int main(void)
{
	static const int extensions[] = { KVM_CAP_IRQFD, KVM_CAP_IRQ_ROUTING, KVM_CAP_SIGNAL_MSI,
					  KVM_CAP_SPLIT_IRQCHIP, KVM_CAP_X2APIC_API };
	struct kvm_enable_cap split = { .cap = KVM_CAP_SPLIT_IRQCHIP, .args = { GSI } };
	struct kvm_lapic_state apic;
	int kvm = open("/dev/kvm", O_RDWR), vm, i;
	struct kvm_irq_routing *table;
	uint32_t max_gsi;
	bool good;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (kvm < 0)
		return skip("it does not open");
	for (i = 0; i < 5; i++)
		if (ioctl(kvm, KVM_CHECK_EXTENSION, extensions[i]) <= 0)
			return skip("no irqfd, MSI, split irqchip or x2APIC ids");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return skip("it makes no VM");
	if (ioctl(vm, KVM_ENABLE_CAP, &split))
		return skip("no split irqchip");

	good = kvm_lines_broadcast_id(vm, true) == UINT32_MAX &&
	       kvm_lines_broadcast_id(vm, false) == 0xff;
	for (i = 0; i < NR_VCPUS; i++) {
		vcpus[i] = ioctl(vm, KVM_CREATE_VCPU, ids[i]);
		if (vcpus[i] < 0)
			return skip("it makes no vCPU");
		if (i == NR_VCPUS - 1)
			enter_x2apic(vcpus[i]);
		if (ioctl(vcpus[i], KVM_GET_LAPIC, &apic))
			abort();
		apic.regs[0xf1] |= 1;	/* enabled by software */
		if (ioctl(vcpus[i], KVM_SET_LAPIC, &apic))
			abort();
	}
	check(good, "broadcast_id");
	for (i = 0; i < NR_LINES; i++)
		fds[i] = i == NR_LINES - 1 ? -1 : eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	sem_init(&blocked, 0, 0);
	sem_init(&go_on, 0, 0);
	table = calloc(1, sizeof(*table) + NR_LINES * sizeof(*table->entries));
	max_gsi = ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_IRQ_ROUTING) - 1;
	check(!kvm_lines_init(&c, vm, 0xff, table, &table_lock, max_gsi - NR_LINES + 2, fds) &&
	      !kvm_lines_init(&c, vm, 0xff, table, &table_lock, UINT32_MAX, fds) && !table->nr,
	      "numbers that KVM does not have are refused");
	table->nr = max_gsi - NR_LINES + 2;
	check(!kvm_lines_init(&c, vm, 0xff, table, &table_lock, GSI, fds) &&
	      table->nr == max_gsi - NR_LINES + 2, "more routes than KVM takes are refused");
	table->nr = 0;
	check(kvm_lines_init(&c, vm, 0xff, table, &table_lock, max_gsi - NR_LINES + 1, fds),
	      "the lines are made, with the last numbers that KVM has");
	everything();
	check(!unlocked, "the table is locked whenever KVM is given it");
	printf("1..%u\n", done);
	free(table);
	return failed > 0;
}
