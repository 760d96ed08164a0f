// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * What two vCPUs do at once to a word that no lock guards, in TAP: one does its access
 * instruction by instruction, the other all of its own before one of these; each
 * instruction has its turn. So what threads on a busy machine meet by chance happens
 * here in each run. Built by hypervisor/libparavirq/Makefile, run by 02-libparavirq.t,
 * 03-mutants.t and 08-coverage.t in tests/; x86-64 and Linux only.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

#include <cmocka.h>

#include "channel.h"
#include "paravirq.h"

#define TRAP_FLAG	0x100	/* of RFLAGS: the next instruction ends with SIGTRAP */
#define EVENTS		5

static void (*other)(void);
static unsigned int left;	/* instructions until the other one's turn */

static void trap(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	if (--left)
		return;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	other();
}

/* Lets b() happen before instruction n of a(). Returns false if a() has fewer. */
static bool meet(void (*a)(void), void (*b)(void), unsigned int n)
{
	other = b;
	left = n;
	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | TRAP_FLAG);
	a();
	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~TRAP_FLAG);
	return !left;
}

static struct paravirq pv;
static paravirq_word line;

static bool no_inject(void *opaque, uint32_t l, uint32_t apic_id, uint8_t vector)
{
	(void)opaque;
	(void)l;
	(void)apic_id;
	(void)vector;
	return true;
}

static void rejected(void)
{
	paravirq_mmio_write(&pv, PARAVIRQ_REG_MAGIC, 4, 0);
}

/* [ERR-4] Each of two rejected accesses counts, and the last one that can. */
static void test_rejects(void **state)
{
	static const struct paravirq_ops ops = { .inject = no_inject };
	struct paravirq_registers registers = { 0 };
	uint64_t route = PARAVIRQ_ROUTE_RESET;

	(void)state;
	assert_int_equal(paravirq_init(&pv, &line, 1, UINT32_MAX, &ops, NULL), PARAVIRQ_OK);
	for (unsigned int n = 1; meet(rejected, rejected, n); n++) {
		assert_int_equal(paravirq_errors(&pv), 2);
		paravirq_reset(&pv);
	}
	registers.errors = UINT32_MAX - 1;
	for (unsigned int n = 1;; n++) {
		assert_int_equal(paravirq_restore(&pv, 1, &route, &registers, NULL), PARAVIRQ_OK);
		if (!meet(rejected, rejected, n))
			break;
		assert_int_equal(paravirq_errors(&pv), UINT32_MAX);
	}
}

static uint32_t changes[2];
static struct paravirq_channel side;
static unsigned int raised;

static void count_raise(void *opaque, uint32_t event)
{
	(void)opaque;
	(void)event;
	__atomic_fetch_add(&raised, 1, __ATOMIC_RELAXED);
}

static void come(void)
{
	paravirq_channel_write(&side, PARAVIRQ_CHANNEL_REG_STATE, 4, PARAVIRQ_CHANNEL_PEER_UP);
}

static void go(void)
{
	paravirq_channel_write(&side, PARAVIRQ_CHANNEL_REG_STATE, 4, 0);
}

/* [CHAN-13] Each change by one of two vCPUs counts once, and is raised once. */
static void test_changes(void **state)
{
	static void (*const does[])(void) = { go, come };

	(void)state;
	assert_true(paravirq_channel_init(&side, changes, 0, EVENTS, count_raise, NULL));
	for (unsigned int does_other = 0; does_other < 2; does_other++) {
		for (unsigned int n = 1;; n++) {
			memset(changes, 0, sizeof(changes));
			raised = 0;
			if (!meet(come, does[does_other], n))
				break;
			assert_int_equal(raised, changes[0]);
			/* Who goes may have been first: then nothing changed by that. */
			assert_in_range(changes[0], 1, does_other ? 1 : 2);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rejects),
		cmocka_unit_test(test_changes),
	};
	struct sigaction action = { .sa_sigaction = trap, .sa_flags = SA_SIGINFO };

	sigaction(SIGTRAP, &action, NULL);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
