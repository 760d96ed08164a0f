// SPDX-License-Identifier: GPL-2.0
/*
 * Lines of a paravirq controller for kernel modules that have no firmware node. The
 * node of the controller keeps them: "paravirq,module-lines", first line and number.
 * Called by such modules (include/linux/paravirq.h); calls the irq_domain core.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/device.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/paravirq.h>

#include <asm/paravirq.h>

/* The controller of an interrupt, or NULL. */
static struct paravirq *paravirq_of(struct irq_data *d)
{
	return d && d->domain && d->domain->ops == &paravirq_domain_ops ?
	       d->domain->host_data : NULL;
}

/**
 * paravirq_alloc_irq() - get a line that firmware keeps for kernel modules
 * @intc: firmware node of the controller; NULL: the one that came up first
 * @line: the line, counted from 0, or PARAVIRQ_ANY_LINE
 *
 * The result is for request_irq(); the module tells the hypervisor which line it is
 * (paravirq_irq_line()), and no more: the controller tells vector and CPU.
 *
 * Context: Process context, may sleep; takes paravirq_mutex.
 * Return: the Linux interrupt number, -ENODEV if there is no such controller,
 *	   -EINVAL if @line is none that is kept for modules, -EEXIST if it is
 *	   allocated, -ENOSPC if none is free, these three logged, or -ENOMEM.
 */
int paravirq_alloc_irq(struct fwnode_handle *intc, u32 line)
{
	struct irq_fwspec fwspec = { .param_count = 1 };
	struct paravirq *pv;
	u32 first, end;
	int virq;

	/* Against another module that looks for a free line, and against a removal. */
	guard(mutex)(&paravirq_mutex);

	pv = paravirq_find_held(intc);
	if (!pv)
		return -ENODEV;

	first = pv->config.module_line;
	end = first + pv->config.nr_module_lines;
	if (line != PARAVIRQ_ANY_LINE) {
		if (!paravirq_is_module_line(pv, line)) {
			dev_err(pv->config.dev, "line %u is none of the %u from %u for modules\n",
				line, pv->config.nr_module_lines, first);
			return -EINVAL;
		}
		first = line;
		end = line + 1;
	}

	while (first < end && irq_find_mapping(pv->domain, first))
		first++;
	if (first == end && line != PARAVIRQ_ANY_LINE) {
		dev_err(pv->config.dev, "line %u is allocated\n", line);
		return -EEXIST;
	}
	if (first == end) {
		dev_err(pv->config.dev, "none of %u lines for modules is free\n",
			pv->config.nr_module_lines);
		return -ENOSPC;
	}

	fwspec.param[0] = first;
	virq = irq_domain_alloc_irqs(pv->domain, 1, NUMA_NO_NODE, &fwspec);
	if (virq > 0)
		irqd_set_trigger_type(irq_get_irq_data(virq), IRQ_TYPE_EDGE_RISING);

	return virq;
}
EXPORT_SYMBOL_GPL(paravirq_alloc_irq);

/**
 * paravirq_irq_line() - the line of an interrupt
 * @virq: the Linux interrupt number
 *
 * Context: Any context; @virq does not go away meanwhile.
 * Return: the line, counted from 0, or -EINVAL if @virq is not on a paravirq
 *	   controller.
 */
int paravirq_irq_line(unsigned int virq)
{
	struct irq_data *d = irq_get_irq_data(virq);

	return paravirq_of(d) ? d->hwirq : -EINVAL;
}
EXPORT_SYMBOL_GPL(paravirq_irq_line);

/**
 * paravirq_free_irq() - give a line back
 * @virq: what paravirq_alloc_irq() returned, after free_irq()
 *
 * Works as well when the controller was removed meanwhile.
 *
 * Context: Process context, may sleep.
 */
void paravirq_free_irq(unsigned int virq)
{
	struct irq_data *d = irq_get_irq_data(virq);
	struct paravirq *pv = paravirq_of(d);

	if (WARN_ON(!pv || !paravirq_is_module_line(pv, d->hwirq) || irq_has_action(virq)))
		return;

	irq_domain_free_irqs(virq, 1);
}
EXPORT_SYMBOL_GPL(paravirq_free_irq);
