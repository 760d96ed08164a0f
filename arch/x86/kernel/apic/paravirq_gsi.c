// SPDX-License-Identifier: GPL-2.0
/*
 * GSIs that are lines of a paravirq controller: a plain Interrupt() descriptor reaches
 * one, from devices as well that cannot name a ResourceSource, such as those of PNP and
 * the Generic Event Device. Called by acpi_register_gsi() and acpi_gsi_to_irq()
 * (arch/x86/kernel/acpi/boot.c), by paravirq_create() and by the validation.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/device.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/property.h>

#include <asm/io_apic.h>
#include <asm/irq_vectors.h>
#include <asm/paravirq.h>

/*
 * The controller serves plain GSIs too, if its numbers are nobody else's: neither
 * ISA interrupts, nor the IO-APICs', nor those of a controller before it. Otherwise
 * its lines are for consumers that name it. gsi_top stays as it is, the table of
 * interrupts would grow with it.
 */
void paravirq_claim_gsis(struct paravirq *pv)
{
	u32 first = pv->config.base, last = first + pv->nr_lines - 1;
	u32 lowest = max_t(u32, gsi_top, NR_IRQS_LEGACY);
	struct paravirq *other;

	lockdep_assert_held(&paravirq_mutex);

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

static struct paravirq *paravirq_gsi_owner(u32 gsi)
{
	struct paravirq *pv;

	lockdep_assert_held(&paravirq_mutex);

	list_for_each_entry(pv, &paravirq_controllers, node) {
		if (pv->has_gsis && gsi - pv->config.base < pv->nr_lines)
			return pv;
	}

	return NULL;
}

/* The controller that a GSI belongs to, or NULL. It is never freed. */
struct paravirq *paravirq_find_gsi(u32 gsi)
{
	guard(mutex)(&paravirq_mutex);

	return paravirq_gsi_owner(gsi);
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
	struct paravirq *pv = paravirq_find_gsi(gsi);

	return pv ? dev_fwnode(pv->config.dev) : NULL;
}

/**
 * paravirq_register_gsi() - map the line that a GSI is
 * @gsi: the GSI
 * @type: IRQ_TYPE_EDGE_RISING, nothing else is served
 *
 * All who register a GSI share its mapping, which is never disposed of: unregistering
 * it does nothing.
 *
 * Context: Process context, may sleep; takes paravirq_mutex.
 * Return: the Linux interrupt number, -ENOENT if no controller owns @gsi, or
 *	   -EINVAL, with an error logged, if the line cannot be had so.
 */
int paravirq_register_gsi(u32 gsi, unsigned int type)
{
	struct irq_fwspec fwspec = { .param_count = 2, .param = { gsi, type } };
	struct paravirq *pv;

	/* Its node stays until it is mapped. */
	guard(mutex)(&paravirq_mutex);
	pv = paravirq_gsi_owner(gsi);
	if (!pv)
		return -ENOENT;

	fwspec.fwnode = dev_fwnode(pv->config.dev);

	return irq_create_fwspec_mapping(&fwspec) ?: -EINVAL;
}
