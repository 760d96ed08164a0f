// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the paravirq channel; drivers/virt/paravirq-channel.c includes this file.
 *
 * Hypercalls go to registers that are made up, interrupts are software's, and the pages of
 * the two sides are a buffer. Numbers in brackets, and those that are written out, are those
 * of Documentation/virt/paravirq/channel.rst.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/irq.h>
#include <linux/sizes.h>

#include <kunit/platform_device.h>
#include <kunit/test.h>
#include <kunit/test-bug.h>

#define NUMBER		7
#define NR_EVENTS	3

/* What hypercalls find and leave. */
struct fake {
	struct channel ch;
	struct channel_page pages[2];
	u32 regs[8];
	u32 written, value;		/* offset and value of the last write */
	u32 rung_then;			/* count of event 1 when RING was written */
	unsigned int reads, writes;
};

static u64 fake_hypercall(u32 function, u32 reg, u32 value)
{
	struct kunit *test = kunit_get_current_test();
	struct fake *fake = test->priv;

	KUNIT_EXPECT_EQ(test, reg >> 16, fake->ch.number);
	reg &= 0xffff;
	KUNIT_ASSERT_LE(test, reg, 0x18);
	if (function == 0x43495652) {
		fake->reads++;
		return fake->regs[reg / 4];
	}

	KUNIT_EXPECT_EQ(test, function, 0x43495657);
	fake->writes++;
	fake->written = reg;
	fake->value = value;
	fake->rung_then = fake->pages[1].rung[1];

	return 0;
}

/* Side 1 of a channel. */
static struct fake *fake_channel(struct kunit *test)
{
	struct fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	static const u32 regs[8] = { 0x43495650, 1, NR_EVENTS, 1, 4 };

	KUNIT_ASSERT_NOT_NULL(test, fake);
	test->priv = fake;
	memcpy(fake->regs, regs, sizeof(regs));
	init_waitqueue_head(&fake->ch.wait);
	spin_lock_init(&fake->ch.peer_lock);
	fake->ch.number = NUMBER;
	strscpy(fake->ch.name, "paravirq-test");
	fake->ch.nr_events = NR_EVENTS;
	fake->ch.mine = &fake->pages[1];
	fake->ch.theirs = &fake->pages[0];
	kunit_activate_static_stub(test, channel_hypercall, fake_hypercall);

	return fake;
}

static const struct firmware_case {
	const char *name;
	int error;
	resource_size_t memory, ports;
	const char *transport;
	u32 number;
	resource_size_t shift;
} firmware[] = {
	{ "hypercalls", 0, 0x3000, 0, "hypercall" },
	{ "hypercalls of the last channel", 0, 0x3000, 0, "hypercall", 0xffff },
	{ "ports", 0, 0x3000, 0x20 },
	{ "more ports and memory", 0, SZ_1M, 0x40 },
	{ "no registers", -EINVAL, 0x3000 },
	{ "hypercalls and ports", -EINVAL, 0x3000, 0x20, "hypercall" },
	{ "another transport", -EINVAL, 0x3000, 0, "mmio" },
	{ "31 ports", -EINVAL, 0x3000, 0x1f },
	{ "no memory", -EINVAL, 0, 0, "hypercall" },
	{ "two pages", -EINVAL, 0x2000, 0, "hypercall" },
	{ "half a page more", -EINVAL, 0x3800, 0, "hypercall" },
	{ "memory from half a page", -EINVAL, 0x3000, 0, "hypercall", 0, 0x800 },
	{ "channel 65536", -EBUSY, 0x3000, 0, "hypercall", 0x10000 },
};

KUNIT_ARRAY_PARAM_DESC(firmware, firmware, name);

/* At addresses beyond all memory, and ports that firmware gives to nobody. */
static struct platform_device *add_device(struct kunit *test, const struct firmware_case *param,
					  unsigned int irq, unsigned int irqs)
{
	struct property_entry properties[3] = {}, *property = properties;
	struct resource res[6], memory = {};
	struct platform_device *pdev;
	unsigned int n = 0, i;

	if (param->memory) {
		KUNIT_ASSERT_EQ(test, allocate_resource(&iomem_resource, &memory, SZ_2M, SZ_4G,
							iomem_resource.end, SZ_2M, NULL, NULL), 0);
		release_resource(&memory);
		res[n++] = DEFINE_RES_MEM(memory.start + param->shift, param->memory);
	}
	if (param->ports)
		res[n++] = DEFINE_RES_IO(0xff00, param->ports);
	for (i = 0; i < irqs; i++)
		res[n++] = DEFINE_RES_IRQ(irq + i);
	if (param->transport)
		*property++ = PROPERTY_ENTRY_STRING("paravirq,transport", param->transport);
	if (param->number)
		*property++ = PROPERTY_ENTRY_U32("paravirq,channel", param->number);

	pdev = kunit_platform_device_alloc(test, "paravirq-nobody", PLATFORM_DEVID_AUTO);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, platform_device_add_resources(pdev, res, n), 0);
	if (property > properties)
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
	KUNIT_EXPECT_EQ(test, ch.port, param->ports ? 0xff00 : 0);
	KUNIT_EXPECT_EQ(test, ch.size, param->memory - 0x2000);
	KUNIT_EXPECT_EQ(test, ch.data % SZ_2M, 0x2000);
	memunmap(ch.pages);
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
	{ "another magic", -ENODEV, 0x00, 0x51495650 },
	{ "hypercalls that nobody takes", -ENODEV, 0x00, 0x43495652 },
	{ "version 2", -EINVAL, 0x04, 2 },
	{ "no event", -EINVAL, 0x08, 0 },
	{ "17 events", -EINVAL, 0x08, 17 },
	{ "side 2", -EINVAL, 0x0c, 2 },
};

KUNIT_ARRAY_PARAM_DESC(registers, registers, name);

/* [CHAN-6] [CHAN-7] */
static void channel_test_identify(struct kunit *test)
{
	const struct registers_case *param = test->param_value;
	struct fake *fake = fake_channel(test);
	struct platform_device *pdev = add_device(test, &firmware[0], 0, 0);

	fake->ch.nr_events = 0;
	fake->ch.pages = fake;
	fake->regs[param->reg / 4] = param->value;
	KUNIT_EXPECT_EQ(test, channel_identify(&pdev->dev, &fake->ch), param->error);
	KUNIT_EXPECT_EQ(test, fake->writes, 0);
	if (param->error == -ENODEV)
		KUNIT_EXPECT_EQ(test, fake->reads, 1);
	if (param->error)
		return;

	KUNIT_EXPECT_EQ(test, fake->ch.nr_events, fake->regs[2]);
	KUNIT_EXPECT_PTR_EQ(test, (void *)fake->ch.mine, (void *)fake + 0x1000 * fake->regs[3]);
	KUNIT_EXPECT_PTR_EQ(test, (void *)fake->ch.theirs, (void *)fake + 0x1000 * !fake->regs[3]);
}

/* [CHAN-19] [CHAN-20] */
static void channel_test_ring(struct kunit *test)
{
	struct fake *fake = fake_channel(test);
	static const struct channel_page expected = { .rung = { 0, 0, 5 } };
	static const struct channel_page untouched = { };

	fake->pages[1].rung[1] = U32_MAX;
	fake->pages[1].rung[2] = 5;
	channel_ring(&fake->ch, 1);
	KUNIT_EXPECT_EQ(test, fake->rung_then, 0);
	KUNIT_EXPECT_EQ(test, fake->written, 0x18);
	KUNIT_EXPECT_EQ(test, fake->value, 1);
	KUNIT_EXPECT_EQ(test, fake->writes, 1);
	KUNIT_EXPECT_MEMEQ(test, &fake->pages[1], &expected, sizeof(expected));
	KUNIT_EXPECT_MEMEQ(test, &fake->pages[0], &untouched, sizeof(untouched));
}

/* [CHAN-19] [CHAN-21] [CHAN-26] Counts wrap, and go back if a peer wants that. */
static void channel_test_take(struct kunit *test)
{
	struct fake *fake = fake_channel(test);
	struct channel_file cf = { .ch = &fake->ch };
	u32 counts[NR_EVENTS + 2] = { [NR_EVENTS + 1] = 42 };
	struct channel_page theirs;

	KUNIT_EXPECT_FALSE(test, channel_look(&cf, counts));

	fake->pages[1].taken[0] = U32_MAX - 1;
	fake->pages[0].rung[0] = 1;
	fake->pages[1].taken[2] = 7;
	fake->pages[0].rung[2] = 6;
	fake->pages[0].rung[NR_EVENTS] = 1;
	theirs = fake->pages[0];
	KUNIT_EXPECT_TRUE(test, channel_look(&cf, counts));
	KUNIT_EXPECT_EQ(test, counts[0], 3);
	KUNIT_EXPECT_EQ(test, counts[1], 0);
	KUNIT_EXPECT_EQ(test, counts[2], U32_MAX);
	KUNIT_EXPECT_EQ(test, counts[NR_EVENTS + 1], 42);

	/* What is rung after it was looked at is not taken. */
	fake->pages[0].rung[0]++;
	channel_take(&cf, counts);
	KUNIT_EXPECT_EQ(test, fake->pages[1].taken[0], 1);
	KUNIT_EXPECT_EQ(test, fake->pages[1].taken[2], 6);
	KUNIT_EXPECT_TRUE(test, channel_look(&cf, counts));
	KUNIT_EXPECT_EQ(test, counts[0], 1);
	channel_take(&cf, counts);
	KUNIT_EXPECT_FALSE(test, channel_look(&cf, counts));

	fake->pages[0].rung[0] = theirs.rung[0];
	KUNIT_EXPECT_MEMEQ(test, &fake->pages[0], &theirs, sizeof(theirs));
}

/* [CHAN-22] [CHAN-24] PEER is looked at after STATE is written, and each file sees it once. */
static void channel_test_up(struct kunit *test)
{
	struct fake *fake = fake_channel(test);
	struct channel_file cf = { .ch = &fake->ch }, other = cf;
	u32 counts[NR_EVENTS + 1];
	int up;

	for (up = 1; up >= 0; up--) {
		fake->regs[4]++;
		channel_set_up(&fake->ch, up);
		KUNIT_EXPECT_EQ(test, fake->written, 0x14);
		KUNIT_EXPECT_EQ(test, fake->value, up);
		KUNIT_EXPECT_TRUE(test, channel_look(&cf, counts));
		KUNIT_EXPECT_EQ(test, counts[NR_EVENTS], fake->regs[4]);
		channel_take(&cf, counts);
		KUNIT_EXPECT_FALSE(test, channel_look(&cf, counts));
		KUNIT_EXPECT_TRUE(test, channel_look(&other, counts));
	}
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

	add_wait_queue(&fake->ch.wait, &entry);
	for (n = 0; n <= NR_EVENTS; n++) {
		KUNIT_EXPECT_EQ(test, fake->ch.peer, 0);
		local_irq_disable();
		generic_handle_irq(irq + n);
		local_irq_enable();
		KUNIT_EXPECT_EQ(test, woken, n + 1);
	}
	KUNIT_EXPECT_EQ(test, fake->ch.peer, 4);
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
	KUNIT_CASE(channel_test_interrupts),
	{}
};

static struct kunit_suite channel_test_suite = {
	.name		= "paravirq-channel",
	.test_cases	= channel_test_cases,
};

kunit_test_suite(channel_test_suite);
