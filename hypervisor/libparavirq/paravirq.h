/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * libparavirq: the paravirq interrupt controller as a library for hypervisors.
 *
 * A virtual machine monitor embeds one struct paravirq per controller, hands
 * guest accesses to paravirq_mmio_read() and paravirq_mmio_write(), or to
 * paravirq_pio_read() and paravirq_pio_write() at I/O ports, and calls
 * paravirq_raise() when a device of its own fires. The library calls back
 * through struct paravirq_ops. It allocates nothing, needs no more of a C
 * library than string.h, and knows neither QEMU nor KVM.
 *
 * Threads: paravirq_init() comes first and alone; everything else may be called
 * from any thread at any time.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef LIBPARAVIRQ_PARAVIRQ_H
#define LIBPARAVIRQ_PARAVIRQ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "linux/paravirq.h"

/**
 * enum paravirq_raised - what became of an interrupt
 * @PARAVIRQ_INJECTED: handed to the guest's LAPIC
 * @PARAVIRQ_LATCHED: kept as PENDING, the line is masked
 * @PARAVIRQ_DROPPED: lost: no such line, not enabled, or not accepted by
 *	paravirq_ops.inject
 * @PARAVIRQ_NR_RAISED: number of the above
 */
enum paravirq_raised {
	PARAVIRQ_INJECTED,
	PARAVIRQ_LATCHED,
	PARAVIRQ_DROPPED,
	PARAVIRQ_NR_RAISED,
};

/**
 * enum paravirq_status - result of paravirq_init() and paravirq_restore()
 * @PARAVIRQ_OK: done
 * @PARAVIRQ_BAD_NR_LINES: number of lines not allowed, or not this controller's
 * @PARAVIRQ_BAD_RESERVED: a route has reserved bits set
 * @PARAVIRQ_BAD_VECTOR: an enabled route has a vector below 32
 * @PARAVIRQ_BAD_DEST: an enabled route goes to a broadcast APIC id
 * @PARAVIRQ_BAD_PENDING: a route is pending though it is not masked
 * @PARAVIRQ_BAD_DISABLED: a route that is not enabled is not PARAVIRQ_ROUTE_RESET
 */
enum paravirq_status {
	PARAVIRQ_OK,
	PARAVIRQ_BAD_NR_LINES,
	PARAVIRQ_BAD_RESERVED,
	PARAVIRQ_BAD_VECTOR,
	PARAVIRQ_BAD_DEST,
	PARAVIRQ_BAD_PENDING,
	PARAVIRQ_BAD_DISABLED,
};

/**
 * struct paravirq_ops - what the embedder provides
 * @inject: Inject the edge-triggered, fixed-mode interrupt @vector into the
 *	vCPU with this physical @apic_id; false if there is none. Called under
 *	the lock of a line, from paravirq_raise() and from guest writes: that is
 *	what makes a write wait for injections by the old route. So it must not
 *	call the library, nor take a lock that a thread may hold which calls
 *	paravirq_mmio_write(), paravirq_pio_write() or any other function that
 *	writes routes.
 * @route_changed: The guest wrote this line's route, or a reset or restore
 *	replaced it: fetch it by paravirq_route(). For embedders that let
 *	somebody else inject (irqfd): they must have stopped the old route when
 *	this returns. Called with no lock held, before the write completes; two
 *	writers may call it in either order. A latched interrupt is no change of
 *	route. May be NULL.
 * @collect: For embedders that let somebody else inject: take back what was
 *	raised there and not injected, as the eventfd of an irqfd keeps it while
 *	KVM does not listen; true if there was something. Called under the lock
 *	of the line while its route is masked or not enabled. @route_changed may
 *	still be about to stop the others then: return false for as long as they
 *	listen, what they find is theirs. Must not do what @inject must not. May
 *	be NULL.
 */
struct paravirq_ops {
	bool (*inject)(void *opaque, uint32_t apic_id, uint8_t vector);
	void (*route_changed)(void *opaque, uint32_t line);
	bool (*collect)(void *opaque, uint32_t line);
};

/**
 * struct paravirq_registers - what is saved besides routes
 * @errors: value of PARAVIRQ_REG_ERRORS
 * @dest: value of PARAVIRQ_PIO_DEST
 * @select: value of PARAVIRQ_PIO_SELECT
 */
struct paravirq_registers {
	uint32_t errors;
	uint32_t dest;
	uint32_t select;
};

/**
 * struct paravirq - one controller; all members are private to the library
 * @lines: the route of each line, with the library's lock bits
 * @nr_lines: number of lines
 * @broadcast_id: the APIC id that the back end takes for all vCPUs
 * @errors: value of PARAVIRQ_REG_ERRORS
 * @dest: value of PARAVIRQ_PIO_DEST
 * @select: value of PARAVIRQ_PIO_SELECT
 * @raised: how many interrupts were injected, latched, dropped
 * @ops: callbacks
 * @opaque: their first argument
 */
struct paravirq {
	_Atomic uint64_t *lines;
	uint32_t nr_lines;
	uint32_t broadcast_id;
	_Atomic uint32_t errors;
	_Atomic uint32_t dest;
	_Atomic uint32_t select;
	_Atomic uint64_t raised[PARAVIRQ_NR_RAISED];
	const struct paravirq_ops *ops;
	void *opaque;
};

/* Length of the mmio register window of a controller, in bytes. */
static inline uint64_t paravirq_mmio_size(uint32_t nr_lines)
{
	return PARAVIRQ_REG_ROUTE + 8 * (uint64_t)nr_lines;
}

enum paravirq_status paravirq_init(struct paravirq *pv, _Atomic uint64_t *lines,
				   uint32_t nr_lines, uint32_t broadcast_id,
				   const struct paravirq_ops *ops, void *opaque);
uint64_t paravirq_mmio_read(struct paravirq *pv, uint64_t offset,
			    unsigned int size);
void paravirq_mmio_write(struct paravirq *pv, uint64_t offset,
			 unsigned int size, uint64_t value);
uint32_t paravirq_pio_read(struct paravirq *pv, uint64_t offset,
			   unsigned int size);
void paravirq_pio_write(struct paravirq *pv, uint64_t offset,
			unsigned int size, uint32_t value);
enum paravirq_raised paravirq_raise(struct paravirq *pv, uint32_t line);
uint64_t paravirq_route(struct paravirq *pv, uint32_t line);
uint64_t paravirq_count(struct paravirq *pv, enum paravirq_raised what);
void paravirq_reset(struct paravirq *pv);
void paravirq_save(struct paravirq *pv, uint64_t *routes,
		   struct paravirq_registers *registers);
enum paravirq_status paravirq_restore(struct paravirq *pv, uint32_t nr_lines,
				      const uint64_t *routes,
				      const struct paravirq_registers *registers,
				      uint32_t *bad_line);

#endif /* LIBPARAVIRQ_PARAVIRQ_H */
