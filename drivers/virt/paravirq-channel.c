// SPDX-License-Identifier: GPL-2.0
/*
 * Channel between two guests: shared memory, and events by which they ring each other.
 * Its interrupts are any controller's: one for each event and, last, one that says that
 * the peer came or went. What must hold: Documentation/virt/paravirq/channel.rst, which
 * also has what user space does with /dev/paravirq-channel<number>.
 *
 * Rings are in the shared memory until somebody reads them, also while nobody has the
 * device open, no driver is bound, or the guest restarts. Nothing of it is kept here, so
 * the handler only wakes who waits, and whatever wakes makes all counts be looked at.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/poll.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include <kunit/static_stub.h>

#include <asm/paravirq.h>

#include <uapi/linux/paravirq-channel.h>

/* A side's page of the memory. The peer may write anything there, at any time. */
struct channel_page {
	u32 rung[PARAVIRQ_CHANNEL_MAX_EVENTS];
	u32 taken[PARAVIRQ_CHANNEL_MAX_EVENTS];
};

static_assert(offsetof(struct channel_page, rung) == PARAVIRQ_CHANNEL_RUNG);
static_assert(offsetof(struct channel_page, taken) == PARAVIRQ_CHANNEL_TAKEN);

/* Open files outlive an unbind: they hold a reference, and find it gone. */
struct channel {
	struct kref ref;
	struct miscdevice misc;
	wait_queue_head_t wait;
	struct mutex take_lock;		/* each ring is read once */
	spinlock_t peer_lock;
	u32 peer;			/* PEER as last read, under peer_lock */
	bool gone;
	u32 number, nr_events;
	u32 port;			/* 0: hypercalls */
	int peer_irq;
	resource_size_t data, size;	/* address and length of the data */
	void *pages;
	struct channel_page *mine, *theirs;
	char name[32];
};

struct channel_file {
	struct channel *ch;
	u32 peer;			/* PEER as last read by user space */
};

/* Whose number is whose. */
static struct resource channel_numbers = DEFINE_RES_NAMED(0, PARAVIRQ_CHANNEL_MAX_NUMBER + 1,
							  "paravirq,channel", 0);

static u64 channel_hypercall(u32 function, u32 reg, u32 value)
{
	KUNIT_STATIC_STUB_REDIRECT(channel_hypercall, function, reg, value);

	return __paravirq_hypercall(function, reg, value);
}

static u32 channel_get(struct channel *ch, u32 reg)
{
	if (ch->port)
		return inl(ch->port + reg);

	return channel_hypercall(PARAVIRQ_CHANNEL_HYPERCALL_READ,
				 ch->number << PARAVIRQ_CHANNEL_NUMBER_SHIFT | reg, 0);
}

static void channel_set(struct channel *ch, u32 reg, u32 value)
{
	if (ch->port)
		outl(value, ch->port + reg);
	else
		channel_hypercall(PARAVIRQ_CHANNEL_HYPERCALL_WRITE,
				  ch->number << PARAVIRQ_CHANNEL_NUMBER_SHIFT | reg, value);
}

/* Everybody looks at everything. The lock is for PEER: an older value never comes last. */
static void channel_wake(struct channel *ch, bool fetch_peer)
{
	unsigned long flags;

	if (fetch_peer) {
		spin_lock_irqsave(&ch->peer_lock, flags);
		WRITE_ONCE(ch->peer, channel_get(ch, PARAVIRQ_CHANNEL_REG_PEER));
		spin_unlock_irqrestore(&ch->peer_lock, flags);
	}
	wake_up_interruptible(&ch->wait);
}

static irqreturn_t channel_interrupt(int irq, void *data)
{
	struct channel *ch = data;

	channel_wake(ch, irq == ch->peer_irq);

	return IRQ_HANDLED;
}

/* STATE first: a ring of before it has been counted by then, one of after it is raised. */
static void channel_set_up(struct channel *ch, bool up)
{
	channel_set(ch, PARAVIRQ_CHANNEL_REG_STATE, up);
	channel_wake(ch, true);
}

/*
 * Counted before it is raised and after what the caller has stored, so that the peer finds
 * all of it whenever it looks. Many may ring at once.
 */
static void channel_ring(struct channel *ch, u32 event)
{
	atomic_fetch_inc_release((atomic_t *)&ch->mine->rung[event]);
	channel_set(ch, PARAVIRQ_CHANNEL_REG_RING, event);
}

/* What a read would return; is there anything new in it? */
static bool channel_look(struct channel_file *cf, u32 *counts)
{
	struct channel *ch = cf->ch;
	bool any;
	u32 n;

	counts[ch->nr_events] = READ_ONCE(ch->peer);
	any = counts[ch->nr_events] != READ_ONCE(cf->peer);
	for (n = 0; n < ch->nr_events; n++) {
		/* Whoever finds a count reads data after it. */
		counts[n] = smp_load_acquire(&ch->theirs->rung[n]) - READ_ONCE(ch->mine->taken[n]);
		any |= counts[n];
	}

	return any;
}

static void channel_take(struct channel_file *cf, const u32 *counts)
{
	u32 *taken = cf->ch->mine->taken, n;

	for (n = 0; n < cf->ch->nr_events; n++)
		WRITE_ONCE(taken[n], READ_ONCE(taken[n]) + counts[n]);
	WRITE_ONCE(cf->peer, counts[n]);
}

static ssize_t channel_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct channel_file *cf = file->private_data;
	struct channel *ch = cf->ch;
	u32 counts[PARAVIRQ_CHANNEL_MAX_EVENTS + 1];
	ssize_t size = (ch->nr_events + 1) * sizeof(*counts), ret;

	if (len < size)
		return -EINVAL;

	do {
		if ((!(file->f_flags & O_NONBLOCK) &&
		     wait_event_interruptible(ch->wait, channel_look(cf, counts) ||
					      READ_ONCE(ch->gone))) ||
		    mutex_lock_interruptible(&ch->take_lock))
			return -ERESTARTSYS;

		/* Another reader may have been faster. */
		ret = READ_ONCE(ch->gone) ? -ENODEV : -EAGAIN;
		if (channel_look(cf, counts)) {
			ret = copy_to_user(buf, counts, size) ? -EFAULT : size;
			if (ret == size)
				channel_take(cf, counts);
		}
		mutex_unlock(&ch->take_lock);
	} while (ret == -EAGAIN && !(file->f_flags & O_NONBLOCK));

	return ret;
}

/* Not more than a page at once: each ring is a call of the hypervisor. */
static ssize_t channel_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct channel *ch = ((struct channel_file *)file->private_data)->ch;
	u32 __user *events = (u32 __user *)buf;
	size_t n, nr = min(len, PAGE_SIZE) / sizeof(*events);
	ssize_t ret = 0;
	u32 event;

	if (len % sizeof(event))
		return -EINVAL;

	for (n = 0; n < nr && !ret; n++) {
		if (READ_ONCE(ch->gone))
			ret = -ENODEV;
		else if (get_user(event, events + n))
			ret = -EFAULT;
		else if (event >= ch->nr_events)
			ret = -EINVAL;
		else
			channel_ring(ch, event);
	}

	return n > !!ret ? (n - !!ret) * sizeof(event) : ret;
}

static __poll_t channel_poll(struct file *file, poll_table *wait)
{
	struct channel_file *cf = file->private_data;
	u32 counts[PARAVIRQ_CHANNEL_MAX_EVENTS + 1];
	__poll_t events = 0;

	poll_wait(file, &cf->ch->wait, wait);

	if (READ_ONCE(cf->ch->gone))
		events = EPOLLHUP | EPOLLERR;
	else if (READ_ONCE(cf->ch->peer) & PARAVIRQ_CHANNEL_PEER_UP)
		events = EPOLLOUT | EPOLLWRNORM;
	if (channel_look(cf, counts))
		events |= EPOLLIN | EPOLLRDNORM;

	return events;
}

static int channel_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct channel *ch = ((struct channel_file *)file->private_data)->ch;

	return vm_iomap_memory(vma, ch->data, ch->size);
}

static int channel_open(struct inode *inode, struct file *file)
{
	/* misc_open() has put the miscdevice here, which is still registered. */
	struct channel *ch = container_of(file->private_data, struct channel, misc);
	struct channel_file *cf = kzalloc(sizeof(*cf), GFP_KERNEL);

	if (!cf)
		return -ENOMEM;

	kref_get(&ch->ref);
	cf->ch = ch;
	file->private_data = cf;

	return stream_open(inode, file);
}

static void channel_release(struct kref *ref)
{
	struct channel *ch = container_of(ref, struct channel, ref);

	if (ch->pages)
		memunmap(ch->pages);
	kfree(ch);
}

static void channel_put(void *ch)
{
	kref_put(&((struct channel *)ch)->ref, channel_release);
}

static int channel_close(struct inode *inode, struct file *file)
{
	channel_put(((struct channel_file *)file->private_data)->ch);
	kfree(file->private_data);

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
CHANNEL_ATTR(size, "%llu", ch->size);
CHANNEL_ATTR(side, "%u", ch->mine > ch->theirs);
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
	struct resource *ports = platform_get_resource(pdev, IORESOURCE_IO, 0);
	const char *transport = NULL;

	device_property_read_string(dev, "paravirq,transport", &transport);
	if (!transport == !ports || (transport && strcmp(transport, "hypercall")) ||
	    (ports && resource_size(ports) < PARAVIRQ_CHANNEL_PIO_SIZE))
		return dev_err_probe(dev, -EINVAL,
				     "transport \"%s\" and ports %pR, allowed is \"hypercall\" or %u ports\n",
				     transport ?: "", ports, PARAVIRQ_CHANNEL_PIO_SIZE);
	if (!memory || (memory->start | resource_size(memory)) % PARAVIRQ_CHANNEL_PAGE ||
	    resource_size(memory) <= PARAVIRQ_CHANNEL_DATA)
		return dev_err_probe(dev, -EINVAL, "memory %pR, allowed are 3 or more pages\n",
				     memory);

	device_property_read_u32(dev, "paravirq,channel", &ch->number);
	if (!__devm_request_region(dev, &channel_numbers, ch->number, 1, dev_name(dev)))
		return dev_err_probe(dev, -EBUSY, "channel %u, allowed is up to %u, each once\n",
				     ch->number, PARAVIRQ_CHANNEL_MAX_NUMBER);
	if (!devm_request_mem_region(dev, memory->start, resource_size(memory), dev_name(dev)) ||
	    (ports && !devm_request_region(dev, ports->start, resource_size(ports), dev_name(dev))))
		return dev_err_probe(dev, -EBUSY, "%pR or %pR is in use\n", memory, ports);

	snprintf(ch->name, sizeof(ch->name), "paravirq-channel%u", ch->number);
	ch->port = ports ? ports->start : 0;
	ch->data = memory->start + PARAVIRQ_CHANNEL_DATA;
	ch->size = resource_size(memory) - PARAVIRQ_CHANNEL_DATA;
	ch->pages = memremap(memory->start, PARAVIRQ_CHANNEL_DATA, MEMREMAP_WB);

	return ch->pages ? 0 : -ENOMEM;
}

/* What the hypervisor says of it, once: nothing that is read later is an index. */
static int channel_identify(struct device *dev, struct channel *ch)
{
	u32 magic = channel_get(ch, PARAVIRQ_CHANNEL_REG_MAGIC), version, side;

	if (magic != PARAVIRQ_CHANNEL_MAGIC)
		return dev_err_probe(dev, -ENODEV, "magic %#x, expected %#x\n",
				     magic, PARAVIRQ_CHANNEL_MAGIC);

	version = channel_get(ch, PARAVIRQ_CHANNEL_REG_VERSION);
	ch->nr_events = channel_get(ch, PARAVIRQ_CHANNEL_REG_EVENTS);
	side = channel_get(ch, PARAVIRQ_CHANNEL_REG_SIDE);
	if (version != PARAVIRQ_CHANNEL_VERSION || side > 1 ||
	    !ch->nr_events || ch->nr_events > PARAVIRQ_CHANNEL_MAX_EVENTS)
		return dev_err_probe(dev, -EINVAL,
				     "version %u, side %u, %u events, allowed are 1, up to 1, 1 to %u\n",
				     version, side, ch->nr_events, PARAVIRQ_CHANNEL_MAX_EVENTS);

	ch->mine = ch->pages + side * PARAVIRQ_CHANNEL_PAGE;
	ch->theirs = ch->pages + !side * PARAVIRQ_CHANNEL_PAGE;

	return 0;
}

static int channel_request(struct platform_device *pdev, struct channel *ch)
{
	int nr = platform_irq_count(pdev), n, irq, ret;

	if (nr != ch->nr_events + 1)
		return dev_err_probe(&pdev->dev, nr < 0 ? nr : -EINVAL,
				     "%d interrupts, expected %u\n", nr, ch->nr_events + 1);

	for (n = 0; n < nr; n++) {
		irq = platform_get_irq(pdev, n);
		if (irq < 0)
			return irq;

		ch->peer_irq = irq;	/* the last one */
		ret = devm_request_irq(&pdev->dev, irq, channel_interrupt, 0, ch->name, ch);
		if (ret)
			return dev_err_probe(&pdev->dev, ret, "cannot request irq %d\n", irq);
	}

	return 0;
}

static void channel_gone(void *data)
{
	struct channel *ch = data;

	misc_deregister(&ch->misc);
	WRITE_ONCE(ch->gone, true);
	channel_set_up(ch, false);
}

static int channel_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct channel *ch = kzalloc(sizeof(*ch), GFP_KERNEL);
	int ret;

	if (!ch)
		return -ENOMEM;

	kref_init(&ch->ref);
	init_waitqueue_head(&ch->wait);
	mutex_init(&ch->take_lock);
	spin_lock_init(&ch->peer_lock);
	platform_set_drvdata(pdev, ch);
	ret = devm_add_action_or_reset(dev, channel_put, ch) ?: channel_find(pdev, ch) ?:
	      channel_identify(dev, ch);
	if (ret)
		return ret;

	/* A kernel that crashed left it up: the peer shall see that it went. */
	channel_set_up(ch, false);
	ret = channel_request(pdev, ch);
	if (ret)
		return ret;

	ch->misc.minor = MISC_DYNAMIC_MINOR;
	ch->misc.name = ch->name;
	ch->misc.fops = &channel_fops;
	ch->misc.parent = dev;
	ret = misc_register(&ch->misc);
	if (ret)
		return dev_err_probe(dev, ret, "cannot register %s\n", ch->name);
	channel_set_up(ch, true);

	return devm_add_action_or_reset(dev, channel_gone, ch);
}

static void channel_shutdown(struct platform_device *pdev)
{
	channel_set_up(platform_get_drvdata(pdev), false);
}

static int channel_suspend(struct device *dev)
{
	channel_set_up(dev_get_drvdata(dev), false);
	return 0;
}

static int channel_resume(struct device *dev)
{
	channel_set_up(dev_get_drvdata(dev), true);
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(channel_pm_ops, channel_suspend, channel_resume);

static const struct acpi_device_id channel_acpi_ids[] = { { "PVIQ0003" }, { } };
MODULE_DEVICE_TABLE(acpi, channel_acpi_ids);

static const struct of_device_id channel_of_ids[] = { { .compatible = "paravirq,channel" }, { } };
MODULE_DEVICE_TABLE(of, channel_of_ids);

static struct platform_driver channel_driver = {
	.probe		= channel_probe,
	.shutdown	= channel_shutdown,
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
