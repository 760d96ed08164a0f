// SPDX-License-Identifier: GPL-2.0
/*
 * paravirq lines for the devices of a stock kernel, whose ACPI knows no ResourceSource.
 *
 * Such a kernel takes the number in an Interrupt() for a GSI: a platform device is made
 * with an interrupt that is disabled, or somebody else's. A notifier of the platform bus
 * corrects that before the driver's probe, for each interrupt whose source is a
 * controller that is up, and what has bound before its controller came is probed anew.
 * Drivers find their lines by platform_get_irq() and platform_get_irq_byname() then.
 *
 * With the irq_domain core (arch/x86/kernel/apic/paravirq.c), the driver
 * (drivers/irqchip/irq-paravirq.c) and the validation this is the module "paravirq", built
 * out of tree only. The driver core calls the notifier; a patched kernel needs none.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/acpi.h>
#include <linux/device.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/workqueue.h>

#include <asm/paravirq.h>

static const struct acpi_device_id paravirq_ids[] = {
	{ "PVIQ0001" },
	{ }
};

/* One walk over the interrupts of a device. */
struct consumer {
	struct platform_device *pdev;
	/* Correct them, or only look */
	bool correct;
	/* The next one; as many of its names as fit */
	unsigned int index;
	const char *names[16];
	int nr_names;
	unsigned int wrong;
};

/* Does it say that its number is not a GSI? */
bool acpi_irq_source_is_controller(const struct acpi_resource_source *source)
{
	struct acpi_device *adev;
	acpi_handle handle;

	if (!source->string_length ||
	    ACPI_FAILURE(acpi_get_handle(NULL, source->string_ptr, &handle)))
		return false;

	adev = acpi_fetch_acpi_dev(handle);

	return adev && !acpi_match_device_ids(adev, paravirq_ids);
}

/* The controller, if it is up; an alias is none. */
static struct paravirq *source_controller(const struct acpi_resource_source *source)
{
	struct acpi_device *adev;
	acpi_handle handle;

	if (!acpi_irq_source_is_controller(source) ||
	    ACPI_FAILURE(acpi_get_handle(NULL, source->string_ptr, &handle)))
		return NULL;

	adev = acpi_fetch_acpi_dev(handle);

	return adev->handle == handle ? paravirq_find(acpi_fwnode_handle(adev)) : NULL;
}

/**
 * paravirq_lowest_number() - where the numbers of controllers begin
 *
 * Stands for the end of the IO-APICs' GSIs, which no module can ask for.
 *
 * Context: Process context, may sleep; takes paravirq_mutex.
 * Return: the lowest number of a line, of the controllers that have a _GSB.
 */
u32 paravirq_lowest_number(void)
{
	struct paravirq *pv;
	u32 lowest = U32_MAX;

	guard(mutex)(&paravirq_mutex);

	list_for_each_entry(pv, &paravirq_controllers, node) {
		if (pv->config.base)
			lowest = min(lowest, pv->config.base);
	}

	return lowest;
}

/* The resource of the current interrupt is to be that of a line of @pv. */
static void check_interrupt(struct consumer *c, struct paravirq *pv, u32 number,
			    const struct acpi_resource_extended_irq *irq)
{
	struct resource *res = platform_get_resource(c->pdev, IORESOURCE_IRQ, c->index);
	struct irq_fwspec fwspec = {
		.fwnode		= dev_fwnode(pv->config.dev),
		.param_count	= 2,
		.param		= { number, acpi_dev_get_irq_type(irq->triggering, irq->polarity) },
	};
	bool disabled;
	u32 virq;

	if (!res)
		return;

	/* Says what is wrong with it; nothing is gained by another probe then. */
	virq = irq_create_fwspec_mapping(&fwspec);
	disabled = res->flags & IORESOURCE_DISABLED;
	if (!virq || (res->start == virq && !disabled))
		return;

	c->wrong++;
	if (!c->correct)
		return;

	/* Without an IO-APIC it is the number of no interrupt at all. */
	if (!disabled && irq_get_irq_data(number))
		dev_warn(&c->pdev->dev,
			 "interrupt %u: number %#x was taken for a GSI, lines of %s have to be above those of all IO-APICs\n",
			 c->index, number, dev_name(pv->config.dev));

	/* Only now: a driver that asks by name is given a disabled one as well. */
	if (c->index < c->nr_names)
		res->name = c->names[c->index];
	res->start = virq;
	res->end = virq;
	res->flags = IORESOURCE_IRQ | acpi_dev_irq_flags(irq->triggering, irq->polarity,
							 irq->shareable, irq->wake_capable);
}

/* Interrupts are counted as drivers/acpi/resource.c counts them. */
static acpi_status check_resource(struct acpi_resource *ares, void *data)
{
	struct acpi_resource_extended_irq *irq = &ares->data.extended_irq;
	struct consumer *c = data;
	struct paravirq *pv;
	unsigned int i;

	if (ares->type == ACPI_RESOURCE_TYPE_IRQ)
		c->index += ares->data.irq.interrupt_count;
	if (ares->type != ACPI_RESOURCE_TYPE_EXTENDED_IRQ)
		return AE_OK;

	pv = source_controller(&irq->resource_source);
	for (i = 0; i < irq->interrupt_count; i++, c->index++) {
		if (pv)
			check_interrupt(c, pv, irq->interrupts[i], irq);
	}

	return AE_OK;
}

/* How many interrupts of a device are not what its firmware node says. */
static unsigned int check_device(struct device *dev, bool correct)
{
	struct acpi_device *adev = ACPI_COMPANION(dev);
	struct consumer c = {
		.pdev		= to_platform_device(dev),
		.correct	= correct,
	};

	/* An MFD child shares the node of its parent, but has resources of its own. */
	if (!adev || acpi_get_first_physical_node(adev) != dev)
		return 0;

	c.nr_names = device_property_read_string_array(dev, "interrupt-names", c.names,
						       ARRAY_SIZE(c.names));
	acpi_walk_resources(adev->handle, METHOD_NAME__CRS, check_resource, &c);

	return c.wrong;
}

/*
 * A device that is being probed while its controller comes is let go as well, once it is
 * bound: really_probe() sets dev->driver before it calls the notifier.
 */
static int reprobe_device(struct device *dev, void *unused)
{
	int ret;

	if (!check_device(dev, false))
		return 0;

	if (dev->driver)
		dev_info(dev, "is bound anew, its interrupt controller has come up\n");

	ret = device_reprobe(dev);
	if (ret)
		dev_dbg(dev, "cannot be bound anew: %d\n", ret);

	return 0;
}

static void reprobe_all(struct work_struct *work)
{
	bus_for_each_dev(&platform_bus_type, NULL, NULL, reprobe_device);
}

static DECLARE_WORK(reprobe_work, reprobe_all);

/* The device is locked, so that a consumer cannot be bound from here. */
static int bus_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct device *dev = data;
	struct fwnode_handle *fwnode = dev_fwnode(dev);

	if (event == BUS_NOTIFY_BIND_DRIVER)
		check_device(dev, true);
	else if (event == BUS_NOTIFY_BOUND_DRIVER && fwnode && paravirq_find(fwnode))
		schedule_work(&reprobe_work);

	return NOTIFY_DONE;
}

static struct notifier_block bus_notifier = {
	.notifier_call	= bus_event,
};

/* There is no exit: as in a kernel tree, the driver stays. */
static int __init paravirq_stock_init(void)
{
	int ret;

	ret = bus_register_notifier(&platform_bus_type, &bus_notifier);
	if (ret)
		return ret;

	ret = paravirq_driver_start();
	if (ret) {
		bus_unregister_notifier(&platform_bus_type, &bus_notifier);
		return ret;
	}

	/* Who loads the module, and then looks for a device, finds it. */
	flush_work(&reprobe_work);

	return paravirq_validation_start();
}
module_init(paravirq_stock_init);

#ifdef PARAVIRQ_VERSION
MODULE_VERSION(PARAVIRQ_VERSION);
#endif
