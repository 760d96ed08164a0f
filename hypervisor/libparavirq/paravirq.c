// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * libparavirq: the paravirq interrupt controller as a library for hypervisors.
 *
 * A virtual machine monitor calls it for guest accesses and for interrupts of
 * its devices; it calls the monitor back to inject (see paravirq.h).
 *
 * The whole state of a line is one atomic word: its route, and in bits that
 * the interface reserves the lock of the line. Unlocking stores the new route,
 * so a route changes in one step, and who only looks needs no lock. Whoever
 * injects holds the lock until the injection is done; a write of the route
 * therefore waits for an injection by the old one, and none follows it.
 *
 * What registers mean (route_write() and its neighbours) is separate from how
 * they are reached (paravirq_mmio_*(), paravirq_pio_*()).
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <string.h>

#include "paravirq.h"

/*
 * Never seen by the guest nor saved: the line is locked; a writer of its route
 * waits for that lock. Raises then keep away: a few threads that raise in a loop
 * would hold up a writer for seconds. A queue would be fair to all, but stands
 * still whenever the next in it is not running; VMMs have more threads than CPUs.
 */
#define LINE_LOCK	0x80000000
#define LINE_WANTED	0x40000000
#define LINE_BUSY	(LINE_LOCK | LINE_WANTED)

/* Takes the lock of a line in order to write its route, and returns that. */
static uint64_t line_lock(struct paravirq *pv, uint32_t line)
{
	_Atomic uint64_t *word = &pv->lines[line];
	uint64_t route;

	for (;;) {
		route = atomic_fetch_or_explicit(word, LINE_BUSY, memory_order_acquire);
		if (!(route & LINE_LOCK))
			return route & ~(uint64_t)LINE_WANTED;
		while (atomic_load_explicit(word, memory_order_relaxed) & LINE_LOCK)
			;
	}
}

/*
 * Gives the line a route and releases its lock, as one step. Other writers that
 * wait find it free or say again that they do.
 */
static void line_unlock(struct paravirq *pv, uint32_t line, uint64_t route)
{
	atomic_store_explicit(&pv->lines[line], route, memory_order_release);
}

/* Takes the lock of a line in order to raise it, and returns its route. */
static uint64_t raise_lock(struct paravirq *pv, uint32_t line)
{
	_Atomic uint64_t *word = &pv->lines[line];
	uint64_t route;

	for (;;) {
		route = atomic_load_explicit(word, memory_order_relaxed);
		if (!(route & LINE_BUSY) &&
		    atomic_compare_exchange_weak_explicit(word, &route, route | LINE_LOCK,
							  memory_order_acquire,
							  memory_order_relaxed))
			return route;
	}
}

/*
 * Flips bits of the route and releases the lock, as one step that leaves alone
 * what a waiting writer has set.
 */
static void raise_unlock(struct paravirq *pv, uint32_t line, uint64_t flip)
{
	atomic_fetch_xor_explicit(&pv->lines[line], LINE_LOCK | flip, memory_order_release);
}

static void route_changed(struct paravirq *pv, uint32_t line)
{
	if (pv->ops->route_changed)
		pv->ops->route_changed(pv->opaque, line);
}

static enum paravirq_raised count(struct paravirq *pv, enum paravirq_raised what)
{
	atomic_fetch_add_explicit(&pv->raised[what], 1, memory_order_relaxed);
	return what;
}

/* Injects by an enabled, unmasked route; the line must be locked. */
static enum paravirq_raised inject(struct paravirq *pv, uint64_t route)
{
	if (!pv->ops->inject(pv->opaque, route >> PARAVIRQ_ROUTE_DEST_SHIFT,
			     route & PARAVIRQ_ROUTE_VECTOR))
		return count(pv, PARAVIRQ_DROPPED);
	return count(pv, PARAVIRQ_INJECTED);
}

/*
 * What somebody else should inject and could not: raised all the same, however
 * often. The line must be locked; returns its route with what was latched. Of an
 * enabled, unmasked line nothing is collected: there the others do inject, and
 * after an unmask what comes late waits until route_changed() lets them.
 */
static uint64_t collect(struct paravirq *pv, uint32_t line, uint64_t route)
{
	if ((route & (PARAVIRQ_ROUTE_ENABLE | PARAVIRQ_ROUTE_MASK)) == PARAVIRQ_ROUTE_ENABLE ||
	    !pv->ops->collect || !pv->ops->collect(pv->opaque, line))
		return route;
	if (!(route & PARAVIRQ_ROUTE_ENABLE)) {
		count(pv, PARAVIRQ_DROPPED);
		return route;
	}
	count(pv, PARAVIRQ_LATCHED);
	return route | PARAVIRQ_ROUTE_PENDING;
}

/* The route as the guest reads it and as it is saved: PENDING is up to date. */
static uint64_t route_read(struct paravirq *pv, uint32_t line)
{
	uint64_t old, route;

	if (!pv->ops->collect)
		return paravirq_route(pv, line);

	old = raise_lock(pv, line);
	route = collect(pv, line, old);
	raise_unlock(pv, line, old ^ route);
	return route;
}

/* Counts a rejected access; a guest in a loop must not wrap the counter to 0. */
static void reject(struct paravirq *pv)
{
	uint32_t errors = atomic_load(&pv->errors);

	while (errors != UINT32_MAX &&
	       !atomic_compare_exchange_weak(&pv->errors, &errors, errors + 1))
		;
}

/* What is wrong with an enabled route? */
static enum paravirq_status route_check(struct paravirq *pv, uint64_t route)
{
	uint32_t apic_id = route >> PARAVIRQ_ROUTE_DEST_SHIFT;

	if (route & PARAVIRQ_ROUTE_RESERVED)
		return PARAVIRQ_BAD_RESERVED;
	if ((route & PARAVIRQ_ROUTE_VECTOR) < 32)
		return PARAVIRQ_BAD_VECTOR;
	if (apic_id == UINT32_MAX || apic_id == pv->broadcast_id)
		return PARAVIRQ_BAD_DEST;
	return PARAVIRQ_OK;
}

static void route_write(struct paravirq *pv, uint32_t line, uint64_t value)
{
	uint64_t route = PARAVIRQ_ROUTE_RESET;
	uint64_t old;

	if (value & PARAVIRQ_ROUTE_ENABLE) {
		if (route_check(pv, value) != PARAVIRQ_OK) {
			reject(pv);
			return;
		}
		route = value & ~PARAVIRQ_ROUTE_PENDING;
	}

	old = collect(pv, line, line_lock(pv, line));
	if (old & route & PARAVIRQ_ROUTE_ENABLE && old & PARAVIRQ_ROUTE_PENDING) {
		if (route & PARAVIRQ_ROUTE_MASK)
			route |= PARAVIRQ_ROUTE_PENDING;
		else
			inject(pv, route);
	}
	line_unlock(pv, line, route);
	route_changed(pv, line);
}

static void control_write(struct paravirq *pv, uint32_t value)
{
	if (value == PARAVIRQ_CONTROL_RESET)
		paravirq_reset(pv);
	else
		reject(pv);
}

static void trigger_write(struct paravirq *pv, uint32_t line)
{
	if (line < pv->nr_lines)
		paravirq_raise(pv, line);
	else
		reject(pv);
}

/* A register that has the same offset in all transports; false if there is none. */
static bool common_read(struct paravirq *pv, uint64_t offset, uint32_t *value)
{
	switch (offset) {
	case PARAVIRQ_REG_MAGIC:
		*value = PARAVIRQ_MAGIC;
		return true;
	case PARAVIRQ_REG_VERSION:
		*value = PARAVIRQ_VERSION;
		return true;
	case PARAVIRQ_REG_NR_LINES:
		*value = pv->nr_lines;
		return true;
	case PARAVIRQ_REG_FEATURES:
		*value = 0;
		return true;
	case PARAVIRQ_REG_ERRORS:
		*value = atomic_load(&pv->errors);
		return true;
	}
	return false;
}

static bool common_write(struct paravirq *pv, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case PARAVIRQ_REG_CONTROL:
		control_write(pv, value);
		return true;
	case PARAVIRQ_REG_TRIGGER:
		trigger_write(pv, value);
		return true;
	}
	return false;
}

/* Is this a proper access to the route of a line, and of which? */
static bool mmio_is_route(struct paravirq *pv, uint64_t offset,
			  unsigned int size, uint32_t *line)
{
	if (size != 8 || offset % 8 || offset < PARAVIRQ_REG_ROUTE ||
	    offset >= paravirq_mmio_size(pv->nr_lines))
		return false;
	*line = (offset - PARAVIRQ_REG_ROUTE) / 8;
	return true;
}

/**
 * paravirq_mmio_read() - the guest reads the register window
 * @pv: the controller
 * @offset: from the start of the window; may lie outside
 * @size: of the access in bytes; any
 *
 * The value is the number that the guest shall see in a register of this size;
 * storing it as little-endian bytes is up to the caller.
 *
 * Return: the value; 0 for an access that is rejected.
 */
uint64_t paravirq_mmio_read(struct paravirq *pv, uint64_t offset,
			    unsigned int size)
{
	uint32_t line, value;

	if (mmio_is_route(pv, offset, size, &line))
		return route_read(pv, line);
	if (size == 4 && common_read(pv, offset, &value))
		return value;
	reject(pv);
	return 0;
}

/**
 * paravirq_mmio_write() - the guest writes the register window
 * @pv: the controller
 * @offset: from the start of the window; may lie outside
 * @size: of the access in bytes; any
 * @value: what is written, as a number; only its low @size bytes count
 *
 * When this returns, no injection by a route that the write replaced follows.
 */
void paravirq_mmio_write(struct paravirq *pv, uint64_t offset,
			 unsigned int size, uint64_t value)
{
	uint32_t line;

	if (mmio_is_route(pv, offset, size, &line))
		route_write(pv, line, value);
	else if (size != 4 || !common_write(pv, offset, value))
		reject(pv);
}

static void commit_write(struct paravirq *pv, uint32_t value)
{
	uint64_t dest = atomic_load(&pv->dest);
	uint32_t line = value >> PARAVIRQ_COMMIT_LINE_SHIFT;

	if (line < pv->nr_lines)
		route_write(pv, line, dest << PARAVIRQ_ROUTE_DEST_SHIFT | (uint16_t)value);
	else
		reject(pv);
}

static void select_write(struct paravirq *pv, uint32_t line)
{
	uint64_t route;

	if (line < pv->nr_lines) {
		route = route_read(pv, line);
		atomic_store(&pv->dest, route >> PARAVIRQ_ROUTE_DEST_SHIFT);
		atomic_store(&pv->select, route);
	} else {
		reject(pv);
	}
}

/**
 * paravirq_pio_read() - the guest reads a port
 * @pv: the controller
 * @offset: from the first port; may lie outside
 * @size: of the access in bytes; any
 *
 * Return: the value; 0 for an access that is rejected.
 */
uint32_t paravirq_pio_read(struct paravirq *pv, uint64_t offset, unsigned int size)
{
	uint32_t value;

	if (size == 4) {
		if (common_read(pv, offset, &value))
			return value;
		switch (offset) {
		case PARAVIRQ_PIO_DEST:
			return atomic_load(&pv->dest);
		case PARAVIRQ_PIO_SELECT:
			return atomic_load(&pv->select);
		}
	}
	reject(pv);
	return 0;
}

/**
 * paravirq_pio_write() - the guest writes a port
 * @pv: the controller
 * @offset: from the first port; may lie outside
 * @size: of the access in bytes; any
 * @value: what is written
 *
 * When this returns, no injection by a route that the write replaced follows.
 */
void paravirq_pio_write(struct paravirq *pv, uint64_t offset, unsigned int size,
			uint32_t value)
{
	if (size == 4) {
		if (common_write(pv, offset, value))
			return;
		switch (offset) {
		case PARAVIRQ_PIO_DEST:
			atomic_store(&pv->dest, value);
			return;
		case PARAVIRQ_PIO_COMMIT:
			commit_write(pv, value);
			return;
		case PARAVIRQ_PIO_SELECT:
			select_write(pv, value);
			return;
		}
	}
	reject(pv);
}

/**
 * paravirq_raise() - a device fires a line
 * @pv: the controller
 * @line: its number
 *
 * Lines are edge-triggered: each call counts. Waits for a concurrent raise or
 * route write of the same line, never for anything else; a write goes first.
 *
 * Return: what became of the interrupt.
 */
enum paravirq_raised paravirq_raise(struct paravirq *pv, uint32_t line)
{
	enum paravirq_raised what;
	uint64_t route, pending = 0;

	if (line >= pv->nr_lines)
		return count(pv, PARAVIRQ_DROPPED);

	route = raise_lock(pv, line);
	if (!(route & PARAVIRQ_ROUTE_ENABLE)) {
		what = count(pv, PARAVIRQ_DROPPED);
	} else if (route & PARAVIRQ_ROUTE_MASK) {
		what = count(pv, PARAVIRQ_LATCHED);
		pending = PARAVIRQ_ROUTE_PENDING & ~route;
	} else {
		what = inject(pv, route);
	}
	raise_unlock(pv, line, pending);
	return what;
}

/**
 * paravirq_route() - the present route of a line
 * @pv: the controller
 * @line: its number
 *
 * Return: the route as the guest would read it, but for a PENDING that is yet to
 * be collected (see struct paravirq_ops); PARAVIRQ_ROUTE_RESET for a line that
 * does not exist.
 */
uint64_t paravirq_route(struct paravirq *pv, uint32_t line)
{
	if (line >= pv->nr_lines)
		return PARAVIRQ_ROUTE_RESET;
	return atomic_load_explicit(&pv->lines[line], memory_order_acquire) &
	       ~(uint64_t)LINE_BUSY;
}

/**
 * paravirq_count() - statistics since paravirq_init()
 * @pv: the controller
 * @what: which
 *
 * Injections count also when they come from an unmasked PENDING. A reset does
 * not clear these figures and they are not saved.
 *
 * Return: how many interrupts ended like that.
 */
uint64_t paravirq_count(struct paravirq *pv, enum paravirq_raised what)
{
	return atomic_load_explicit(&pv->raised[what], memory_order_relaxed);
}

/**
 * paravirq_reset() - put every line to its reset state and other registers to 0
 * @pv: the controller
 *
 * What the guest does by PARAVIRQ_CONTROL_RESET; also for a reset of the
 * machine. When this returns, no injection by an old route follows.
 */
void paravirq_reset(struct paravirq *pv)
{
	uint32_t line;

	for (line = 0; line < pv->nr_lines; line++)
		route_write(pv, line, PARAVIRQ_ROUTE_RESET);
	atomic_store(&pv->errors, 0);
	atomic_store(&pv->dest, 0);
	atomic_store(&pv->select, 0);
}

/**
 * paravirq_save() - copy out the state that a guest can see
 * @pv: the controller
 * @routes: one word for each line, PENDING included
 * @registers: the other registers
 *
 * Stop whoever raises lines first: a raise that comes later is not in the copy.
 * Stop the vCPUs too: of an access that goes on, half may be.
 */
void paravirq_save(struct paravirq *pv, uint64_t *routes,
		   struct paravirq_registers *registers)
{
	uint32_t line;

	for (line = 0; line < pv->nr_lines; line++)
		routes[line] = route_read(pv, line);
	registers->errors = atomic_load(&pv->errors);
	registers->dest = atomic_load(&pv->dest);
	registers->select = atomic_load(&pv->select);
}

/**
 * paravirq_restore() - take over a saved state
 * @pv: the controller
 * @nr_lines: number of lines of the controller that was saved
 * @routes: what paravirq_save() made of them
 * @registers: likewise; all values are allowed
 * @bad_line: where to store the line that a refusal is about, or NULL
 *
 * Trusts nothing. Injects nothing: what was pending stays pending.
 *
 * Return: PARAVIRQ_OK, or why nothing was changed.
 */
enum paravirq_status paravirq_restore(struct paravirq *pv, uint32_t nr_lines,
				      const uint64_t *routes,
				      const struct paravirq_registers *registers,
				      uint32_t *bad_line)
{
	enum paravirq_status status = PARAVIRQ_OK;
	uint32_t line;

	if (nr_lines != pv->nr_lines)
		return PARAVIRQ_BAD_NR_LINES;

	for (line = 0; line < nr_lines; line++) {
		uint64_t route = routes[line];

		if (!(route & PARAVIRQ_ROUTE_ENABLE))
			status = route == PARAVIRQ_ROUTE_RESET ?
				 PARAVIRQ_OK : PARAVIRQ_BAD_DISABLED;
		else if (route & PARAVIRQ_ROUTE_PENDING && !(route & PARAVIRQ_ROUTE_MASK))
			status = PARAVIRQ_BAD_PENDING;
		else
			status = route_check(pv, route);
		if (status != PARAVIRQ_OK) {
			if (bad_line)
				*bad_line = line;
			return status;
		}
	}

	for (line = 0; line < nr_lines; line++) {
		collect(pv, line, line_lock(pv, line));	/* that was before */
		line_unlock(pv, line, routes[line]);
		route_changed(pv, line);
	}
	atomic_store(&pv->errors, registers->errors);
	atomic_store(&pv->dest, registers->dest);
	atomic_store(&pv->select, registers->select);
	return PARAVIRQ_OK;
}

/**
 * paravirq_init() - make a controller, in its reset state
 * @pv: the controller
 * @lines: memory for @nr_lines words, which the controller uses from now on
 * @nr_lines: number of lines, 1 to PARAVIRQ_MAX_LINES
 * @broadcast_id: besides 0xffffffff, the APIC id that @ops->inject would take
 *	for all vCPUs: 0xff for an xAPIC, else 0xffffffff
 * @ops: callbacks; must stay valid
 * @opaque: their first argument
 *
 * There is nothing to undo: to drop the controller, stop calling it.
 *
 * Return: PARAVIRQ_OK or PARAVIRQ_BAD_NR_LINES.
 */
enum paravirq_status paravirq_init(struct paravirq *pv, _Atomic uint64_t *lines,
				   uint32_t nr_lines, uint32_t broadcast_id,
				   const struct paravirq_ops *ops, void *opaque)
{
	uint32_t line;

	if (nr_lines < 1 || nr_lines > PARAVIRQ_MAX_LINES)
		return PARAVIRQ_BAD_NR_LINES;

	memset(pv, 0, sizeof(*pv));
	pv->lines = lines;
	pv->nr_lines = nr_lines;
	pv->broadcast_id = broadcast_id;
	pv->ops = ops;
	pv->opaque = opaque;
	for (line = 0; line < nr_lines; line++)
		atomic_init(&lines[line], PARAVIRQ_ROUTE_RESET);
	return PARAVIRQ_OK;
}
