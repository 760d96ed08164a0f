// SPDX-License-Identifier: GPL-2.0
/*
 * A driver in user space: counts the rings of a doorbell's line 0, whose
 * registers and interrupt it has by uio_pdrv_genirq. The test "uio" calls it.
 *
 *   uio-count pingpong FILE N    N times: ring, wait for the interrupt, fetch
 *   uio-count count FILE N       wait for interrupts and fetch until there were N rings
 *
 * Says "counting" on standard error when a ring meets an enabled interrupt, prints the
 * sum of the counts. Waiting ends after $WAIT milliseconds (default: a minute) without
 * an interrupt: exit status 2.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../../include/uapi/linux/paravirq-doorbell.h"

static const char *file;
static int fd;
static int wait = 60000;
static char *regs;

/* The driver has disabled the interrupt, and enables it when it is written to. */
static void enable(void)
{
	uint32_t on = 1;

	if (write(fd, &on, sizeof(on)) != sizeof(on))
		err(1, "%s: cannot switch the interrupt on", file);
}

/*
 * Enabled before the count is fetched: whoever rings when its count has been taken
 * meets an enabled interrupt, and what comes in between is fetched now, and its
 * interrupt finds a count of 0.
 */
static uint64_t fetch(void)
{
	enable();
	return __atomic_load_n((uint64_t *)(regs + PARAVIRQ_DOORBELL_REG_COUNT),
			       __ATOMIC_RELAXED);
}

static uint64_t take(uint64_t sum)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int ready = poll(&p, 1, wait);
	uint32_t event;

	if (ready < 0)
		err(1, "%s: poll", file);
	if (ready == 0)
		errx(2, "%s: no interrupt within %d ms, %llu rings so far", file, wait,
		     (unsigned long long)sum);
	if (read(fd, &event, sizeof(event)) != sizeof(event))
		err(1, "%s: read", file);
	return fetch();
}

int main(int argc, char **argv)
{
	uint64_t sum, n;

	if (argc != 4)
		errx(1, "usage: uio-count pingpong|count FILE N");
	if (getenv("WAIT"))
		wait = atoi(getenv("WAIT"));
	file = argv[2];
	n = strtoull(argv[3], NULL, 0);
	fd = open(file, O_RDWR);
	if (fd < 0)
		err(1, "%s", file);
	regs = mmap(NULL, PARAVIRQ_DOORBELL_SIZE, PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	if (regs == MAP_FAILED)
		err(1, "%s: mmap", file);
	if (*(uint32_t *)(regs + PARAVIRQ_DOORBELL_REG_MAGIC) != PARAVIRQ_DOORBELL_MAGIC)
		errx(1, "%s: no doorbell", file);

	/* An interrupt from before the file was open is not reported. */
	sum = fetch();
	fputs("counting\n", stderr);
	if (!strcmp(argv[1], "pingpong")) {
		for (; n > 0; n--) {
			__atomic_store_n((uint32_t *)(regs + PARAVIRQ_DOORBELL_REG_RING),
					 0, __ATOMIC_RELAXED);
			sum += take(sum);
		}
	} else if (!strcmp(argv[1], "count")) {
		while (sum < n)
			sum += take(sum);
	} else {
		errx(1, "%s: pingpong or count", argv[1]);
	}
	printf("%llu\n", (unsigned long long)sum);
	return 0;
}
