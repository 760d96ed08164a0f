/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * The paravirq channel between two guests, as a library for hypervisors.
 *
 * For each side the monitor embeds one struct paravirq_channel, hands the guest's
 * accesses to paravirq_channel_read() and paravirq_channel_write(), and is called
 * back to raise a line of the other side. What the two sides share are two words:
 * they may be in one monitor, or in two that share memory. The channel's memory is
 * none of this library's business; the monitor clears it once and gives it to both.
 * It allocates nothing and needs no C library. Functions are described in channel.c, which
 * "make install" puts into DOCDIR.
 *
 * Threads: paravirq_channel_init() comes first and alone; everything else may be
 * called from any thread at any time.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef LIBPARAVIRQ_CHANNEL_H
#define LIBPARAVIRQ_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "linux/paravirq-channel.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct paravirq_channel - one side of a channel; all members are private to the library
 * @changes: how often side 0 and side 1 came or went; odd: it is up
 * @side: 0 or 1
 * @events: number of events each way
 * @raise: raises a line of the other side: that of an event, or number @events, which
 *	says that this side came or went. Mostly paravirq_raise() of the other side's
 *	controller, or a write to the eventfd of an irqfd
 * @opaque: its first argument
 */
struct paravirq_channel {
	uint32_t *changes;
	uint32_t side;
	uint32_t events;
	void (*raise)(void *opaque, uint32_t event);
	void *opaque;
};

/**
 * struct paravirq_channel_greeting - what monitors of both sides tell each other first
 * @magic: PARAVIRQ_CHANNEL_MAGIC
 * @version: PARAVIRQ_CHANNEL_VERSION
 * @side: of who sends it
 * @events: number of events each way
 * @size: bytes of the memory that the guests share
 *
 * In one piece, in the byte order of the host, by a Unix socket, with @events eventfds, or
 * none, that raise these lines of the sender. Each byte after that raises the line of that
 * number. The two words of the sides begin the memory that monitors share; a page of
 * PARAVIRQ_CHANNEL_PAGE after that is what the guests share.
 */
struct paravirq_channel_greeting {
	uint32_t magic;
	uint32_t version;
	uint32_t side;
	uint32_t events;
	uint64_t size;
};

bool paravirq_channel_init(struct paravirq_channel *ch, uint32_t changes[2],
			   uint32_t side, uint32_t events,
			   void (*raise)(void *opaque, uint32_t event), void *opaque);
uint32_t paravirq_channel_read(const struct paravirq_channel *ch, uint64_t offset,
			       unsigned int size);
uint32_t paravirq_channel_write(struct paravirq_channel *ch, uint64_t offset,
				unsigned int size, uint32_t value);
bool paravirq_channel_hypercall(struct paravirq_channel *ch, uint32_t function,
				uint32_t ecx, uint32_t value, uint64_t *result);
void paravirq_channel_reset(struct paravirq_channel *ch);

#ifdef __cplusplus
}
#endif

#endif /* LIBPARAVIRQ_CHANNEL_H */
