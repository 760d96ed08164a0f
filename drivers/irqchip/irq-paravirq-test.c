// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the paravirq platform driver, drivers/irqchip/irq-paravirq.c.
 *
 * How registers are accessed is tested on a buffer in memory that takes their
 * place: each byte of it is compared after each access. Windows are real physical
 * addresses and I/O ports that nobody has, hypercalls are redirected. Offsets and
 * functions are those of Documentation/virt/paravirq/interface.rst, written out.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/device.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/prandom.h>
#include <linux/property.h>
#include <linux/sizes.h>
#include <linux/unaligned.h>

#include <kunit/platform_device.h>
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <kunit/test-bug.h>

#include <asm/paravirq.h>

#include <uapi/linux/paravirq.h>

#include "irq-paravirq.h"

/* Sizes of a window for the most lines, in memory and at I/O ports. */
#define MEMORY	0x5000
#define PORTS	0x40

/* Physical addresses beyond all memory and devices. */
static struct resource free_memory(struct kunit *test, resource_size_t size)
{
	struct resource res = { .name = "paravirq-test", .flags = IORESOURCE_MEM };

	KUNIT_ASSERT_EQ(test, allocate_resource(&iomem_resource, &res, size, SZ_4G,
						iomem_resource.end, PAGE_SIZE, NULL, NULL), 0);
	release_resource(&res);

	return DEFINE_RES_MEM(res.start, size);
}

static bool is_free(struct resource *root, resource_size_t start, resource_size_t size)
{
	if (!__request_region(root, start, size, "paravirq-test", 0))
		return false;

	__release_region(root, start, size);

	return true;
}

/* From the end: firmware gives out low ones. */
static struct resource free_ports(struct kunit *test, resource_size_t size)
{
	resource_size_t start = 0xff00;

	while (start && !is_free(&ioport_resource, start, size))
		start -= 0x100;
	KUNIT_ASSERT_NE(test, start, 0);

	return DEFINE_RES_IO(start, size);
}

/*
 * A device with that much of both, the last one twice if so, and with that transport in
 * its node; no driver matches it.
 */
static struct platform_device *add_device(struct kunit *test, resource_size_t memory,
					  resource_size_t ports, bool twice,
					  const char *transport)
{
	struct property_entry properties[] = {
		PROPERTY_ENTRY_STRING("paravirq,transport", transport),
		{}
	};
	struct platform_device *pdev;
	struct resource res[3];
	unsigned int n = 0;

	if (memory)
		res[n++] = free_memory(test, memory);
	if (ports)
		res[n++] = free_ports(test, ports);
	if (twice) {
		res[n] = res[n - 1];
		n++;
	}

	pdev = kunit_platform_device_alloc(test, "paravirq-nobody", PLATFORM_DEVID_AUTO);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, platform_device_add_resources(pdev, res, n), 0);
	if (transport)
		KUNIT_ASSERT_EQ(test, device_create_managed_software_node(&pdev->dev, properties,
									  NULL), 0);
	KUNIT_ASSERT_EQ(test, kunit_platform_device_add(test, pdev), 0);

	return pdev;
}

/* A hypervisor that knows another function only. */
static u64 no_hypercall(u32 function, u32 reg, u64 value)
{
	return function;
}

/* One with a controller, to the probe. */
static u64 magic_hypercall(u32 function, u32 reg, u64 value)
{
	return 0x51495650;
}

static const struct window {
	const char *name;
	resource_size_t memory, ports;
	bool twice;
	int error;
	u32 max_lines;
	const char *transport;
	bool unserved;
} windows[] = {
	{ "nothing", 0, 0, false, -EINVAL },
	{ "memory and ports", 0x1200, PORTS, false, -EINVAL },
	{ "memory twice", 0x1200, 0, true, -EINVAL },
	{ "ports twice", 0, PORTS, true, -EINVAL },
	{ "memory for half a route", 0x1007, 0, false, -EINVAL },
	{ "memory for a route", 0x1008, 0, false, 0, 1 },
	{ "memory for a route and a half", 0x100f, 0, false, 0, 1 },
	{ "memory for 64 routes", 0x1200, 0, false, 0, 64 },
	{ "memory for almost 2048 routes", 0x4fff, 0, false, 0, 2047 },
	{ "memory for 4096 routes", 0x9000, 0, false, 0, 2048 },
	{ "63 ports", 0, 0x3f, false, -EINVAL },
	{ "64 ports", 0, 0x40, false, 0, 2048 },
	{ "128 ports", 0, 0x80, false, 0, 2048 },
	{ "hypercalls", 0, 0, false, 0, 2048, "hypercall" },
	{ "hypercalls that nobody takes", 0, 0, false, -ENODEV, 0, "hypercall", true },
	{ "hypercalls and memory", 0x1200, 0, false, -EINVAL, 0, "hypercall" },
	{ "hypercalls and ports", 0, PORTS, false, -EINVAL, 0, "hypercall" },
	{ "another transport", 0, 0, false, -EINVAL, 0, "hypercalls" },
	{ "another transport and memory", 0x1200, 0, false, -EINVAL, 0, "mmio" },
	{ "an empty transport and ports", 0, PORTS, false, -EINVAL, 0, "" },
};

KUNIT_ARRAY_PARAM_DESC(windows, windows, name);

/* What is not refused is requested as a whole: the second one finds it in use. */
static void paravirq_test_map(struct kunit *test)
{
	const struct window *param = test->param_value;
	struct platform_device *pdev = add_device(test, param->memory, param->ports,
						  param->twice, param->transport);
	struct paravirq_config config = {};
	int ret;

	kunit_activate_static_stub(test, paravirq_hypercall,
				   param->unserved ? no_hypercall : magic_hypercall);
	ret = paravirq_map(pdev, &config);
	KUNIT_EXPECT_EQ(test, ret, param->error);
	if (ret)
		return;

	KUNIT_EXPECT_EQ(test, config.max_lines, param->max_lines);
	KUNIT_EXPECT_STREQ(test, config.ops->name, param->transport ?:
			   param->memory ? "mmio" : "pio");
	KUNIT_EXPECT_EQ(test, paravirq_map(pdev, &config), -EBUSY);
}

/*
 * A window that is a buffer, the bytes in it and what they should be; how many hypercalls
 * there were, which are accesses to it.
 */
struct fake {
	struct kunit *test;
	struct paravirq_config config;
	size_t size;
	u8 *regs;
	u8 *expected;
	unsigned int hypercalls;
};

static u64 fake_hypercall(u32 function, u32 reg, u64 value)
{
	struct kunit *test = kunit_get_current_test();
	struct fake *fake = test->priv;

	fake->hypercalls++;
	KUNIT_ASSERT_LE(test, reg + (reg < 0x1000 ? 4 : 8), fake->size);
	if (function == 0x51495652)
		return reg < 0x1000 ? get_unaligned_le32(fake->regs + reg) :
				      get_unaligned_le64(fake->regs + reg);

	KUNIT_EXPECT_EQ(test, function, 0x51495657);
	if (reg < 0x1000)
		put_unaligned_le32(value, fake->regs + reg);
	else
		put_unaligned_le64(value, fake->regs + reg);

	return 0;
}

static const struct transport {
	const char *name;
	resource_size_t memory, ports;
	const char *transport;
} transports[] = {
	{ "memory", MEMORY, 0 },
	{ "hypercalls", 0, 0, "hypercall" },
	{ "ports", 0, PORTS },
};

KUNIT_ARRAY_PARAM_DESC(transports, transports, name);

/* Those whose routes do not pass in halves. */
static const struct transport whole[] = {
	{ "memory", MEMORY, 0 },
	{ "hypercalls", 0, 0, "hypercall" },
};

KUNIT_ARRAY_PARAM_DESC(whole, whole, name);

/* No two registers are alike in the beginning. */
static struct fake *fake_window(struct kunit *test, const struct transport *param)
{
	struct platform_device *pdev = add_device(test, param->memory, param->ports, false,
						  param->transport);
	struct paravirq_window *window;
	struct rnd_state seed;
	struct fake *fake;

	fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake);
	test->priv = fake;
	fake->test = test;
	fake->size = param->memory + param->ports ?: MEMORY;
	fake->regs = kunit_kzalloc(test, fake->size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->regs);
	fake->expected = kunit_kzalloc(test, fake->size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->expected);
	prandom_seed_state(&seed, 1);
	prandom_bytes_state(&seed, fake->regs, fake->size);
	memcpy(fake->expected, fake->regs, fake->size);

	kunit_activate_static_stub(test, paravirq_hypercall, fake_hypercall);
	KUNIT_ASSERT_EQ(test, paravirq_map(pdev, &fake->config), 0);
	fake->hypercalls = 0;
	window = fake->config.ctx;
	if (window)
		window->regs = (void __iomem __force *)fake->regs;

	return fake;
}

static void fake_expect32(struct fake *fake, u32 offset, u32 value)
{
	put_unaligned_le32(value, fake->expected + offset);
}

static void fake_expect64(struct fake *fake, u32 offset, u64 value)
{
	put_unaligned_le64(value, fake->expected + offset);
}

/* Nothing else has been written, in one hypercall if it was one. */
#define EXPECT_REGS(fake)	expect_regs(fake, __LINE__)

static void expect_regs(struct fake *fake, int line)
{
	size_t i;

	for (i = 0; i < fake->size && fake->regs[i] == fake->expected[i]; i++)
		;
	KUNIT_EXPECT_EQ_MSG(fake->test, i, fake->size, "first wrong byte, at line %d", line);
	memcpy(fake->regs, fake->expected, fake->size);
	KUNIT_EXPECT_EQ_MSG(fake->test, fake->hypercalls, !fake->config.ctx,
			    "hypercalls, at line %d", line);
	fake->hypercalls = 0;
}

static void paravirq_test_registers(struct kunit *test)
{
	struct fake *fake = fake_window(test, test->param_value);
	const struct paravirq_ops *ops = fake->config.ops;
	u32 reg;

	for (reg = 0; reg <= 0x18; reg += 4) {
		KUNIT_EXPECT_EQ(test, ops->read(fake->config.ctx, reg),
				get_unaligned_le32(fake->regs + reg));
		EXPECT_REGS(fake);

		ops->write(fake->config.ctx, reg, 0xfedcba98 + reg);
		fake_expect32(fake, reg, 0xfedcba98 + reg);
		EXPECT_REGS(fake);
	}
}

static const u32 lines[] = { 0, 1, 2, 63, 255, 256, 1023, 1024, 2047 };
static const u64 routes[] = { 0x0000000000000200, 0x0000000100000120, 0x000000ff000003ff,
			      0x0000010000000141, 0x12345678000001fe, 0xfffffffe00000380 };

static void paravirq_test_routes(struct kunit *test)
{
	struct fake *fake = fake_window(test, test->param_value);
	const struct paravirq_ops *ops = fake->config.ops;
	u32 i, j, route;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		route = 0x1000 + 8 * lines[i];
		for (j = 0; j < ARRAY_SIZE(routes); j++) {
			KUNIT_EXPECT_EQ(test, ops->read_route(fake->config.ctx, lines[i]),
					get_unaligned_le64(fake->regs + route));
			EXPECT_REGS(fake);

			ops->write_route(fake->config.ctx, lines[i], routes[j]);
			fake_expect64(fake, route, routes[j]);
			EXPECT_REGS(fake);
		}
	}
}

/* DEST is 0x20, COMMIT 0x24, SELECT 0x28; what is selected, memory reads back. */
static void paravirq_test_pio_routes(struct kunit *test)
{
	static const struct transport ports = { .ports = PORTS };
	struct fake *fake = fake_window(test, &ports);
	const struct paravirq_ops *ops = fake->config.ops;
	u64 route;
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		for (j = 0; j < ARRAY_SIZE(routes); j++) {
			ops->write_route(fake->config.ctx, lines[i], routes[j]);
			fake_expect32(fake, 0x20, routes[j] >> 32);
			fake_expect32(fake, 0x24, lines[i] << 16 | (u32)routes[j]);
			EXPECT_REGS(fake);

			route = ops->read_route(fake->config.ctx, lines[i]);
			KUNIT_EXPECT_EQ(test, route, (routes[j] >> 32 << 32) + lines[i]);
			fake_expect32(fake, 0x28, lines[i]);
			EXPECT_REGS(fake);
		}
	}
}

static struct kunit_case paravirq_test_cases[] = {
	KUNIT_CASE_PARAM(paravirq_test_map, windows_gen_params),
	KUNIT_CASE_PARAM(paravirq_test_registers, transports_gen_params),
	KUNIT_CASE_PARAM(paravirq_test_routes, whole_gen_params),
	KUNIT_CASE(paravirq_test_pio_routes),
	{}
};

static struct kunit_suite paravirq_test_suite = {
	.name		= "irq-paravirq",
	.test_cases	= paravirq_test_cases,
};

kunit_test_suite(paravirq_test_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of the paravirq driver");
MODULE_AUTHOR("The paravirq authors");
MODULE_LICENSE("GPL");
