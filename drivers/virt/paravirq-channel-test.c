// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the paravirq channel; drivers/virt/paravirq-channel.c includes this file.
 *
 * Registers are made up, interrupts are software's, and the pages of the two sides are a
 * buffer. Numbers in brackets, and those that are written out, are those
 * of Documentation/virt/paravirq/channel.rst.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/irq.h>
#include <linux/mman.h>
#include <linux/sizes.h>

#include <kunit/platform_device.h>
#include <kunit/test.h>
#include <kunit/test-bug.h>

#define NR_EVENTS	3

/* A side's page. */
struct fake_page {
	u32 rung[16], taken[16], unused[992];
};

/* What the driver finds and leaves. */
struct fake {
	struct channel ch;
	struct fake_page pages[2];
	struct file file;
	u32 regs[8];
	u32 written, value;		/* offset and value of the last write */
	u32 rung_then;			/* count of event 1 when RING was written */
	unsigned int reads, writes;
};

static u32 fake_get(struct channel *ch, u32 reg)
{
	struct fake *fake = container_of(ch, struct fake, ch);

	fake->reads++;
	return fake->regs[reg / 4];
}

static void fake_set(struct channel *ch, u32 reg, u32 value)
{
	struct fake *fake = container_of(ch, struct fake, ch);

	fake->writes++;
	fake->written = reg;
	fake->value = value;
	fake->rung_then = fake->pages[1].rung[1];
}

/* Side 1 of a channel. */
static struct fake *fake_channel(struct kunit *test)
{
	struct fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	static const u32 regs[8] = { 0x43495650, 1, NR_EVENTS, 1, 4 };

	KUNIT_ASSERT_NOT_NULL(test, fake);
	memcpy(fake->regs, regs, sizeof(regs));
	init_waitqueue_head(&fake->ch.wait);
	strscpy(fake->ch.name, "paravirq-test");
	fake->ch.nr_events = NR_EVENTS;
	fake->ch.rung = fake->pages[1].rung;
	fake->ch.taken = fake->pages[1].taken;
	fake->ch.rung_there = fake->pages[0].rung;
	fake->file.private_data = &fake->ch;
	kunit_activate_static_stub(test, channel_get, fake_get);
	kunit_activate_static_stub(test, channel_set, fake_set);

	return fake;
}

static const struct firmware_case {
	const char *name;
	int error;
	resource_size_t memory;
	u32 number;
	resource_size_t regs, shift;
	const char *transport;
} firmware[] = {
	{ "hypercalls", 0, 0x3000, 0, 0, 0, "hypercall" },
	{ "hypercalls of the last channel", 0, 0x3000, 0xffff, 0, 0, "hypercall" },
	{ "registers in memory", 0, SZ_1M, 1, 0x1000 },
	{ "no memory", -EINVAL, 0, 0, 0, 0, "hypercall" },
	{ "two pages", -EINVAL, 0x2000, 0, 0, 0, "hypercall" },
	{ "half a page more", -EINVAL, 0x3800, 0, 0, 0, "hypercall" },
	{ "memory from half a page", -EINVAL, 0x3000, 0, 0, 0x800, "hypercall" },
	{ "channel 65536", -EBUSY, 0x3000, 0x10000, 0, 0, "hypercall" },
	{ "neither hypercalls nor registers", -EINVAL, 0x3000 },
	{ "hypercalls and registers", -EINVAL, SZ_1M, 1, 0x1000, 0, "hypercall" },
	{ "another transport", -EINVAL, 0x3000, 0, 0, 0, "pio" },
};

KUNIT_ARRAY_PARAM_DESC(firmware, firmware, name);

/* At addresses beyond all memory. */
static struct platform_device *add_device(struct kunit *test, const struct firmware_case *param,
					  unsigned int irq, unsigned int irqs)
{
	struct property_entry properties[3] = {};
	struct resource res[7], memory = {};
	struct platform_device *pdev;
	unsigned int n = 0, nr_properties = 0, i;

	if (param->memory) {
		KUNIT_ASSERT_EQ(test, allocate_resource(&iomem_resource, &memory, SZ_2M, SZ_4G,
							iomem_resource.end, SZ_2M, NULL, NULL), 0);
		release_resource(&memory);
		res[n++] = DEFINE_RES_MEM(memory.start + param->shift, param->memory);
	}
	if (param->regs)
		res[n++] = DEFINE_RES_MEM(memory.start + SZ_1M, param->regs);
	for (i = 0; i < irqs; i++)
		res[n++] = DEFINE_RES_IRQ(irq + i);
	if (param->number)
		properties[nr_properties++] = PROPERTY_ENTRY_U32("paravirq,channel",
								 param->number);
	if (param->transport)
		properties[nr_properties++] = PROPERTY_ENTRY_STRING("paravirq,transport",
								    param->transport);

	pdev = kunit_platform_device_alloc(test, "paravirq-nobody", PLATFORM_DEVID_AUTO);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, platform_device_add_resources(pdev, res, n), 0);
	if (nr_properties)
		KUNIT_ASSERT_EQ(test, device_create_managed_software_node(&pdev->dev, properties,
									  NULL), 0);
	KUNIT_ASSERT_EQ(test, kunit_platform_device_add(test, pdev), 0);

	return pdev;
}

/* [CHAN-2] [CHAN-3] [CHAN-4] What is not refused, is refused to the next one. */
static void channel_test_find(struct kunit *test)
{
	const struct firmware_case *param = test->param_value;
	struct platform_device *pdev = add_device(test, param, 0, 0);
	struct channel ch = {}, next = {};
	int ret = channel_find(pdev, &ch);

	KUNIT_EXPECT_EQ(test, ret, param->error);
	if (ret)
		return;

	KUNIT_EXPECT_EQ(test, ch.number, param->number);
	KUNIT_EXPECT_EQ(test, !!ch.regs, !!param->regs);
	KUNIT_EXPECT_EQ(test, resource_size(&ch.data), param->memory - 0x2000);
	KUNIT_EXPECT_EQ(test, ch.data.start % SZ_2M, 0x2000);
	KUNIT_EXPECT_EQ(test, channel_find(pdev, &next), -EBUSY);
}

static const struct registers_case {
	const char *name;
	int error;
	u32 reg, value;
} registers[] = {
	{ "side 1", 0, 0x0c, 1 },
	{ "side 0", 0, 0x0c, 0 },
	{ "one event", 0, 0x08, 1 },
	{ "16 events", 0, 0x08, 16 },
	{ "another magic", -EINVAL, 0x00, 0x51495650 },
	{ "hypercalls that nobody takes", -EINVAL, 0x00, 0x43495652 },
	{ "version 2", -EINVAL, 0x04, 2 },
	{ "no event", -EINVAL, 0x08, 0 },
	{ "17 events", -EINVAL, 0x08, 17 },
	{ "side 2", -EINVAL, 0x0c, 2 },
};

KUNIT_ARRAY_PARAM_DESC(registers, registers, name);

/* [CHAN-6] */
static void channel_test_identify(struct kunit *test)
{
	const struct registers_case *param = test->param_value;
	struct fake *fake = fake_channel(test);
	struct platform_device *pdev = add_device(test, &firmware[0], 0, 0);

	fake->ch.nr_events = 0;
	fake->ch.pages = fake->pages;
	fake->regs[param->reg / 4] = param->value;
	KUNIT_EXPECT_EQ(test, channel_identify(&pdev->dev, &fake->ch), param->error);
	KUNIT_EXPECT_EQ(test, fake->writes, 0);
	if (param->error)
		return;

	KUNIT_EXPECT_EQ(test, fake->ch.nr_events, fake->regs[2]);
	KUNIT_EXPECT_PTR_EQ(test, fake->ch.rung, &fake->pages[fake->regs[3]].rung[0]);
	KUNIT_EXPECT_PTR_EQ(test, fake->ch.taken, &fake->pages[fake->regs[3]].taken[0]);
	KUNIT_EXPECT_PTR_EQ(test, fake->ch.rung_there,
			    (const u32 *)fake->pages[!fake->regs[3]].rung);
}

/* [CHAN-19] [CHAN-20] */
static void channel_test_ring(struct kunit *test)
{
	struct fake *fake = fake_channel(test);
	static const struct fake_page expected = { .rung = { 0, 0, 5 } }, untouched = { };
	unsigned long memory = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
					     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	const char __user *buf = (const char __user *)memory;
	u32 __user *event = (u32 __user *)memory;

	KUNIT_ASSERT_NE(test, memory, 0);
	fake->pages[1].rung[1] = U32_MAX;
	fake->pages[1].rung[2] = 5;
	KUNIT_ASSERT_EQ(test, put_user(1, event), 0);
	KUNIT_EXPECT_EQ(test, channel_write(&fake->file, buf, 4, NULL), 4);
	KUNIT_EXPECT_EQ(test, fake->rung_then, 0);
	KUNIT_EXPECT_EQ(test, fake->written, 0x18);
	KUNIT_EXPECT_EQ(test, fake->value, 1);

	KUNIT_EXPECT_EQ(test, channel_write(&fake->file, buf, 3, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, channel_write(&fake->file, buf, 8, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, channel_write(&fake->file, buf + PAGE_SIZE, 0, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, channel_write(&fake->file, buf + PAGE_SIZE, 4, NULL), -EFAULT);
	fake->ch.gone = true;
	KUNIT_EXPECT_EQ(test, channel_write(&fake->file, buf, 4, NULL), -ENODEV);
	fake->ch.gone = false;
	KUNIT_ASSERT_EQ(test, put_user(NR_EVENTS, event), 0);
	KUNIT_EXPECT_EQ(test, channel_write(&fake->file, buf, 4, NULL), -EINVAL);

	KUNIT_EXPECT_EQ(test, fake->writes, 1);
	KUNIT_EXPECT_MEMEQ(test, &fake->pages[1], &expected, sizeof(expected));
	KUNIT_EXPECT_MEMEQ(test, &fake->pages[0], &untouched, sizeof(untouched));
}

/* [CHAN-19] [CHAN-21] [CHAN-26] Counts wrap, and go back if a peer wants that. */
static void channel_test_take(struct kunit *test)
{
	struct fake *fake = fake_channel(test);
	u32 counts[NR_EVENTS + 2] = { [NR_EVENTS + 1] = 42 };
	struct fake_page *theirs = kunit_kmalloc(test, sizeof(*theirs), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, theirs);
	KUNIT_EXPECT_EQ(test, channel_look(&fake->ch, counts, true), 0);
	KUNIT_EXPECT_TRUE(test, channel_poll(&fake->file, NULL) == (EPOLLOUT | EPOLLWRNORM));

	fake->pages[1].taken[0] = U32_MAX - 1;
	fake->pages[0].rung[0] = 1;
	fake->pages[1].taken[2] = 7;
	fake->pages[0].rung[2] = 6;
	fake->pages[0].rung[NR_EVENTS] = 1;
	*theirs = fake->pages[0];
	KUNIT_EXPECT_TRUE(test, channel_poll(&fake->file, NULL) ==
			  (EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM));
	KUNIT_EXPECT_EQ(test, channel_look(&fake->ch, counts, false), 1);
	KUNIT_EXPECT_EQ(test, channel_look(&fake->ch, counts, true), 1);
	KUNIT_EXPECT_EQ(test, counts[0], 3);
	KUNIT_EXPECT_EQ(test, counts[1], 0);
	KUNIT_EXPECT_EQ(test, counts[2], U32_MAX);
	KUNIT_EXPECT_EQ(test, counts[NR_EVENTS + 1], 42);
	KUNIT_EXPECT_EQ(test, fake->pages[1].taken[0], 1);
	KUNIT_EXPECT_EQ(test, fake->pages[1].taken[2], 6);
	KUNIT_EXPECT_EQ(test, channel_look(&fake->ch, counts, true), 0);

	KUNIT_EXPECT_MEMEQ(test, &fake->pages[0], theirs, sizeof(*theirs));
	fake->ch.gone = true;
	KUNIT_EXPECT_EQ(test, channel_look(&fake->ch, counts, true), -ENODEV);
	KUNIT_EXPECT_TRUE(test, channel_poll(&fake->file, NULL) ==
			  (EPOLLHUP | EPOLLERR | EPOLLOUT | EPOLLWRNORM));
}

/* [CHAN-22] [CHAN-24] PEER is looked at after STATE is written, and is new once. */
static void channel_test_up(struct kunit *test)
{
	struct fake *fake = fake_channel(test);
	u32 counts[NR_EVENTS + 1];
	int up;

	for (up = 1; up >= 0; up--) {
		fake->regs[4]++;
		channel_set_up(&fake->ch, up);
		KUNIT_EXPECT_EQ(test, fake->written, 0x14);
		KUNIT_EXPECT_EQ(test, fake->value, up);
		KUNIT_EXPECT_EQ(test, channel_look(&fake->ch, counts, true), 1);
		KUNIT_EXPECT_EQ(test, counts[NR_EVENTS], fake->regs[4]);
		KUNIT_EXPECT_EQ(test, channel_look(&fake->ch, counts, true), 0);
	}
}

/* [CHAN-24] When the guest shuts down, or unbinds the driver, and the device stays there. */
static void channel_test_remove(struct kunit *test)
{
	struct fake *fake = fake_channel(test);
	struct platform_device *pdev = add_device(test, &firmware[0], 0, 0);
	u32 counts[NR_EVENTS + 1];

	KUNIT_EXPECT_PTR_EQ(test, channel_driver.shutdown, channel_driver.remove);
	platform_set_drvdata(pdev, &fake->ch);
	fake->ch.misc = (struct miscdevice) {
		.minor = MISC_DYNAMIC_MINOR, .name = fake->ch.name, .fops = &channel_fops,
	};
	KUNIT_ASSERT_EQ(test, misc_register(&fake->ch.misc), 0);
	channel_driver.shutdown(pdev);
	KUNIT_EXPECT_EQ(test, fake->written, 0x14);
	KUNIT_EXPECT_EQ(test, fake->value, 0);
	KUNIT_EXPECT_EQ(test, channel_look(&fake->ch, counts, true), -ENODEV);
}

static int fake_wake(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	(*(unsigned int *)entry->private)++;

	return 0;
}

/* [CHAN-5] [CHAN-23] Every interrupt wakes, the last one looks at PEER. */
static void channel_test_interrupts(struct kunit *test)
{
	struct fake *fake = fake_channel(test);
	unsigned int n, woken = 0;
	wait_queue_entry_t entry = { .private = &woken, .func = fake_wake };
	struct platform_device *pdev;
	int irq = irq_alloc_descs(-1, 1, NR_EVENTS + 1, NUMA_NO_NODE);

	KUNIT_ASSERT_GT(test, irq, 0);
	for (n = 0; n <= NR_EVENTS; n++)
		irq_set_chip_and_handler(irq + n, &dummy_irq_chip, handle_simple_irq);

	pdev = add_device(test, &firmware[0], irq, NR_EVENTS);
	KUNIT_EXPECT_EQ(test, channel_request(pdev, &fake->ch), -EINVAL);
	pdev = add_device(test, &firmware[0], irq, NR_EVENTS + 1);
	KUNIT_ASSERT_NOT_NULL(test, devres_open_group(&pdev->dev, fake, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, channel_request(pdev, &fake->ch), 0);
	KUNIT_EXPECT_EQ(test, fake->written, 0x14);
	KUNIT_EXPECT_EQ(test, fake->value, 0);

	fake->regs[4]++;
	fake->reads = 0;
	add_wait_queue(&fake->ch.wait, &entry);
	for (n = 0; n <= NR_EVENTS; n++) {
		KUNIT_EXPECT_EQ(test, fake->ch.peer, 4);
		local_irq_disable();
		generic_handle_irq(irq + n);
		local_irq_enable();
		KUNIT_EXPECT_EQ(test, woken, n + 1);
	}
	KUNIT_EXPECT_EQ(test, fake->ch.peer, 5);
	KUNIT_EXPECT_EQ(test, fake->reads, 1);

	remove_wait_queue(&fake->ch.wait, &entry);
	devres_release_group(&pdev->dev, fake);
	irq_free_descs(irq, NR_EVENTS + 1);
}

static struct kunit_case channel_test_cases[] = {
	KUNIT_CASE_PARAM(channel_test_find, firmware_gen_params),
	KUNIT_CASE_PARAM(channel_test_identify, registers_gen_params),
	KUNIT_CASE(channel_test_ring),
	KUNIT_CASE(channel_test_take),
	KUNIT_CASE(channel_test_up),
	KUNIT_CASE(channel_test_remove),
	KUNIT_CASE(channel_test_interrupts),
	{}
};

static struct kunit_suite channel_test_suite = {
	.name		= "paravirq-channel",
	.test_cases	= channel_test_cases,
};

kunit_test_suite(channel_test_suite);
