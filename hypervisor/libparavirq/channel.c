// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * The paravirq channel between two guests, as a library for hypervisors.
 *
 * A virtual machine monitor calls it for the accesses of both guests (see channel.h);
 * it calls the monitor back to raise lines.
 *
 * Whether a side is up and how often that changed is one word, so that no vCPU ever
 * finds a PEER that contradicts STATE. A ring looks at the other side's word after
 * what the guest counted, and a side that comes up changes its word before it reads
 * the counts: whichever is first, the ring is raised or found.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "channel.h"

#define UP	PARAVIRQ_CHANNEL_PEER_UP

static uint32_t changes(const struct paravirq_channel *ch, uint32_t side)
{
	return __atomic_load_n(&ch->changes[side], __ATOMIC_SEQ_CST);
}

/* The word changes before the line is raised: who takes the interrupt finds it. */
static void state_write(struct paravirq_channel *ch, uint32_t state)
{
	uint32_t old = changes(ch, ch->side);

	do {
		if ((old & UP) == state)
			return;
	} while (!__atomic_compare_exchange_n(&ch->changes[ch->side], &old, old + 1, true,
					      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));

	ch->raise(ch->opaque, ch->events);
}

static uint32_t ring_write(struct paravirq_channel *ch, uint32_t event)
{
	if (event >= ch->events)
		return PARAVIRQ_CHANNEL_NO_EVENT;

	/*
	 * No plain load: an exit need not order what the guest stored, its count, before a
	 * load of the other side's word.
	 */
	if (!(__atomic_fetch_add(&ch->changes[!ch->side], 0, __ATOMIC_SEQ_CST) & UP))
		return PARAVIRQ_CHANNEL_PEER_DOWN;

	ch->raise(ch->opaque, event);
	return PARAVIRQ_CHANNEL_RAISED;
}

/**
 * paravirq_channel_read() - the guest reads a register
 * @ch: its side of the channel
 * @offset: of the register: in its window, or bits 15:0 of ECX; may lie outside
 * @size: of the access in bytes; any. A hypercall has 4
 *
 * Return: the value; 0 for an access that is ignored.
 */
uint32_t paravirq_channel_read(const struct paravirq_channel *ch, uint64_t offset,
			       unsigned int size)
{
	if (size != 4)
		return 0;

	switch (offset) {
	case PARAVIRQ_CHANNEL_REG_MAGIC:
		return PARAVIRQ_CHANNEL_MAGIC;
	case PARAVIRQ_CHANNEL_REG_VERSION:
		return PARAVIRQ_CHANNEL_VERSION;
	case PARAVIRQ_CHANNEL_REG_EVENTS:
		return ch->events;
	case PARAVIRQ_CHANNEL_REG_SIDE:
		return ch->side;
	case PARAVIRQ_CHANNEL_REG_PEER:
		return changes(ch, !ch->side);
	case PARAVIRQ_CHANNEL_REG_STATE:
		return changes(ch, ch->side) & UP;
	}
	return 0;
}

/**
 * paravirq_channel_write() - the guest writes a register
 * @ch: its side of the channel
 * @offset: as for paravirq_channel_read()
 * @size: likewise
 * @value: what is written
 *
 * What it raises it has raised when this returns.
 *
 * Return: what a hypercall has in RAX: of a ring what became of it, 0 otherwise.
 */
uint32_t paravirq_channel_write(struct paravirq_channel *ch, uint64_t offset,
				unsigned int size, uint32_t value)
{
	if (size != 4)
		return 0;

	if (offset == PARAVIRQ_CHANNEL_REG_RING)
		return ring_write(ch, value);
	if (offset == PARAVIRQ_CHANNEL_REG_STATE && value <= UP)
		state_write(ch, value);
	return 0;
}

/**
 * paravirq_channel_hypercall() - the guest makes a hypercall by 64-bit code of CPL 0
 * @ch: its side of the channel of that number in ECX, NULL if there is none
 * @function: EAX
 * @ecx: ECX
 * @value: what is written, EDX
 * @result: RAX after it
 *
 * As CHAN-7 of channel.rst demands: the caller has looked at the CPL.
 *
 * Return: false, and @result is as it was, if @function is no function of channels.
 */
bool paravirq_channel_hypercall(struct paravirq_channel *ch, uint32_t function,
				uint32_t ecx, uint32_t value, uint64_t *result)
{
	uint32_t offset = ecx & PARAVIRQ_CHANNEL_MAX_NUMBER;

	if (function == PARAVIRQ_CHANNEL_HYPERCALL_READ)
		*result = ch ? paravirq_channel_read(ch, offset, 4) : 0;
	else if (function == PARAVIRQ_CHANNEL_HYPERCALL_WRITE)
		*result = ch ? paravirq_channel_write(ch, offset, 4, value) : 0;
	else
		return false;
	return true;
}

/**
 * paravirq_channel_reset() - this side is reset, stopped or dead
 * @ch: its side of the channel
 *
 * As if the guest had said that it is not up.
 */
void paravirq_channel_reset(struct paravirq_channel *ch)
{
	state_write(ch, 0);
}

/**
 * paravirq_channel_init() - make one side of a channel
 * @ch: the side
 * @changes: two words, the same ones for both sides and 0 at first
 * @side: 0 or 1
 * @events: number of events each way, 1 to PARAVIRQ_CHANNEL_MAX_EVENTS
 * @raise: raises a line of the other side, see struct paravirq_channel
 * @opaque: its first argument
 *
 * It is as @changes says: if another monitor had the side and may have died,
 * paravirq_channel_reset() is next.
 *
 * Return: whether side and number of events are allowed.
 */
bool paravirq_channel_init(struct paravirq_channel *ch, uint32_t changes[2],
			   uint32_t side, uint32_t events,
			   void (*raise)(void *opaque, uint32_t event), void *opaque)
{
	if (side > 1 || events < 1 || events > PARAVIRQ_CHANNEL_MAX_EVENTS)
		return false;

	ch->changes = changes;
	ch->side = side;
	ch->events = events;
	ch->raise = raise;
	ch->opaque = opaque;
	return true;
}
