/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The paravirq irq_domain core, as drivers of controllers see it.
 *
 * A driver that has found a controller, by whatever firmware, gives the core a
 * way to reach the registers (struct paravirq_ops); the core does the rest. The
 * validation code asks it about single lines. What a kernel module calls to get a
 * line is in include/linux/paravirq.h. See arch/x86/kernel/apic/paravirq.c.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef _ASM_X86_PARAVIRQ_H
#define _ASM_X86_PARAVIRQ_H

#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct device;
struct fwnode_handle;
struct module;
struct paravirq;

/**
 * struct paravirq_ops - how to reach the registers of a controller
 * @name:	name of the transport for messages, such as "mmio"
 * @read:	read the 32-bit register at offset @reg (PARAVIRQ_REG_*)
 * @write:	write the 32-bit register at offset @reg
 * @read_route:	read the route of @line
 * @write_route: write the route of @line, as one step for the hypervisor
 *
 * Each call is complete when it returns: the hypervisor has acted on it. The
 * core calls with a raw spinlock held and interrupts off, so none may sleep;
 * no two calls for one controller run at the same time.
 */
struct paravirq_ops {
	const char *name;
	u32 (*read)(void *ctx, u32 reg);
	void (*write)(void *ctx, u32 reg, u32 value);
	u64 (*read_route)(void *ctx, u32 line);
	void (*write_route)(void *ctx, u32 line, u64 route);
};

/**
 * struct paravirq_config - what a driver knows of its controller
 * @dev:	the device; its fwnode is the one that consumers name
 * @owner:	module that serves @ops and @claims, held while a line is requested
 *		or allocated
 * @ops:	access to the registers
 * @ctx:	passed to each of @ops
 * @claims:	sets the bit of each line, counted from 0, that the firmware gives to
 *		a device, whether there is a driver for it or not. Process context,
 *		with paravirq_mutex held. Returns 0 or a negative errno
 * @max_lines:	number of lines that the register window has room for
 * @base:	number by which firmware names line 0 (ACPI: _GSB, a GSI; DT: 0)
 */
struct paravirq_config {
	struct device *dev;
	struct module *owner;
	const struct paravirq_ops *ops;
	void *ctx;
	int (*claims)(struct paravirq *pv, unsigned long *lines);
	u32 max_lines;
	u32 base;
};

/**
 * struct paravirq_line - state of one line
 * @virq:	Linux interrupt number, 0 while the line is not mapped
 * @allocated:	@virq is from paravirq_alloc_irq()
 * @requested:	some driver has requested the interrupt
 * @route:	route as the guest last wrote it (PARAVIRQ_ROUTE_*); it has no
 *		ENABLE while the line has no vector
 * @cpu:	CPU that the route leads to; valid with ENABLE only
 */
struct paravirq_line {
	unsigned int virq;
	bool allocated;
	bool requested;
	u64 route;
	unsigned int cpu;
};

struct paravirq *paravirq_create(const struct paravirq_config *config);
void paravirq_destroy(struct paravirq *pv);
void paravirq_shutdown(struct paravirq *pv);

extern struct mutex paravirq_mutex;

struct paravirq *paravirq_find(struct fwnode_handle *fwnode);
struct paravirq *paravirq_find_gsi(u32 gsi);
struct device *paravirq_dev(struct paravirq *pv);
u32 paravirq_base(struct paravirq *pv);
u32 paravirq_nr_lines(struct paravirq *pv);
void paravirq_get_line(struct paravirq *pv, u32 line, struct paravirq_line *info);
void paravirq_trigger(struct paravirq *pv, u32 line);

#ifdef CONFIG_X86_PARAVIRQ
struct fwnode_handle *paravirq_gsi_fwnode(u32 gsi);
int paravirq_register_gsi(u32 gsi, unsigned int type);
#else
static inline struct fwnode_handle *paravirq_gsi_fwnode(u32 gsi)
{
	return NULL;
}

static inline int paravirq_register_gsi(u32 gsi, unsigned int type)
{
	return -ENOENT;
}
#endif

#if IS_ENABLED(CONFIG_KUNIT)
void paravirq_resume(void *data);
#endif

#endif /* _ASM_X86_PARAVIRQ_H */
