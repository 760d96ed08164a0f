// SPDX-License-Identifier: GPL-2.0
/*
 * Doorbell on paravirq lines, and the reference for drivers of such devices:
 * nothing in it knows paravirq. It finds its interrupts by platform_get_irq(),
 * or by name where the firmware node has "interrupt-names" ("ring0", ...), and
 * requests them like any other.
 *
 * Each line is a character device /dev/doorbell<device>.<line>, where <device> is the
 * number that firmware has for it, _UID or the alias "doorbell<device>", if it has one:
 *
 *	read	waits for a ring, returns the number of rings since the last
 *		read as a u64 in native byte order; -EAGAIN with O_NONBLOCK
 *	poll	readable while that number is not 0
 *	write	any data rings the line once
 *
 * The device counts rings and the handler fetches and clears the count, so
 * that rings are exact where interrupts coalesce. Counts are in debugfs,
 * paravirq-doorbell/<device>. Registers: include/uapi/linux/paravirq-doorbell.h.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/acpi.h>
#include <linux/debugfs.h>
#include <linux/idr.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/poll.h>
#include <linux/property.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include <uapi/linux/paravirq-doorbell.h>

struct doorbell_line {
	struct doorbell *db;
	struct miscdevice misc;
	wait_queue_head_t wait;
	u64 count;		/* fetched, not yet read by user space */
	u64 total;		/* fetched since the driver was bound */
	u64 runs;		/* handler runs since the driver was bound */
	int irq;
	char name[24];
};

/* Open files outlive an unbind: they hold a reference, and find regs NULL. */
struct doorbell {
	struct kref ref;
	spinlock_t lock;	/* regs, and the counts of all lines */
	void __iomem *regs;
	int id;
	u32 nr_lines;
	struct doorbell_line lines[] __counted_by(nr_lines);
};

static DEFINE_IDA(doorbell_ida);
static struct dentry *doorbell_debugfs;

static void doorbell_release(struct kref *ref)
{
	kfree(container_of(ref, struct doorbell, ref));
}

/* Fetching clears the device's count in the same step: no ring is lost. */
static void doorbell_fetch(struct doorbell_line *line, bool run)
{
	struct doorbell *db = line->db;
	u32 n = line - db->lines;
	unsigned long flags;
	u64 count;

	spin_lock_irqsave(&db->lock, flags);
	count = readq(db->regs + PARAVIRQ_DOORBELL_REG_COUNT + 8 * n);
	line->count += count;
	line->total += count;
	line->runs += run;
	spin_unlock_irqrestore(&db->lock, flags);

	if (count)
		wake_up_interruptible(&line->wait);
}

static irqreturn_t doorbell_interrupt(int irq, void *data)
{
	doorbell_fetch(data, true);

	return IRQ_HANDLED;
}

static int doorbell_open(struct inode *inode, struct file *file)
{
	/* misc_open() has put the miscdevice here, which is still registered. */
	struct doorbell_line *line = container_of(file->private_data,
						  struct doorbell_line, misc);

	kref_get(&line->db->ref);
	file->private_data = line;

	return stream_open(inode, file);
}

static int doorbell_close(struct inode *inode, struct file *file)
{
	struct doorbell_line *line = file->private_data;

	kref_put(&line->db->ref, doorbell_release);
	return 0;
}

/* Take the count; -EAGAIN while there is none, -ENODEV once the device is gone. */
static int doorbell_take(struct doorbell_line *line, u64 *count)
{
	int ret = 0;

	spin_lock_irq(&line->db->lock);
	*count = line->count;
	line->count = 0;
	if (!*count)
		ret = line->db->regs ? -EAGAIN : -ENODEV;
	spin_unlock_irq(&line->db->lock);

	return ret;
}

static ssize_t doorbell_read(struct file *file, char __user *buf, size_t len,
			     loff_t *pos)
{
	struct doorbell_line *line = file->private_data;
	u64 count;
	int ret;

	if (len < sizeof(count))
		return -EINVAL;

	if (file->f_flags & O_NONBLOCK) {
		ret = doorbell_take(line, &count);
	} else {
		int err = wait_event_interruptible(line->wait,
				(ret = doorbell_take(line, &count)) != -EAGAIN);

		if (err)
			return err;
	}
	if (ret)
		return ret;

	if (copy_to_user(buf, &count, sizeof(count))) {
		spin_lock_irq(&line->db->lock);
		line->count += count;
		wake_up_interruptible(&line->wait);
		spin_unlock_irq(&line->db->lock);
		return -EFAULT;
	}

	return sizeof(count);
}

static ssize_t doorbell_write(struct file *file, const char __user *buf,
			      size_t len, loff_t *pos)
{
	struct doorbell_line *line = file->private_data;
	struct doorbell *db = line->db;
	ssize_t ret = len;

	spin_lock_irq(&db->lock);
	if (db->regs)
		writel(line - db->lines, db->regs + PARAVIRQ_DOORBELL_REG_RING);
	else
		ret = -ENODEV;
	spin_unlock_irq(&db->lock);

	return ret;
}

static __poll_t doorbell_poll(struct file *file, poll_table *wait)
{
	struct doorbell_line *line = file->private_data;
	__poll_t events;

	poll_wait(file, &line->wait, wait);

	spin_lock_irq(&line->db->lock);
	events = line->db->regs ? EPOLLOUT | EPOLLWRNORM : EPOLLHUP | EPOLLERR;
	if (line->count)
		events |= EPOLLIN | EPOLLRDNORM;
	spin_unlock_irq(&line->db->lock);

	return events;
}

static const struct file_operations doorbell_fops = {
	.owner		= THIS_MODULE,
	.open		= doorbell_open,
	.release	= doorbell_close,
	.read		= doorbell_read,
	.write		= doorbell_write,
	.poll		= doorbell_poll,
};

static int doorbell_counts_show(struct seq_file *m, void *unused)
{
	struct doorbell *db = m->private;
	u32 n;

	for (n = 0; n < db->nr_lines; n++) {
		struct doorbell_line *line = &db->lines[n];

		spin_lock_irq(&db->lock);
		seq_printf(m, "line %u irq %d total %llu runs %llu\n", n,
			   line->irq, line->total, line->runs);
		spin_unlock_irq(&db->lock);
	}

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(doorbell_counts);

static void doorbell_remove_debugfs(void *file)
{
	debugfs_remove(file);
}

static void doorbell_deregister(void *misc)
{
	misc_deregister(misc);
}

/* Runs after the interrupts are freed, before the registers are unmapped. */
static void doorbell_gone(void *data)
{
	struct doorbell *db = data;
	u32 n;

	spin_lock_irq(&db->lock);
	db->regs = NULL;
	spin_unlock_irq(&db->lock);
	for (n = 0; n < db->nr_lines; n++)
		wake_up_interruptible(&db->lines[n].wait);

	ida_free(&doorbell_ida, db->id);
	kref_put(&db->ref, doorbell_release);
}

/* The number that firmware has for it: where all have one, the probe order does not matter. */
static int doorbell_alloc_id(struct device *dev)
{
	u64 number = of_alias_get_id(dev->of_node, "doorbell");
	int id = -ENOENT;

	acpi_dev_uid_to_integer(ACPI_COMPANION(dev), &number);
	if (number <= INT_MAX)
		id = ida_alloc_range(&doorbell_ida, number, number, GFP_KERNEL);

	return id < 0 ? ida_alloc(&doorbell_ida, GFP_KERNEL) : id;
}

static struct doorbell *doorbell_alloc(struct device *dev, void __iomem *regs)
{
	struct doorbell *db;
	u32 nr_lines, n;
	int ret;

	nr_lines = readl(regs + PARAVIRQ_DOORBELL_REG_NR_LINES);
	if (!nr_lines || nr_lines > PARAVIRQ_DOORBELL_MAX_LINES)
		return dev_err_ptr_probe(dev, -EINVAL, "%u lines, allowed 1 to %u\n",
					 nr_lines, PARAVIRQ_DOORBELL_MAX_LINES);

	db = kzalloc(struct_size(db, lines, nr_lines), GFP_KERNEL);
	if (!db)
		return ERR_PTR(-ENOMEM);

	db->nr_lines = nr_lines;
	db->regs = regs;
	kref_init(&db->ref);
	spin_lock_init(&db->lock);
	for (n = 0; n < nr_lines; n++) {
		db->lines[n].db = db;
		init_waitqueue_head(&db->lines[n].wait);
	}

	db->id = doorbell_alloc_id(dev);
	if (db->id < 0) {
		ret = db->id;
		kfree(db);
		return ERR_PTR(ret);
	}

	ret = devm_add_action_or_reset(dev, doorbell_gone, db);
	if (ret)
		return ERR_PTR(ret);

	return db;
}

static int doorbell_request(struct platform_device *pdev, struct doorbell_line *line)
{
	struct device *dev = &pdev->dev;
	u32 n = line - line->db->lines;
	int ret;

	if (device_property_present(dev, "interrupt-names")) {
		snprintf(line->name, sizeof(line->name), "ring%u", n);
		line->irq = platform_get_irq_byname(pdev, line->name);
	} else {
		line->irq = platform_get_irq(pdev, n);
	}
	if (line->irq < 0)
		return line->irq;

	snprintf(line->name, sizeof(line->name), "doorbell%d.%u", line->db->id, n);
	ret = devm_request_irq(dev, line->irq, doorbell_interrupt, 0, line->name, line);
	if (ret)
		return dev_err_probe(dev, ret, "line %u: cannot request irq %d\n",
				     n, line->irq);

	/* Rings from before the interrupt was requested raised nothing. */
	doorbell_fetch(line, false);

	return 0;
}

static int doorbell_register(struct device *dev, struct doorbell_line *line)
{
	int ret;

	line->misc.minor = MISC_DYNAMIC_MINOR;
	line->misc.name = line->name;
	line->misc.fops = &doorbell_fops;
	line->misc.parent = dev;
	ret = misc_register(&line->misc);
	if (ret)
		return dev_err_probe(dev, ret, "cannot register %s\n", line->name);

	return devm_add_action_or_reset(dev, doorbell_deregister, &line->misc);
}

static int doorbell_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct dentry *file;
	struct doorbell *db;
	void __iomem *regs;
	u32 magic, n;
	int ret;

	regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(regs))
		return PTR_ERR(regs);

	magic = readl(regs + PARAVIRQ_DOORBELL_REG_MAGIC);
	if (magic != PARAVIRQ_DOORBELL_MAGIC)
		return dev_err_probe(dev, -ENODEV, "magic %#x, expected %#x\n",
				     magic, PARAVIRQ_DOORBELL_MAGIC);

	db = doorbell_alloc(dev, regs);
	if (IS_ERR(db))
		return PTR_ERR(db);

	for (n = 0; n < db->nr_lines; n++) {
		ret = doorbell_request(pdev, &db->lines[n]);
		if (ret)
			return ret;
	}

	for (n = 0; n < db->nr_lines; n++) {
		ret = doorbell_register(dev, &db->lines[n]);
		if (ret)
			return ret;
	}

	platform_set_drvdata(pdev, db);
	file = debugfs_create_file(dev_name(dev), 0444, doorbell_debugfs, db,
				   &doorbell_counts_fops);
	return devm_add_action_or_reset(dev, doorbell_remove_debugfs, file);
}

/* What was pending may be lost with the controller's state: look for rings. */
static int doorbell_resume(struct device *dev)
{
	struct doorbell *db = dev_get_drvdata(dev);
	u32 n;

	for (n = 0; n < db->nr_lines; n++)
		doorbell_fetch(&db->lines[n], false);

	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(doorbell_pm_ops, NULL, doorbell_resume);

static const struct acpi_device_id doorbell_acpi_ids[] = {
	{ "PVIQ0002" },
	{ }
};
MODULE_DEVICE_TABLE(acpi, doorbell_acpi_ids);

static const struct of_device_id doorbell_of_ids[] = {
	{ .compatible = "paravirq,doorbell" },
	{ }
};
MODULE_DEVICE_TABLE(of, doorbell_of_ids);

static struct platform_driver doorbell_driver = {
	.probe	= doorbell_probe,
	.driver	= {
		.name			= "paravirq-doorbell",
		.acpi_match_table	= doorbell_acpi_ids,
		.of_match_table		= doorbell_of_ids,
		.pm			= pm_sleep_ptr(&doorbell_pm_ops),
	},
};

static int __init doorbell_init(void)
{
	int ret;

	doorbell_debugfs = debugfs_create_dir("paravirq-doorbell", NULL);
	ret = platform_driver_register(&doorbell_driver);
	if (ret)
		debugfs_remove(doorbell_debugfs);

	return ret;
}
module_init(doorbell_init);

static void __exit doorbell_exit(void)
{
	platform_driver_unregister(&doorbell_driver);
	debugfs_remove(doorbell_debugfs);
}
module_exit(doorbell_exit);

MODULE_DESCRIPTION("Doorbell on paravirq lines");
MODULE_AUTHOR("The paravirq authors");
MODULE_LICENSE("GPL");
