/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * A model of a channel between two guests, for Spin: side 0 rings an event, side 1 takes.
 *
 * tests/06-model.t has Spin try every interleaving of the two, both of which restart at any
 * time: reset by the hypervisor, or as another kernel after a crash, of which the hypervisor
 * knows nothing. What must hold is in take and verdict [CHAN-12 to 25]. Every FAULT_* breaks
 * one rule of the interface, and the verification has to notice.
 *
 * Names are those of the code: hypervisor/libparavirq/channel.c and
 * drivers/virt/paravirq-channel.c. What is between a raise and the handler is in
 * paravirq.pml.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#ifndef RAISES
#define RAISES	2	/* rings */
#endif
#ifndef OPS
#define OPS	2	/* restarts of each side */
#endif

#define UP	1

/* The shared memory, and a store of side 0 to it that others do not see yet. */
byte rung, taken;
bool buffered;

/* The hypervisor: how often each side came or went; the two lines of side 1. */
byte changes[2];
bool lines_on, event_pending, peer_pending;

/* Side 1: PEER as its driver knows it; its program waits, or looks at the counts. */
byte peer;
bool awake;

/* What only the properties know: all that any program of side 1 was given. */
byte delivered;
bool all_rung;

/* ---- the hypervisor -------------------------------------------------- */

inline raise_peer(me)
{
	atomic { if :: me == 0 && lines_on -> peer_pending = true :: else fi }
}

/* state_write(): by an atomic operation, all stores of the side are seen before it. */
inline set_state(me, state)
{
#ifdef FAULT_RAISE_BEFORE_CHANGE
	if :: (changes[me] & UP) != state -> raise_peer(me) :: else fi;
#endif
	atomic {
#ifndef FAULT_STATE_BEFORE_STORES
		me == 1 || !buffered ->
#endif
		changed = (changes[me] & UP) != state;
		changes[me] = changes[me] + changed
	};
#ifndef FAULT_RAISE_BEFORE_CHANGE
	if :: changed -> raise_peer(me) :: else fi;
#endif
	changed = false
}

/* ring_write(): the peer's word is no plain load, all stores are seen before it. */
inline ring_write()
{
#ifdef FAULT_RING_BY_LOAD
	up = changes[1] & UP;
#else
	atomic { !buffered -> up = changes[1] & UP };
#endif
	atomic { if :: up && lines_on -> event_pending = true :: else fi; up = false }
}

/* A store becomes visible some time. */
active proctype store_buffer()
{
end:	do
	:: atomic { buffered -> buffered = false; rung++ }
	od
}

/* The guest is reset, or its kernel crashes and another one follows. */
inline restart(me)
{
	restarts++;
	if
	:: set_state(me, 0)
	:: skip
	fi
}

/* ---- side 0 ---------------------------------------------------------- */

inline count()
{
	/* One store after the other. */
	atomic { !buffered -> buffered = true }
}

active proctype side0()
{
	byte restarts;
	bool changed, up;

boot:
#ifndef FAULT_STATE_LEFT_UP
	set_state(0, 0);
#endif
	set_state(0, 1);
	do
	/* channel_ring() */
	:: rung + buffered < RAISES ->
#ifdef FAULT_RING_BEFORE_COUNT
		ring_write();
		count()
#elif defined(FAULT_NO_RING_IF_DOWN)
		if
		:: changes[1] & UP -> count(); ring_write()
		:: else -> count()
		fi
#else
		count();
		if
		:: restarts < OPS -> restart(0); goto boot
		:: true
		fi;
		ring_write()
#endif
	:: restarts < OPS -> restart(0); goto boot
	:: rung == RAISES -> break
	od;
	all_rung = true
}

/* ---- side 1 ---------------------------------------------------------- */

/* channel_interrupt() */
active proctype cpu()
{
end:	do
	:: atomic { lines_on && event_pending -> event_pending = false };
		awake = true
	:: atomic { lines_on && peer_pending -> peer_pending = false };
		peer = changes[0];
#ifndef FAULT_PEER_DOES_NOT_WAKE
		awake = true
#endif
	od
}

active proctype side1()
{
	byte restarts, counts;
	bool changed;

boot:
	/* The controller is reset. */
	atomic { lines_on = false; event_pending = false; peer_pending = false; awake = false };
#ifdef FAULT_TAKEN_CLEARED
	taken = 0;
#endif
	set_state(1, 0);
#ifdef FAULT_LOOK_BEFORE_STATE
	atomic { taken = taken + (rung - taken); delivered = taken };
#endif
#ifndef FAULT_LINES_AFTER_STATE
	lines_on = true;
#endif
	set_state(1, 1);
	peer = changes[0];
#ifndef FAULT_LOOK_BEFORE_STATE
	awake = true;
#endif
end:	do
	/* channel_read(), which is woken from where it has looked. */
	:: awake ->
#ifndef FAULT_SLEEP_AFTER_LOOK
		awake = false;
#endif
		counts = rung - taken;
#ifdef FAULT_SLEEP_AFTER_LOOK
		awake = false;
#endif
#ifdef FAULT_LINES_AFTER_STATE
		lines_on = true;
#endif
		if
		:: counts ->
			atomic {
				delivered = delivered + counts;
#ifdef FAULT_TAKE_UNSEEN
				taken = rung;
#else
				taken = taken + counts;
#endif
				assert(delivered <= rung);
				counts = 0;
				awake = true
			}
		:: else
		fi
	:: restarts < OPS -> restart(1); goto boot
	:: restarts < OPS -> restarts = OPS
	od
}

/* When nothing can happen any more, everything has. */
active proctype verdict()
{
	timeout ->
	assert(all_rung && rung == RAISES);
	assert(taken == rung && delivered == rung);
	assert(peer == changes[0] && changes[0] & UP && changes[1] & UP)
}
