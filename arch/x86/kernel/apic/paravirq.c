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
 * platform_get_irq() and irq_create_fwspec_mapping(), or by a GSI through
 * acpi_register_gsi() (arch/x86/kernel/acpi/boot.c), kernel modules without a
 * firmware node through paravirq_alloc_irq().
 *
 * Copyright (C) 2026 The paravirq authors
 */

#define pr_fmt(fmt) "paravirq: " fmt

#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/paravirq.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/syscore_ops.h>

#include <kunit/visibility.h>

#include <asm/hw_irq.h>
#include <asm/io_apic.h>
#include <asm/irq_vectors.h>
#include <asm/irqdomain.h>
#include <asm/paravirq.h>

/**
 * struct paravirq - one controller
 * @config:	what the driver said of it
 * @node:	in paravirq_controllers
 * @domain:	its irq_domain; host_data is this structure
 * @unclaimed:	irq_domain of the lines that paravirq_alloc_irq() has given out.
 *		No firmware node leads to it: what looks a line up by firmware
 *		never finds the interrupt of a module. host_data as above
 * @syscore:	calls paravirq_resume()
 * @nr_lines:	number of lines as read once at creation; what that register says
 *		later never counts
 * @lock:	serialises register accesses with @route, @requested, @reachable and
 *		@dead
 * @dead:	the controller is gone, its registers must not be touched
 * @has_gsis:	the numbers of its lines, from @config.base on, are GSIs
 * @requested:	lines that some driver has requested
 * @reachable:	CPUs that routes were seen to lead to
 * @registered:	lines that were mapped as GSIs; under paravirq_mutex
 * @route:	the route of each line as last written. The mask bit lives here
 *		alone: the core masks the chip without telling irq_data (see
 *		migrate_one_irq() in kernel/irq/cpuhotplug.c).
 */
struct paravirq {
	struct paravirq_config config;
	struct list_head node;
	struct irq_domain *domain;
	struct irq_domain *unclaimed;
	struct syscore syscore;
	u32 nr_lines;
	raw_spinlock_t lock;
	bool dead;
	bool has_gsis;
	DECLARE_BITMAP(requested, PARAVIRQ_MAX_LINES);
	DECLARE_BITMAP(registered, PARAVIRQ_MAX_LINES);
	struct cpumask reachable;
	u64 route[] __counted_by(nr_lines);
};

/* Held while a controller comes, goes or is looked up. */
DEFINE_MUTEX(paravirq_mutex);
EXPORT_SYMBOL_IF_KUNIT(paravirq_mutex);

/* In the order in which they came up; under paravirq_mutex. */
static LIST_HEAD(paravirq_controllers);

static u32 paravirq_read(struct paravirq *pv, u32 reg)
{
	return pv->config.ops->read(pv->config.ctx, reg);
}

static void paravirq_write(struct paravirq *pv, u32 reg, u32 value)
{
	pv->config.ops->write(pv->config.ctx, reg, value);
}

/* Every change of a route goes through here: the hypervisor and @route always agree. */
static void paravirq_write_route(struct paravirq *pv, u32 line, u64 route)
{
	lockdep_assert_held(&pv->lock);

	if (pv->route[line] == route)
		return;

	/* paravirq_debug_show() looks without the lock. */
	WRITE_ONCE(pv->route[line], route);
	if (!pv->dead)
		pv->config.ops->write_route(pv->config.ctx, line, route);
}

/*
 * Is this still the controller that paravirq_create() found? Asked where the
 * guest reads anyway, by someone who has reason to doubt it. A hypervisor that
 * answers otherwise is not asked again: that the controller is gone is said
 * once, and no register is accessed from then on.
 */
static bool paravirq_alive(struct paravirq *pv)
{
	const struct {
		const char *name;
		u32 reg, expected;
	} constants[] = {
		{ "magic", PARAVIRQ_REG_MAGIC, PARAVIRQ_MAGIC },
		{ "version", PARAVIRQ_REG_VERSION, PARAVIRQ_VERSION },
		{ "number of lines", PARAVIRQ_REG_NR_LINES, pv->nr_lines },
	};
	unsigned int i;

	lockdep_assert_held(&pv->lock);

	for (i = 0; !pv->dead && i < ARRAY_SIZE(constants); i++) {
		u32 value = paravirq_read(pv, constants[i].reg);

		if (value == constants[i].expected)
			continue;

		dev_err(pv->config.dev, "gone: %s reads %#x, expected %#x\n",
			constants[i].name, value, constants[i].expected);
		pv->dead = true;
	}

	return !pv->dead;
}

/*
 * A hypervisor that does not take what was written is found out here, or one that
 * has taken the controller away. What it answers is compared and printed, no more.
 */
static int paravirq_check_route(struct paravirq *pv, u32 line, u64 wrote)
{
	u64 reads;

	lockdep_assert_held(&pv->lock);

	if (pv->dead)
		return -ENODEV;

	reads = pv->config.ops->read_route(pv->config.ctx, line);
	if ((reads & ~PARAVIRQ_ROUTE_PENDING) == wrote)
		return 0;

	if (!paravirq_alive(pv))
		return -ENODEV;

	dev_err(pv->config.dev, "line %u: route %#llx not taken, it reads %#llx\n",
		line, wrote, reads);

	return -EIO;
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

/* The CPU that the vector domain has chosen, nr_cpu_ids if it has not. */
static unsigned int paravirq_cpu(struct irq_data *d)
{
	return cpumask_first(irq_data_get_effective_affinity_mask(d));
}

/* The APIC id is the physical one of the CPU: irq_cfg::dest_apicid may be logical. */
static u64 paravirq_route_to(struct irq_data *d, unsigned int cpu)
{
	return (u64)cpu_physical_id(cpu) << PARAVIRQ_ROUTE_DEST_SHIFT |
	       PARAVIRQ_ROUTE_ENABLE | irqd_cfg(d)->vector;
}

/* Lead the line to the vector and CPU that the vector domain has chosen. */
static void paravirq_update_route(struct irq_data *d)
{
	struct paravirq *pv = irq_data_get_irq_chip_data(d);
	unsigned long flags;
	u64 route;

	/* No CPU waits for the shutdown vector: leave the line not enabled. */
	if (irqd_cfg(d)->vector == MANAGED_IRQ_SHUTDOWN_VECTOR)
		return;

	route = paravirq_route_to(d, paravirq_cpu(d));

	raw_spin_lock_irqsave(&pv->lock, flags);
	paravirq_write_route(pv, d->hwirq, route |
			     (pv->route[d->hwirq] & PARAVIRQ_ROUTE_MASK));
	raw_spin_unlock_irqrestore(&pv->lock, flags);
}

/*
 * Does the hypervisor lead lines to this CPU? That is tried once, before the first one
 * moves there, with the line masked: what is raised meanwhile is pending until the line
 * has its own route again.
 */
static bool paravirq_reaches(struct irq_data *d, unsigned int cpu)
{
	struct paravirq *pv = irq_data_get_irq_chip_data(d);
	u64 route = paravirq_route_to(d, cpu) | PARAVIRQ_ROUTE_MASK;
	unsigned long flags;
	bool reaches;

	raw_spin_lock_irqsave(&pv->lock, flags);
	reaches = pv->dead || cpumask_test_cpu(cpu, &pv->reachable);
	if (!reaches) {
		pv->config.ops->write_route(pv->config.ctx, d->hwirq, route);
		reaches = !paravirq_check_route(pv, d->hwirq, route);
		if (!pv->dead)
			pv->config.ops->write_route(pv->config.ctx, d->hwirq,
						    pv->route[d->hwirq]);
		if (reaches)
			cpumask_set_cpu(cpu, &pv->reachable);
	}
	raw_spin_unlock_irqrestore(&pv->lock, flags);

	return reaches;
}

/*
 * Where in @mask the vector domain may move the line to, NULL if nowhere. It could not
 * undo a move that the hypervisor refuses, by which the line would be lost.
 */
static const struct cpumask *paravirq_allowed(struct irq_data *d,
					      const struct cpumask *mask)
{
	unsigned int cpu = paravirq_cpu(d);
	const struct cpumask *allowed = NULL;
	bool refused = false;

	/* It stays where it is. */
	if (cpu < nr_cpu_ids && cpu_online(cpu) && cpumask_test_cpu(cpu, mask))
		return mask;

	for_each_cpu_and(cpu, mask, cpu_online_mask) {
		if (!paravirq_reaches(d, cpu))
			refused = true;
		else if (!allowed)
			allowed = cpumask_of(cpu);
	}

	return refused ? allowed : mask;
}

/*
 * Route writes are synchronous: when this one has completed, nothing arrives
 * at the old vector any more, so that it can be cleaned up at once instead of
 * after the next interrupt. An interrupt already in the old CPU's IRR is what
 * vector_schedule_cleanup() waits for.
 */
static int paravirq_set_affinity(struct irq_data *d, const struct cpumask *mask,
				 bool force)
{
	struct irq_data *parent = d->parent_data;
	int ret;

	mask = paravirq_allowed(d, mask);
	if (!mask)
		return -EIO;

	ret = parent->chip->irq_set_affinity(parent, mask, force);
	if (ret < 0 || ret == IRQ_SET_MASK_OK_DONE)
		return ret;

	paravirq_update_route(d);
	vector_schedule_cleanup(irqd_cfg(d));

	return ret;
}

/* A requested line holds the module that serves its registers. */
static int paravirq_request_resources(struct irq_data *d)
{
	struct paravirq *pv = irq_data_get_irq_chip_data(d);
	unsigned long flags;
	int ret = -ENODEV;

	raw_spin_lock_irqsave(&pv->lock, flags);
	if (!pv->dead && try_module_get(pv->config.owner)) {
		__set_bit(d->hwirq, pv->requested);
		ret = 0;
	}
	raw_spin_unlock_irqrestore(&pv->lock, flags);

	return ret;
}

static void paravirq_release_resources(struct irq_data *d)
{
	struct paravirq *pv = irq_data_get_irq_chip_data(d);
	unsigned long flags;

	raw_spin_lock_irqsave(&pv->lock, flags);
	__clear_bit(d->hwirq, pv->requested);
	module_put(pv->config.owner);
	raw_spin_unlock_irqrestore(&pv->lock, flags);
}

static struct irq_chip paravirq_chip = {
	.name			= "PARAVIRQ",
	.irq_ack		= irq_chip_ack_parent,
	.irq_mask		= paravirq_irq_mask,
	.irq_unmask		= paravirq_irq_unmask,
	.irq_retrigger		= irq_chip_retrigger_hierarchy,
	.irq_set_affinity	= paravirq_set_affinity,
	.irq_request_resources	= paravirq_request_resources,
	.irq_release_resources	= paravirq_release_resources,
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
	u32 number = fwspec->param[0], base = pv->config.base;

	if (fwspec->param_count != 2) {
		dev_err(pv->config.dev,
			"interrupt specifier has %d cells, expected 2: line and trigger type\n",
			fwspec->param_count);
		return -EINVAL;
	}

	if (number < base || number - base >= pv->nr_lines) {
		dev_err(pv->config.dev, "line %#x out of range, allowed %#x to %#x\n",
			number, base, base + pv->nr_lines - 1);
		return -EINVAL;
	}

	*hwirq = number - base;
	*type = fwspec->param[1];

	if (*type != IRQ_TYPE_EDGE_RISING) {
		dev_err(pv->config.dev,
			"line %#x: trigger type %u, only rising edge (%u) is supported\n",
			number, *type, IRQ_TYPE_EDGE_RISING);
		return -EINVAL;
	}

	return 0;
}

static int paravirq_map_line(struct irq_domain *domain, unsigned int virq, u32 line)
{
	struct irq_alloc_info info;
	int ret;

	init_irq_alloc_info(&info, NULL);
	ret = irq_domain_alloc_irqs_parent(domain, virq, 1, &info);
	if (ret)
		return ret;

	irq_domain_set_info(domain, virq, line, &paravirq_chip,
			    domain->host_data, handle_edge_irq, NULL, "edge");
	/* Routes change in one synchronous step, in any context. */
	irq_set_status_flags(virq, IRQ_MOVE_PCNTXT);

	return 0;
}

/*
 * Both irq_domains allocate under the mutex of their root: when a module and a
 * consumer in firmware want the same line at once, the second one finds it taken.
 */
static int paravirq_domain_alloc(struct irq_domain *domain, unsigned int virq,
				 unsigned int nr_irqs, void *arg)
{
	struct paravirq *pv = domain->host_data;
	unsigned int type, taken;
	unsigned long hwirq;
	int ret;

	if (nr_irqs != 1)
		return -EINVAL;

	ret = paravirq_domain_translate(domain, arg, &hwirq, &type);
	if (ret)
		return ret;

	taken = irq_find_mapping(pv->unclaimed, hwirq);
	if (taken) {
		dev_err(pv->config.dev, "line %#lx is taken: irq %u of a kernel module has it\n",
			pv->config.base + hwirq, taken);
		return -EEXIST;
	}

	return paravirq_map_line(domain, virq, hwirq);
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
	irq_clear_status_flags(virq, IRQ_MOVE_PCNTXT);
	irq_domain_free_irqs_top(domain, virq, nr_irqs);
}

static int paravirq_domain_activate(struct irq_domain *domain,
				    struct irq_data *d, bool reserve)
{
	struct paravirq *pv = domain->host_data;
	unsigned long flags;
	int ret;

	if (reserve)
		return 0;

	paravirq_update_route(d);

	raw_spin_lock_irqsave(&pv->lock, flags);
	ret = paravirq_check_route(pv, d->hwirq, pv->route[d->hwirq]);
	if (ret)
		paravirq_write_route(pv, d->hwirq, PARAVIRQ_ROUTE_RESET);
	else if (pv->route[d->hwirq] & PARAVIRQ_ROUTE_ENABLE)
		cpumask_set_cpu(paravirq_cpu(d), &pv->reachable);
	raw_spin_unlock_irqrestore(&pv->lock, flags);

	return ret;
}

#ifdef CONFIG_GENERIC_IRQ_DEBUGFS
/* What the hypervisor has; it alone knows what is pending. */
static void paravirq_debug_show_line(struct seq_file *m, struct paravirq *pv,
				     u32 line, int ind)
{
	unsigned long flags;
	u64 route = 0;
	bool dead;

	raw_spin_lock_irqsave(&pv->lock, flags);
	dead = pv->dead;
	if (!dead)
		route = pv->config.ops->read_route(pv->config.ctx, line);
	raw_spin_unlock_irqrestore(&pv->lock, flags);

	seq_printf(m, "%*sline %4u: ", ind, "", line);
	if (dead) {
		seq_puts(m, "the controller is gone\n");
		return;
	}

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

static const struct irq_domain_ops paravirq_domain_ops = {
	.translate	= paravirq_domain_translate,
	.alloc		= paravirq_domain_alloc,
	.free		= paravirq_domain_free,
	.activate	= paravirq_domain_activate,
	.deactivate	= paravirq_domain_deactivate,
#ifdef CONFIG_GENERIC_IRQ_DEBUGFS
	.debug_show	= paravirq_debug_show,
#endif
};

static int paravirq_unclaimed_alloc(struct irq_domain *domain, unsigned int virq,
				    unsigned int nr_irqs, void *arg)
{
	struct paravirq *pv = domain->host_data;
	u32 line = *(u32 *)arg;
	int ret;

	if (irq_find_mapping(pv->domain, line) || irq_find_mapping(domain, line))
		return -EEXIST;

	/* An allocated line holds the module that serves its registers. */
	if (!try_module_get(pv->config.owner))
		return -ENODEV;

	ret = paravirq_map_line(domain, virq, line);
	if (ret) {
		module_put(pv->config.owner);
		return ret;
	}
	irqd_set_trigger_type(irq_get_irq_data(virq), IRQ_TYPE_EDGE_RISING);

	return 0;
}

static void paravirq_unclaimed_free(struct irq_domain *domain, unsigned int virq,
				    unsigned int nr_irqs)
{
	struct paravirq *pv = domain->host_data;

	paravirq_domain_free(domain, virq, nr_irqs);
	module_put(pv->config.owner);
}

static const struct irq_domain_ops paravirq_unclaimed_ops = {
	.alloc		= paravirq_unclaimed_alloc,
	.free		= paravirq_unclaimed_free,
	.activate	= paravirq_domain_activate,
	.deactivate	= paravirq_domain_deactivate,
#ifdef CONFIG_GENERIC_IRQ_DEBUGFS
	.debug_show	= paravirq_debug_show,
#endif
};

static int paravirq_dead_match(struct irq_domain *domain, struct device_node *np,
			       enum irq_domain_bus_token bus_token)
{
	return 0;
}

/*
 * What is left of a controller that was removed under its consumers. Nobody
 * finds it any more: another node may come to have the address of its fwnode.
 */
static const struct irq_domain_ops paravirq_dead_domain_ops = {
	.match		= paravirq_dead_match,
	.free		= paravirq_domain_free,
	.deactivate	= paravirq_domain_deactivate,
};

/*
 * After suspend the routes may be gone, after hibernation those of the kernel
 * that loaded the image are live: write all of them anew, of unused lines too.
 * Not by a reset, which would lose what a controller that kept its state has
 * pending.
 */
VISIBLE_IF_KUNIT void paravirq_resume(void *data)
{
	struct paravirq *pv = data;
	unsigned long flags;
	u32 line;

	raw_spin_lock_irqsave(&pv->lock, flags);
	if (paravirq_alive(pv)) {
		for (line = 0; line < pv->nr_lines; line++)
			pv->config.ops->write_route(pv->config.ctx, line, pv->route[line]);
	}
	raw_spin_unlock_irqrestore(&pv->lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(paravirq_resume);

static const struct syscore_ops paravirq_syscore_ops = {
	.resume = paravirq_resume,
};

/*
 * The controller serves plain GSIs too, if its numbers are nobody else's: neither
 * ISA interrupts, nor the IO-APICs', nor those of a controller before it. Otherwise
 * its lines are for consumers that name it. gsi_top stays as it is, the table of
 * interrupts would grow with it.
 */
static void paravirq_claim_gsis(struct paravirq *pv)
{
	u32 first = pv->config.base, last = first + pv->nr_lines - 1;
	u32 lowest = max_t(u32, gsi_top, NR_IRQS_LEGACY);
	struct paravirq *other;

	if (!first)
		return;

	if (first < lowest) {
		dev_warn(pv->config.dev, "GSIs %#x to %#x not served, allowed from %#x\n",
			 first, last, lowest);
		return;
	}

	list_for_each_entry(other, &paravirq_controllers, node) {
		if (other->has_gsis && other->config.base <= last &&
		    first < other->config.base + other->nr_lines) {
			dev_warn(pv->config.dev, "GSIs %#x to %#x not served, %s has some of them\n",
				 first, last, dev_name(other->config.dev));
			return;
		}
	}

	pv->has_gsis = true;
}

static int paravirq_create_domains(struct paravirq *pv)
{
	struct device *dev = pv->config.dev;
	struct fwnode_handle *fwnode;

	/* A node of its own, which no firmware knows. */
	fwnode = irq_domain_alloc_named_fwnode(dev_name(dev));
	if (!fwnode)
		return -ENOMEM;

	pv->unclaimed = irq_domain_create_hierarchy(x86_vector_domain, 0, 0, fwnode,
						    &paravirq_unclaimed_ops, pv);
	if (!pv->unclaimed)
		goto free_fwnode;

	/* The last step: from here the controller is found. */
	pv->domain = irq_domain_create_hierarchy(x86_vector_domain, 0, pv->nr_lines,
						 dev_fwnode(dev),
						 &paravirq_domain_ops, pv);
	if (!pv->domain)
		goto remove_unclaimed;

	return 0;

remove_unclaimed:
	irq_domain_remove(pv->unclaimed);
free_fwnode:
	irq_domain_free_fwnode(fwnode);
	return -ENOMEM;
}

/**
 * paravirq_create() - bring a controller up and give it an irq_domain
 * @config: the controller; copied
 *
 * Checks magic, version and number of lines, resets the controller and creates
 * the irq_domain of @config->dev's fwnode. From then on consumers can map and
 * request lines; where @config->base is not taken, its numbers are GSIs as well.
 * What is wrong is logged with the value that was read.
 *
 * Context: Process context, may sleep.
 * Return: the controller, or an ERR_PTR(): -ENODEV if the registers do not
 *	   carry the magic, -EPROTONOSUPPORT for an unknown version, -EINVAL if
 *	   the number of lines is out of range or exceeds the register window,
 *	   -EEXIST if the fwnode has an irq_domain already, -ENOMEM.
 */
struct paravirq *paravirq_create(const struct paravirq_config *config)
{
	struct device *dev = config->dev;
	struct paravirq *pv;
	u32 magic, version, nr_lines, line;
	int ret;

	guard(mutex)(&paravirq_mutex);

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

	if (paravirq_find(dev_fwnode(dev)))
		return dev_err_ptr_probe(dev, -EEXIST, "the node has a controller already\n");

	pv = kzalloc(struct_size(pv, route, nr_lines), GFP_KERNEL);
	if (!pv)
		return ERR_PTR(-ENOMEM);

	pv->nr_lines = nr_lines;
	pv->config = *config;
	raw_spin_lock_init(&pv->lock);
	for (line = 0; line < nr_lines; line++)
		pv->route[line] = PARAVIRQ_ROUTE_RESET;

	paravirq_write(pv, PARAVIRQ_REG_CONTROL, PARAVIRQ_CONTROL_RESET);

	ret = paravirq_create_domains(pv);
	if (ret) {
		kfree(pv);
		return ERR_PTR(ret);
	}

	paravirq_claim_gsis(pv);
	list_add_tail(&pv->node, &paravirq_controllers);
	get_device(dev);
	pv->syscore.ops = &paravirq_syscore_ops;
	pv->syscore.data = pv;
	register_syscore(&pv->syscore);

	dev_info(dev, "version %u, %u lines from %#x, %s, parent %s\n", version,
		 nr_lines, config->base, config->ops->name,
		 pv->domain->parent->name);

	return pv;
}
EXPORT_SYMBOL_GPL(paravirq_create);

/*
 * Make a platform device forget that its interrupt was resolved. An ACPI
 * consumer keeps the Linux interrupt in its resources; bound again after the
 * mapping is gone, it would take whatever interrupt has that number by then.
 */
static int paravirq_forget_irq(struct device *dev, void *data)
{
	struct platform_device *pdev = to_platform_device(dev);
	unsigned int *virq = data, i;

	for (i = 0; i < pdev->num_resources; i++) {
		struct resource *r = &pdev->resource[i];

		if (resource_type(r) == IORESOURCE_IRQ && r->start == *virq &&
		    !(r->flags & IORESOURCE_DISABLED))
			irqresource_disabled(r, 0);
	}

	return 0;
}

/**
 * paravirq_destroy() - take a controller down
 * @pv: the controller; invalid afterwards
 *
 * Resets the controller, disposes of all mappings and removes the irq_domains.
 * Lines that are requested or allocated hold the owner module, so that there are
 * none unless the device itself went away (ACPI hot removal). Who registered a GSI
 * has its interrupt for good. If there are such lines, one error names them, and
 * irq_domains and mappings stay behind, cut off from the registers and from new
 * consumers, until the last driver has gone; that memory is never freed.
 *
 * Context: Process context, may sleep. The registers are not touched any more
 *	    once this returns.
 */
void paravirq_destroy(struct paravirq *pv)
{
	struct fwnode_handle *fwnode = pv->unclaimed->fwnode;
	DECLARE_BITMAP(in_use, PARAVIRQ_MAX_LINES);
	unsigned int virq;
	unsigned long flags;
	u32 line;

	guard(mutex)(&paravirq_mutex);

	/* From here no line can be requested and no register is accessed. */
	paravirq_shutdown(pv);
	list_del(&pv->node);

	unregister_syscore(&pv->syscore);

	/*
	 * Who releases the last line at this moment has let go of the lock, too. A
	 * chained handler requests no line, it only has it enabled.
	 */
	raw_spin_lock_irqsave(&pv->lock, flags);
	bitmap_or(in_use, pv->requested, pv->registered, pv->nr_lines);
	for (line = 0; line < pv->nr_lines; line++) {
		if (pv->route[line] & PARAVIRQ_ROUTE_ENABLE)
			__set_bit(line, in_use);
	}
	raw_spin_unlock_irqrestore(&pv->lock, flags);

	for (line = 0; line < pv->nr_lines; line++) {
		if (irq_find_mapping(pv->unclaimed, line))
			__set_bit(line, in_use);
		virq = irq_find_mapping(pv->domain, line);
		if (virq)
			bus_for_each_dev(&platform_bus_type, NULL, &virq,
					 paravirq_forget_irq);
	}

	if (!bitmap_empty(in_use, pv->nr_lines)) {
		dev_err(pv->config.dev, "removed while lines %*pbl are in use: they are dead now\n",
			pv->nr_lines, in_use);
		pv->domain->ops = &paravirq_dead_domain_ops;
		return;
	}

	for (line = 0; line < pv->nr_lines; line++) {
		virq = irq_find_mapping(pv->domain, line);
		if (virq)
			irq_dispose_mapping(virq);
	}

	irq_domain_remove(pv->domain);
	irq_domain_remove(pv->unclaimed);
	irq_domain_free_fwnode(fwnode);
	put_device(pv->config.dev);
	kfree(pv);
}
EXPORT_SYMBOL_GPL(paravirq_destroy);

/**
 * paravirq_shutdown() - silence a controller for good
 * @pv: the controller
 *
 * Resets it and touches it no more: a kernel started by kexec finds it quiet.
 *
 * Context: Any context.
 */
void paravirq_shutdown(struct paravirq *pv)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&pv->lock, flags);
	if (!pv->dead)
		paravirq_write(pv, PARAVIRQ_REG_CONTROL, PARAVIRQ_CONTROL_RESET);
	pv->dead = true;
	raw_spin_unlock_irqrestore(&pv->lock, flags);
}
EXPORT_SYMBOL_GPL(paravirq_shutdown);

/**
 * paravirq_find() - look a controller up by its firmware node
 * @fwnode: the node
 *
 * Context: Process context, may sleep. paravirq_mutex is held, and for as long
 *	    as the result is used: it keeps the controller from being destroyed.
 * Return: the controller, or NULL if @fwnode is none that is up.
 */
struct paravirq *paravirq_find(struct fwnode_handle *fwnode)
{
	struct irq_domain *domain = irq_find_matching_fwnode(fwnode, DOMAIN_BUS_ANY);

	return domain && domain->ops == &paravirq_domain_ops ? domain->host_data : NULL;
}

/**
 * paravirq_find_gsi() - look a controller up by a GSI
 * @gsi: the GSI
 *
 * Context: As paravirq_find().
 * Return: the controller that owns @gsi, or NULL.
 */
struct paravirq *paravirq_find_gsi(u32 gsi)
{
	struct paravirq *pv;

	lockdep_assert_held(&paravirq_mutex);

	list_for_each_entry(pv, &paravirq_controllers, node) {
		if (pv->has_gsis && gsi >= pv->config.base &&
		    gsi - pv->config.base < pv->nr_lines)
			return pv;
	}

	return NULL;
}

/**
 * paravirq_gsi_fwnode() - the firmware node that a GSI belongs to
 * @gsi: the GSI
 *
 * Context: Process context, may sleep; takes paravirq_mutex.
 * Return: the node of the controller that owns @gsi, or NULL.
 */
struct fwnode_handle *paravirq_gsi_fwnode(u32 gsi)
{
	struct paravirq *pv;

	guard(mutex)(&paravirq_mutex);
	pv = paravirq_find_gsi(gsi);

	return pv ? dev_fwnode(pv->config.dev) : NULL;
}

/**
 * paravirq_register_gsi() - map the line that a GSI is
 * @gsi: the GSI
 * @type: IRQ_TYPE_EDGE_RISING, nothing else is served
 *
 * All who register a GSI share its mapping, which lasts as long as the controller:
 * unregistering it does nothing.
 *
 * Context: Process context, may sleep; takes paravirq_mutex, so that the
 *	    controller stays.
 * Return: the Linux interrupt number, -ENOENT if no controller owns @gsi, or
 *	   -EINVAL, with an error logged, if the line cannot be had so.
 */
int paravirq_register_gsi(u32 gsi, unsigned int type)
{
	struct irq_fwspec fwspec = {
		.param_count = 2,
		.param = { gsi, type },
	};
	struct paravirq *pv;
	unsigned int virq;

	guard(mutex)(&paravirq_mutex);
	pv = paravirq_find_gsi(gsi);
	if (!pv)
		return -ENOENT;

	fwspec.fwnode = dev_fwnode(pv->config.dev);
	virq = irq_create_fwspec_mapping(&fwspec);
	if (!virq)
		return -EINVAL;

	__set_bit(gsi - pv->config.base, pv->registered);

	return virq;
}

/**
 * paravirq_dev() - the device of a controller
 * @pv: the controller
 *
 * Return: the device, without a reference of its own.
 */
struct device *paravirq_dev(struct paravirq *pv)
{
	return pv->config.dev;
}
EXPORT_SYMBOL_GPL(paravirq_dev);

/**
 * paravirq_base() - the number by which firmware names line 0
 * @pv: the controller
 *
 * Return: ACPI's _GSB, or 0.
 */
u32 paravirq_base(struct paravirq *pv)
{
	return pv->config.base;
}
EXPORT_SYMBOL_GPL(paravirq_base);

/**
 * paravirq_nr_lines() - the number of lines of a controller
 * @pv: the controller
 *
 * Return: 1 to PARAVIRQ_MAX_LINES.
 */
u32 paravirq_nr_lines(struct paravirq *pv)
{
	return pv->nr_lines;
}
EXPORT_SYMBOL_GPL(paravirq_nr_lines);

/**
 * paravirq_get_line() - state of one line, without asking the hypervisor
 * @pv: the controller
 * @line: the line, below paravirq_nr_lines()
 * @info: where it is put
 *
 * Context: Process context, paravirq_mutex held.
 */
void paravirq_get_line(struct paravirq *pv, u32 line, struct paravirq_line *info)
{
	struct irq_data *d;
	unsigned long flags;

	info->virq = irq_find_mapping(pv->unclaimed, line);
	info->allocated = info->virq;
	if (!info->allocated)
		info->virq = irq_find_mapping(pv->domain, line);
	d = info->virq ? irq_get_irq_data(info->virq) : NULL;
	info->cpu = d ? cpumask_first(irq_data_get_effective_affinity_mask(d)) : 0;

	raw_spin_lock_irqsave(&pv->lock, flags);
	info->requested = test_bit(line, pv->requested);
	info->route = pv->route[line];
	raw_spin_unlock_irqrestore(&pv->lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(paravirq_get_line);

/**
 * paravirq_trigger() - have the hypervisor raise a line as its device would
 * @pv: the controller
 * @line: the line, below paravirq_nr_lines()
 *
 * The handlers of the line run, though no device has anything for them.
 *
 * Context: Any context.
 */
void paravirq_trigger(struct paravirq *pv, u32 line)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&pv->lock, flags);
	if (!pv->dead)
		paravirq_write(pv, PARAVIRQ_REG_TRIGGER, line);
	raw_spin_unlock_irqrestore(&pv->lock, flags);
}

static bool paravirq_is_dead(struct paravirq *pv)
{
	unsigned long flags;
	bool dead;

	raw_spin_lock_irqsave(&pv->lock, flags);
	dead = pv->dead;
	raw_spin_unlock_irqrestore(&pv->lock, flags);

	return dead;
}

static int paravirq_alloc_line(struct paravirq *pv, u32 line,
			       const unsigned long *claimed)
{
	if (test_bit(line, claimed))
		return -EEXIST;

	return irq_domain_alloc_irqs(pv->unclaimed, 1, NUMA_NO_NODE, &line);
}

/**
 * paravirq_alloc_irq() - get a line that no firmware node claims
 * @intc: firmware node of the controller; NULL: the one that came up first
 * @line: the line, counted from 0, or PARAVIRQ_ANY_LINE
 *
 * For a kernel module that the hypervisor interrupts without a device of its own
 * in ACPI or a device tree. The result is for request_irq(); the module tells the
 * hypervisor which line it is (paravirq_irq_line()), and no more: vector and CPU
 * are told by the controller, whenever they change. enable_irq() and disable_irq()
 * are how the hypervisor is asked to start and stop.
 *
 * The firmware is searched for claims each time, those of devices without a driver
 * included. Any line is a high one: firmware that is loaded later mostly has low
 * ones. If it claims the line nevertheless, its consumer fails with an error that
 * says so.
 *
 * Context: Process context, may sleep; takes paravirq_mutex and runs AML.
 * Return: the Linux interrupt number, -ENODEV if there is no such controller or it
 *	   is gone, -EINVAL if @line is out of range, -EEXIST if it is taken: claimed
 *	   or mapped for a firmware node, or allocated; -ENOSPC if no line is free,
 *	   -ENOMEM. What is wrong with @line is logged.
 */
int paravirq_alloc_irq(struct fwnode_handle *intc, u32 line)
{
	unsigned long *claimed __free(bitmap) = NULL;
	struct paravirq *pv;
	int ret;

	/*
	 * Against paravirq_destroy(), and between claims and allocation. A consumer in
	 * firmware that was not there when claims were looked up takes no notice of
	 * it: paravirq_unclaimed_alloc() looks again.
	 */
	guard(mutex)(&paravirq_mutex);

	pv = intc ? paravirq_find(intc) :
		    list_first_entry_or_null(&paravirq_controllers, struct paravirq, node);
	if (!pv || paravirq_is_dead(pv))
		return -ENODEV;

	if (line >= pv->nr_lines && line != PARAVIRQ_ANY_LINE) {
		dev_err(pv->config.dev, "line %u out of range, allowed 0 to %u\n",
			line, pv->nr_lines - 1);
		return -EINVAL;
	}

	claimed = bitmap_zalloc(pv->nr_lines, GFP_KERNEL);
	if (!claimed)
		return -ENOMEM;

	ret = pv->config.claims(pv, claimed);
	if (ret)
		return ret;

	if (line != PARAVIRQ_ANY_LINE) {
		ret = paravirq_alloc_line(pv, line, claimed);
		if (ret == -EEXIST)
			dev_err(pv->config.dev, "line %u is taken by a %s\n", line,
				irq_find_mapping(pv->unclaimed, line) ? "kernel module" :
									"firmware node");
		return ret;
	}

	for (line = pv->nr_lines; line--; ) {
		ret = paravirq_alloc_line(pv, line, claimed);
		if (ret != -EEXIST)
			return ret;
	}

	dev_err(pv->config.dev, "none of %u lines is free\n", pv->nr_lines);
	return -ENOSPC;
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

	return d && d->chip == &paravirq_chip ? d->hwirq : -EINVAL;
}
EXPORT_SYMBOL_GPL(paravirq_irq_line);

/**
 * paravirq_free_irq() - give a line back
 * @virq: what paravirq_alloc_irq() returned, after free_irq()
 *
 * Works as well when the controller has gone meanwhile. An interrupt that is still
 * requested, or was not allocated, stays as it is, with one warning.
 *
 * Context: Process context, may sleep; takes paravirq_mutex.
 */
void paravirq_free_irq(unsigned int virq)
{
	struct irq_data *d;
	struct paravirq *pv;
	unsigned long flags;
	bool requested;

	/* Of two calls for one interrupt the second one finds it gone. */
	guard(mutex)(&paravirq_mutex);

	d = irq_get_irq_data(virq);
	if (!d || !d->domain || d->domain->ops != &paravirq_unclaimed_ops) {
		pr_warn("irq %u not freed: it is not from paravirq_alloc_irq()\n", virq);
		return;
	}

	pv = d->domain->host_data;
	raw_spin_lock_irqsave(&pv->lock, flags);
	requested = test_bit(d->hwirq, pv->requested);
	raw_spin_unlock_irqrestore(&pv->lock, flags);
	if (requested) {
		dev_warn(pv->config.dev, "irq %u not freed: line %lu is still requested\n",
			 virq, d->hwirq);
		return;
	}

	irq_domain_free_irqs(virq, 1);
}
EXPORT_SYMBOL_GPL(paravirq_free_irq);
