// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Unit tests of the channel of libparavirq, in TAP; each of the rules of the interface
 * has a test that breaks with it, numbers in brackets are those of channel.rst. Built
 * and run by hypervisor/libparavirq/Makefile; tests/03-mutants.t shows that the tests
 * can fail.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "channel.h"

#define EVENTS		5
#define CHANGES		1000000
#define ROUNDS		500000	/* at most, and */
#define SECONDS		2	/* of processor time */
#define REG(name)	PARAVIRQ_CHANNEL_REG_##name

static uint32_t changes[2];
static struct paravirq_channel sides[2];

/* How often each line of side 0 and side 1 was raised, and PEER as it was then. */
static unsigned int raised[2][EVENTS + 1];
static uint32_t peer_at_raise;

static uint32_t reads(unsigned int side, uint64_t offset)
{
	return paravirq_channel_read(&sides[side], offset, 4);
}

static uint32_t writes(unsigned int side, uint64_t offset, uint32_t value)
{
	return paravirq_channel_write(&sides[side], offset, 4, value);
}

/* The opaque pointer is the side that is raised. */
static void fake_raise(void *opaque, uint32_t event)
{
	unsigned int side = (struct paravirq_channel *)opaque - sides;

	assert_in_range(event, 0, EVENTS);
	raised[side][event]++;
	peer_at_raise = reads(side, REG(PEER));
}

static void init(void (*raise)(void *opaque, uint32_t event))
{
	memset(changes, 0, sizeof(changes));
	memset(raised, 0, sizeof(raised));
	for (unsigned int side = 0; side < 2; side++)
		assert_true(paravirq_channel_init(&sides[side], changes, side, EVENTS, raise,
						  &sides[!side]));
}

static int setup(void **state)
{
	(void)state;
	init(fake_raise);
	return 0;
}

/* Only these lines were raised since the last call, each once; -1: none. */
static void check_raised(int of_side0, int of_side1)
{
	for (int event = 0; event <= EVENTS; event++) {
		assert_int_equal(raised[0][event], event == of_side0);
		assert_int_equal(raised[1][event], event == of_side1);
	}
	memset(raised, 0, sizeof(raised));
}

/* [CHAN-10] */
static void test_constants(void **state)
{
	(void)state;
	for (unsigned int side = 0; side < 2; side++) {
		assert_int_equal(reads(side, REG(MAGIC)), 0x43495650);
		assert_int_equal(reads(side, REG(VERSION)), 1);
		assert_int_equal(reads(side, REG(EVENTS)), EVENTS);
		assert_int_equal(reads(side, REG(SIDE)), side);
		assert_int_equal(reads(side, REG(PEER)), 0);
		assert_int_equal(reads(side, REG(STATE)), 0);
	}
}

/* [CHAN-11] */
static void test_init(void **state)
{
	struct paravirq_channel ch;

	(void)state;
	assert_true(paravirq_channel_init(&ch, changes, 0, 1, fake_raise, NULL));
	assert_true(paravirq_channel_init(&ch, changes, 1, 16, fake_raise, NULL));
	assert_false(paravirq_channel_init(&ch, changes, 2, 1, fake_raise, NULL));
	assert_false(paravirq_channel_init(&ch, changes, 0, 0, fake_raise, NULL));
	assert_false(paravirq_channel_init(&ch, changes, 0, 17, fake_raise, NULL));
}

/* [CHAN-9] What is ignored changes nothing, and reads 0. */
static void test_bad_accesses(void **state)
{
	(void)state;
	writes(0, REG(STATE), 1);
	writes(1, REG(STATE), 1);
	check_raised(EVENTS, EVENTS);

	for (uint64_t offset = 0; offset < 0x40; offset++) {
		for (unsigned int size = 0; size <= 8; size++) {
			if (size != 4 || offset % 4 || offset > REG(STATE))
				assert_int_equal(paravirq_channel_read(&sides[0], offset, size), 0);
			if (size == 4 && (offset == REG(STATE) || offset == REG(RING)))
				continue;
			assert_int_equal(paravirq_channel_write(&sides[0], offset, size, 0), 0);
		}
	}
	for (uint32_t value = 2; value; value <<= 1) {
		assert_int_equal(writes(0, REG(STATE), value), 0);
		assert_int_equal(writes(0, REG(STATE), value | 1), 0);
	}
	assert_int_equal(reads(0, UINT64_C(1) << 32 | REG(MAGIC)), 0);

	check_raised(-1, -1);
	assert_int_equal(reads(0, REG(STATE)), 1);
	assert_int_equal(reads(1, REG(PEER)), 1);
}

/* [CHAN-7] [CHAN-8] As other accesses, of 32 bits, where there is a channel. */
static void test_hypercall(void **state)
{
	uint64_t result = 5;

	(void)state;
	assert_true(paravirq_channel_hypercall(&sides[1], PARAVIRQ_CHANNEL_HYPERCALL_WRITE,
					       7 << 16 | REG(STATE), 1, &result));
	assert_int_equal(result, 0);
	check_raised(EVENTS, -1);
	assert_true(paravirq_channel_hypercall(&sides[0], PARAVIRQ_CHANNEL_HYPERCALL_READ,
					       7 << 16 | REG(PEER), 0, &result));
	assert_int_equal(result, 1);
	assert_true(paravirq_channel_hypercall(&sides[0], PARAVIRQ_CHANNEL_HYPERCALL_WRITE,
					       REG(RING), EVENTS, &result));
	assert_int_equal(result, PARAVIRQ_CHANNEL_NO_EVENT);

	result = 5;
	assert_true(paravirq_channel_hypercall(NULL, PARAVIRQ_CHANNEL_HYPERCALL_READ,
					       REG(MAGIC), 0, &result));
	assert_int_equal(result, 0);
	result = 5;
	assert_true(paravirq_channel_hypercall(NULL, PARAVIRQ_CHANNEL_HYPERCALL_WRITE,
					       REG(RING), 0, &result));
	assert_int_equal(result, 0);
	result = 5;
	assert_false(paravirq_channel_hypercall(&sides[0], 0x51495652, REG(MAGIC), 0, &result));
	assert_int_equal(result, 5);
	check_raised(-1, -1);
}

/* [CHAN-12] [CHAN-13] Each change counts, is raised then, and says nothing of the other way. */
static void test_state(void **state)
{
	(void)state;
	for (uint32_t change = 1; change < 10; change++) {
		for (int again = 0; again < 2; again++) {
			assert_int_equal(writes(1, REG(STATE), change & 1), 0);
			assert_int_equal(reads(1, REG(STATE)), change & 1);
			assert_int_equal(reads(0, REG(PEER)), change);
			assert_int_equal(reads(1, REG(PEER)), 0);
			assert_int_equal(reads(0, REG(STATE)), 0);
			check_raised(again ? -1 : EVENTS, -1);
			assert_int_equal(peer_at_raise, change);
		}
	}
}

/* [CHAN-12] PEER wraps and stays true. */
static void test_peer_wraps(void **state)
{
	(void)state;
	changes[1] = UINT32_MAX;
	assert_int_equal(writes(0, REG(RING), 0), PARAVIRQ_CHANNEL_RAISED);
	writes(1, REG(STATE), 0);
	assert_int_equal(reads(0, REG(PEER)), 0);
	assert_int_equal(writes(0, REG(RING), 0), PARAVIRQ_CHANNEL_PEER_DOWN);
}

/* [CHAN-14] */
static void test_reset(void **state)
{
	(void)state;
	paravirq_channel_reset(&sides[0]);
	assert_int_equal(reads(1, REG(PEER)), 0);
	check_raised(-1, -1);

	writes(0, REG(STATE), 1);
	check_raised(-1, EVENTS);
	paravirq_channel_reset(&sides[0]);
	assert_int_equal(reads(0, REG(STATE)), 0);
	assert_int_equal(reads(1, REG(PEER)), 2);
	check_raised(-1, EVENTS);
}

/* [CHAN-15] [CHAN-16] Whether the one who rings is up makes no difference. */
static void test_ring(void **state)
{
	(void)state;
	for (uint32_t event = 0; event < EVENTS; event++) {
		assert_int_equal(writes(0, REG(RING), event), PARAVIRQ_CHANNEL_PEER_DOWN);
		check_raised(-1, -1);
	}
	writes(1, REG(STATE), 1);
	check_raised(EVENTS, -1);
	for (uint32_t event = 0; event < EVENTS; event++) {
		assert_int_equal(writes(0, REG(RING), event), PARAVIRQ_CHANNEL_RAISED);
		check_raised(-1, event);
		assert_int_equal(writes(1, REG(RING), event), PARAVIRQ_CHANNEL_PEER_DOWN);
		check_raised(-1, -1);
	}
	assert_int_equal(writes(0, REG(RING), EVENTS), UINT32_MAX);
	assert_int_equal(writes(0, REG(RING), UINT32_MAX), UINT32_MAX);
	check_raised(-1, -1);
	writes(1, REG(STATE), 0);
	check_raised(EVENTS, -1);
	assert_int_equal(writes(0, REG(RING), 0), PARAVIRQ_CHANNEL_PEER_DOWN);
	check_raised(-1, -1);
}

/* Two guests that meet, round by round. */
static uint32_t rung, found;
static unsigned int rings, arrived, lost;
static bool over;

static void count_ring(void *opaque, uint32_t event)
{
	(void)opaque;
	if (event < EVENTS)
		rings++;
}

static void meet(unsigned int round)
{
	__atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
	for (unsigned int turn = 1; __atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < 2 * round; turn++) {
		if (turn % 1000 == 0)
			sched_yield();	/* the other one may want this CPU */
	}
}

/* Goes at the end of each round, comes up, and then looks at the count. */
static void *peer(void *unused)
{
	for (unsigned int round = 1; !over; round++) {
		meet(2 * round - 1);
		writes(1, REG(STATE), 1);
		found = __atomic_load_n(&rung, __ATOMIC_ACQUIRE);
		meet(2 * round);
		if (found != round && rings == 0)
			lost++;
		rings = 0;
		writes(1, REG(STATE), 0);
	}
	return unused;
}

/* [CHAN-17] A ring while the peer comes up is raised, or the peer finds its count. */
static void test_ring_meets_coming_up(void **state)
{
	clock_t end = clock() + SECONDS * CLOCKS_PER_SEC;
	pthread_t thread;

	(void)state;
	init(count_ring);
	arrived = 0;
	assert_int_equal(pthread_create(&thread, NULL, peer, NULL), 0);
	for (unsigned int round = 1; !over; round++) {
		meet(2 * round - 1);
		over = round == ROUNDS || clock() > end;
		__atomic_store_n(&rung, round, __ATOMIC_RELEASE);
		writes(0, REG(RING), 0);
		meet(2 * round);
	}
	pthread_join(thread, NULL);
	assert_int_equal(lost, 0);
}

static unsigned int told;

static void *flip(void *unused)
{
	meet(1);
	for (unsigned int i = 0; i < CHANGES; i++)
		writes(1, REG(STATE), i & 1);
	return unused;
}

static void count_changes(void *opaque, uint32_t event)
{
	(void)opaque;
	assert_int_equal(event, EVENTS);
	__atomic_fetch_add(&told, 1, __ATOMIC_RELAXED);
}

/* [CHAN-13] Each change by one of several vCPUs counts once, and is raised once. */
static void test_vcpus_change_state(void **state)
{
	pthread_t thread;

	(void)state;
	init(count_changes);
	arrived = 0;
	assert_int_equal(pthread_create(&thread, NULL, flip, NULL), 0);
	flip(NULL);
	pthread_join(thread, NULL);
	assert_int_equal(told, reads(0, REG(PEER)));
	assert_int_equal(reads(0, REG(PEER)) & 1, reads(1, REG(STATE)));
	assert_in_range(told, CHANGES - 1, 2 * CHANGES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_constants, setup),
		cmocka_unit_test_setup(test_init, setup),
		cmocka_unit_test_setup(test_bad_accesses, setup),
		cmocka_unit_test_setup(test_hypercall, setup),
		cmocka_unit_test_setup(test_state, setup),
		cmocka_unit_test_setup(test_peer_wraps, setup),
		cmocka_unit_test_setup(test_reset, setup),
		cmocka_unit_test_setup(test_ring, setup),
		cmocka_unit_test(test_ring_meets_coming_up),
		cmocka_unit_test(test_vcpus_change_state),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
