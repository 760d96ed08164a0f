/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * A model of one paravirq line, from the device to its handler, for Spin.
 *
 * tests/06-model.t has Spin try every interleaving of a device that raises, the
 * hypervisor, a driver that works its interrupt, and two CPUs. What must hold
 * is in inject(), line_unlock(), cpu and verdict. Every FAULT_* breaks one rule
 * of the interface or of the guest, and the verification has to notice. With IRQFD
 * the device rings an eventfd, and KVM injects.
 *
 * Names are those of the code: hypervisor/libparavirq/paravirq.c and
 * arch/x86/kernel/apic/paravirq.c; of Linux kernel/irq/{chip,manage,resend,
 * migration,cpuhotplug}.c and arch/x86/kernel/{irq,apic/vector}.c; with IRQFD
 * hypervisor/qemu/hw/intc/paravirq.c and of Linux virt/kvm/eventfd.c.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#ifndef RAISES
#define RAISES	3
#endif
#ifndef OPS
#define OPS	3
#endif

/*
 * A route. The vector domain has one vector for the line on each CPU, so that
 * a vector comes back as soon as it can: (CPU 0, A) and (CPU 1, B). The other
 * two pairs belong to somebody else.
 */
#define VECTOR		1	/* A or B */
#define DEST		2	/* CPU */
#define ENABLE		4
#define MASK		8
#define PENDING		16
#define LINE_LOCK	32
#define LINE_WANTED	64
#define LINE_BUSY	(LINE_LOCK | LINE_WANTED)
#define ROUTE_RESET	MASK

#define CPU0_A		0
#define CPU1_B		(DEST | VECTOR)
#define NONE		255
#define where(route)	((route) & (DEST | VECTOR))
#define other(at)	(CPU1_B - (at))
/* Does this route inject there? */
#define live(route, at)	(((route) & (ENABLE | MASK | DEST | VECTOR)) == (ENABLE | (at)))

/* The hypervisor: struct paravirq::lines, and a device that counts. */
byte line = ROUTE_RESET;
byte raised, count, fetched;

#ifdef IRQFD
/* The eventfd: does it count, its wait queue's lock, is KVM in that queue? */
bool rung, wqh_lock, attached;
/* KVM: its route, and a work that injects, which KVM has queued or runs. */
byte msi = NONE;
bool work, working;
#endif

/* Registers: a write, and its completion. A vCPU waits for the second. */
chan regs = [0] of { byte };
chan completion = [0] of { bit };

/* The CPUs: local APICs and vector_irq[]. */
#define UNUSED		0	/* VECTOR_UNUSED: free for others */
#define SHUTDOWN	1	/* VECTOR_SHUTDOWN: of a freed line, late interrupts are forgiven */
#define OURS		2	/* leads to the line's irq_desc */
bool irr[4];
byte vector_irq[4];
bool stopped;			/* stop_machine(): no CPU takes interrupts */
bool busy[2];			/* the CPU is in an interrupt */

/* The guest: pv->route, struct apic_chip_data, struct irq_desc. */
byte shadow = ROUTE_RESET;
byte vec = NONE, prev = NONE;	/* vector and CPU, and those before a move */
bool scheduled;			/* prev is on the list of the clean-up timer */
byte move_to = NONE;		/* IRQD_SETAFFINITY_PENDING, pending_mask */
bool desc_lock, disabled = true, masked = true, inprogress;
bool istate_pending, istate_replay;

/* What only the properties know. */
byte completed = ROUTE_RESET;	/* the last route write that has completed */
bool latched;			/* raised while masked, not injected since */
bool guest_done;

/* ---- the hypervisor -------------------------------------------------- */

/*
 * A writer takes the lock: fetch_or, and another one when it is free. With IRQFD no
 * raise takes it.
 */
inline line_lock(route)
{
#if defined(FAULT_NO_LOCK) || defined(IRQFD)
	route = line;
#else
	atomic { route = line & ~LINE_WANTED; line = line | LINE_BUSY };
	if
	:: route & LINE_LOCK ->
		atomic {
			!(line & LINE_LOCK) ->
			route = line & ~LINE_WANTED;
			line = line | LINE_BUSY
		}
	:: else
	fi
#endif
}

/* One store, which is also the unlock. */
inline line_unlock(route)
{
	atomic {
		line = route;
		/* Disable and RESET clear all of a route, PENDING too. */
		assert((route & ENABLE) || route == ROUTE_RESET)
	}
}

/* A raise waits for whoever has the lock or wants to write. */
inline raise_lock(route)
{
#ifdef FAULT_NO_LOCK
	route = line;
#else
	atomic { !(line & LINE_BUSY) -> route = line; line = line | LINE_LOCK }
#endif
}

inline raise_unlock(flip)
{
#ifdef FAULT_NO_LOCK
	line = line ^ (flip);
#else
	line = line ^ (LINE_LOCK | (flip))
#endif
}

/* ops->inject(): the request bit is set when it returns. */
inline inject(route)
{
	atomic {
		/* By the route that is in force, or the one being written. */
		assert(live(completed, where(route)) || live(shadow, where(route)));
		/* To a vector that is the line's. */
		assert(vector_irq[where(route)] == OURS);
		irr[where(route)] = true
	}
}

/* A thread of the device: its count, then paravirq_raise() or the eventfd. */
active proctype device()
{
	byte route;

	do
	:: raised < RAISES ->
		atomic { raised++; count++ };
#ifdef IRQFD
		/* eventfd_signal(), and in it irqfd_wakeup() */
		atomic { !wqh_lock -> wqh_lock = true };
		if
		:: atomic { attached -> rung = false; route = msi };
			inject(route)
		:: atomic { !attached -> rung = true }
		fi;
		wqh_lock = false;
#else
		raise_lock(route);
		if
		:: !(route & ENABLE) ->
			raise_unlock(0)
		:: (route & ENABLE) && (route & MASK) ->
			atomic {
				latched = true;
#ifdef FAULT_MASK_DROPS
				raise_unlock(0)
#else
				raise_unlock(PENDING & ~route)
#endif
			}
		:: (route & ENABLE) && !(route & MASK) ->
#ifdef FAULT_UNLOCKED_INJECT
			raise_unlock(0);
			inject(route)
#else
			inject(route);
			raise_unlock(0)
#endif
		fi;
#endif
		route = 0
	:: else -> break
	od
}

#ifdef IRQFD
/* kvm_irqfd_assign(): what is there already, KVM injects later, and leaves it there. */
inline irqfd_attach()
{
	atomic { !wqh_lock -> attached = true; work = rung }
}

/* irqfd_shutdown() takes what is there, and waits for the work. */
inline irqfd_detach()
{
	atomic { !wqh_lock -> attached = false; rung = false };
#ifndef FAULT_IRQFD_DETACH_AT_ONCE
	!work
#endif
}

/* kvm_set_irq_routing(), which waits for who has read the old route. */
inline irqfd_update(route)
{
	msi = route;
#ifndef FAULT_IRQFD_UPDATE_AT_ONCE
	!(attached && wqh_lock) && !working
#endif
}

/* irqfd_inject(), a work of KVM's. */
active proctype kvm()
{
	byte route;

end:	do
	:: atomic { work -> working = true; route = msi };
		inject(route);
		atomic { working = false; work = false; route = 0 }
	od
}

/* Of a line that KVM does not inject for, what was rung is raised. */
inline collect(route)
{
	atomic {
		if
		:: rung && (route & (ENABLE | MASK)) != ENABLE ->
			rung = false;
			if
			:: route & ENABLE -> latched = true; route = route | PENDING
			:: else
			fi
		:: else
		fi
	}
}

/* paravirq_irqfd_apply() */
inline route_changed(route)
{
	if
	:: (route & (ENABLE | MASK)) == ENABLE ->
#ifdef FAULT_IRQFD_ATTACH_FIRST
		if :: !attached -> irqfd_attach() :: else fi;
#endif
		if :: msi != where(route) -> irqfd_update(where(route)) :: else fi;
		if :: !attached -> irqfd_attach() :: else fi;
		do
		:: rung && attached -> irqfd_detach(); irqfd_attach()
		:: else -> break
		od
	:: else ->
		if
		:: attached ->
			irqfd_detach();
#ifdef FAULT_IRQFD_DRAINS
			rung = false
#endif
		:: else
		fi
	fi
}
#else
#define collect(route)		skip
#define route_changed(route)	skip
#endif

/* A vCPU's exit: route_write(), also for each line of paravirq_reset(). */
active proctype hypervisor()
{
	byte value, route, old;

end:	do
	:: regs?value ->
#ifdef FAULT_POSTED_WRITE
		completion!0;
#endif
		if
		:: value & ENABLE -> route = value & ~PENDING
		:: else -> route = ROUTE_RESET
		fi;
		line_lock(old);
		collect(old);
#ifdef FAULT_TWO_HALVES
		line = (route & ~DEST) | (old & (DEST | PENDING));
		line_lock(old);
#endif
		atomic {
			if
#if defined(FAULT_DISABLE_KEEPS_PENDING)
			:: (old & PENDING) && (route & MASK) ->
				route = route | PENDING
#elif !defined(FAULT_MOVE_LOSES_PENDING)
			:: (old & route & ENABLE) && (old & PENDING) && (route & MASK) ->
				route = route | PENDING
#endif
#ifdef FAULT_UNMASK_ALWAYS_INJECTS
			:: (old & route & ENABLE) && !(route & MASK) ->
#else
			:: (old & route & ENABLE) && (old & PENDING) && !(route & MASK) ->
#endif
				/* Once, and only for what was raised. */
				assert(latched);
				latched = false;
#ifdef FAULT_UNMASK_NEVER_INJECTS
				skip;
#else
				inject(route);
#endif
#ifdef FAULT_PENDING_STAYS
				route = route | PENDING
#endif
			:: else
			fi;
			if :: !(route & ENABLE) -> latched = false :: else fi
		};
		line_unlock(route);
		route_changed(route);
#ifndef FAULT_POSTED_WRITE
		completion!0;
#endif
		atomic { value = 0; route = 0; old = 0 }
	od
}

/* ---- the guest's irqchip; desc->lock is held ------------------------- */

inline register_write(value)
{
	regs!value;
	atomic { completion?_; completed = value }
}

inline paravirq_write_route(route)
{
	if
	:: shadow != (route) -> shadow = (route); register_write(shadow)
	:: else
	fi
}

inline paravirq_update_route()
{
	paravirq_write_route(ENABLE | vec | (shadow & MASK))
}

/* mask_irq() and unmask_irq(), with the chip's paravirq_change_mask(). */
inline mask_irq()
{
	if
	:: !masked -> masked = true; paravirq_write_route(shadow | MASK)
	:: else
	fi
}

inline unmask_irq()
{
	if
	:: masked -> masked = false; paravirq_write_route(shadow & ~MASK)
	:: else
	fi
}

/* apic_set_affinity() to another CPU, up to apic_update_vector(). */
inline apic_update_vector(to)
{
	atomic {
		assert(vector_irq[to] != OURS && prev == NONE);
		vector_irq[to] = OURS;
		prev = vec;
		vec = to
	}
}

inline paravirq_set_affinity(to)
{
	apic_update_vector(to);
#ifdef FAULT_CLEANUP_BEFORE_ROUTE
	scheduled = true;
	paravirq_update_route();
#else
	paravirq_update_route();
	scheduled = true	/* vector_schedule_cleanup() */
#endif
}

/* irq_matrix_free(): a route that still led there would hit its next owner. */
inline free_vector(at, as)
{
	assert((line & (ENABLE | DEST | VECTOR)) != (ENABLE | at));
	vector_irq[at] = as
}

/* ---- the CPUs -------------------------------------------------------- */

inline lock_desc()
{
	atomic { !desc_lock -> desc_lock = true }
}

inline unlock_desc()
{
	desc_lock = false
}

/* The device's count register, read by doorbell_fetch(). */
inline fetch()
{
	atomic { fetched = fetched + count; count = 0 }
}

proctype cpu(byte me; byte mine)
{
	bool leave, unmask;
	byte to;

end:	do
	/* An interrupt, from the IRR to common_interrupt(). */
	:: atomic { !stopped && irr[mine] -> irr[mine] = false; busy[me] = true };
		/* "No irq handler for vector" */
		atomic {
			assert(vector_irq[mine] != UNUSED);
			if
			:: vector_irq[mine] == SHUTDOWN -> goto eoi
			:: else
			fi
		};

		/* handle_edge_irq(). "disabled" implies that there is no action. */
		atomic {
			lock_desc();
			istate_replay = false;
			leave = inprogress || disabled;
			if
			:: leave -> istate_pending = true; mask_irq()
			:: else
			fi;

			/* irq_ack: __irq_move_irq(), for a move that found prev in use. */
			if
			:: move_to != NONE && !disabled ->
				to = move_to;
				move_to = NONE;
				unmask = !masked;
				if :: unmask -> paravirq_write_route(shadow | MASK) :: else fi;
				if
				:: to == vec -> skip
				:: to != vec && prev != NONE -> move_to = to
				:: to != vec && prev == NONE -> paravirq_set_affinity(to)
				fi;
				if :: unmask -> paravirq_write_route(shadow & ~MASK) :: else fi;
				to = 0;
				unmask = false
			:: else
			fi
		};
		do
		:: atomic { leave -> leave = false; unlock_desc(); break }
		:: atomic {
			!leave ->
			if :: istate_pending -> unmask_irq() :: else fi;
			/* handle_irq_event() */
			istate_pending = false;
			inprogress = true;
			unlock_desc();
			fetch()
		};
		atomic {
			lock_desc();
			inprogress = false;
			leave = !istate_pending || disabled
		}
		od;
eoi:		busy[me] = false

	/* vector_cleanup_callback(): with the bit set, it just comes again. */
	:: atomic {
#ifdef FAULT_NO_IRR_CHECK
		!stopped && scheduled && prev == mine ->
#else
		!stopped && scheduled && prev == mine && !irr[mine] ->
#endif
		free_vector(mine, UNUSED);
		prev = NONE;
		scheduled = false
	}
	od
}

/* ---- the driver ------------------------------------------------------ */

/* irq_startup() of a line that is started: irq_enable(), check_irq_resend(). */
inline enable()
{
	disabled = false;
	unmask_irq();
	if
	:: istate_pending && !istate_replay ->
		istate_pending = false;
		istate_replay = true;
		assert(vector_irq[vec] == OURS);
		irr[vec] = true
	:: else
	fi
}

/* x86_vector_activate(), paravirq_domain_activate(), irq_startup(). */
inline request()
{
	atomic {
		lock_desc();
		if
		:: vec = CPU0_A
		:: vec = CPU1_B
		fi;
		assert(vector_irq[vec] != OURS);
		vector_irq[vec] = OURS;
		paravirq_update_route();
		/* The route reads back; a read waits even for posted writes. */
#ifndef FAULT_POSTED_WRITE
		assert((line & ~(PENDING | LINE_BUSY)) == shadow);
#endif
		/* IRQCHIP_AFFINITY_PRE_STARTUP */
		if
		:: paravirq_set_affinity(other(vec))
		:: skip
		fi;
		enable();
		unlock_desc()
	}
}

inline x86_vector_deactivate()
{
	free_vector(vec, SHUTDOWN);
	vec = NONE;
	if
	:: prev != NONE ->
		free_vector(prev, SHUTDOWN);
		prev = NONE;
		scheduled = false
	:: else
	fi
}

/* __free_irq(), suspend_device_irq(): off, and no handler runs any more. */
inline shut()
{
	atomic { lock_desc(); disabled = true; mask_irq(); unlock_desc() };
	/* synchronize_irq() */
	atomic { !inprogress && !desc_lock -> desc_lock = true }
}

/* irq_domain_deactivate_irq() */
inline deactivate()
{
	atomic {
#ifdef FAULT_FREE_BEFORE_ROUTE
		x86_vector_deactivate();
		paravirq_write_route(ROUTE_RESET);
#elif defined(FAULT_FREE_WITHOUT_ROUTE)
		x86_vector_deactivate();
#else
		paravirq_write_route(ROUTE_RESET);
		x86_vector_deactivate();
#endif
		unlock_desc()
	}
}

/* irq_set_affinity() to the other CPU; -EBUSY leaves it to irq_ack. */
inline move()
{
	atomic {
		lock_desc();
		if
		:: prev == NONE && move_to == NONE -> paravirq_set_affinity(other(vec))
		:: else -> move_to = other(vec)
		fi;
		unlock_desc()
	}
}

/* paravirq_resume() on one CPU, and resume_irq(). */
inline resume()
{
	atomic {
		register_write(ROUTE_RESET);
		register_write(shadow);
		if :: !off -> enable() :: else fi;
		unlock_desc()
	}
}

/*
 * A CPU goes: fixup_irqs(). Before the machine stops, every CPU has taken what
 * was in its IRR; what comes from then on can only come by the present route.
 */
inline offline(dying)
{
	atomic {
		!busy[0] && !busy[1] && (prev == NONE || !irr[prev]) ->
		stopped = true;
		/* irq_force_complete_move() */
		if
		:: prev != NONE ->
			free_vector(prev, UNUSED);
			prev = NONE;
			scheduled = false
		:: else
		fi;
		/* irq_fixup_move_pending() */
		if :: vec == dying || move_to == dying -> move_to = NONE :: else fi;
		if
		:: vec == dying ->
			/* The CPU is not online: no old vector is kept. */
			apic_update_vector(other(dying));
			prev = NONE;
			paravirq_update_route();
			/* The scan of the IRR: chip->irq_retrigger() */
			if
#ifndef FAULT_NO_RETRIGGER
			:: irr[dying] -> irr[dying] = false; irr[vec] = true
#endif
			:: else -> irr[dying] = false
			fi;
			free_vector(dying, UNUSED)
		:: else
		fi;
		stopped = false
	}
}

active proctype guest()
{
	byte ops;
	bool off;		/* the driver has called disable_irq() */

	atomic { run cpu(0, CPU0_A); run cpu(1, CPU1_B) };
	do
	:: vec == NONE ->
		request();
#ifndef FAULT_NO_FETCH_AFTER_REQUEST
		/* Rings from before raised nothing. */
		fetch()
#endif
	:: vec != NONE && ops < OPS ->
		ops++;
		if
		:: move()
		/* disable_irq(), lazy or not */
		:: atomic {
			!off && !desc_lock ->
			off = true;
			desc_lock = true;
			disabled = true;
			if :: mask_irq() :: skip fi;
			unlock_desc()
		}
		:: shut(); deactivate(); off = false
		:: shut(); resume();
#ifndef FAULT_NO_FETCH_AFTER_RESUME
			/* What was latched is gone: the driver looks itself. */
			fetch()
#endif
		:: offline(CPU0_A)
		:: offline(CPU1_B)
		fi
	:: vec != NONE && off ->
		atomic { lock_desc(); off = false; enable(); unlock_desc() }
	:: vec != NONE && ops == OPS && !off -> break
	od;
	guest_done = true
}

/* When nothing can happen any more, everything has. */
active proctype verdict()
{
	timeout ->
	assert(guest_done && raised == RAISES);
	assert(fetched == raised);
	assert(live(line, vec) && line == shadow && prev == NONE)
}
