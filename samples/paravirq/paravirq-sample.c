// SPDX-License-Identifier: GPL-2.0
/*
 * A line of a paravirq controller for a kernel module without a firmware node.
 *
 * Allocates a line that firmware keeps for modules, requests its interrupt and tells
 * the hypervisor which line it is, here by the kernel log: a real module has a channel
 * of its own. Vector and CPU are none of its business, the controller tells them. With
 * the parameter "controller", such as PVIQ0001:01, it is that one instead of the first;
 * with "line" it is that line or none.
 *
 * In debugfs, paravirq-sample/count is how often the handler has run, and 0 or 1
 * written to paravirq-sample/enabled stops and starts the hypervisor.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/paravirq.h>
#include <linux/platform_device.h>
#include <linux/property.h>

static char *controller;
module_param(controller, charp, 0444);
MODULE_PARM_DESC(controller, "Device name of the controller, default: the first");

static uint line = PARAVIRQ_ANY_LINE;
module_param(line, uint, 0444);
MODULE_PARM_DESC(line, "The line, default: any");

static unsigned int virq;
static atomic_t count;
static bool enabled = true;
static DEFINE_MUTEX(enabled_lock);
static struct dentry *dir;

static irqreturn_t sample_interrupt(int irq, void *data)
{
	atomic_inc(&count);

	return IRQ_HANDLED;
}

static int sample_get_enabled(void *data, u64 *value)
{
	guard(mutex)(&enabled_lock);
	*value = enabled;

	return 0;
}

static int sample_set_enabled(void *data, u64 value)
{
	guard(mutex)(&enabled_lock);
	if (enabled == !!value)
		return 0;

	enabled = value;
	if (enabled)
		enable_irq(virq);
	else
		disable_irq(virq);

	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(sample_enabled, sample_get_enabled, sample_set_enabled, "%llu\n");

static int __init sample_alloc(void)
{
	struct device *dev;
	int ret;

	if (!controller)
		return paravirq_alloc_irq(NULL, line);

	dev = bus_find_device_by_name(&platform_bus_type, NULL, controller);
	if (!dev)
		return -ENODEV;

	ret = paravirq_alloc_irq(dev_fwnode(dev), line);
	put_device(dev);

	return ret;
}

static int __init sample_init(void)
{
	int ret;

	ret = sample_alloc();
	if (ret < 0)
		return ret;
	virq = ret;

	/* disable_irq() masks the line at once, not when the next interrupt comes. */
	irq_set_status_flags(virq, IRQ_DISABLE_UNLAZY);
	ret = request_irq(virq, sample_interrupt, 0, "paravirq-sample", &count);
	if (ret) {
		paravirq_free_irq(virq);
		return ret;
	}

	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_atomic_t("count", 0400, dir, &count);
	debugfs_create_file_unsafe("enabled", 0600, dir, NULL, &sample_enabled);

	/* From here the hypervisor may raise the line. */
	pr_info("line %d irq %u\n", paravirq_irq_line(virq), virq);

	return 0;
}
module_init(sample_init);

static void __exit sample_exit(void)
{
	debugfs_remove(dir);
	free_irq(virq, &count);
	paravirq_free_irq(virq);
}
module_exit(sample_exit);

/* The core is built in; this is who brings controllers. */
MODULE_SOFTDEP("pre: irq-paravirq");
MODULE_DESCRIPTION("A paravirq line for a module without a firmware node");
MODULE_AUTHOR("The paravirq authors");
MODULE_LICENSE("GPL");
