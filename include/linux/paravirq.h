/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines of a paravirq controller for a kernel module that has no firmware node:
 * Documentation/virt/paravirq/guest.rst says how to use them, samples/paravirq is a
 * whole module. Drivers of devices in ACPI or a device tree have no use for this,
 * they call platform_get_irq(). Implemented in arch/x86/kernel/apic/paravirq_alloc.c,
 * CONFIG_PARAVIRQ_MODULE_LINES.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef _LINUX_PARAVIRQ_H
#define _LINUX_PARAVIRQ_H

#include <uapi/linux/paravirq.h>

struct fwnode_handle;

/* For paravirq_alloc_irq(): whichever line for modules is free. */
#define PARAVIRQ_ANY_LINE	(~0U)

int paravirq_alloc_irq(struct fwnode_handle *intc, u32 line);
int paravirq_irq_line(unsigned int virq);
void paravirq_free_irq(unsigned int virq);

#endif /* _LINUX_PARAVIRQ_H */
