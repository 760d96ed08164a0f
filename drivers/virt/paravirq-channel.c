// SPDX-License-Identifier: GPL-2.0
/*
 * Channel between two guests: shared memory, and events by which they ring each other.
 * Its interrupts, any controller's, are one for each event and, last, one that says that
 * the peer came or went. What holds for users: Documentation/virt/paravirq/channel.rst.
 *
 * Rings are in the shared memory until somebody reads them, also while nobody has the
 * device open, no driver is bound, or the guest restarts. Nothing of it is kept here, so
 * the handler only wakes who waits, and whatever wakes makes all counts be looked at.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/cleanup.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/poll.h>
#include <linux/property.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include <kunit/static_stub.h>

#include <asm/paravirq.h>

#include <uapi/linux/paravirq-channel.h>

/*
 * Open files outlive an unbind: they hold a reference, and find it gone. The lock of the
 * wait queue is the only one: each ring is taken once, none is rung after an unbind, and of
 * two that read PEER the older value is not what stays.
 */
struct channel {
	refcount_t ref;
	struct miscdevice misc;
	wait_queue_head_t wait;
	bool gone;
	u32 peer, peer_taken;		/* PEER as last read here, and by user space */
	u32 number, nr_events;
	int peer_irq;
	void __iomem *regs;		/* NULL: hypercalls */
	struct resource data;
	void *pages;
	u32 *rung, *taken;		/* counts of this side, for each event */
	const u32 *rung_there;		/* the peer may write there at any time */
	char name[32];
};

/* The numbers of channels, each for one device. */
static struct resource channel_numbers = DEFINE_RES_NAMED(0, PARAVIRQ_CHANNEL_MAX_NUMBER + 1,
							  "paravirq,channel", 0);

static u32 channel_get(struct channel *ch, u32 reg)
{
	KUNIT_STATIC_STUB_REDIRECT(channel_get, ch, reg);

	if (ch->regs)
		return readl(ch->regs + reg);
	return __paravirq_hypercall(PARAVIRQ_CHANNEL_HYPERCALL_READ,
				    ch->number << PARAVIRQ_CHANNEL_NUMBER_SHIFT | reg, 0);
}

static void channel_set(struct channel *ch, u32 reg, u32 value)
{
	KUNIT_STATIC_STUB_REDIRECT(channel_set, ch, reg, value);

	if (ch->regs)
		writel(value, ch->regs + reg);
	else
		__paravirq_hypercall(PARAVIRQ_CHANNEL_HYPERCALL_WRITE,
				     ch->number << PARAVIRQ_CHANNEL_NUMBER_SHIFT | reg, value);
}

static irqreturn_t channel_interrupt(int irq, void *data)
{
	struct channel *ch = data;

	guard(spinlock)(&ch->wait.lock);
	if (irq == ch->peer_irq)
		WRITE_ONCE(ch->peer, channel_get(ch, PARAVIRQ_CHANNEL_REG_PEER));
	wake_up_locked(&ch->wait);
	return IRQ_HANDLED;
}

/* STATE first: a ring of before it has been counted by then, one of after it is raised. */
static int channel_set_up(struct channel *ch, bool up)
{
	guard(spinlock_irq)(&ch->wait.lock);
	channel_set(ch, PARAVIRQ_CHANNEL_REG_STATE, up);
	WRITE_ONCE(ch->peer, channel_get(ch, PARAVIRQ_CHANNEL_REG_PEER));
	wake_up_locked(&ch->wait);
	return 0;
}

/* What a read returns, and takes. Is there anything new in it, or is the channel gone? */
static int channel_look(struct channel *ch, u32 *counts, bool take)
{
	int any = ch->peer != ch->peer_taken;
	u32 n;

	if (READ_ONCE(ch->gone))
		return -ENODEV;

	for (n = 0; n < ch->nr_events; n++) {
		/* Whoever finds a count reads data after it. */
		counts[n] = virt_load_acquire(&ch->rung_there[n]) - ch->taken[n];
		any |= !!counts[n];
		if (take)
			ch->taken[n] += counts[n];
	}
	counts[n] = ch->peer;
	if (take)
		ch->peer_taken = ch->peer;

	return any;
}

/* Taken before it is copied: who has no memory for it loses it, as of an eventfd. */
static ssize_t channel_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct channel *ch = file->private_data;
	u32 counts[PARAVIRQ_CHANNEL_MAX_EVENTS + 1];
	ssize_t size = (ch->nr_events + 1) * sizeof(*counts);
	int ret = 0;

	if (len < size)
		return -EINVAL;

	spin_lock_irq(&ch->wait.lock);
	if (!(file->f_flags & O_NONBLOCK))
		ret = wait_event_interruptible_locked_irq(ch->wait,
							  channel_look(ch, counts, false));
	ret = ret ?: channel_look(ch, counts, true);
	spin_unlock_irq(&ch->wait.lock);
	if (ret <= 0)
		return ret ?: -EAGAIN;

	return copy_to_user(buf, counts, size) ? -EFAULT : size;
}

static ssize_t channel_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct channel *ch = file->private_data;
	u32 event;

	if (len != sizeof(event))
		return -EINVAL;
	if (get_user(event, (u32 __user *)buf))
		return -EFAULT;
	if (event >= ch->nr_events)
		return -EINVAL;

	guard(spinlock_irq)(&ch->wait.lock);
	if (READ_ONCE(ch->gone))
		return -ENODEV;
	/* Counted after what the caller stored, raised after both: all is found. */
	virt_store_release(&ch->rung[event], ch->rung[event] + 1);
	channel_set(ch, PARAVIRQ_CHANNEL_REG_RING, event);

	return sizeof(event);
}

static __poll_t channel_poll(struct file *file, poll_table *wait)
{
	struct channel *ch = file->private_data;
	u32 counts[PARAVIRQ_CHANNEL_MAX_EVENTS + 1];
	int any;

	poll_wait(file, &ch->wait, wait);

	guard(spinlock_irq)(&ch->wait.lock);
	any = channel_look(ch, counts, false);
	return EPOLLOUT | EPOLLWRNORM |
	       (any < 0 ? EPOLLHUP | EPOLLERR : any ? EPOLLIN | EPOLLRDNORM : 0);
}

static int channel_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct channel *ch = file->private_data;

	return READ_ONCE(ch->gone) ? -ENODEV : vm_iomap_memory(vma, ch->data.start,
							       resource_size(&ch->data));
}

static int channel_open(struct inode *inode, struct file *file)
{
	/* misc_open() has put the miscdevice here, which is still registered. */
	struct channel *ch = container_of(file->private_data, struct channel, misc);

	refcount_inc(&ch->ref);
	file->private_data = ch;

	return stream_open(inode, file);
}

static void channel_put(void *data)
{
	struct channel *ch = data;

	if (refcount_dec_and_test(&ch->ref))
		kfree(ch);
}

static int channel_close(struct inode *inode, struct file *file)
{
	channel_put(file->private_data);
	return 0;
}

static const struct file_operations channel_fops = {
	.owner		= THIS_MODULE,
	.open		= channel_open,
	.release	= channel_close,
	.read		= channel_read,
	.write		= channel_write,
	.poll		= channel_poll,
	.mmap		= channel_mmap,
};

#define CHANNEL_ATTR(name, format, value)						\
static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf)	\
{											\
	struct channel *ch = dev_get_drvdata(dev);					\
											\
	return sysfs_emit(buf, format "\n", value);					\
}											\
static DEVICE_ATTR_RO(name)

CHANNEL_ATTR(events, "%u", ch->nr_events);
CHANNEL_ATTR(size, "%llu", resource_size(&ch->data));
CHANNEL_ATTR(side, "%u", ch->rung > ch->rung_there);
CHANNEL_ATTR(peer, "%s", READ_ONCE(ch->peer) & PARAVIRQ_CHANNEL_PEER_UP ? "up" : "down");
CHANNEL_ATTR(peer_changes, "%u", READ_ONCE(ch->peer));

static struct attribute *channel_attrs[] = {
	&dev_attr_events.attr, &dev_attr_size.attr, &dev_attr_side.attr,
	&dev_attr_peer.attr, &dev_attr_peer_changes.attr, NULL
};
ATTRIBUTE_GROUPS(channel);

/* What firmware says of it. */
static int channel_find(struct platform_device *pdev, struct channel *ch)
{
	struct device *dev = &pdev->dev;
	struct resource *memory = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	bool hypercalls;

	if (!memory || (memory->start | resource_size(memory)) % PARAVIRQ_CHANNEL_PAGE ||
	    resource_size(memory) <= PARAVIRQ_CHANNEL_DATA)
		return dev_err_probe(dev, -EINVAL, "memory %pR, allowed are 3 or more pages\n",
				     memory);

	device_property_read_u32(dev, "paravirq,channel", &ch->number);
	if (!__devm_request_region(dev, &channel_numbers, ch->number, 1, dev_name(dev)))
		return dev_err_probe(dev, -EBUSY, "channel %u, allowed is up to %u, each once\n",
				     ch->number, PARAVIRQ_CHANNEL_MAX_NUMBER);
	if (!devm_request_mem_region(dev, memory->start, resource_size(memory), dev_name(dev)))
		return dev_err_probe(dev, -EBUSY, "%pR is in use\n", memory);

	hypercalls = !device_property_match_string(dev, "paravirq,transport", "hypercall");
	if (hypercalls == !!platform_get_resource(pdev, IORESOURCE_MEM, 1))
		return dev_err_probe(dev, -EINVAL,
				     "%s, allowed are either registers or paravirq,transport \"hypercall\"\n",
				     hypercalls ? "both" : "neither");
	if (!hypercalls) {
		ch->regs = devm_platform_ioremap_resource(pdev, 1);
		if (IS_ERR(ch->regs))
			return PTR_ERR(ch->regs);
	}

	snprintf(ch->name, sizeof(ch->name), "paravirq-channel%u", ch->number);
	ch->data = *memory;
	ch->data.start += PARAVIRQ_CHANNEL_DATA;
	ch->pages = devm_memremap(dev, memory->start, PARAVIRQ_CHANNEL_DATA, MEMREMAP_WB);

	return PTR_ERR_OR_ZERO(ch->pages);
}

/* What the hypervisor says of it, once: nothing that is read later is an index. */
static int channel_identify(struct device *dev, struct channel *ch)
{
	u32 magic = channel_get(ch, PARAVIRQ_CHANNEL_REG_MAGIC);
	u32 version = channel_get(ch, PARAVIRQ_CHANNEL_REG_VERSION);
	u32 side = channel_get(ch, PARAVIRQ_CHANNEL_REG_SIDE);

	ch->nr_events = channel_get(ch, PARAVIRQ_CHANNEL_REG_EVENTS);
	if (magic != PARAVIRQ_CHANNEL_MAGIC || version != PARAVIRQ_CHANNEL_VERSION || side > 1 ||
	    !ch->nr_events || ch->nr_events > PARAVIRQ_CHANNEL_MAX_EVENTS)
		return dev_err_probe(dev, -EINVAL,
				     "magic %#x, version %u, side %u, %u events, allowed are %#x, 1, up to 1, 1 to %u\n",
				     magic, version, side, ch->nr_events, PARAVIRQ_CHANNEL_MAGIC,
				     PARAVIRQ_CHANNEL_MAX_EVENTS);

	ch->rung = ch->pages + side * PARAVIRQ_CHANNEL_PAGE + PARAVIRQ_CHANNEL_RUNG;
	ch->taken = ch->pages + side * PARAVIRQ_CHANNEL_PAGE + PARAVIRQ_CHANNEL_TAKEN;
	ch->rung_there = ch->pages + !side * PARAVIRQ_CHANNEL_PAGE + PARAVIRQ_CHANNEL_RUNG;

	return 0;
}

static int channel_request(struct platform_device *pdev, struct channel *ch)
{
	int n = platform_irq_count(pdev), irq, ret = 0;

	if (n != ch->nr_events + 1)
		return dev_err_probe(&pdev->dev, n < 0 ? n : -EINVAL,
				     "%d interrupts, allowed are %u\n", n, ch->nr_events + 1);
	/* A kernel that crashed left it up: the peer shall see that it went. */
	channel_set_up(ch, false);

	/* The last one first: the handler has to know it. */
	while (n-- && !ret) {
		irq = platform_get_irq(pdev, n);
		ch->peer_irq = ch->peer_irq ?: irq;
		ret = irq < 0 ? irq :
		      devm_request_irq(&pdev->dev, irq, channel_interrupt, 0, ch->name, ch);
	}

	return ret;
}

/* When it is down, who had the lock before has left it, and who comes finds it gone. */
static void channel_remove(struct platform_device *pdev)
{
	struct channel *ch = platform_get_drvdata(pdev);

	misc_deregister(&ch->misc);
	WRITE_ONCE(ch->gone, true);
	channel_set_up(ch, false);
}

static int channel_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct channel *ch = kzalloc(sizeof(*ch), GFP_KERNEL);

	if (!ch)
		return -ENOMEM;

	refcount_set(&ch->ref, 1);
	init_waitqueue_head(&ch->wait);
	ch->misc = (struct miscdevice) {
		.minor = MISC_DYNAMIC_MINOR, .name = ch->name, .fops = &channel_fops, .parent = dev,
	};
	platform_set_drvdata(pdev, ch);
	return devm_add_action_or_reset(dev, channel_put, ch) ?: channel_find(pdev, ch) ?:
	       channel_identify(dev, ch) ?: channel_request(pdev, ch) ?:
	       misc_register(&ch->misc) ?: channel_set_up(ch, true);
}

static int channel_suspend(struct device *dev)
{
	return channel_set_up(dev_get_drvdata(dev), false);
}

static int channel_resume(struct device *dev)
{
	return channel_set_up(dev_get_drvdata(dev), true);
}

static DEFINE_SIMPLE_DEV_PM_OPS(channel_pm_ops, channel_suspend, channel_resume);

static const struct acpi_device_id channel_acpi_ids[] = { { "PVIQ0003" }, { } };
MODULE_DEVICE_TABLE(acpi, channel_acpi_ids);

static const struct of_device_id channel_of_ids[] = { { .compatible = "paravirq,channel" }, { } };
MODULE_DEVICE_TABLE(of, channel_of_ids);

static struct platform_driver channel_driver = {
	.probe		= channel_probe,
	.remove		= channel_remove,
	.shutdown	= channel_remove,
	.driver		= {
		.name			= "paravirq-channel",
		.acpi_match_table	= channel_acpi_ids,
		.of_match_table		= channel_of_ids,
		.pm			= pm_sleep_ptr(&channel_pm_ops),
		.dev_groups		= channel_groups,
	},
};
module_platform_driver(channel_driver);

#ifdef CONFIG_PARAVIRQ_CHANNEL_KUNIT_TEST
#include "paravirq-channel-test.c"
#endif

MODULE_DESCRIPTION("Channel between two guests, on paravirq lines");
MODULE_AUTHOR("The paravirq authors");
MODULE_LICENSE("GPL");
