// SPDX-License-Identifier: GPL-2.0
/*
 * Measures one interrupt that the guest itself raises, by a write to a device:
 * scripts/bench-bell loads it and compares what it says of the doorbell on a
 * paravirq line, of QEMU's "edu" on an IO-APIC and on MSI, and of its
 * "ivshmem-doorbell", on MSI-X, where the guest rings itself. Binds to the first of
 * them that there is, and then to no other. No modalias loads it: the doorbell has a
 * driver for use.
 *
 * In debugfs, irqbench/:
 *
 *	rings	write N: rings N times, and waits for the handler each time
 *	chain	write N: rings once, and from the handler until it has run N times
 *	masks	write N: masks and unmasks interrupt number "irq" N times; needs no device
 *	irq	that number; the device's own at first
 *	result	what the last of these took, in ticks of the TSC
 *
 * A handler that has not run a second after the ring is an error: -ETIMEDOUT.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/acpi.h>
#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>
#include <linux/sort.h>

#include <asm/msr.h>

#include <uapi/linux/paravirq-doorbell.h>

/* Of QEMU's docs/specs/edu: the raise and the acknowledge register. */
#define EDU_REG_RAISE		0x60
#define EDU_REG_ACK		0x64

/* Of its docs/specs/ivshmem-spec: who this is, and whom to ring (31:16) by what vector. */
#define IVSHMEM_ID		0x1110
#define IVSHMEM_REG_POSITION	0x8
#define IVSHMEM_REG_DOORBELL	0xc
#define IVSHMEM_PEER_SHIFT	16

/* The most that one write may ask for. */
#define IRQBENCH_MAX		10000

/* What each ring took: until the handler ran, and until it had returned. */
static u32 irqbench_handler[IRQBENCH_MAX], irqbench_return[IRQBENCH_MAX];

static struct {
	struct device *dev;	/* NULL while none is bound */
	void __iomem *raise;	/* a write of "value" raises the interrupt */
	void __iomem *ack;	/* a write of "value" lowers it; NULL for an edge */
	u32 value;
	u32 irq;

	/* The handler's; nobody else writes them while it may run. */
	u32 runs;
	u32 left;		/* rings that are the handler's to do */
	u64 ran;		/* ticks when it ran last */

	/* Of the last measurement. */
	const char *what;
	u32 n;
	u64 ticks, ns;
} bench;

/* One measurement at a time, and none while a device comes or goes. */
static DEFINE_MUTEX(irqbench_lock);

static void irqbench_ring(void)
{
	writel(bench.value, bench.raise);
}

static irqreturn_t irqbench_interrupt(int irq, void *data)
{
	bench.ran = rdtsc_ordered();
	/* The level has to be low before the next ring raises it again. */
	if (bench.ack)
		writel(bench.value, bench.ack);
	if (bench.left) {
		bench.left--;
		irqbench_ring();
	}
	WRITE_ONCE(bench.runs, bench.runs + 1);

	return IRQ_HANDLED;
}

/* Spins, as a processor that sleeps would be measured together with its waking up. */
static int irqbench_wait(u32 runs)
{
	unsigned long end = jiffies + HZ;

	while (READ_ONCE(bench.runs) != runs) {
		if (time_after(jiffies, end)) {
			dev_err(bench.dev, "the handler ran %u times, expected %u\n",
				READ_ONCE(bench.runs), runs);
			return -ETIMEDOUT;
		}
		cpu_relax();
	}

	return 0;
}

static int irqbench_rings(u32 n)
{
	u32 i, runs = bench.runs;
	u64 begin;
	int ret;

	for (i = 0; i < n; i++) {
		begin = rdtsc_ordered();
		irqbench_ring();
		ret = irqbench_wait(++runs);
		if (ret)
			return ret;
		irqbench_return[i] = rdtsc_ordered() - begin;
		irqbench_handler[i] = bench.ran - begin;
	}

	return 0;
}

static int irqbench_chain(u32 n)
{
	u32 runs = bench.runs + n;
	int ret;

	bench.left = n - 1;
	irqbench_ring();
	ret = irqbench_wait(runs);
	/* What was lost and comes yet does not go on. */
	bench.left = 0;

	return ret;
}

static int irqbench_masks(u32 n)
{
	u32 i;

	/* Without that, the core leaves it at a flag until an interrupt comes. */
	irq_set_status_flags(bench.irq, IRQ_DISABLE_UNLAZY);
	for (i = 0; i < n; i++) {
		disable_irq(bench.irq);
		enable_irq(bench.irq);
	}
	irq_clear_status_flags(bench.irq, IRQ_DISABLE_UNLAZY);

	return 0;
}

static int irqbench_measure(const char *what, int (*measure)(u32 n), u64 n)
{
	u64 ticks, ns;
	int ret;

	if (n < 1 || n > IRQBENCH_MAX)
		return -EINVAL;

	guard(mutex)(&irqbench_lock);

	if (!bench.dev && measure != irqbench_masks)
		return -ENODEV;

	bench.what = NULL;
	ns = ktime_get_ns();
	ticks = rdtsc_ordered();
	ret = measure(n);
	if (ret)
		return ret;
	bench.ticks = rdtsc_ordered() - ticks;
	bench.ns = ktime_get_ns() - ns;
	bench.n = n;
	bench.what = what;

	return 0;
}

static int irqbench_set_rings(void *data, u64 n)
{
	return irqbench_measure("rings", irqbench_rings, n);
}
DEFINE_DEBUGFS_ATTRIBUTE(irqbench_rings_fops, NULL, irqbench_set_rings, "%llu\n");

static int irqbench_set_chain(void *data, u64 n)
{
	return irqbench_measure("chain", irqbench_chain, n);
}
DEFINE_DEBUGFS_ATTRIBUTE(irqbench_chain_fops, NULL, irqbench_set_chain, "%llu\n");

static int irqbench_set_masks(void *data, u64 n)
{
	return irqbench_measure("masks", irqbench_masks, n);
}
DEFINE_DEBUGFS_ATTRIBUTE(irqbench_masks_fops, NULL, irqbench_set_masks, "%llu\n");

static int irqbench_compare(const void *a, const void *b)
{
	const u32 *l = a, *r = b;

	return *l < *r ? -1 : *l > *r;
}

/* Of n sorted numbers the median and what 90 % and 99 % of them do not exceed. */
static void irqbench_show_ticks(struct seq_file *m, const char *name, u32 *ticks, u32 n)
{
	sort(ticks, n, sizeof(*ticks), irqbench_compare, NULL);
	seq_printf(m, " %s %u %u %u %u %u", name, ticks[0], ticks[(n - 1) / 2],
		   ticks[(n - 1) * 9 / 10], ticks[(n - 1) * 99 / 100], ticks[n - 1]);
}

static int irqbench_result_show(struct seq_file *m, void *data)
{
	guard(mutex)(&irqbench_lock);

	if (!bench.what)
		return 0;

	seq_printf(m, "%s %u ticks %llu ns %llu runs %u", bench.what, bench.n, bench.ticks,
		   bench.ns, bench.runs);
	if (!strcmp(bench.what, "rings")) {
		irqbench_show_ticks(m, "handler", irqbench_handler, bench.n);
		irqbench_show_ticks(m, "return", irqbench_return, bench.n);
	}
	seq_putc(m, '\n');

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(irqbench_result);

static int irqbench_bind(struct device *dev, int irq, void __iomem *raise,
			 void __iomem *ack, u32 value)
{
	int ret;

	guard(mutex)(&irqbench_lock);

	if (bench.dev)
		return -ENODEV;

	bench.raise = raise;
	bench.ack = ack;
	bench.value = value;
	bench.irq = irq;
	ret = devm_request_irq(dev, irq, irqbench_interrupt, ack ? IRQF_SHARED : 0,
			       "irqbench", &bench);
	if (!ret)
		bench.dev = dev;

	return ret;
}

static void irqbench_unbind(struct device *dev)
{
	guard(mutex)(&irqbench_lock);

	bench.dev = NULL;
	bench.what = NULL;
}

static int irqbench_probe(struct platform_device *pdev)
{
	void __iomem *regs = devm_platform_ioremap_resource(pdev, 0);
	int irq;

	if (IS_ERR(regs))
		return PTR_ERR(regs);

	irq = platform_get_irq(pdev, 0);
	if (irq < 0)
		return irq;

	return irqbench_bind(&pdev->dev, irq, regs + PARAVIRQ_DOORBELL_REG_RAISE, NULL, 0);
}

static void irqbench_remove(struct platform_device *pdev)
{
	irqbench_unbind(&pdev->dev);
}

static const struct acpi_device_id irqbench_acpi_ids[] = {
	{ "PVIQ0002" },
	{ }
};

static struct platform_driver irqbench_driver = {
	.probe	= irqbench_probe,
	.remove	= irqbench_remove,
	.driver	= {
		.name			= "irqbench",
		.acpi_match_table	= irqbench_acpi_ids,
	},
};

static int irqbench_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	void __iomem *regs;
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;

	regs = pcim_iomap(pdev, 0, 0);
	if (!regs)
		return -ENOMEM;

	pci_set_master(pdev);
	ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_ALL_TYPES);
	if (ret < 0)
		return ret;

	if (id->device == IVSHMEM_ID)
		return irqbench_bind(&pdev->dev, pci_irq_vector(pdev, 0),
				     regs + IVSHMEM_REG_DOORBELL, NULL,
				     readl(regs + IVSHMEM_REG_POSITION) << IVSHMEM_PEER_SHIFT);

	return irqbench_bind(&pdev->dev, pci_irq_vector(pdev, 0), regs + EDU_REG_RAISE,
			     pci_dev_msi_enabled(pdev) ? NULL : regs + EDU_REG_ACK, 1);
}

static void irqbench_pci_remove(struct pci_dev *pdev)
{
	irqbench_unbind(&pdev->dev);
}

static const struct pci_device_id irqbench_pci_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT_QUMRANET, IVSHMEM_ID) },
	{ }
};

static struct pci_driver irqbench_pci_driver = {
	.name		= "irqbench",
	.id_table	= irqbench_pci_ids,
	.probe		= irqbench_pci_probe,
	.remove		= irqbench_pci_remove,
};

static struct dentry *irqbench_debugfs;

static int __init irqbench_init(void)
{
	int ret;

	ret = platform_driver_register(&irqbench_driver);
	if (ret)
		return ret;

	ret = pci_register_driver(&irqbench_pci_driver);
	if (ret) {
		platform_driver_unregister(&irqbench_driver);
		return ret;
	}

	irqbench_debugfs = debugfs_create_dir("irqbench", NULL);
	debugfs_create_file_unsafe("rings", 0200, irqbench_debugfs, NULL, &irqbench_rings_fops);
	debugfs_create_file_unsafe("chain", 0200, irqbench_debugfs, NULL, &irqbench_chain_fops);
	debugfs_create_file_unsafe("masks", 0200, irqbench_debugfs, NULL, &irqbench_masks_fops);
	debugfs_create_u32("irq", 0600, irqbench_debugfs, &bench.irq);
	debugfs_create_file("result", 0400, irqbench_debugfs, NULL, &irqbench_result_fops);

	return 0;
}
module_init(irqbench_init);

static void __exit irqbench_exit(void)
{
	debugfs_remove(irqbench_debugfs);
	pci_unregister_driver(&irqbench_pci_driver);
	platform_driver_unregister(&irqbench_driver);
}
module_exit(irqbench_exit);

MODULE_DESCRIPTION("Measures an interrupt that the guest raises");
MODULE_AUTHOR("The paravirq authors");
MODULE_LICENSE("GPL");
