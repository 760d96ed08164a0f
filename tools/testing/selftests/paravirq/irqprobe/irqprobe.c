// SPDX-License-Identifier: GPL-2.0
/*
 * Tells what interrupts a kernel resolves for a device: the tests load it into
 * patched and unpatched kernels and compare what it says of tables such as
 * firmware-tables/foreign.asl. Binds to PVIQ0FFF, or to what "driver_override" gives
 * it. With hold=1 it requests the interrupt and holds it through sleep; when the
 * system goes down it waits for one more.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/acpi.h>
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/property.h>

static bool hold;
module_param(hold, bool, 0444);
MODULE_PARM_DESC(hold, "Request the interrupt and hold it through sleep");

static DECLARE_COMPLETION(interrupted);

static irqreturn_t irqprobe_interrupt(int irq, void *data)
{
	complete(&interrupted);

	return IRQ_HANDLED;
}

static int irqprobe_probe(struct platform_device *pdev)
{
	int irq = platform_get_irq_optional(pdev, 0);
	struct irq_data *d = irq > 0 ? irq_get_irq_data(irq) : NULL;

	/* Linux interrupt numbers may differ between kernels: chip and pin do not. */
	dev_info(&pdev->dev, "%s: platform_get_irq %d chip %s hwirq %lu, fwnode_irq_get %d\n",
		 acpi_device_bid(ACPI_COMPANION(&pdev->dev)), irq < 0 ? irq : 0,
		 d && d->chip ? d->chip->name : "-", d ? d->hwirq : 0,
		 min(fwnode_irq_get(dev_fwnode(&pdev->dev), 0), 0));

	if (!hold || irq < 0)
		return 0;

	return devm_request_irq(&pdev->dev, irq, irqprobe_interrupt, IRQF_NO_SUSPEND,
				dev_name(&pdev->dev), pdev);
}

static void irqprobe_shutdown(struct platform_device *pdev)
{
	if (!hold)
		return;

	reinit_completion(&interrupted);
	dev_info(&pdev->dev, "waits in shutdown\n");
	dev_info(&pdev->dev, "%s in shutdown\n",
		 wait_for_completion_timeout(&interrupted, 60 * HZ) ? "interrupted" : "forgotten");
}

static const struct acpi_device_id irqprobe_ids[] = {
	{ "PVIQ0FFF" },
	{ }
};
MODULE_DEVICE_TABLE(acpi, irqprobe_ids);

static struct platform_driver irqprobe_driver = {
	.probe		= irqprobe_probe,
	.shutdown	= irqprobe_shutdown,
	.driver		= {
		.name			= "irqprobe",
		.acpi_match_table	= irqprobe_ids,
	},
};
module_platform_driver(irqprobe_driver);

MODULE_DESCRIPTION("Tells what interrupts are resolved for a device");
MODULE_AUTHOR("The paravirq authors");
MODULE_LICENSE("GPL");
