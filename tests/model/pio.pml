/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * A model of the registers that routes pass through at I/O ports, for Spin.
 *
 * tests/06-model.t has Spin try every interleaving of two vCPUs, which write and
 * read routes of two lines and reset the controller, each under the guest's lock
 * [GUEST-9], and of a machine that is saved and restored between any two accesses
 * [SAVE-1]. What must hold is in commit() [PIO-3] and read_route() [PIO-2] [PIO-4].
 * Every FAULT_* breaks one rule of the interface or of the guest, and the
 * verification has to notice. What becomes of a route is in paravirq.pml.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#ifndef OPS
#define OPS	2	/* of each vCPU */
#endif
#define STOPS	2	/* of the machine */

/*
 * The hypervisor: struct paravirq. A route is a number that the guest has given
 * both of its halves; 0 is the reset state.
 */
byte line[2];
byte pv_dest, pv_select;
byte inside;		/* vCPUs in an access: the machine does not stop */

/* The guest: the lock of its controller, and the last number of a route. */
bool locked;
byte numbers;

/* ---- the hypervisor, by the accesses of a vCPU ----------------------- */

/* commit_write() of the low half. What is two numbers is no route. */
inline commit(n, low)
{
	atomic { inside++; high = pv_dest };
	atomic { assert(high == low); line[n] = low; high = 0; inside-- }
}

/* select_write() */
inline select_line(n)
{
	atomic { inside++; number = line[n] };
#ifndef FAULT_SELECT_LEAVES_DEST
	pv_dest = number;
#endif
	atomic { pv_select = number; inside-- }
}

/* paravirq_reset() */
inline reset()
{
	atomic { inside++; line[0] = 0 };
	line[1] = 0;
	pv_dest = 0;
	atomic { pv_select = 0; inside-- }
}

/* paravirq_save(), another machine, paravirq_restore() */
active proctype machine()
{
	byte stops, saved_dest, saved_select;

	do
	:: stops < STOPS ->
		atomic {
			inside == 0 ->
			stops++;
			saved_dest = pv_dest;
			saved_select = pv_select;
			pv_dest = 0;
			pv_select = 0;
#ifndef FAULT_DEST_NOT_RESTORED
			pv_dest = saved_dest;
#endif
#ifndef FAULT_SELECT_NOT_RESTORED
			pv_select = saved_select;
#endif
			saved_dest = 0;
			saved_select = 0
		}
	:: else -> break
	od
}

/* ---- the guest ------------------------------------------------------- */

inline write_route(n)
{
	atomic { numbers++; number = numbers };
	pv_dest = number;
	commit(n, number)
}

inline read_route(n)
{
	select_line(n);
	assert(pv_select == number);
	assert(pv_dest == number)
}

#define LOCKED(operation)					\
	atomic { !locked -> locked = true };			\
	operation;						\
	locked = false

active [2] proctype vcpu()
{
	byte ops, n, number, high;

	do
	:: ops < OPS ->
		ops++;
		if
		:: n = 0
		:: n = 1
		fi;
		if
#ifdef FAULT_WRITE_WITHOUT_LOCK
		:: write_route(n)
#else
		:: LOCKED(write_route(n))
#endif
#ifdef FAULT_READ_WITHOUT_LOCK
		:: read_route(n)
#else
		:: LOCKED(read_route(n))
#endif
#ifdef FAULT_RESET_WITHOUT_LOCK
		:: reset()
#else
		:: LOCKED(reset())
#endif
		fi;
		atomic { n = 0; number = 0 }
	:: else -> break
	od
}
