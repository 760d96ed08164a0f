/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The paravirq irq_domain core (arch/x86/kernel/apic/paravirq.c), as the driver of
 * controllers, the optional files beside the core and the validation see it. What a
 * kernel module calls to get a line is in include/linux/paravirq.h.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef _ASM_X86_PARAVIRQ_H
#define _ASM_X86_PARAVIRQ_H

#include <linux/errno.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/syscore_ops.h>
#include <linux/types.h>

#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/cpufeatures.h>

struct device;
struct fwnode_handle;
struct irq_domain;

/*
 * By 64-bit code. Where nobody takes the instruction it faults, or does nothing: @function
 * is returned.
 */
static inline u64 __paravirq_hypercall(u32 function, u32 reg, unsigned long value)
{
	unsigned long result = function;

	asm volatile("1: " ALTERNATIVE("vmcall", "vmmcall", X86_FEATURE_VMMCALL) "\n"
		     "2:\n" _ASM_EXTABLE(1b, 2b)
		     : "+a" (result) : "c" (reg), "d" (value) : "memory");

	return result;
}

/**
 * struct paravirq_ops - how to reach the registers of a controller
 * @name:	name of the transport for messages, such as "mmio"
 * @read:	read the 32-bit register at offset @reg (PARAVIRQ_REG_*)
 * @write:	write the 32-bit register at offset @reg
 * @read_route:	read the route of @line
 * @write_route: write the route of @line, as one step for the hypervisor
 *
 * Each call is complete when it returns: the hypervisor has acted on it. No two calls for
 * one controller run at the same time, and none may sleep: once the controller is found,
 * the core has a raw spinlock held and interrupts off.
 */
struct paravirq_ops {
	const char *name;
	u32 (*read)(void *ctx, u32 reg);
	void (*write)(void *ctx, u32 reg, u32 value);
	u64 (*read_route)(void *ctx, u32 line);
	void (*write_route)(void *ctx, u32 line, u64 route);
};

/**
 * struct paravirq_config - what the driver knows of its controller
 * @dev:	the device; its fwnode is the one that consumers name
 * @ops:	access to the registers
 * @ctx:	passed to each of @ops
 * @max_lines:	number of lines that the register window has room for
 * @base:	number by which firmware names line 0 (ACPI: _GSB, a GSI; DT: 0)
 * @module_line: first line, counted from 0, that firmware keeps for kernel modules
 * @nr_module_lines: how many it keeps
 */
struct paravirq_config {
	struct device *dev;
	const struct paravirq_ops *ops;
	void *ctx;
	u32 max_lines;
	u32 base;
	u32 module_line;
	u32 nr_module_lines;
};

/**
 * struct paravirq - one controller; it is never freed
 * @config:	what the driver said of it
 * @node:	in paravirq_controllers; under paravirq_mutex
 * @domain:	its irq_domain; host_data is this structure
 * @syscore:	resume and shutdown
 * @nr_lines:	number of lines as read once at creation; what that register says
 *		later never counts
 * @has_gsis:	the numbers of its lines, from @config.base on, are GSIs
 * @lock:	serialises register accesses with @route and @off
 * @off:	shut down or removed: no register is accessed any more
 * @route:	the route of each line as last written. The mask bit lives here
 *		alone: the core masks the chip without telling irq_data (see
 *		migrate_one_irq() in kernel/irq/cpuhotplug.c).
 */
struct paravirq {
	struct paravirq_config config;
	struct list_head node;
	struct irq_domain *domain;
	struct syscore syscore;
	u32 nr_lines;
	bool has_gsis;
	raw_spinlock_t lock;
	bool off;
	u64 route[] __counted_by(nr_lines);
};

struct paravirq *paravirq_create(const struct paravirq_config *config);
void paravirq_remove(struct paravirq *pv);

extern struct mutex paravirq_mutex;
extern struct list_head paravirq_controllers;
extern const struct irq_domain_ops paravirq_domain_ops;

struct paravirq *paravirq_find_held(struct fwnode_handle *fwnode);
struct paravirq *paravirq_find(struct fwnode_handle *fwnode);

/* Does firmware keep this line, counted from 0, for kernel modules? */
static inline bool paravirq_is_module_line(const struct paravirq *pv, u32 line)
{
	return line - pv->config.module_line < pv->config.nr_module_lines;
}

#ifdef CONFIG_PARAVIRQ_GSI
void paravirq_claim_gsis(struct paravirq *pv);
struct paravirq *paravirq_find_gsi(u32 gsi);
struct fwnode_handle *paravirq_gsi_fwnode(u32 gsi);
int paravirq_register_gsi(u32 gsi, unsigned int type);
#else
static inline void paravirq_claim_gsis(struct paravirq *pv)
{
}

static inline struct paravirq *paravirq_find_gsi(u32 gsi)
{
	return NULL;
}

static inline struct fwnode_handle *paravirq_gsi_fwnode(u32 gsi)
{
	return NULL;
}

static inline int paravirq_register_gsi(u32 gsi, unsigned int type)
{
	return -ENOENT;
}
#endif

#endif /* _ASM_X86_PARAVIRQ_H */
