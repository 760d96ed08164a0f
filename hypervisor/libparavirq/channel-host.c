// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * A program of the host as one side of a channel, whose other side is a guest of QEMU's
 * paravirq-channel: it rings back each ring of its peer, by the same event, and says how
 * many there were when the peer goes or it gets SIGTERM. An example of what such a side does:
 *
 *	channel-host SOCKET MEMORY SIDE EVENTS
 *
 * SOCKET is the one that QEMU listens at, MEMORY the file of its memory backend. Rings go by
 * eventfds where KVM has them, and by bytes through the socket otherwise. The words of both
 * sides, which are the library's, are in the first page of the file.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <libparavirq/channel.h>

#define MAX	PARAVIRQ_CHANNEL_MAX_EVENTS
#define PAGE	PARAVIRQ_CHANNEL_PAGE

/* What goes with a greeting: as many eventfds as there are events, or none. */
union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int) * MAX)];
};

static struct paravirq_channel ch;
static struct pollfd fds[MAX + 1];	/* of the events here, and the socket */
static int peer_fds[MAX], link_fd;
static unsigned int nr_peer_fds;
static volatile sig_atomic_t ended;

/* Of a page: the counts of its side. The peer may write its own at any time. */
static uint32_t *mine, *theirs;

/* The peer's program is its only user: if that does not read, this may wait. */
static void raise_there(void *opaque, uint32_t line)
{
	uint8_t byte = line;

	(void)opaque;
	if (line < nr_peer_fds)
		eventfd_write(peer_fds[line], 1);
	else
		send(link_fd, &byte, 1, MSG_NOSIGNAL);
}

/* Takes what is pending, counts as many of its own, and rings. Returns how many. */
static uint32_t answer(uint32_t event)
{
	uint32_t *rung = mine + PARAVIRQ_CHANNEL_RUNG / 4 + event;
	uint32_t *taken = mine + PARAVIRQ_CHANNEL_TAKEN / 4 + event;
	uint32_t n = __atomic_load_n(theirs + PARAVIRQ_CHANNEL_RUNG / 4 + event,
				     __ATOMIC_ACQUIRE) - *taken;

	if (n) {
		*taken += n;
		__atomic_store_n(rung, *rung + n, __ATOMIC_RELEASE);
		paravirq_channel_write(&ch, PARAVIRQ_CHANNEL_REG_RING, 4, event);
	}
	return n;
}

static void greet(uint64_t size)
{
	struct paravirq_channel_greeting it = {
		.magic = PARAVIRQ_CHANNEL_MAGIC, .version = PARAVIRQ_CHANNEL_VERSION,
		.side = ch.side, .events = ch.events, .size = size,
	}, expected = it;
	union control control = { .header = {
		.cmsg_len = CMSG_LEN(sizeof(int) * ch.events),
		.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
	} };
	struct iovec iov = { .iov_base = &it, .iov_len = sizeof(it) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = CMSG_SPACE(sizeof(int) * ch.events),
	};
	uint32_t i;

	for (i = 0; i < ch.events; i++) {
		fds[i].fd = eventfd(0, 0);
		fds[i].events = POLLIN;
		memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &fds[i].fd, sizeof(int));
	}
	if (sendmsg(link_fd, &msg, MSG_NOSIGNAL) != sizeof(it))
		err(1, "greeting");

	msg.msg_controllen = sizeof(control);
	expected.side = !ch.side;
	if (recvmsg(link_fd, &msg, 0) != sizeof(it) || memcmp(&it, &expected, sizeof(it)))
		errx(1, "the peer says version %u, side %u, %u events, %#llx bytes, allowed %u, %u, %u, %#llx",
		     it.version, it.side, it.events, (unsigned long long)it.size, expected.version,
		     expected.side, expected.events, (unsigned long long)size);
	if (msg.msg_controllen >= CMSG_LEN(sizeof(int) * ch.events) &&
	    control.header.cmsg_type == SCM_RIGHTS) {
		memcpy(peer_fds, CMSG_DATA(&control.header), sizeof(int) * ch.events);
		nr_peer_fds = ch.events;
	}
}

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct sigaction action = { .sa_handler = end };
	unsigned long long total[MAX] = { 0 };
	uint32_t side, events, event;
	sigset_t blocked, before;
	uint8_t bytes[256];
	struct iovec iov = { .iov_base = bytes, .iov_len = 8 };
	struct stat stat;
	uint8_t *memory;
	ssize_t got = 1;
	int file;

	if (argc != 5) {
		fprintf(stderr, "usage: %s SOCKET MEMORY SIDE EVENTS\n", argv[0]);
		return 1;
	}
	file = open(argv[2], O_RDWR);
	if (file < 0 || fstat(file, &stat))
		err(1, "%s", argv[2]);
	memory = mmap(NULL, stat.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	side = strtoul(argv[3], NULL, 0);
	events = strtoul(argv[4], NULL, 0);
	if (memory == MAP_FAILED || stat.st_size < 4 * PAGE ||
	    !paravirq_channel_init(&ch, (uint32_t *)memory, side, events, raise_there, NULL))
		errx(1, "%s of %lld bytes, side %s and %s events, allowed %d, 0 to 1, 1 to %d",
		     argv[2], (long long)stat.st_size, argv[3], argv[4], 4 * PAGE, MAX);
	mine = (uint32_t *)(memory + PAGE + side * PAGE);
	theirs = (uint32_t *)(memory + PAGE + !side * PAGE);

	link_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
	if (connect(link_fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "%s", argv[1]);
	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);

	/* Who had this side before may have left it up, and may not have been connected. */
	paravirq_channel_reset(&ch);
	greet(stat.st_size - PAGE);
	fds[events].fd = link_fd;
	fds[events].events = POLLIN;
	paravirq_channel_write(&ch, PARAVIRQ_CHANNEL_REG_STATE, 4, 1);
	printf("up, %s\n", nr_peer_fds ? "with eventfds" : "by the socket");
	fflush(stdout);

	/*
	 * Emptied before the counts are looked at: what comes after that wakes it again. The
	 * peer has the eventfds too, and QEMU takes their O_NONBLOCK away.
	 */
	do {
		for (event = 0; event < events; event++)
			preadv2(fds[event].fd, &iov, 1, -1, RWF_NOWAIT);
		if (fds[events].revents)
			got = read(link_fd, bytes, sizeof(bytes));
		for (event = 0; event < events; event++)
			total[event] += answer(event);
	} while (!ended && got > 0 &&
		 (ppoll(fds, events + 1, NULL, &before) >= 0 || errno == EINTR));

	paravirq_channel_reset(&ch);
	for (event = 0; event < events; event++)
		printf("event %u: %llu\n", event, total[event]);
	return 0;
}
