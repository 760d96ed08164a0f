// SPDX-License-Identifier: GPL-2.0
/*
 * Copies a file each way at once between two guests, through a paravirq channel; or
 * measures how fast they ring each other. Both guests run the same program, in any order:
 *
 *	channel-copy SEND RECEIVE	sends one file, receives the other guest's
 *	channel-copy -r N		rings N times, takes the other guest's rings
 *	channel-copy -p N		N round trips, rung by side 0, answered by side 1
 *	channel-copy -t			takes what is there: rings of each event, and PEER
 *
 * -d DEVICE is the channel, by default /dev/paravirq-channel0. Exit status 2: the other
 * guest went away, or its program began anew.
 *
 * Each side has one half of the data: words of its own, and a ring of bytes that it fills
 * and the other one empties. Whatever a side changes there it rings for, and a side that
 * finds nothing to do reads the device until something is rung: what was rung since it
 * looked makes that read return at once. All words of the other side are copied before
 * they are checked, and checked before they are used.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define MAX_EVENTS	16
#define BATCH		1024	/* rings between two reads */
#define CHUNK		65536	/* bytes in one step */

/* The words of a side. They outlive it: what says something of a run has its number. */
struct side {
	unsigned int run;		/* number of this run, random, not 0 */
	unsigned int met;		/* the other side's run that this one has seen */
	unsigned int finished;	/* the other side's run that this one has all of */
	unsigned int head;		/* bytes put into this side's ring, mod 2^32 */
	unsigned int tail;		/* bytes taken from the other side's */
	unsigned int ended;		/* all was put: "sum" is valid */
	unsigned long long sum;		/* FNV-1a of the file; or the number of rings */
	unsigned char ring[];
};

#define get(word)	__atomic_load_n(&(word), __ATOMIC_ACQUIRE)
#define put(word, v)	__atomic_store_n(&(word), v, __ATOMIC_RELEASE)

static const char *device = "/dev/paravirq-channel0";
static int fd;
static unsigned int events, ring_size, number;
static struct side *mine, *theirs;

static unsigned int run, their_run, peer;	/* PEER: odd if the other guest is there */
static unsigned long long taken[MAX_EVENTS], reads;

/* A number of the device's directory in sysfs. */
static unsigned long attribute(const char *name)
{
	char path[256];
	unsigned long value;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/misc/%s/device/%s",
		 strrchr(device, '/') + 1, name);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%lu", &value) != 1)
		err(1, "%s", path);
	fclose(file);

	return value;
}

static void open_channel(void)
{
	unsigned long size;
	void *data;

	fd = strchr(device, '/') ? open(device, O_RDWR) : -1;
	if (fd < 0)
		err(1, "%s", device);

	events = attribute("events");
	number = attribute("side");
	peer = attribute("peer_changes");
	size = attribute("size");
	data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		err(1, "%s: mmap", device);

	size /= 2;
	for (ring_size = 1; ring_size * 2UL <= size - sizeof(struct side) && ring_size < 1U << 30;)
		ring_size *= 2;
	mine = data + number * size;
	theirs = data + !number * size;
}

static void ring(unsigned int event)
{
	if (write(fd, &event, sizeof(event)) != sizeof(event))
		err(1, "%s: write", device);
}

/* The last event says that words have changed; the others are for -r and -p. */
static void tell(void)
{
	ring(events - 1);
}

/* Has the other side all of this one's? */
static bool finished(void)
{
	return get(theirs->finished) == run;
}

/* Both have all: the other side may go. */
static bool over(void)
{
	return finished() && mine->finished == their_run;
}

/* Counts what was rung, and if nothing was, waits for it if @block. */
static void take(bool block)
{
	unsigned int counts[MAX_EVENTS + 1], n;
	static bool blocks = true;

	if (block != blocks && fcntl(fd, F_SETFL, block ? 0 : O_NONBLOCK))
		err(1, "%s: fcntl", device);
	blocks = block;
	if (read(fd, counts, sizeof(counts)) < 0) {
		if (errno == EAGAIN)
			return;
		err(1, "%s: read", device);
	}

	reads++;
	for (n = 0; n < events; n++)
		taken[n] += counts[n];
	if (their_run && counts[events] != peer && !over())
		errx(2, "the other guest went away");
	peer = counts[events];
}

static void check_run(void)
{
	if (get(theirs->run) != their_run && !over())
		errx(2, "the other guest's program began anew");
}

/* Both know each other's run; @sum is told to the other side. */
static void meet(unsigned long long sum)
{
	unsigned int seen;

	while (!run)
		if (getrandom(&run, sizeof(run), GRND_INSECURE) != sizeof(run))
			err(1, "getrandom");
	mine->met = 0;
	mine->head = 0;
	mine->tail = 0;
	mine->ended = 0;
	mine->sum = sum;
	put(mine->run, run);
	tell();

	for (;;) {
		seen = get(theirs->run);
		if (seen != mine->met) {
			/* It has rung for runs before this one, and waits now. */
			take(false);
			memset(taken, 0, sizeof(taken));
			put(mine->met, seen);
			tell();
		}
		if (seen && get(theirs->met) == run)
			break;
		take(true);
	}
	their_run = seen;
}

static void finish(void)
{
	put(mine->finished, their_run);
	tell();
}

static unsigned long long fnv(unsigned long long sum, const unsigned char *data, size_t len)
{
	while (len--)
		sum = (sum ^ *data++) * 0x100000001b3;
	return sum;
}

/* How much of a ring is filled, by an index of the other side. */
static unsigned int filled(unsigned int head, unsigned int tail)
{
	if (head - tail > ring_size)
		errx(1, "the other guest has %u bytes in a ring of %u", head - tail, ring_size);
	return head - tail;
}

/* How many bytes a step has: they do not go round the end of the ring. */
static unsigned int step(unsigned int at, unsigned int most)
{
	unsigned int to_end = ring_size - at % ring_size;

	most = most < CHUNK ? most : CHUNK;
	return most < to_end ? most : to_end;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void copy(const char *from, const char *to)
{
	unsigned long long sent = 0, received = 0, sum = 0xcbf29ce484222325, their_sum = sum;
	unsigned int head = 0, tail = 0, len;
	bool ended = false, all = false, no_more, progress;
	static unsigned char buf[CHUNK];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	double start;
	ssize_t got;

	if (in < 0 || out < 0)
		err(1, "%s", in < 0 ? from : to);

	meet(0);
	start = now();
	while (!over()) {
		check_run();
		progress = false;

		len = step(head, ring_size - filled(head, get(theirs->tail)));
		if (!ended && len) {
			got = read(in, buf, len);
			if (got < 0)
				err(1, "%s", from);
			memcpy(mine->ring + head % ring_size, buf, got);
			sum = fnv(sum, buf, got);
			sent += got;
			head += got;
			put(mine->head, head);
			if (!got) {
				mine->sum = sum;
				put(mine->ended, 1);
				ended = true;
			}
			progress = true;
		}

		/* Looked at first: if so, their head is the last one. */
		no_more = get(theirs->ended);
		len = step(tail, filled(get(theirs->head), tail));
		if (len) {
			memcpy(buf, theirs->ring + tail % ring_size, len);
			if (write(out, buf, len) != (ssize_t)len)
				err(1, "%s", to);
			their_sum = fnv(their_sum, buf, len);
			received += len;
			tail += len;
			put(mine->tail, tail);
			progress = true;
		} else if (no_more && !all) {
			if (get(theirs->sum) != their_sum)
				errx(1, "%s: digest %016llx, the other guest sent %016llx",
				     to, their_sum, get(theirs->sum));
			all = true;
			finish();
			progress = true;
		}

		if (progress)
			tell();
		else
			take(true);
	}
	if (close(out))
		err(1, "%s", to);
	start = now() - start;
	printf("sent %llu bytes, digest %016llx\n", sent, sum);
	printf("received %llu bytes, digest %016llx\n", received, their_sum);
	printf("%.1f MB/s both ways, %llu reads\n", (sent + received) / start / 1e6, reads);
}

/* Rings of -r and -p take turns over all events but the last. */
static unsigned long long share(unsigned long long n, unsigned int event)
{
	return n / (events - 1) + (event < n % (events - 1));
}

static void ring_all(unsigned long long n)
{
	unsigned int i, event;
	unsigned long long rung = 0, theirs_rung, all;
	double start, end = 0;

	meet(n);
	theirs_rung = get(theirs->sum);
	start = now();
	do {
		check_run();
		for (i = 0; i < BATCH && rung < n; i++)
			ring(rung++ % (events - 1));
		if (rung == n && !end)
			end = now();

		for (event = all = 0; event < events - 1; event++) {
			if (taken[event] > share(theirs_rung, event))
				errx(1, "event %u: %llu rings too many", event,
				     taken[event] - share(theirs_rung, event));
			all += taken[event];
		}
		if (all == theirs_rung && mine->finished != their_run)
			finish();
		if (rung != n || !over())
			take(rung == n);
	} while (rung != n || !over());

	/* The other side has rung all of its rings. */
	take(false);
	for (event = all = 0; event < events - 1; event++)
		all += taken[event];
	printf("rung %llu, %.0f a second\n", rung, rung / (end - start));
	printf("taken %llu of %llu, in %llu reads\n", all, theirs_rung, reads);
	if (all != theirs_rung)
		errx(1, "these are not all, or too many");
}

static void round_trips(unsigned long long n)
{
	unsigned long long i, theirs_n;
	double start;

	meet(n);
	theirs_n = get(theirs->sum);
	if (theirs_n != n)
		errx(1, "%llu round trips, the other guest has %llu", n, theirs_n);
	start = now();
	for (i = 0; i < n; i++) {
		if (number == 0)
			ring(0);
		while (taken[0] <= i) {
			check_run();
			take(true);
		}
		if (number == 1)
			ring(0);
	}
	printf("%llu round trips, %.2f us each\n", n, (now() - start) / n * 1e6);
	finish();
	while (!over()) {
		check_run();
		take(true);
	}
}

static void take_all(void)
{
	unsigned int event;

	take(false);
	for (event = 0; event < events; event++)
		printf("%llu ", taken[event]);
	printf("%u\n", peer);
}

int main(int argc, char **argv)
{
	unsigned long long n = 0;
	int opt, mode = 0;

	while ((opt = getopt(argc, argv, "d:r:p:t")) != -1) {
		if (opt == 'd') {
			device = optarg;
		} else if (opt != '?') {
			mode = opt;
			n = optarg ? strtoull(optarg, NULL, 0) : 0;
		} else {
			mode = -1;
		}
	}
	if (mode < 0 || argc - optind != (mode ? 0 : 2)) {
		fprintf(stderr, "usage: %s [-d DEVICE] SEND RECEIVE | -r N | -p N | -t\n", argv[0]);
		return 1;
	}

	open_channel();
	if ((mode == 'r' || mode == 'p') && events < 2)
		errx(1, "%s: one event, -r and -p need two", device);
	if (mode == 'r')
		ring_all(n);
	else if (mode == 'p')
		round_trips(n);
	else if (mode == 't')
		take_all();
	else
		copy(argv[optind], argv[optind + 1]);

	return 0;
}
