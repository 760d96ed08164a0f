// SPDX-License-Identifier: GPL-2.0
/*
 * paravirq: an irq_domain whose interrupts the hypervisor injects.
 *
 * A paravirq controller has edge-triggered lines; the guest tells the
 * hypervisor the LAPIC vector and APIC id of each by writing the line's route
 * (include/uapi/linux/paravirq.h). This file is the part that knows interrupts
 * but no firmware: it turns one controller into a hierarchical child of
 * x86_vector_domain. drivers/irqchip/irq-paravirq.c finds controllers in ACPI
 * or a device tree and calls paravirq_create(); consumers arrive through
 * platform_get_irq() and irq_create_fwspec_mapping(). paravirq_gsi.c lets them
 * come by a GSI, paravirq_alloc.c without a firmware node.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/property.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include <asm/cpu.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>
#include <asm/mpspec.h>
#include <asm/paravirq.h>

#include <uapi/linux/paravirq.h>

/* Held while a controller comes or goes, and over the list. */
DEFINE_MUTEX(paravirq_mutex);

/* In the order in which they came up. */
LIST_HEAD(paravirq_controllers);

/* Every change of a route goes through here: the hypervisor and @route always agree. */
static void paravirq_write_route(struct paravirq *pv, u32 line, u64 route)
{
	lockdep_assert_held(&pv->lock);

	if (pv->route[line] == route)
		return;

	/* paravirq_debug_show() looks without the lock. */
	WRITE_ONCE(pv->route[line], route);
	if (!pv->off)
		pv->config.ops->write_route(pv->config.ctx, line, route);
}

static void paravirq_change_mask(struct irq_data *d, u64 mask)
{
	struct paravirq *pv = irq_data_get_irq_chip_data(d);
	unsigned long flags;
	u64 route;

	raw_spin_lock_irqsave(&pv->lock, flags);
	/* A line that is not enabled stays in its reset state, masked. */
	route = pv->route[d->hwirq];
	if (route & PARAVIRQ_ROUTE_ENABLE)
		paravirq_write_route(pv, d->hwirq,
				     (route & ~PARAVIRQ_ROUTE_MASK) | mask);
	raw_spin_unlock_irqrestore(&pv->lock, flags);
}

static void paravirq_irq_mask(struct irq_data *d)
{
	paravirq_change_mask(d, PARAVIRQ_ROUTE_MASK);
}

static void paravirq_irq_unmask(struct irq_data *d)
{
	paravirq_change_mask(d, 0);
}

/*
 * Lead the line to the vector and CPU that the vector domain has chosen. The APIC id
 * is the physical one of the CPU: irq_cfg::dest_apicid may be logical.
 */
static void paravirq_update_route(struct irq_data *d)
{
	struct paravirq *pv = irq_data_get_irq_chip_data(d);
	u64 id = cpu_physical_id(cpumask_first(irq_data_get_effective_affinity_mask(d)));

	lockdep_assert_held(&pv->lock);

	paravirq_write_route(pv, d->hwirq, id << PARAVIRQ_ROUTE_DEST_SHIFT |
			     PARAVIRQ_ROUTE_ENABLE | irqd_cfg(d)->vector |
			     (pv->route[d->hwirq] & PARAVIRQ_ROUTE_MASK));
}

/*
 * Route writes are synchronous: when this one has completed, nothing arrives
 * at the old vector any more, so that it can be cleaned up at once instead of
 * after the next interrupt, and moved in any context: IRQCHIP_MOVE_DEFERRED is not set.
 * An interrupt already in the old CPU's IRR is what vector_schedule_cleanup() waits for.
 */
static int paravirq_set_affinity(struct irq_data *d, const struct cpumask *mask,
				 bool force)
{
	struct paravirq *pv = irq_data_get_irq_chip_data(d);
	struct irq_data *parent = d->parent_data;
	unsigned long flags;
	int ret;

	ret = parent->chip->irq_set_affinity(parent, mask, force);
	if (ret < 0 || ret == IRQ_SET_MASK_OK_DONE)
		return ret;

	raw_spin_lock_irqsave(&pv->lock, flags);
	/* free_irq() resets the line before the core takes it for deactivated. */
	if (pv->route[d->hwirq] & PARAVIRQ_ROUTE_ENABLE)
		paravirq_update_route(d);
	raw_spin_unlock_irqrestore(&pv->lock, flags);

	vector_schedule_cleanup(irqd_cfg(d));

	return ret;
}

/* A driver that asks for another type, whatever firmware says, would wait in vain. */
static int paravirq_irq_set_type(struct irq_data *d, unsigned int type)
{
	return type == IRQ_TYPE_EDGE_RISING ? 0 : -EINVAL;
}

static struct irq_chip paravirq_chip = {
	.name			= "PARAVIRQ",
	.irq_ack		= irq_chip_ack_parent,
	.irq_mask		= paravirq_irq_mask,
	.irq_unmask		= paravirq_irq_unmask,
	.irq_retrigger		= irq_chip_retrigger_hierarchy,
	.irq_set_type		= paravirq_irq_set_type,
	.irq_set_affinity	= paravirq_set_affinity,
	.flags			= IRQCHIP_SKIP_SET_WAKE |
				  IRQCHIP_MASK_ON_SUSPEND |
				  IRQCHIP_ONESHOT_SAFE |
				  IRQCHIP_AFFINITY_PRE_STARTUP,
};

static int paravirq_domain_translate(struct irq_domain *domain,
				     struct irq_fwspec *fwspec,
				     unsigned long *hwirq, unsigned int *type)
{
	struct paravirq *pv = domain->host_data;
	u32 number = fwspec->param[0], base = pv->config.base, line = number - base;
	struct device *dev = pv->config.dev;

	if (fwspec->param_count != 2) {
		dev_err(dev, "interrupt specifier has %d cells, expected 2: line and trigger type\n",
			fwspec->param_count);
		return -EINVAL;
	}

	if (line >= pv->nr_lines) {
		dev_err(dev, "interrupt number %#x out of range, allowed %#x to %#x\n",
			number, base, base + pv->nr_lines - 1);
		return -EINVAL;
	}

	if (paravirq_is_module_line(pv, line)) {
		dev_err(dev, "interrupt number %#x is kept for kernel modules, as are all of %#x to %#x\n",
			number, base + pv->config.module_line,
			base + pv->config.module_line + pv->config.nr_module_lines - 1);
		return -EINVAL;
	}

	if (fwspec->param[1] != IRQ_TYPE_EDGE_RISING) {
		dev_err(dev, "interrupt number %#x: trigger type %u, only rising edge (%u) is supported\n",
			number, fwspec->param[1], IRQ_TYPE_EDGE_RISING);
		return -EINVAL;
	}

	*hwirq = line;
	*type = fwspec->param[1];

	return 0;
}

/* One line each time: of firmware, or of paravirq_alloc_irq(), which has no node. */
static int paravirq_domain_alloc(struct irq_domain *domain, unsigned int virq,
				 unsigned int nr_irqs, void *arg)
{
	struct irq_fwspec *fwspec = arg;
	unsigned long hwirq = fwspec->param[0];
	struct irq_alloc_info info;
	unsigned int type;
	int ret;

	if (fwspec->fwnode) {
		ret = paravirq_domain_translate(domain, fwspec, &hwirq, &type);
		if (ret)
			return ret;
	}

	init_irq_alloc_info(&info, NULL);
	ret = irq_domain_alloc_irqs_parent(domain, virq, nr_irqs, &info);
	if (ret)
		return ret;

	irq_domain_set_info(domain, virq, hwirq, &paravirq_chip,
			    domain->host_data, handle_edge_irq, NULL, "edge");

	return 0;
}

static void paravirq_domain_deactivate(struct irq_domain *domain,
				       struct irq_data *d)
{
	struct paravirq *pv = domain->host_data;
	unsigned long flags;

	raw_spin_lock_irqsave(&pv->lock, flags);
	paravirq_write_route(pv, d->hwirq, PARAVIRQ_ROUTE_RESET);
	raw_spin_unlock_irqrestore(&pv->lock, flags);
}

static void paravirq_domain_free(struct irq_domain *domain, unsigned int virq,
				 unsigned int nr_irqs)
{
	/* A chained handler is taken away without it. */
	paravirq_domain_deactivate(domain, irq_domain_get_irq_data(domain, virq));
	irq_domain_free_irqs_top(domain, virq, nr_irqs);
}

/*
 * A hypervisor that does not take a route is found out here, before anybody relies on
 * the line. What it answers is compared and printed, no more.
 */
static int paravirq_domain_activate(struct irq_domain *domain,
				    struct irq_data *d, bool reserve)
{
	struct paravirq *pv = domain->host_data;
	u64 wrote, reads = U64_MAX;
	unsigned long flags;
	bool taken;

	raw_spin_lock_irqsave(&pv->lock, flags);
	paravirq_update_route(d);
	wrote = pv->route[d->hwirq];
	if (!pv->off)
		reads = pv->config.ops->read_route(pv->config.ctx, d->hwirq);
	taken = (reads & ~PARAVIRQ_ROUTE_PENDING) == wrote;
	if (!taken)
		paravirq_write_route(pv, d->hwirq, PARAVIRQ_ROUTE_RESET);
	raw_spin_unlock_irqrestore(&pv->lock, flags);

	if (taken)
		return 0;

	dev_err(pv->config.dev, "line %lu: route %#llx not taken, it reads %#llx\n",
		d->hwirq, wrote, reads);

	return -EIO;
}

#ifdef CONFIG_GENERIC_IRQ_DEBUGFS
/* What the hypervisor has; it alone knows what is pending. */
static void paravirq_debug_show_line(struct seq_file *m, struct paravirq *pv,
				     u32 line, int ind)
{
	u64 route = PARAVIRQ_ROUTE_RESET;
	unsigned long flags;

	raw_spin_lock_irqsave(&pv->lock, flags);
	if (!pv->off)
		route = pv->config.ops->read_route(pv->config.ctx, line);
	raw_spin_unlock_irqrestore(&pv->lock, flags);

	seq_printf(m, "%*sline %4u: ", ind, "", line);
	if (route & PARAVIRQ_ROUTE_ENABLE)
		seq_printf(m, "vector %3llu apicid %llu",
			   route & PARAVIRQ_ROUTE_VECTOR,
			   route >> PARAVIRQ_ROUTE_DEST_SHIFT);
	else
		seq_puts(m, "vector   - apicid -");
	seq_printf(m, " mask %d pending %d\n", !!(route & PARAVIRQ_ROUTE_MASK),
		   !!(route & PARAVIRQ_ROUTE_PENDING));
}

/* debugfs irq/irqs/N shows the one line, irq/domains/... every enabled one. */
static void paravirq_debug_show(struct seq_file *m, struct irq_domain *domain,
				struct irq_data *d, int ind)
{
	struct paravirq *pv = d ? irq_data_get_irq_chip_data(d) : domain->host_data;
	u32 line;

	if (d) {
		paravirq_debug_show_line(m, pv, d->hwirq, ind);
		return;
	}

	for (line = 0; line < pv->nr_lines; line++) {
		if (READ_ONCE(pv->route[line]) & PARAVIRQ_ROUTE_ENABLE)
			paravirq_debug_show_line(m, pv, line, ind);
	}
}
#endif

const struct irq_domain_ops paravirq_domain_ops = {
	.translate	= paravirq_domain_translate,
	.alloc		= paravirq_domain_alloc,
	.free		= paravirq_domain_free,
	.activate	= paravirq_domain_activate,
	.deactivate	= paravirq_domain_deactivate,
#ifdef CONFIG_GENERIC_IRQ_DEBUGFS
	.debug_show	= paravirq_debug_show,
#endif
};

/*
 * After suspend the routes may be gone, after hibernation those of the kernel
 * that loaded the image are live: write all of them anew, of unused lines too.
 * Not by a reset, which would lose what a controller that kept its state has
 * pending.
 */
static void paravirq_resume(void *data)
{
	struct paravirq *pv = data;
	unsigned long flags;
	u32 line;

	raw_spin_lock_irqsave(&pv->lock, flags);
	for (line = 0; line < pv->nr_lines; line++)
		pv->config.ops->write_route(pv->config.ctx, line, pv->route[line]);
	raw_spin_unlock_irqrestore(&pv->lock, flags);
}

/*
 * Silent for good. The devices have been shut down by now, with their interrupts; a
 * kernel that is started by kexec finds the controller quiet.
 */
static void paravirq_shutdown(void *data)
{
	struct paravirq *pv = data;
	unsigned long flags;

	raw_spin_lock_irqsave(&pv->lock, flags);
	pv->config.ops->write(pv->config.ctx, PARAVIRQ_REG_CONTROL, PARAVIRQ_CONTROL_RESET);
	pv->off = true;
	raw_spin_unlock_irqrestore(&pv->lock, flags);
}

static const struct syscore_ops paravirq_syscore_ops = {
	.resume		= paravirq_resume,
	.shutdown	= paravirq_shutdown,
};

/**
 * paravirq_create() - bring a controller up and give it an irq_domain
 * @config: the controller; copied
 *
 * Checks magic, version and number of lines, resets the controller and creates
 * the irq_domain of @config->dev's fwnode. From then on consumers can map and
 * request lines. What is wrong is logged with the value that was read.
 *
 * Context: Process context, may sleep.
 * Return: the controller, or an ERR_PTR(): -ENODEV if the registers do not
 *	   carry the magic, -EPROTONOSUPPORT for an unknown version, -EINVAL if
 *	   the number of lines is out of range or exceeds the register window, or
 *	   the lines for modules or the numbers of lines do not exist, -ENOMEM.
 */
struct paravirq *paravirq_create(const struct paravirq_config *config)
{
	struct device *dev = config->dev;
	u32 magic, version, nr_lines, line;
	struct paravirq *pv;

	magic = config->ops->read(config->ctx, PARAVIRQ_REG_MAGIC);
	if (magic != PARAVIRQ_MAGIC)
		return dev_err_ptr_probe(dev, -ENODEV, "magic %#x, expected %#x\n",
					 magic, PARAVIRQ_MAGIC);

	version = config->ops->read(config->ctx, PARAVIRQ_REG_VERSION);
	if (version != PARAVIRQ_VERSION)
		return dev_err_ptr_probe(dev, -EPROTONOSUPPORT,
					 "version %u, only %u is supported\n",
					 version, PARAVIRQ_VERSION);

	nr_lines = config->ops->read(config->ctx, PARAVIRQ_REG_NR_LINES);
	if (!nr_lines || nr_lines > PARAVIRQ_MAX_LINES)
		return dev_err_ptr_probe(dev, -EINVAL, "%u lines, allowed 1 to %u\n",
					 nr_lines, PARAVIRQ_MAX_LINES);

	if (nr_lines > config->max_lines)
		return dev_err_ptr_probe(dev, -EINVAL,
					 "register window holds %u lines, the controller has %u\n",
					 config->max_lines, nr_lines);

	if (config->base > U32_MAX - nr_lines)
		return dev_err_ptr_probe(dev, -EINVAL,
					 "interrupt base %#x, allowed up to %#x for %u lines\n",
					 config->base, U32_MAX - nr_lines, nr_lines);

	if (config->nr_module_lines > nr_lines ||
	    config->module_line > nr_lines - config->nr_module_lines)
		return dev_err_ptr_probe(dev, -EINVAL,
					 "%u lines from %u for modules, the controller has %u\n",
					 config->nr_module_lines, config->module_line, nr_lines);

	pv = kzalloc(struct_size(pv, route, nr_lines), GFP_KERNEL);
	if (!pv)
		return ERR_PTR(-ENOMEM);

	pv->nr_lines = nr_lines;
	pv->config = *config;
	raw_spin_lock_init(&pv->lock);
	for (line = 0; line < nr_lines; line++)
		pv->route[line] = PARAVIRQ_ROUTE_RESET;

	config->ops->write(config->ctx, PARAVIRQ_REG_CONTROL, PARAVIRQ_CONTROL_RESET);

	/* From here consumers find it, others when it is in the list. */
	guard(mutex)(&paravirq_mutex);
	pv->domain = irq_domain_create_hierarchy(x86_vector_domain, 0, nr_lines,
						 dev_fwnode(dev), &paravirq_domain_ops, pv);
	if (!pv->domain) {
		kfree(pv);
		return ERR_PTR(-ENOMEM);
	}

	get_device(dev);
	pv->syscore.ops = &paravirq_syscore_ops;
	pv->syscore.data = pv;
	register_syscore(&pv->syscore);

	paravirq_claim_gsis(pv);
	list_add_tail(&pv->node, &paravirq_controllers);

	dev_info(dev, "version %u, %u lines from %#x, %s, parent %s\n", version,
		 nr_lines, config->base, config->ops->name,
		 pv->domain->parent->name);

	return pv;
}
EXPORT_SYMBOL_GPL(paravirq_create);

/**
 * paravirq_remove() - the firmware has taken a controller away
 * @pv: the controller
 *
 * Resets it. Its lines are dead then, those in use are named in one error; nobody finds
 * its irq_domain any more. Structure, irq_domain and mappings stay: who holds one of its
 * interrupts may use that as before, only that it never comes.
 *
 * Context: Process context, may sleep. The registers are not touched any more
 *	    once this returns.
 */
void paravirq_remove(struct paravirq *pv)
{
	struct fwnode_handle *fwnode = pv->domain->fwnode;
	DECLARE_BITMAP(in_use, PARAVIRQ_MAX_LINES) = { };
	u32 line;

	scoped_guard(mutex, &paravirq_mutex)
		list_del(&pv->node);
	unregister_syscore(&pv->syscore);
	/* Another node may come to have its address. */
	pv->domain->fwnode = NULL;
	fwnode_dev_initialized(fwnode, false);
	fwnode_handle_put(fwnode);
	paravirq_shutdown(pv);

	for (line = 0; line < pv->nr_lines; line++) {
		if (READ_ONCE(pv->route[line]) & PARAVIRQ_ROUTE_ENABLE)
			__set_bit(line, in_use);
	}
	if (!bitmap_empty(in_use, pv->nr_lines))
		dev_err(pv->config.dev, "removed while lines %*pbl are in use: they are dead now\n",
			pv->nr_lines, in_use);
}
EXPORT_SYMBOL_GPL(paravirq_remove);

/* paravirq_find(), with the result valid for as long as the caller holds paravirq_mutex. */
struct paravirq *paravirq_find_held(struct fwnode_handle *fwnode)
{
	struct paravirq *pv;

	lockdep_assert_held(&paravirq_mutex);

	list_for_each_entry(pv, &paravirq_controllers, node) {
		if (!fwnode || dev_fwnode(pv->config.dev) == fwnode)
			return pv;
	}

	return NULL;
}

/**
 * paravirq_find() - look a controller up by its firmware node
 * @fwnode: the node, or NULL for the controller that came up first
 *
 * Context: Process context, may sleep; takes paravirq_mutex.
 * Return: the controller, or NULL if there is none that is up.
 */
struct paravirq *paravirq_find(struct fwnode_handle *fwnode)
{
	guard(mutex)(&paravirq_mutex);

	return paravirq_find_held(fwnode);
}
