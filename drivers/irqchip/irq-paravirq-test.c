// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the paravirq platform driver, drivers/irqchip/irq-paravirq.c.
 *
 * How registers are accessed is tested on a buffer in memory that takes their
 * place: each byte of it is compared after each access. What is requested,
 * mapped and given back is tested on real physical addresses and I/O ports that
 * nobody has; nothing answers there, so that a probe is refused. A probe that
 * succeeds is that of the driver bound to a device with such a buffer; the
 * irq_domain is the real one. Offsets are those of
 * Documentation/virt/paravirq/interface.rst, written out.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/acpi.h>
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/prandom.h>
#include <linux/property.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/unaligned.h>

#include <kunit/platform_device.h>
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <asm/hw_irq.h>
#include <asm/paravirq.h>

#include <uapi/linux/paravirq.h>

#include "irq-paravirq.h"

/* Users of the driver, if it is a module. */
#if IS_MODULE(CONFIG_PARAVIRQ) && defined(CONFIG_MODULE_UNLOAD)
#define HELD	1
static int users(struct device *dev)
{
	return module_refcount(dev->driver->owner);
}
#else
#define HELD	0
static int users(struct device *dev)
{
	return 0;
}
#endif

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

static struct resource *root_of(const struct resource *res)
{
	return resource_type(res) == IORESOURCE_MEM ? &iomem_resource : &ioport_resource;
}

/* A device with that much of both, that no driver matches. */
static struct platform_device *add_device(struct kunit *test, resource_size_t memory,
					  resource_size_t ports,
					  struct fwnode_handle *fwnode)
{
	struct platform_device *pdev;
	struct resource res[2];
	unsigned int n = 0;

	if (memory)
		res[n++] = free_memory(test, memory);
	if (ports)
		res[n++] = free_ports(test, ports);

	pdev = kunit_platform_device_alloc(test, "paravirq-nobody", PLATFORM_DEVID_AUTO);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	pdev->dev.fwnode = fwnode;
	KUNIT_ASSERT_EQ(test, platform_device_add_resources(pdev, res, n), 0);
	KUNIT_ASSERT_EQ(test, kunit_platform_device_add(test, pdev), 0);

	return pdev;
}

/* Both ends of all that the device has are requested, or neither is. */
#define EXPECT_REQUESTED(test, pdev, requested)					\
	expect_requested(test, pdev, requested, __LINE__)

static void expect_requested(struct kunit *test, struct platform_device *pdev,
			     bool requested, int line)
{
	unsigned int i;

	for (i = 0; i < pdev->num_resources; i++) {
		struct resource *res = &pdev->resource[i];

		KUNIT_EXPECT_EQ_MSG(test, is_free(root_of(res), res->start, 1), !requested,
				    "first of %pR, at line %d", res, line);
		KUNIT_EXPECT_EQ_MSG(test, is_free(root_of(res), res->end, 1), !requested,
				    "last of %pR, at line %d", res, line);
	}
}

/* What the page tables have at an address; 0 is nothing. */
static phys_addr_t physical(void __iomem *regs)
{
	unsigned long address = (unsigned long __force)regs;
	unsigned int level;
	pte_t *pte = lookup_address(address, &level);

	if (!pte || level != PG_LEVEL_4K || !pte_present(*pte))
		return 0;

	return PFN_PHYS(pte_pfn(*pte)) + offset_in_page(address);
}

static void __iomem *regs_of(const struct paravirq_config *config)
{
	return ((struct paravirq_window *)config->ctx)->regs;
}

static const struct window {
	const char *name;
	resource_size_t memory, ports;
	int error;
	u32 max_lines;
} windows[] = {
	{ "nothing", 0, 0, -EINVAL },
	{ "memory and ports", 0x1200, PORTS, -EINVAL },
	{ "memory for half a route", 0x1007, 0, -EINVAL },
	{ "memory for a route", 0x1008, 0, 0, 1 },
	{ "memory for a route and a half", 0x100f, 0, 0, 1 },
	{ "memory for 2 routes", 0x1010, 0, 0, 2 },
	{ "memory for 64 routes", 0x1200, 0, 0, 64 },
	{ "memory for almost 2048 routes", 0x4fff, 0, 0, 2047 },
	{ "memory for 2048 routes", 0x5000, 0, 0, 2048 },
	{ "memory for 4096 routes", 0x9000, 0, 0, 2048 },
	{ "63 ports", 0, 0x3f, -EINVAL },
	{ "64 ports", 0, 0x40, 0, 2048 },
	{ "128 ports", 0, 0x80, 0, 2048 },
};

KUNIT_ARRAY_PARAM_DESC(windows, windows, name);

/* What is not refused is requested and mapped as a whole, and given back. */
static void paravirq_test_map(struct kunit *test)
{
	const struct window *param = test->param_value;
	struct platform_device *pdev = add_device(test, param->memory, param->ports, NULL);
	struct resource *res = &pdev->resource[0];
	struct paravirq_config config = {};
	void __iomem *regs = NULL;
	void *group;
	int ret;

	group = devres_open_group(&pdev->dev, NULL, GFP_KERNEL);
	ret = paravirq_map(pdev, &config);
	KUNIT_EXPECT_EQ(test, ret, param->error);
	EXPECT_REQUESTED(test, pdev, !ret);
	if (!ret) {
		regs = regs_of(&config);
		KUNIT_EXPECT_EQ(test, config.max_lines, param->max_lines);
		KUNIT_EXPECT_STREQ(test, config.ops->name, param->memory ? "mmio" : "pio");
	}
	if (!ret && param->memory) {
		KUNIT_EXPECT_EQ(test, physical(regs), res->start);
		KUNIT_EXPECT_EQ(test, physical(regs + param->memory - 1), res->end);
	}
	if (!ret && param->ports)
		KUNIT_EXPECT_PTR_EQ(test, (void __force *)regs,
				    (void __force *)ioport_map(res->start, PORTS));

	devres_release_group(&pdev->dev, group);
	EXPECT_REQUESTED(test, pdev, false);
	if (regs)
		KUNIT_EXPECT_EQ(test, physical(regs), 0);
}

/* One byte of the window is somebody else's. */
static const struct conflict {
	const char *name;
	resource_size_t memory, ports, offset;
} conflicts[] = {
	{ "first byte of memory", 0x1200, 0, 0 },
	{ "last byte of memory", 0x1200, 0, 0x11ff },
	{ "first port", 0, PORTS, 0 },
	{ "last port", 0, PORTS, PORTS - 1 },
	{ "last of more ports", 0, 2 * PORTS, 2 * PORTS - 1 },
};

KUNIT_ARRAY_PARAM_DESC(conflicts, conflicts, name);

static void paravirq_test_in_use(struct kunit *test)
{
	const struct conflict *param = test->param_value;
	struct platform_device *pdev = add_device(test, param->memory, param->ports, NULL);
	struct resource *res = &pdev->resource[0], *root = root_of(res), *other;
	resource_size_t used = res->start + param->offset;
	struct paravirq_config config = {};
	void *group;

	other = __request_region(root, used, 1, "paravirq-other", 0);
	KUNIT_ASSERT_NOT_NULL(test, other);

	group = devres_open_group(&pdev->dev, NULL, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, paravirq_map(pdev, &config), -EBUSY);
	KUNIT_EXPECT_TRUE(test, is_free(root, param->offset ? res->start : res->end, 1));
	devres_release_group(&pdev->dev, group);
	KUNIT_EXPECT_FALSE(test, is_free(root, used, 1));

	__release_region(root, used, 1);
	EXPECT_REQUESTED(test, pdev, false);
}

static struct device_driver *find_driver(struct kunit *test)
{
	struct device_driver *driver = driver_find("paravirq", &platform_bus_type);

	KUNIT_ASSERT_NOT_NULL(test, driver);

	return driver;
}

static const struct nobody {
	const char *name;
	resource_size_t memory, ports;
	int error;
} nobodies[] = {
	{ "nothing", 0, 0, -EINVAL },
	{ "memory that nobody has", MEMORY, 0, -ENODEV },
	{ "ports that nobody has", 0, PORTS, -ENODEV },
};

KUNIT_ARRAY_PARAM_DESC(nobodies, nobodies, name);

/* The driver binds to no device without a controller, and holds nothing of it. */
static void paravirq_test_refused(struct kunit *test)
{
	const struct nobody *param = test->param_value;
	struct platform_device *pdev = add_device(test, param->memory, param->ports, NULL);

	KUNIT_EXPECT_EQ(test, device_driver_attach(find_driver(test), &pdev->dev),
			param->error);
	KUNIT_EXPECT_NULL(test, pdev->dev.driver);
	EXPECT_REQUESTED(test, pdev, false);
}

/**
 * struct fake - a window that is a buffer
 * @test:	the test
 * @config:	what paravirq_map() made of a real window
 * @size:	size of the window
 * @regs:	its bytes
 * @expected:	what they should be
 */
struct fake {
	struct kunit *test;
	struct paravirq_config config;
	size_t size;
	u8 *regs;
	u8 *expected;
};

/* No two registers are alike in the beginning. */
static struct fake *fake_window(struct kunit *test, resource_size_t memory,
				resource_size_t ports)
{
	struct platform_device *pdev = add_device(test, memory, ports, NULL);
	struct paravirq_window *window;
	struct rnd_state seed;
	struct fake *fake;

	fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->test = test;
	fake->size = memory + ports;
	fake->regs = kunit_kzalloc(test, fake->size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->regs);
	fake->expected = kunit_kzalloc(test, fake->size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->expected);
	prandom_seed_state(&seed, 1);
	prandom_bytes_state(&seed, fake->regs, fake->size);
	memcpy(fake->expected, fake->regs, fake->size);

	KUNIT_ASSERT_EQ(test, paravirq_map(pdev, &fake->config), 0);
	window = fake->config.ctx;
	window->regs = (void __iomem __force *)fake->regs;
	test->priv = fake;

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

/* Nothing else has been written. */
#define EXPECT_REGS(fake)	expect_regs(fake, __LINE__)

static void expect_regs(struct fake *fake, int line)
{
	size_t i;

	for (i = 0; i < fake->size && fake->regs[i] == fake->expected[i]; i++)
		;
	KUNIT_EXPECT_EQ_MSG(fake->test, i, fake->size, "first wrong byte, at line %d", line);
	memcpy(fake->regs, fake->expected, fake->size);
}

static const struct transport {
	const char *name;
	resource_size_t memory, ports;
} transports[] = {
	{ "memory", MEMORY, 0 },
	{ "ports", 0, PORTS },
};

KUNIT_ARRAY_PARAM_DESC(transports, transports, name);

static void paravirq_test_registers(struct kunit *test)
{
	const struct transport *param = test->param_value;
	struct fake *fake = fake_window(test, param->memory, param->ports);
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

static void paravirq_test_mmio_routes(struct kunit *test)
{
	struct fake *fake = fake_window(test, MEMORY, 0);
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
	struct fake *fake = fake_window(test, 0, PORTS);
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

#ifdef CONFIG_ACPI
/* Name (_GSB, ...) in the root of the namespace, or an object without. */
static const struct gsb {
	const char *name;
	const char *object;
	const char *aml;
	u32 length;
	int error;
	u32 base;
} gsbs[] = {
	{ "no _GSB", "\\_SB" },
	{ "_GSB 0x1000", "\\", "\x08_GSB\x0c\x00\x10\x00\x00", 10, 0, 0x1000 },
	{ "_GSB 0xfedcba98", "\\", "\x08_GSB\x0c\x98\xba\xdc\xfe", 10, 0, 0xfedcba98 },
	{ "_GSB that is a package", "\\", "\x08_GSB\x12\x02\x00", 8, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(gsbs, gsbs, name);

static void unload_table(void *index)
{
	acpi_unload_table((uintptr_t)index);
}

/* Never freed: to ACPICA, an unloaded table is one that may be loaded again. */
static void load_table(struct kunit *test, const char *aml, u32 length)
{
	struct acpi_table_header *table;
	u32 index, i;
	u8 sum = 0;

	table = kzalloc(sizeof(*table) + length, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, table);
	*table = (struct acpi_table_header) {
		.signature = ACPI_SIG_SSDT, .length = sizeof(*table) + length,
		.revision = 2, .oem_id = "PVIQ", .oem_table_id = "KUNIT",
	};
	memcpy(table + 1, aml, length);
	for (i = 0; i < table->length; i++)
		sum += ((u8 *)table)[i];
	table->checksum = -sum;

	KUNIT_ASSERT_EQ(test, acpi_load_table(table, &index), AE_OK);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, unload_table,
							(void *)(uintptr_t)index), 0);
}

static void paravirq_test_base(struct kunit *test)
{
	const struct gsb *param = test->param_value;
	struct platform_device *pdev;
	struct acpi_device *adev;
	u32 base = 0;

	if (acpi_disabled)
		kunit_skip(test, "needs ACPI");

	adev = kunit_kzalloc(test, sizeof(*adev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, adev);
	KUNIT_ASSERT_EQ(test, acpi_get_handle(NULL, (acpi_string)param->object,
					      &adev->handle), AE_OK);
	fwnode_init(&adev->fwnode, &acpi_device_fwnode_ops);
	pdev = kunit_platform_device_alloc(test, "paravirq-nobody", PLATFORM_DEVID_AUTO);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	ACPI_COMPANION_SET(&pdev->dev, adev);

	if (param->aml)
		load_table(test, param->aml, param->length);
	KUNIT_EXPECT_EQ(test, paravirq_get_base(&pdev->dev, &base), param->error);
	KUNIT_EXPECT_EQ(test, base, param->base);
}
#endif

/* Without ACPI the lines are numbered from 0. */
static void paravirq_test_no_base(struct kunit *test)
{
	struct platform_device *pdev = add_device(test, 0, 0, NULL);
	u32 base = 0;

	KUNIT_EXPECT_EQ(test, paravirq_get_base(&pdev->dev, &base), 0);
	KUNIT_EXPECT_EQ(test, base, 0);
}

/* Stands in for paravirq_map() in a probe. */
static int fake_map(struct platform_device *pdev, struct paravirq_config *config)
{
	struct fake *fake = kunit_get_current_test()->priv;

	config->ops = fake->config.ops;
	config->ctx = fake->config.ctx;
	config->max_lines = fake->config.max_lines;

	return 0;
}

static void remove_node(void *fwnode)
{
	fwnode_remove_software_node(fwnode);
}

/* A device that the driver is bound to, of a controller with 64 lines. */
static struct device *fake_probe(struct fake *fake)
{
	struct kunit *test = fake->test;
	struct platform_device *pdev;
	struct fwnode_handle *fwnode;

	fwnode = fwnode_create_software_node(NULL, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fwnode);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, remove_node, fwnode), 0);
	pdev = add_device(test, 0, 0, fwnode);

	put_unaligned_le32(0x51495650, fake->regs);
	put_unaligned_le32(1, fake->regs + 0x4);
	put_unaligned_le32(64, fake->regs + 0x8);
	memcpy(fake->expected, fake->regs, fake->size);

	kunit_activate_static_stub(test, paravirq_map, fake_map);
	KUNIT_ASSERT_EQ(test, device_driver_attach(find_driver(test), &pdev->dev), 0);
	fake_expect32(fake, 0x10, 1);
	EXPECT_REGS(fake);
	put_unaligned_le32(0, fake->regs + 0x10);
	fake_expect32(fake, 0x10, 0);

	return &pdev->dev;
}

static unsigned int map_line(struct device *dev, u32 line)
{
	struct irq_fwspec fwspec = {
		.fwnode = dev_fwnode(dev),
		.param_count = 2,
		.param = { line, IRQ_TYPE_EDGE_RISING },
	};

	return irq_create_fwspec_mapping(&fwspec);
}

static irqreturn_t ignore(int irq, void *data)
{
	return IRQ_HANDLED;
}

static void paravirq_test_probe(struct kunit *test)
{
	struct fake *fake = fake_window(test, MEMORY, 0);
	struct device *dev = fake_probe(fake);
	unsigned int virq, vector, cpu;
	struct irq_data *d;
	int before = users(dev);

	virq = map_line(dev, 63);
	KUNIT_ASSERT_NE(test, virq, 0);
	KUNIT_EXPECT_EQ(test, map_line(dev, 64), 0);
	EXPECT_REGS(fake);

	KUNIT_ASSERT_EQ(test, request_irq(virq, ignore, 0, "paravirq-test", fake), 0);
	d = irq_get_irq_data(virq);
	vector = irqd_cfg(d)->vector;
	cpu = cpumask_first(irq_data_get_effective_affinity_mask(d));
	fake_expect64(fake, 0x11f8, (u64)cpu_physical_id(cpu) << 32 | 0x100 | vector);
	EXPECT_REGS(fake);
	KUNIT_EXPECT_EQ(test, users(dev), before + HELD);

	free_irq(virq, fake);
	fake_expect64(fake, 0x11f8, 0x200);
	EXPECT_REGS(fake);
	KUNIT_EXPECT_EQ(test, users(dev), before);

	device_release_driver(dev);
	fake_expect32(fake, 0x10, 1);
	EXPECT_REGS(fake);
	KUNIT_EXPECT_NULL(test, irq_find_matching_fwnode(dev_fwnode(dev), DOMAIN_BUS_ANY));
	KUNIT_EXPECT_NULL(test, irq_get_irq_data(virq));
}

static void paravirq_test_shutdown(struct kunit *test)
{
	struct fake *fake = fake_window(test, MEMORY, 0);
	struct device *dev = fake_probe(fake);
	unsigned int virq;
	int ret;

	virq = map_line(dev, 0);
	KUNIT_ASSERT_NE(test, virq, 0);
	dev->bus->shutdown(dev);
	fake_expect32(fake, 0x10, 1);
	EXPECT_REGS(fake);

	ret = request_irq(virq, ignore, 0, "paravirq-test", fake);
	KUNIT_EXPECT_EQ(test, ret, -ENODEV);
	if (!ret)
		free_irq(virq, fake);
	EXPECT_REGS(fake);
}

/* Consumers hold no device: nobody may unbind it by hand. */
static void paravirq_test_driver(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, find_driver(test)->suppress_bind_attrs);
}

static struct kunit_case paravirq_test_cases[] = {
	KUNIT_CASE_PARAM(paravirq_test_map, windows_gen_params),
	KUNIT_CASE_PARAM(paravirq_test_in_use, conflicts_gen_params),
	KUNIT_CASE_PARAM(paravirq_test_refused, nobodies_gen_params),
	KUNIT_CASE_PARAM(paravirq_test_registers, transports_gen_params),
	KUNIT_CASE(paravirq_test_mmio_routes),
	KUNIT_CASE(paravirq_test_pio_routes),
#ifdef CONFIG_ACPI
	KUNIT_CASE_PARAM(paravirq_test_base, gsbs_gen_params),
#endif
	KUNIT_CASE(paravirq_test_no_base),
	KUNIT_CASE(paravirq_test_probe),
	KUNIT_CASE(paravirq_test_shutdown),
	KUNIT_CASE(paravirq_test_driver),
	{}
};

static struct kunit_suite paravirq_test_suite = {
	.name		= "irq-paravirq",
	.test_cases	= paravirq_test_cases,
};

kunit_test_suite(paravirq_test_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("KUnit tests of the paravirq driver");
MODULE_AUTHOR("The paravirq authors");
MODULE_LICENSE("GPL");
