// SPDX-License-Identifier: GPL-2.0
/*
 * Boot-time validation of what the firmware says about paravirq lines.
 *
 * Driver and resolver log each error where it occurs; this file tells the whole
 * story once deferred probing has settled, and again whenever debugfs
 * paravirq/validate is read. It walks the devices of ACPI and the platform
 * devices of a device tree, reports each interrupt whose source or GSI is a paravirq
 * controller's, and as a problem what keeps one from its device. With
 * paravirq.selftest=1 each requested line is raised once at boot and the
 * interrupt is waited for; the consumers' handlers run. Nobody calls this file; it asks
 * ACPI, OF and the irq_domain core (arch/x86/kernel/apic/paravirq.c).
 *
 * Copyright (C) 2026 The paravirq authors
 */

#undef pr_fmt
#define pr_fmt(fmt) "paravirq: validation: " fmt

#include <linux/acpi.h>
#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/iopoll.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/kernel_stat.h>
#include <linux/moduleparam.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/xarray.h>

#include <asm/io_apic.h>
#include <asm/irq_vectors.h>
#include <asm/paravirq.h>

#include <uapi/linux/paravirq.h>

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "paravirq."

static bool selftest;
module_param(selftest, bool, 0444);
MODULE_PARM_DESC(selftest, "Raise each requested line once at boot");

#define SELFTEST_TIMEOUT_MS	2000

/* One walk over the devices. */
struct validation {
	/* Where to write, or NULL for the kernel log */
	struct seq_file *m;
	bool selftest;
	/* Who was seen to claim a line, by the address of its route, to find the second one */
	struct xarray claims;
	/* The device being looked at, its next interrupt, as many of its names as fit */
	struct device *dev;
	unsigned int index;
	const char *names[16];
	unsigned int nr_names;
	/* It is counted; in ACPI: it is not enumerated yet; it has its interrupts as GSIs alone */
	bool consumer, waits, gsis_alone;
	unsigned int lines, consumers, problems;
};

/* Of nothing in particular, or of the current interrupt; a problem is counted. */
enum about { GENERAL, INTERRUPT, PROBLEM };

static __printf(3, 4) void say(struct validation *v, enum about what, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	char where[96] = "";
	va_list args;

	v->problems += what == PROBLEM;
	if (what != GENERAL)
		snprintf(where, sizeof(where), "%s%s interrupt %u%s%.16s: ",
			 what == PROBLEM ? "problem: " : "", dev_name(v->dev), v->index,
			 v->index < v->nr_names ? " " : "",
			 v->index < v->nr_names ? v->names[v->index] : "");
	va_start(args, fmt);
	vaf.va = &args;
	if (v->m)
		seq_printf(v->m, "%s%pV\n", where, &vaf);
	else if (what == PROBLEM)
		pr_err("%s%pV\n", where, &vaf);
	else
		pr_info("%s%pV\n", where, &vaf);
	va_end(args);
}

/* The device that claimed the line before, or NULL if @v->dev is the first. */
static struct device *claim_line(struct validation *v, struct paravirq *pv, u32 line)
{
	unsigned long key = (unsigned long)&pv->route[line] / sizeof(pv->route[line]);
	struct device *other = xa_load(&v->claims, key);

	if (!other && !xa_err(xa_store(&v->claims, key, v->dev, GFP_KERNEL)))
		get_device(v->dev);

	return other;
}

/* Has the hypervisor raise the line as its device would. */
static void selftest_line(struct validation *v, struct paravirq *pv, u32 line, unsigned int virq)
{
	unsigned int now, before = kstat_irqs_usr(virq);
	const char *name = dev_name(pv->config.dev);

	scoped_guard(raw_spinlock_irqsave, &pv->lock) {
		if (!pv->off)
			pv->config.ops->write(pv->config.ctx, PARAVIRQ_REG_TRIGGER, line);
	}

	if (read_poll_timeout(kstat_irqs_usr, now, now != before, USEC_PER_MSEC,
			      SELFTEST_TIMEOUT_MS * USEC_PER_MSEC, false, virq))
		say(v, PROBLEM, "selftest: %s line %u irq %u: no interrupt in %d ms", name,
		    line, virq, SELFTEST_TIMEOUT_MS);
	else
		say(v, GENERAL, "selftest: %s line %u irq %u: passed", name, line, virq);
}

/* @v->dev has one more interrupt on paravirq. */
static void count_line(struct validation *v)
{
	v->lines++;
	v->consumers += !v->consumer;
	v->consumer = true;
}

/* Its driver has said why, or is a module that may still be loaded. */
static void validate_absent(struct validation *v, const char *source, u32 number)
{
	bool waits = !driver_find("paravirq", &platform_bus_type);

	count_line(v);
	say(v, waits ? INTERRUPT : PROBLEM, "source '%s' of %#x is a controller that %s",
	    source, number, waits ? "waits for its driver, a module" : "is not up");
}

/* One interrupt of @v->dev whose source is @pv. */
static void validate_line(struct validation *v, struct paravirq *pv, u32 number, unsigned int type)
{
	u32 base = pv->config.base, line = number - base;
	const char *name = dev_name(pv->config.dev);
	char where[32] = "vector - cpu -";
	struct device *other;
	struct irq_data *d;
	unsigned int virq;
	bool enabled;
	u64 route;

	/* There may be thousands, and each is printed. */
	cond_resched();
	count_line(v);

	if (line >= pv->nr_lines) {
		say(v, PROBLEM, "number %#x of %s out of range, allowed %#x to %#x", number,
		    name, base, base + pv->nr_lines - 1);
		return;
	}

	if (type != IRQ_TYPE_EDGE_RISING)
		say(v, PROBLEM, "number %#x of %s: trigger type %u, allowed is %u, rising edge",
		    number, name, type, IRQ_TYPE_EDGE_RISING);

	other = claim_line(v, pv, line);
	if (other)
		say(v, PROBLEM, "number %#x of %s is claimed by %s too", number, name,
		    dev_name(other));

	if (paravirq_is_module_line(pv, line))
		say(v, PROBLEM, "number %#x of %s is kept for kernel modules", number, name);

	virq = irq_find_mapping(pv->domain, line);
	route = READ_ONCE(pv->route[line]);
	/* Its consumer may dispose of the mapping meanwhile. */
	scoped_guard(rcu) {
		d = virq ? irq_get_irq_data(virq) : NULL;
		if (d && route & PARAVIRQ_ROUTE_ENABLE)
			snprintf(where, sizeof(where), "vector %llu cpu %u",
				 route & PARAVIRQ_ROUTE_VECTOR,
				 cpumask_first(irq_data_get_effective_affinity_mask(d)));
		enabled = d && irq_has_action(virq) && !irqd_irq_disabled(d);
	}

	say(v, v->waits ? PROBLEM : INTERRUPT, "%s line %u irq %u %s, driver %s", name, line,
	    virq, where, v->waits ? "waits for another device, by _DEP" :
	    device_is_bound(v->dev) ? dev_driver_string(v->dev) : "not bound");

	/* A disabled interrupt would stay pending instead of being counted. */
	if (v->selftest && enabled)
		selftest_line(v, pv, line, virq);
	else if (v->selftest)
		say(v, GENERAL, "selftest: %s line %u is not enabled: not raised", name, line);
}

static void validate_device(struct validation *v, struct device *dev)
{
	v->dev = dev;
	v->index = 0;
	v->nr_names = max(0, device_property_read_string_array(dev, "interrupt-names", v->names,
							       ARRAY_SIZE(v->names)));
	v->consumer = false;
}

#ifdef CONFIG_ACPI
/*
 * The controller that an Interrupt() of ACPI leads to, or NULL. Whose source is no
 * known controller's is a GSI, as in drivers/acpi/resource.c.
 */
static struct paravirq *validate_source(struct validation *v,
					const struct acpi_resource_source *source,
					u32 number)
{
	struct paravirq *pv = paravirq_find_gsi(number);
	const char *path = source->string_ptr;
	struct acpi_device *adev;
	acpi_handle handle;

	if (!acpi_irq_source_is_controller(source)) {
		if (!source->string_length && pv)
			return pv;
		if (pv || (number >= max_t(u32, gsi_top, NR_IRQS_LEGACY) && paravirq_find(NULL)))
			say(v, PROBLEM, "number %#x with source '%s' is no interrupt controller's",
			    number, source->string_length ? path : "");
		return NULL;
	}

	if (ACPI_FAILURE(acpi_get_handle(NULL, path, &handle)))
		return NULL;

	adev = acpi_get_acpi_dev(handle);
	pv = adev ? paravirq_find(acpi_fwnode_handle(adev)) : NULL;
	if (!pv) {
		validate_absent(v, path, number);
	} else if (v->gsis_alone || adev->handle != handle) {
		say(v, PROBLEM, "source '%s' of %#x %s", path, number, v->gsis_alone ?
		    "is not looked at: its device takes GSIs alone" : "is an alias");
		pv = NULL;
	}
	acpi_dev_put(adev);

	return pv;
}

static acpi_status validate_acpi_resource(struct acpi_resource *ares, void *data)
{
	struct acpi_resource_extended_irq *irq = &ares->data.extended_irq;
	struct validation *v = data;
	struct paravirq *pv;
	unsigned int i;

	if (ares->type == ACPI_RESOURCE_TYPE_IRQ)
		v->index += ares->data.irq.interrupt_count;
	if (ares->type != ACPI_RESOURCE_TYPE_EXTENDED_IRQ)
		return AE_OK;

	for (i = 0; i < irq->interrupt_count; i++, v->index++) {
		pv = validate_source(v, &irq->resource_source, irq->interrupts[i]);
		if (pv)
			validate_line(v, pv, irq->interrupts[i],
				      acpi_dev_get_irq_type(irq->triggering,
							    irq->polarity));
	}

	return AE_OK;
}

/* An MFD child shares the node of its parent: only the first device speaks for a node. */
static int validate_acpi_device(struct device *dev, void *data)
{
	struct acpi_device *adev = to_acpi_device(dev);
	struct acpi_device_physical_node *first;
	struct validation *v = data;
	struct device *physical = NULL;

	/* A device that goes meanwhile leaves the list first. */
	scoped_guard(mutex, &adev->physical_node_lock) {
		first = list_first_entry_or_null(&adev->physical_node_list,
						 struct acpi_device_physical_node, node);
		if (first)
			physical = get_device(first->dev);
	}
	v->waits = !physical && adev->status.present && !acpi_dev_ready_for_enumeration(adev);
	if (v->waits)
		physical = get_device(dev);

	if (physical) {
		validate_device(v, physical);
		/* PNP's and the Generic Event Device */
		v->gsis_alone = !v->waits && (!dev_is_platform(physical) ||
					      acpi_dev_hid_uid_match(adev, "ACPI0013", NULL));
		acpi_walk_resources(adev->handle, METHOD_NAME__CRS,
				    validate_acpi_resource, v);
		put_device(physical);
	}

	return 0;
}

static void validate_acpi(struct validation *v)
{
	acpi_bus_for_each_dev(validate_acpi_device, v);
}
#else
static void validate_acpi(struct validation *v) { }
#endif

static int validate_of_device(struct device *dev, void *data)
{
	struct validation *v = data;
	struct of_phandle_args args;
	struct paravirq *pv;

	if (!dev->of_node || dev_of_node_reused(dev))
		return 0;

	validate_device(v, dev);
	for (; !of_irq_parse_one(dev->of_node, v->index, &args); v->index++) {
		pv = paravirq_find(of_fwnode_handle(args.np));
		if (pv && args.args_count == 2)
			validate_line(v, pv, args.args[0], args.args[1]);
		else if (pv)
			say(v, PROBLEM, "specifier has %d cells, expected 2", args.args_count);
		else if (of_device_is_compatible(args.np, "paravirq,intc"))
			validate_absent(v, of_node_full_name(args.np), args.args[0]);
		of_node_put(args.np);
	}

	if (of_property_present(dev->of_node, "interrupts-extended") ?
	    of_count_phandle_with_args(dev->of_node, "interrupts-extended",
				       "#interrupt-cells") != v->index :
	    !v->index && of_property_present(dev->of_node, "interrupts"))
		say(v, PROBLEM, "specifier cannot be read, or its interrupt-parent is missing");

	return 0;
}

static void validate(struct seq_file *m, bool selftest)
{
	struct validation v = { .m = m, .selftest = selftest };
	struct device *dev;
	unsigned long key;

	xa_init(&v.claims);
	validate_acpi(&v);
	bus_for_each_dev(&platform_bus_type, NULL, &v, validate_of_device);
	xa_for_each(&v.claims, key, dev)
		put_device(dev);
	xa_destroy(&v.claims);

	say(&v, GENERAL, "%u lines, %u consumers, %u problems", v.lines, v.consumers, v.problems);
}

static int validate_show(struct seq_file *m, void *unused)
{
	validate(m, false);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(validate);

/*
 * Deferred probing has its last turn at late_initcall; what has not bound by
 * then, and does not wait for a module, will not.
 */
static int __init validate_init(void)
{
	debugfs_create_file("validate", 0400, debugfs_create_dir("paravirq", NULL),
			    NULL, &validate_fops);

	wait_for_device_probe();
	validate(NULL, selftest);

	return 0;
}
late_initcall_sync(validate_init);
