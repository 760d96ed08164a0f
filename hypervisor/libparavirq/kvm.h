/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * libparavirq with KVM and irqfd: what a VMM calls of kvm.c, and what it has to say itself.
 * Both files are to be copied. Documentation/virt/paravirq/library.rst has the reasons.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef LIBPARAVIRQ_KVM_H
#define LIBPARAVIRQ_KVM_H

#include <pthread.h>

#include <linux/kvm.h>
#include <libparavirq/paravirq.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { NR_LINES = 64 };

enum reader {
	NOBODY,	/* the line must not be injected: rings wait in the eventfd */
	KVM,
	VMM,	/* KVM cannot, though the line is enabled and not masked */
};

struct line {
	int fd;			/* the eventfd; -1 for none */
	pthread_mutex_t lock;	/* for reader, held for ioctls about this line alone */
	enum reader reader;	/* of the eventfd */
	uint64_t next;		/* route that KVM is being given, under table_lock */
	uint64_t in_kvm;	/* route that KVM has, 0 if unknown; atomic */
};

/**
 * struct kvm_lines - a controller whose lines are raised by eventfds
 * @pv: the library's, for registers, save, restore and reset
 *
 * The rest is kvm.c's. It must not move.
 */
struct kvm_lines {
	struct paravirq pv;
	paravirq_word words[NR_LINES];
	struct line lines[NR_LINES];
	int vm, epoll;			/* which has the eventfds that the VMM reads */
	pthread_mutex_t *table_lock;	/* never together with that of a line */
	struct kvm_irq_routing *table;	/* of the whole VM: KVM_SET_GSI_ROUTING replaces all */
	struct kvm_irq_routing_entry *entries;	/* in it, those of the lines */
};

/**
 * kvm_lines_broadcast_id() - has KVM take APIC ids of 32 bits
 * @vm: KVM's file descriptor, before the first vCPU
 * @x2apic: all vCPUs take interrupts in x2APIC mode only
 *
 * Return: the id for kvm_lines_init(), 0xff or 0xffffffff.
 */
uint32_t kvm_lines_broadcast_id(int vm, bool x2apic);

/**
 * kvm_lines_init() - makes the controller
 * @c: zeroed
 * @vm: KVM's file descriptor, with the local APICs in KVM
 * @broadcast_id: by kvm_lines_broadcast_id()
 * @table: all GSI routes of @vm, with room for NR_LINES more, which are added
 * @table_lock: one for @table, of all its users: held to change it and to give it to KVM
 * @gsi: the first of NR_LINES numbers that nothing else of @vm uses. KVM allows numbers,
 *	and routes, up to what it says of KVM_CAP_IRQ_ROUTING: 4096
 * @fds: for each line an eventfd, made non-blocking here, or -1
 *
 * Return: false, and @table is as before, if one of @fds is something else, or there are
 *	too many routes, too great numbers, or no more file descriptors.
 */
bool kvm_lines_init(struct kvm_lines *c, int vm, uint32_t broadcast_id,
		    struct kvm_irq_routing *table, pthread_mutex_t *table_lock,
		    uint32_t gsi, const int *fds);

/**
 * kvm_lines_look() - vCPUs have come or gone: who reads may be another then
 * @c: the controller
 */
void kvm_lines_look(struct kvm_lines *c);

/**
 * kvm_lines_poll() - raises what was rung and KVM does not take
 * @c: the controller
 * @timeout: how long it waits for the first ring, in milliseconds; -1: for ever. With 0
 *	it raises all that was rung until now
 *
 * A thread calls it again and again, with no lock held that inject() or collect() waits for.
 */
void kvm_lines_poll(struct kvm_lines *c, int timeout);

/**
 * vmm_has_vcpu() - the VMM says what vCPUs it has made
 * @apic_id: as given to KVM_CREATE_VCPU
 *
 * Context: under the lock of a line; takes none but one that is held to look at the list.
 * Return: whether there is one.
 */
bool vmm_has_vcpu(uint32_t apic_id);

#ifdef __cplusplus
}
#endif

#endif /* LIBPARAVIRQ_KVM_H */
