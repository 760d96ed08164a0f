/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What Linux 6.1 to 7.2 lack of 7.3, for which the sources are written, and what a kernel
 * does not export to modules. Included before everything else by the build alone: of the
 * module for stock kernels (Kbuild), and of a patched kernel that is older
 * (scripts/prepare-linux). compat-flags looks what has to be bridged.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef _PARAVIRQ_COMPAT_H
#define _PARAVIRQ_COMPAT_H

#include <linux/acpi.h>
#include <linux/device.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/irqdomain.h>
#include <linux/kernel_stat.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/string.h>
#include <linux/syscore_ops.h>

#include <asm/hw_irq.h>
#include <asm/io_apic.h>
#include <asm/irqdomain.h>

#ifdef HAS_IRQ_MOVE_PCNTXT
/* In 7.3 that is the default. */
#define irq_domain_set_info(domain, virq, ...) do {			\
	irq_domain_set_info(domain, virq, __VA_ARGS__);			\
	irq_set_status_flags(virq, IRQ_MOVE_PCNTXT);			\
} while (0)
#endif

#ifdef HAS_OF_NODE_REUSED
static inline bool dev_of_node_reused(const struct device *dev)
{
	return dev->of_node_reused;
}
#endif

#ifdef HAS_BARE_NAMESPACES
#undef MODULE_IMPORT_NS
#define MODULE_IMPORT_NS(ns)	MODULE_INFO(import_ns, ns)
#endif

#ifdef HAS_GROUPS_ALL
#include <linux/group_cpus.h>
#define group_cpus_evenly(n, nummasks)	(*(nummasks) = (n), group_cpus_evenly(n))
#endif

#ifdef HAS_INT_REMOVE
#define remove	remove_new
#endif

#ifdef LACKS_NODE_IRQ_BYNAME
/* It looks at resources alone, which have no names. */
#define platform_get_irq_byname(pdev, name)	\
	fwnode_irq_get_byname(dev_fwnode(&(pdev)->dev), name)
#endif

/* Linux 6.1 wants it without const. */
#define acpi_get_handle(parent, path, handle)	acpi_get_handle(parent, (char *)(path), handle)

#ifndef __counted_by
#define __counted_by(member)
#endif

#ifdef LACKS_STRUCT_SYSCORE
/* Of what there was before it there is one, which has no data: it calls all of ours. */
struct compat_syscore_ops {
	void (*resume)(void *data);
	void (*shutdown)(void *data);
};

struct syscore {
	struct list_head node;
	const struct compat_syscore_ops *ops;
	void *data;
};

static __maybe_unused LIST_HEAD(compat_syscores);
static __maybe_unused DEFINE_MUTEX(compat_syscore_mutex);

/* On the one CPU that is up, with interrupts off. */
static inline void compat_syscore_resume(void)
{
	struct syscore *syscore;

	list_for_each_entry(syscore, &compat_syscores, node)
		syscore->ops->resume(syscore->data);
}

static inline void compat_syscore_shutdown(void)
{
	struct syscore *syscore;

	guard(mutex)(&compat_syscore_mutex);

	list_for_each_entry(syscore, &compat_syscores, node)
		syscore->ops->shutdown(syscore->data);
}

static inline void register_syscore(struct syscore *syscore)
{
	static struct syscore_ops ops = {
		.resume		= compat_syscore_resume,
		.shutdown	= compat_syscore_shutdown,
	};

	guard(mutex)(&compat_syscore_mutex);

	if (!ops.node.next)
		register_syscore_ops(&ops);
	list_add_tail(&syscore->node, &compat_syscores);
}

static inline void unregister_syscore(struct syscore *syscore)
{
	guard(mutex)(&compat_syscore_mutex);

	list_del(&syscore->node);
}

#define syscore_ops	compat_syscore_ops
#endif

/*
 * Left to the next interrupt, whose irq_ack() of the parent cleans the old vector up. A move
 * before that is refused with -EBUSY, which has it done with the next interrupt as well.
 */
#ifdef HIDES_vector_schedule_cleanup
#define vector_schedule_cleanup(cfg)	do { } while (0)
#elif defined(HAS_SEND_CLEANUP_VECTOR)
#define vector_schedule_cleanup(cfg)	send_cleanup_vector(cfg)
#endif

#ifdef HIDES_init_irq_alloc_info
#define init_irq_alloc_info(info, mask)	memset(info, 0, sizeof(*(info)))
#endif

#ifdef HIDES_irq_domain_free_irqs_top
static inline void compat_free_irqs_top(struct irq_domain *domain, unsigned int virq,
					unsigned int nr_irqs)
{
	unsigned int i;

	for (i = 0; i < nr_irqs; i++) {
		irq_set_handler_data(virq + i, NULL);
		irq_set_handler(virq + i, NULL);
	}
	irq_domain_free_irqs_common(domain, virq, nr_irqs);
}

#define irq_domain_free_irqs_top	compat_free_irqs_top
#endif

#ifdef HIDES_kstat_irqs_usr
static inline unsigned int compat_kstat_irqs(unsigned int virq)
{
	struct irq_data *d = irq_get_irq_data(virq);

	return d ? READ_ONCE(irq_data_to_desc(d)->tot_count) : 0;
}

#define kstat_irqs_usr	compat_kstat_irqs
#endif

#ifdef HIDES_device_is_bound
#define device_is_bound(dev)	(!!READ_ONCE((dev)->driver))
#endif

#ifdef PARAVIRQ_STOCK
/* What no patch has brought into the kernel: paravirq-stock.c. */
bool acpi_irq_source_is_controller(const struct acpi_resource_source *source);
u32 paravirq_lowest_number(void);

#ifdef HIDES_gsi_top
#define gsi_top	paravirq_lowest_number()
#endif

/* A module has one function for its start, that of paravirq-stock.c, which calls these. */
int paravirq_driver_start(void);
int paravirq_validation_start(void);
#undef core_initcall
#define core_initcall(fn)	int __init paravirq_driver_start(void) { return fn(); }
#undef late_initcall_sync
#define late_initcall_sync(fn)	int __init paravirq_validation_start(void) { return fn(); }

/* The module has the name that its parameters begin with. */
#undef module_param
#define module_param(name, type, perm)					\
	__module_param_call(, name, &param_ops_##type, &name, perm, -1, 0);	\
	__MODULE_PARM_TYPE(name, #type)
#endif

#ifdef OWN_PR_FMT
/* The source defines it, later than it would by itself. */
#undef pr_fmt
#endif

#endif /* _PARAVIRQ_COMPAT_H */
