/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit tests, irq-paravirq-test.c, see of irq-paravirq.c. The driver
 * has no other callers.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef _IRQ_PARAVIRQ_H
#define _IRQ_PARAVIRQ_H

#include <linux/types.h>

struct paravirq_config;
struct platform_device;

/**
 * struct paravirq_window - where the registers are: paravirq_config::ctx
 * @regs:	as ioread32() takes it, memory or I/O ports
 */
struct paravirq_window {
	void __iomem *regs;
};

#if IS_ENABLED(CONFIG_KUNIT)
int paravirq_map(struct platform_device *pdev, struct paravirq_config *config);
u64 paravirq_hypercall(u32 function, u32 reg, u64 value);
#endif

#endif /* _IRQ_PARAVIRQ_H */
