// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * libparavirq with KVM and irqfd, to copy into a VMM: whoever rings the eventfd of a line
 * raises it. The VMM calls what kvm.h has; the library calls back. Calls the library, POSIX
 * threads, and KVM, whose local APICs it needs.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm.h"

#define DEST(route)		((uint32_t)((route) >> PARAVIRQ_ROUTE_DEST_SHIFT))
#define ADDRESS_LO(apic_id)	(0xfee00000 | ((apic_id) & 0xff) << 12)
#define ADDRESS_HI(apic_id)	((apic_id) & 0xffffff00)

uint32_t kvm_lines_broadcast_id(int vm, bool x2apic)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X2APIC_API,
		.args = { KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK },
	};

	return !ioctl(vm, KVM_ENABLE_CAP, &cap) && x2apic ? UINT32_MAX : 0xff;
}

static bool inject(void *opaque, uint32_t line, uint32_t apic_id, uint8_t vector)
{
	struct kvm_lines *c = opaque;
	struct kvm_msi msi = { .address_lo = ADDRESS_LO(apic_id),
			       .address_hi = ADDRESS_HI(apic_id), .data = vector };

	(void)line;
	return vmm_has_vcpu(apic_id) && ioctl(c->vm, KVM_SIGNAL_MSI, &msi) > 0;
}

static uint64_t load(const uint64_t *route)
{
	return __atomic_load_n(route, __ATOMIC_SEQ_CST);
}

static void store(uint64_t *route, uint64_t value)
{
	__atomic_store_n(route, value, __ATOMIC_SEQ_CST);
}

static bool to_be_injected(uint64_t route)
{
	return (route & (PARAVIRQ_ROUTE_ENABLE | PARAVIRQ_ROUTE_MASK)) == PARAVIRQ_ROUTE_ENABLE;
}

/* Gives KVM the routes that it does not have, all by one ioctl, which is slow. */
static void set_routes(struct kvm_lines *c, uint32_t first, uint32_t nr_lines)
{
	uint32_t line, changed = 0;

	pthread_mutex_lock(c->table_lock);
	for (line = first; line < first + nr_lines; line++) {
		struct line *l = &c->lines[line];
		uint64_t route = paravirq_route(&c->pv, line);

		l->next = 0;
		if (l->fd < 0 || !to_be_injected(route) || route == load(&l->in_kvm))
			continue;
		c->entries[line].u.msi = (struct kvm_irq_routing_msi) {
			.address_lo = ADDRESS_LO(DEST(route)),
			.address_hi = ADDRESS_HI(DEST(route)),
			.data = route & PARAVIRQ_ROUTE_VECTOR,
		};
		store(&l->in_kvm, 0);
		l->next = route;
		changed++;
	}
	if (changed && !ioctl(c->vm, KVM_SET_GSI_ROUTING, c->table))
		for (line = first; line < first + nr_lines; line++)
			if (c->lines[line].next)
				store(&c->lines[line].in_kvm, c->lines[line].next);
	pthread_mutex_unlock(c->table_lock);
}

static int irqfd(struct kvm_lines *c, uint32_t line, uint32_t flags)
{
	struct kvm_irqfd args = { .fd = c->lines[line].fd,
				  .gsi = c->entries[line].gsi, .flags = flags };

	return ioctl(c->vm, KVM_IRQFD, &args);
}

/*
 * What KVM finds in the eventfd as it begins to listen it injects later, and leaves there
 * until it ceases to listen, which waits for that injection.
 */
static bool listen_by_kvm(struct kvm_lines *c, uint32_t line)
{
	struct pollfd eventfd = { .fd = c->lines[line].fd, .events = POLLIN };

	while (!irqfd(c, line, 0)) {
		if (poll(&eventfd, 1, 0) <= 0)
			return true;
		irqfd(c, line, KVM_IRQFD_FLAG_DEASSIGN);
	}
	return false;
}

static void listen_by_vmm(struct kvm_lines *c, uint32_t line, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u32 = line };

	epoll_ctl(c->epoll, EPOLL_CTL_MOD, c->lines[line].fd, &event);
}

/* Has the eventfd read by whom the present route allows. Under the lock of the line. */
static void set_reader(struct kvm_lines *c, uint32_t line)
{
	struct line *l = &c->lines[line];
	uint64_t route = paravirq_route(&c->pv, line);
	enum reader reader = !to_be_injected(route) ? NOBODY :
		route == load(&l->in_kvm) && vmm_has_vcpu(DEST(route)) ? KVM : VMM;

	if (reader == l->reader)
		return;
	if (l->reader == KVM)
		irqfd(c, line, KVM_IRQFD_FLAG_DEASSIGN);
	if (l->reader == VMM)
		listen_by_vmm(c, line, 0);
	if (reader == KVM && !listen_by_kvm(c, line))
		reader = VMM;
	if (reader == VMM)
		listen_by_vmm(c, line, EPOLLIN);
	l->reader = reader;
}

static void route_changed(void *opaque, uint32_t first, uint32_t nr_lines)
{
	struct kvm_lines *c = opaque;
	uint32_t line;

	set_routes(c, first, nr_lines);
	for (line = first; line < first + nr_lines; line++) {
		pthread_mutex_lock(&c->lines[line].lock);
		if (c->lines[line].fd >= 0)
			set_reader(c, line);
		pthread_mutex_unlock(&c->lines[line].lock);
	}
}

static bool collect(void *opaque, uint32_t line)
{
	struct line *l = &((struct kvm_lines *)opaque)->lines[line];
	uint64_t rings;
	bool rung;

	pthread_mutex_lock(&l->lock);
	rung = l->fd >= 0 && l->reader != KVM && read(l->fd, &rings, sizeof(rings)) > 0;
	pthread_mutex_unlock(&l->lock);
	return rung;
}

void kvm_lines_poll(struct kvm_lines *c, int timeout)
{
	struct epoll_event events[NR_LINES];
	int i, n = epoll_wait(c->epoll, events, NR_LINES, timeout);

	/* Raises with no lock: who has that of the library may wait in collect(). */
	for (i = 0; i < n; i++)
		if (collect(c, events[i].data.u32))
			paravirq_raise(&c->pv, events[i].data.u32);
}

static const struct paravirq_ops ops = {
	.inject = inject, .route_changed = route_changed, .collect = collect };

void kvm_lines_look(struct kvm_lines *c)
{
	route_changed(c, 0, NR_LINES);
}

bool kvm_lines_init(struct kvm_lines *c, int vm, uint32_t broadcast_id,
		    struct kvm_irq_routing *table, pthread_mutex_t *table_lock,
		    uint32_t gsi, const int *fds)
{
	int limit = ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_IRQ_ROUTING);
	struct epoll_event nothing = { .events = 0 };
	bool good = true;
	uint32_t line;

	c->vm = vm;
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (line = 0; line < NR_LINES; line++) {
		c->lines[line] = (struct line) { .fd = fds[line] };
		pthread_mutex_init(&c->lines[line].lock, NULL);
		/* Non-blocking, or a guest's write would wait in collect(). */
		good &= fds[line] < 0 || (!fcntl(fds[line], F_SETFL, O_NONBLOCK) &&
			!epoll_ctl(c->epoll, EPOLL_CTL_ADD, fds[line], &nothing));
	}

	pthread_mutex_lock(table_lock);
	c->table_lock = table_lock;
	c->table = table;
	c->entries = table->entries + table->nr;
	good &= limit >= NR_LINES && gsi <= (uint32_t)limit - NR_LINES &&
		table->nr <= (uint32_t)limit - NR_LINES;
	for (line = 0; good && line < NR_LINES; line++)
		c->entries[line] = (struct kvm_irq_routing_entry) {
			.gsi = gsi + line, .type = KVM_IRQ_ROUTING_MSI };
	table->nr += good ? NR_LINES : 0;
	pthread_mutex_unlock(table_lock);

	if (!good)
		close(c->epoll);
	return good && paravirq_init(&c->pv, c->words, NR_LINES, broadcast_id, &ops,
				     c) == PARAVIRQ_OK;
}
