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
#include "paravirq.h"

/* How a thread spins. Who builds the library may say, such as -DPARAVIRQ_RELAX=yield_cpu */
#ifndef PARAVIRQ_RELAX
#if defined(__x86_64__) || defined(__i386__)
#define PARAVIRQ_RELAX	__builtin_ia32_pause
#else
#define PARAVIRQ_RELAX()	__atomic_signal_fence(__ATOMIC_SEQ_CST)
#endif
#endif

#define load(p)		__atomic_load_n(p, __ATOMIC_SEQ_CST)
#define store(p, v)	__atomic_store_n(p, v, __ATOMIC_SEQ_CST)

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
	paravirq_word *word = &pv->lines[line];
	uint64_t route;

	for (;;) {
		route = __atomic_fetch_or(word, LINE_BUSY, __ATOMIC_ACQUIRE);
		if (!(route & LINE_LOCK))
			return route & ~(uint64_t)LINE_WANTED;
		while (__atomic_load_n(word, __ATOMIC_RELAXED) & LINE_LOCK)
			PARAVIRQ_RELAX();
	}
}

/*
 * Gives the line a route and releases its lock, as one step. Other writers that
 * wait find it free or say again that they do.
 */
static void line_unlock(struct paravirq *pv, uint32_t line, uint64_t route)
{
	__atomic_store_n(&pv->lines[line], route, __ATOMIC_RELEASE);
}

/* Takes the lock of a line in order to raise it, and returns its route. */
static uint64_t raise_lock(struct paravirq *pv, uint32_t line)
{
	paravirq_word *word = &pv->lines[line];
	uint64_t route;

	for (;;) {
		route = __atomic_load_n(word, __ATOMIC_RELAXED);
		if (!(route & LINE_BUSY) &&
		    __atomic_compare_exchange_n(word, &route, route | LINE_LOCK, true,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return route;
		PARAVIRQ_RELAX();
	}
}

/*
 * Flips bits of the route and releases the lock, as one step that leaves alone
 * what a waiting writer has set.
 */
static void raise_unlock(struct paravirq *pv, uint32_t line, uint64_t flip)
{
	__atomic_fetch_xor(&pv->lines[line], LINE_LOCK | flip, __ATOMIC_RELEASE);
}

static void route_changed(struct paravirq *pv, uint32_t first, uint32_t nr_lines)
{
	if (pv->ops->route_changed)
		pv->ops->route_changed(pv->opaque, first, nr_lines);
}

static enum paravirq_raised count(struct paravirq *pv, enum paravirq_raised what)
{
	__atomic_fetch_add(&pv->raised[what], 1, __ATOMIC_RELAXED);
	return what;
}

/* Injects by an enabled, unmasked route; the line must be locked. */
static enum paravirq_raised inject(struct paravirq *pv, uint32_t line, uint64_t route)
{
	if (!pv->ops->inject(pv->opaque, line, (uint32_t)(route >> PARAVIRQ_ROUTE_DEST_SHIFT),
			     (uint8_t)(route & PARAVIRQ_ROUTE_VECTOR)))
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
	uint32_t errors = load(&pv->errors);

	while (errors != UINT32_MAX &&
	       !__atomic_compare_exchange_n(&pv->errors, &errors, errors + 1, true,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

/* What is wrong with an enabled route? */
static enum paravirq_status route_check(struct paravirq *pv, uint64_t route)
{
	uint32_t apic_id = (uint32_t)(route >> PARAVIRQ_ROUTE_DEST_SHIFT);

	if (route & PARAVIRQ_ROUTE_RESERVED)
		return PARAVIRQ_BAD_RESERVED;
	if ((route & PARAVIRQ_ROUTE_VECTOR) < 32)
		return PARAVIRQ_BAD_VECTOR;
	if (apic_id == UINT32_MAX || apic_id == pv->broadcast_id)
		return PARAVIRQ_BAD_DEST;
	return PARAVIRQ_OK;
}

/* Gives the line a route that is allowed. Others inject by the old one until route_changed(). */
static void route_replace(struct paravirq *pv, uint32_t line, uint64_t route)
{
	uint64_t old;

	old = collect(pv, line, line_lock(pv, line));
	if (old & route & PARAVIRQ_ROUTE_ENABLE && old & PARAVIRQ_ROUTE_PENDING) {
		if (route & PARAVIRQ_ROUTE_MASK)
			route |= PARAVIRQ_ROUTE_PENDING;
		else
			inject(pv, line, route);
	}
	line_unlock(pv, line, route);
}

static void route_write(struct paravirq *pv, uint32_t line, uint64_t value)
{
	uint64_t route = PARAVIRQ_ROUTE_RESET;

	if (value & PARAVIRQ_ROUTE_ENABLE) {
		if (route_check(pv, value) != PARAVIRQ_OK) {
			reject(pv);
			return;
		}
		route = value & ~(uint64_t)PARAVIRQ_ROUTE_PENDING;
	}
	route_replace(pv, line, route);
	route_changed(pv, line, 1);
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
		*value = load(&pv->errors);
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
	*line = (uint32_t)((offset - PARAVIRQ_REG_ROUTE) / 8);
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
	else if (size != 4 || !common_write(pv, offset, (uint32_t)value))
		reject(pv);
}

static void commit_write(struct paravirq *pv, uint32_t value)
{
	uint64_t dest = load(&pv->dest);
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
		store(&pv->dest, (uint32_t)(route >> PARAVIRQ_ROUTE_DEST_SHIFT));
		store(&pv->select, (uint32_t)route);
	} else {
		reject(pv);
	}
}

/**
 * paravirq_hypercall() - the guest makes a hypercall by 64-bit code of CPL 0
 * @pv: the controller
 * @function: EAX
 * @offset: of the register, ECX; may lie outside
 * @value: what is written, RDX
 * @result: RAX after it
 *
 * As HYP-2 to HYP-6 of interface.rst demand: the caller has looked at the CPL.
 *
 * Return: false, and @result is as it was, if @function is no function of the controller.
 */
bool paravirq_hypercall(struct paravirq *pv, uint32_t function, uint32_t offset,
			uint64_t value, uint64_t *result)
{
	unsigned int size = offset < PARAVIRQ_REG_ROUTE ? 4 : 8;

	if (function == PARAVIRQ_HYPERCALL_READ) {
		*result = paravirq_mmio_read(pv, offset, size);
	} else if (function == PARAVIRQ_HYPERCALL_WRITE) {
		paravirq_mmio_write(pv, offset, size, value);
		*result = 0;
	} else {
		return false;
	}
	return true;
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
			return load(&pv->dest);
		case PARAVIRQ_PIO_SELECT:
			return load(&pv->select);
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
			store(&pv->dest, value);
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
 * paravirq_raise() - a device raises a line
 * @pv: the controller
 * @line: its number
 *
 * Lines are edge-triggered: each call counts. Waits, spinning, for raises, reads
 * and writes of the route and saves of the same line, with what they call back under
 * its lock; writes go first.
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
		what = inject(pv, line, route);
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
uint64_t paravirq_route(const struct paravirq *pv, uint32_t line)
{
	if (line >= pv->nr_lines)
		return PARAVIRQ_ROUTE_RESET;
	return __atomic_load_n(&pv->lines[line], __ATOMIC_ACQUIRE) &
	       ~(uint64_t)LINE_BUSY;
}

/**
 * paravirq_count() - statistics since paravirq_init()
 * @pv: the controller
 * @what: which, below PARAVIRQ_NR_RAISED
 *
 * Injections count also when they come from an unmasked PENDING. A reset does
 * not clear these figures and they are not saved.
 *
 * Return: how many interrupts ended like that.
 */
uint64_t paravirq_count(const struct paravirq *pv, enum paravirq_raised what)
{
	return __atomic_load_n(&pv->raised[what], __ATOMIC_RELAXED);
}

/**
 * paravirq_errors() - accesses of the guest that were rejected
 * @pv: the controller
 *
 * A guest that keeps to the interface has none: a VMM may log that the figure grows.
 *
 * Return: the value of PARAVIRQ_REG_ERRORS.
 */
uint32_t paravirq_errors(const struct paravirq *pv)
{
	return load(&pv->errors);
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
		route_replace(pv, line, PARAVIRQ_ROUTE_RESET);
	route_changed(pv, 0, pv->nr_lines);
	store(&pv->errors, 0);
	store(&pv->dest, 0);
	store(&pv->select, 0);
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
	registers->errors = load(&pv->errors);
	registers->dest = load(&pv->dest);
	registers->select = load(&pv->select);
}

/* Can a route be one that paravirq_save() has made? */
static enum paravirq_status saved_check(struct paravirq *pv, uint64_t route)
{
	if (!(route & PARAVIRQ_ROUTE_ENABLE))
		return route == PARAVIRQ_ROUTE_RESET ? PARAVIRQ_OK : PARAVIRQ_BAD_DISABLED;
	if (route & PARAVIRQ_ROUTE_PENDING && !(route & PARAVIRQ_ROUTE_MASK))
		return PARAVIRQ_BAD_PENDING;
	return route_check(pv, route);
}

/**
 * paravirq_restore() - take over a saved state
 * @pv: the controller
 * @nr_lines: number of lines of the controller that was saved
 * @routes: what paravirq_save() made of them
 * @registers: likewise; all values are allowed
 * @bad_line: where to store the line that a refusal is about, or NULL; left alone if it is
 *	about none
 *
 * Trusts nothing. Injects nothing: what was pending stays pending, what was so before
 * is forgotten. Calls paravirq_ops.route_changed, so what that needs has to be there.
 * Stop whoever raises lines first, as for a save. An image that somebody writes
 * meanwhile does no harm: it may be refused by a line that was good at first, and the
 * controller is reset then.
 *
 * Return: PARAVIRQ_OK, or why it was refused.
 */
enum paravirq_status paravirq_restore(struct paravirq *pv, uint32_t nr_lines,
				      const uint64_t *routes,
				      const struct paravirq_registers *registers,
				      uint32_t *bad_line)
{
	const volatile uint64_t *image = routes;
	enum paravirq_status status;
	uint64_t route;
	uint32_t line;

	if (nr_lines != pv->nr_lines)
		return PARAVIRQ_BAD_NR_LINES;

	for (line = 0; line < nr_lines; line++) {
		status = saved_check(pv, image[line]);
		if (status != PARAVIRQ_OK)
			goto bad;
	}

	for (line = 0; line < nr_lines; line++) {
		route = image[line];
		status = saved_check(pv, route);
		if (status != PARAVIRQ_OK) {
			paravirq_reset(pv);
			goto bad;
		}
		collect(pv, line, line_lock(pv, line));	/* that was before */
		line_unlock(pv, line, route);
	}
	route_changed(pv, 0, nr_lines);
	store(&pv->errors, registers->errors);
	store(&pv->dest, registers->dest);
	store(&pv->select, registers->select);
	return PARAVIRQ_OK;

bad:
	if (bad_line)
		*bad_line = line;
	return status;
}

/**
 * paravirq_init() - make a controller, in its reset state
 * @pv: the controller
 * @lines: memory for @nr_lines words, which the controller uses from now on
 * @nr_lines: number of lines, 1 to PARAVIRQ_MAX_LINES
 * @broadcast_id: besides 0xffffffff, an APIC id that no vCPU has and @ops->inject would
 *	take for all of them, such as 0xff for xAPICs; 0xffffffff if there is none. Both
 *	sides of a migration say the same
 * @ops: callbacks; must stay valid
 * @opaque: their first argument
 *
 * There is nothing to undo: to drop the controller, stop calling it.
 *
 * Return: PARAVIRQ_OK or PARAVIRQ_BAD_NR_LINES.
 */
enum paravirq_status paravirq_init(struct paravirq *pv, paravirq_word *lines,
				   uint32_t nr_lines, uint32_t broadcast_id,
				   const struct paravirq_ops *ops, void *opaque)
{
	unsigned int what;
	uint32_t line;

	if (nr_lines < 1 || nr_lines > PARAVIRQ_MAX_LINES)
		return PARAVIRQ_BAD_NR_LINES;

	pv->lines = lines;
	pv->nr_lines = nr_lines;
	pv->broadcast_id = broadcast_id;
	pv->errors = 0;
	pv->dest = 0;
	pv->select = 0;
	for (what = 0; what < PARAVIRQ_NR_RAISED; what++)
		pv->raised[what] = 0;
	pv->ops = ops;
	pv->opaque = opaque;
	for (line = 0; line < nr_lines; line++)
		lines[line] = PARAVIRQ_ROUTE_RESET;
	return PARAVIRQ_OK;
}

/**
 * paravirq_library_version() - the version that was linked
 *
 * Return: PARAVIRQ_LIBRARY_MAJOR << 16 | PARAVIRQ_LIBRARY_MINOR of its header.
 */
uint32_t paravirq_library_version(void)
{
	return PARAVIRQ_LIBRARY_MAJOR << 16 | PARAVIRQ_LIBRARY_MINOR;
}
