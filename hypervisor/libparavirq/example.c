// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * How to embed libparavirq: a toy VMM of two vCPUs and one device with a line.
 * The guest is a thread that calls where a real one would exit to the VMM.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include <libparavirq/paravirq.h>

enum { NR_VCPUS = 2, NR_LINES = 8, LINE = 3 /* of the device */, RINGS = 1000 };
#define ROUTE(apic_id, vector)	((uint64_t)(apic_id) << 32 | PARAVIRQ_ROUTE_ENABLE | (vector))

/* A vCPU's local APIC. No thread that writes registers holds the lock: see inject(). */
static struct vcpu {
	pthread_mutex_t lock;
	pthread_cond_t kick;
	bool requested[256];
} vcpus[NR_VCPUS] = {
	{ .lock = PTHREAD_MUTEX_INITIALIZER, .kick = PTHREAD_COND_INITIALIZER },
	{ .lock = PTHREAD_MUTEX_INITIALIZER, .kick = PTHREAD_COND_INITIALIZER },
};

static struct paravirq pv;
static paravirq_word lines[NR_LINES];	/* the library allocates nothing */
static atomic_uint rung, handled;

/* Called under the lock of a line: takes the lock of a vCPU and nothing else. */
static bool inject(void *opaque, uint32_t line, uint32_t apic_id, uint8_t vector)
{
	struct vcpu *vcpu = opaque;

	(void)line;
	if (apic_id >= NR_VCPUS)
		return false;
	vcpu += apic_id;
	pthread_mutex_lock(&vcpu->lock);
	vcpu->requested[vector] = true;
	pthread_cond_signal(&vcpu->kick);
	pthread_mutex_unlock(&vcpu->lock);
	return true;
}

/* The VMM's mmio exit: the guest writes the route of its line. */
static void write_route(uint64_t route)
{
	paravirq_mmio_write(&pv, PARAVIRQ_REG_ROUTE + 8 * LINE, 8, route);
}

/* The guest's handler: runs when its vector comes. */
static void handle(unsigned int cpu, uint8_t vector, unsigned int rings)
{
	struct vcpu *vcpu = &vcpus[cpu];

	while (rings--) {
		pthread_mutex_lock(&vcpu->lock);
		while (!vcpu->requested[vector])
			pthread_cond_wait(&vcpu->kick, &vcpu->lock);
		vcpu->requested[vector] = false;
		pthread_mutex_unlock(&vcpu->lock);
		handled++;
	}
}

/* Whether the vCPU has the vector to take. */
static bool requested(unsigned int cpu, uint8_t vector)
{
	bool requested;

	pthread_mutex_lock(&vcpus[cpu].lock);
	requested = vcpus[cpu].requested[vector];
	pthread_mutex_unlock(&vcpus[cpu].lock);
	return requested;
}

/* A device has a thread of its own and may raise its line from it. */
static void *device(void *unused)
{
	while (rung < RINGS) {
		while (handled < rung)
			;	/* until the guest has handled the last one */
		rung++;
		paravirq_raise(&pv, LINE);
	}
	return unused;
}

int main(void)
{
	static const struct paravirq_ops ops = { .inject = inject };
	pthread_t thread;

	if (paravirq_init(&pv, lines, NR_LINES, UINT32_MAX, &ops, vcpus) != PARAVIRQ_OK)
		return 1;
	write_route(ROUTE(0, 0x31));	/* the guest sets up its line, */
	pthread_create(&thread, NULL, device, NULL);
	handle(0, 0x31, RINGS / 2 - 1);
	/* ... masks it: what comes is latched, what came before is there; moves it. */
	write_route(ROUTE(0, 0x31) | PARAVIRQ_ROUTE_MASK);
	handle(0, 0x31, requested(0, 0x31));
	write_route(ROUTE(1, 0x42));
	handle(1, 0x42, RINGS - handled);
	pthread_join(thread, NULL);
	printf("%u rung, %u handled, %u injected\n", rung, handled,
	       (unsigned int)paravirq_count(&pv, PARAVIRQ_INJECTED));
	return handled != RINGS;
}
