// SPDX-License-Identifier: GPL-2.0
/*
 * Rings and listens to one doorbell line, /dev/doorbell<device>.<line>. The
 * tests in this directory call it; a shell cannot poll or read binary counts.
 *
 *   doorbell ring FILE [N]                ring N times, as fast as it goes
 *   doorbell read FILE [MSEC]             wait for a count and print it
 *   doorbell pingpong FILE [N] [MSEC]     N times: ring, wait for its count;
 *                                         print the sum of the counts
 *
 * Waiting ends after MSEC milliseconds (default: $WAIT, or a minute): exit status 2.
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
#include <unistd.h>

static const char *file;
static int fd;

static void ring_once(void)
{
	if (write(fd, "", 1) != 1)
		err(1, "%s: ring", file);
}

static uint64_t take(int msec)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t count;
	int ready = poll(&p, 1, msec);

	if (ready < 0)
		err(1, "%s: poll", file);
	if (ready == 0)
		errx(2, "%s: no ring within %d ms", file, msec);
	if (read(fd, &count, sizeof(count)) != sizeof(count))
		err(1, "%s: read", file);
	return count;
}

static long number(char **argv, int i, long absent)
{
	return argv[i] ? strtol(argv[i], NULL, 0) : absent;
}

int main(int argc, char **argv)
{
	char *env = getenv("WAIT");
	long wait = env ? strtol(env, NULL, 0) : 60000;
	uint64_t sum = 0;
	long n;

	if (argc < 3 || argc > 5)
		errx(1, "usage: doorbell ring|read|pingpong FILE [N] [MSEC]");
	file = argv[2];
	fd = open(file, O_RDWR);
	if (fd < 0)
		err(1, "%s", file);

	if (!strcmp(argv[1], "ring")) {
		for (n = number(argv, 3, 1); n > 0; n--)
			ring_once();
	} else if (!strcmp(argv[1], "read")) {
		printf("%llu\n", (unsigned long long)take(number(argv, 3, wait)));
	} else if (!strcmp(argv[1], "pingpong")) {
		for (n = number(argv, 3, 1); n > 0; n--) {
			ring_once();
			sum += take(argc > 4 ? number(argv, 4, 0) : wait);
		}
		printf("%llu\n", (unsigned long long)sum);
	} else {
		errx(1, "%s: ring, read or pingpong", argv[1]);
	}
	return 0;
}
