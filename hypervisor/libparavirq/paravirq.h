/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * libparavirq: the paravirq interrupt controller as a library for hypervisors.
 *
 * A VMM or another hypervisor embeds one struct paravirq per controller, hands
 * guest accesses to paravirq_mmio_read() and paravirq_mmio_write(), or to
 * paravirq_pio_read() and paravirq_pio_write() at I/O ports, and calls
 * paravirq_raise() when a device of its own raises a line. The library calls back
 * through struct paravirq_ops. It allocates nothing, needs no C library, and knows
 * neither QEMU nor KVM. For C99 and C++ of gcc and clang, which have __atomic_*().
 *
 * Each function is described before its definition, in paravirq.c, and their use in
 * library.rst: "make install" puts both into DOCDIR.
 *
 * Threads: paravirq_init() comes first and alone; everything else may be called
 * from any thread at any time, but not from a signal handler.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef LIBPARAVIRQ_PARAVIRQ_H
#define LIBPARAVIRQ_PARAVIRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "linux/paravirq.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The version of the library: its functions and structures, not what a guest sees. Those
 * of one major version compile with each other's callers.
 */
#define PARAVIRQ_LIBRARY_MAJOR	2
#define PARAVIRQ_LIBRARY_MINOR	2

/* Aligned as atomic operations want it, on hosts of 32 bits, too. */
typedef uint64_t paravirq_word __attribute__((aligned(8)));

/**
 * enum paravirq_raised - what became of an interrupt
 * @PARAVIRQ_INJECTED: handed to the guest's local APIC
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
 *
 * BAD_NR_LINES comes before all. Others are of the first line that is wrong, which is stored
 * in paravirq_restore()'s @bad_line, and if several apply it is the first of BAD_DISABLED,
 * BAD_PENDING, BAD_RESERVED, BAD_VECTOR and BAD_DEST. With OK and BAD_NR_LINES @bad_line is
 * left alone.
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
 * struct paravirq_ops - what the hypervisor provides
 * @inject: Inject the edge-triggered, fixed-mode interrupt @vector into the
 *	vCPU with this physical @apic_id; false if there is none. @line is what was
 *	raised, for statistics and traces. Called under the lock of the line, from
 *	paravirq_raise() and from guest writes: that is what makes a write wait for
 *	injections by the old route. So it must not call the library, nor take a lock
 *	that a thread may hold which calls paravirq_mmio_write(), paravirq_pio_write()
 *	or any other function that writes routes.
 * @route_changed: The guest wrote the routes of these lines, from @first on, or a
 *	reset or restore replaced them: fetch each by paravirq_route() and compare it
 *	with the one before, it may be the same. For hypervisors that let somebody else
 *	inject (irqfd): they must have stopped the old routes when this returns. Called
 *	with no lock held, before the write completes, once for all lines of a reset or
 *	restore; two writers may call it in either order. A latched interrupt is no
 *	change of route, nor is paravirq_init(): at first no line is enabled. May be
 *	NULL.
 * @collect: For hypervisors that let somebody else inject: take back what was
 *	raised there and not injected, as the eventfd of an irqfd keeps it while
 *	KVM does not listen; true if there was something. Called under the lock
 *	of the line while its route is masked or not enabled. @route_changed may
 *	still be about to stop the others then: return false for as long as they
 *	listen, what they find is theirs. Must not do what @inject must not; who
 *	raises the line waits for it, so it takes no lock that is held for
 *	another line. May be NULL.
 */
struct paravirq_ops {
	bool (*inject)(void *opaque, uint32_t line, uint32_t apic_id, uint8_t vector);
	void (*route_changed)(void *opaque, uint32_t first, uint32_t nr_lines);
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
 * @broadcast_id: the APIC id that the hypervisor takes for all vCPUs
 * @errors: value of PARAVIRQ_REG_ERRORS
 * @dest: value of PARAVIRQ_PIO_DEST
 * @select: value of PARAVIRQ_PIO_SELECT
 * @raised: how many interrupts were injected, latched, dropped
 * @ops: callbacks
 * @opaque: their first argument
 */
struct paravirq {
	paravirq_word *lines;
	uint32_t nr_lines;
	uint32_t broadcast_id;
	uint32_t errors;
	uint32_t dest;
	uint32_t select;
	paravirq_word raised[PARAVIRQ_NR_RAISED];
	const struct paravirq_ops *ops;
	void *opaque;
};

/*
 * Length of the mmio register window of a controller, in bytes. No multiple of a page:
 * what else is in its last page is up to the VMM.
 */
static inline uint64_t paravirq_mmio_size(uint32_t nr_lines)
{
	return PARAVIRQ_REG_ROUTE + 8 * (uint64_t)nr_lines;
}

uint32_t paravirq_library_version(void);
enum paravirq_status paravirq_init(struct paravirq *pv, paravirq_word *lines,
				   uint32_t nr_lines, uint32_t broadcast_id,
				   const struct paravirq_ops *ops, void *opaque);
uint64_t paravirq_mmio_read(struct paravirq *pv, uint64_t offset,
			    unsigned int size);
void paravirq_mmio_write(struct paravirq *pv, uint64_t offset,
			 unsigned int size, uint64_t value);
bool paravirq_hypercall(struct paravirq *pv, uint32_t function, uint32_t offset,
			uint64_t value, uint64_t *result);
uint32_t paravirq_pio_read(struct paravirq *pv, uint64_t offset,
			   unsigned int size);
void paravirq_pio_write(struct paravirq *pv, uint64_t offset,
			unsigned int size, uint32_t value);
enum paravirq_raised paravirq_raise(struct paravirq *pv, uint32_t line);
uint64_t paravirq_route(const struct paravirq *pv, uint32_t line);
uint64_t paravirq_count(const struct paravirq *pv, enum paravirq_raised what);
uint32_t paravirq_errors(const struct paravirq *pv);
void paravirq_reset(struct paravirq *pv);
void paravirq_save(struct paravirq *pv, uint64_t *routes,
		   struct paravirq_registers *registers);
enum paravirq_status paravirq_restore(struct paravirq *pv, uint32_t nr_lines,
				      const uint64_t *routes,
				      const struct paravirq_registers *registers,
				      uint32_t *bad_line);

#ifdef __cplusplus
}
#endif

#endif /* LIBPARAVIRQ_PARAVIRQ_H */
