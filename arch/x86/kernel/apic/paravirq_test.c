// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the paravirq irq_domain, arch/x86/kernel/apic/paravirq.c, of its GSIs
 * and its lines for modules, paravirq_gsi.c and paravirq_alloc.c.
 *
 * Each test gives paravirq_create() a controller that is a few variables: it
 * does what Documentation/virt/paravirq/interface.rst demands of one, notes
 * each access of the core, injects real interrupts by IPIs, and lies when told
 * to. What the core does to the registers is compared as a line of text:
 *
 *	magic version lines	these registers are read
 *	reset			CONTROL is written
 *	2:on+mask 2:on 2:off	the route of line 2 is written; "on" has the
 *				vector and APIC id that the vector domain has
 *	2?			the route of line 2 is read
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/acpi.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/paravirq.h>
#include <linux/platform_device.h>
#include <linux/property.h>

#include <kunit/platform_device.h>
#include <kunit/test.h>

#include <asm/apic.h>
#include <asm/cpu.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>
#include <asm/paravirq.h>

#define LINES	4
#define LINE	2
/* The last one is for modules */
#define MODULE_LINE	3
/* Above the controllers of the machine that this runs on. */
#define BASE	0x8000

/* A controller, and what a test has of it. */
struct fake {
	struct kunit *test;
	struct paravirq_config config;
	struct paravirq *pv;
	struct irq_domain *domain;
	/* The interrupt of LINE, and whether it is requested */
	unsigned int virq;
	bool requested;
	/* What the constants read */
	u32 magic, version, nr_lines;
	/* Does not take the routes of lines */
	bool refuses;
	u64 route[LINES];
	atomic_t runs;
	/* Accesses since the last look at it */
	char log[256];
};

static __printf(2, 3) void fake_log(struct fake *fake, const char *fmt, ...)
{
	size_t len = strlen(fake->log);
	va_list args;

	if (len)
		len += scnprintf(fake->log + len, sizeof(fake->log) - len, " ");
	va_start(args, fmt);
	vscnprintf(fake->log + len, sizeof(fake->log) - len, fmt, args);
	va_end(args);
}

/* The accesses since the last time are these, and no others. */
#define EXPECT_LOG(fake, expected)	expect_log(fake, expected, __LINE__)

static void expect_log(struct fake *fake, const char *expected, int line)
{
	KUNIT_EXPECT_STREQ_MSG(fake->test, fake->log, expected, "at line %d", line);
	fake->log[0] = '\0';
}

static u32 fake_read(void *ctx, u32 reg)
{
	struct fake *fake = ctx;
	u32 value = 0;

	switch (reg) {
	case PARAVIRQ_REG_MAGIC:
		fake_log(fake, "magic");
		value = fake->magic;
		break;
	case PARAVIRQ_REG_VERSION:
		fake_log(fake, "version");
		value = fake->version;
		break;
	case PARAVIRQ_REG_NR_LINES:
		fake_log(fake, "lines");
		value = fake->nr_lines;
		break;
	default:
		fake_log(fake, "%#x?", reg);
	}

	return value;
}

static void fake_write(void *ctx, u32 reg, u32 value)
{
	struct fake *fake = ctx;
	unsigned int line;

	if (reg != PARAVIRQ_REG_CONTROL || value != PARAVIRQ_CONTROL_RESET) {
		fake_log(fake, "%#x:%#x", reg, value);
		return;
	}

	fake_log(fake, "reset");
	for (line = 0; line < LINES; line++)
		fake->route[line] = PARAVIRQ_ROUTE_RESET;
}

/* The name of a route in the log; "wrong" if it does not lead to its interrupt. */
static const char *fake_name(struct fake *fake, u32 line, u64 route)
{
	struct irq_data *d = irq_get_irq_data(fake->virq);
	u64 own;

	if (route == PARAVIRQ_ROUTE_RESET)
		return "off";

	if (line != LINE || !d || d->hwirq != line)
		return "wrong";

	own = cpu_physical_id(cpumask_first(irq_data_get_effective_affinity_mask(d)));
	own = own << PARAVIRQ_ROUTE_DEST_SHIFT | PARAVIRQ_ROUTE_ENABLE | irqd_cfg(d)->vector;
	if (route == own)
		return "on";
	if (route == (own | PARAVIRQ_ROUTE_MASK))
		return "on+mask";

	return "wrong";
}

static void fake_inject(u64 route)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (cpu_physical_id(cpu) == route >> PARAVIRQ_ROUTE_DEST_SHIFT)
			apic->send_IPI(cpu, route & PARAVIRQ_ROUTE_VECTOR);
	}
}

static void fake_write_route(void *ctx, u32 line, u64 route)
{
	struct fake *fake = ctx;
	u64 pending;

	fake_log(fake, "%u:%s", line, fake_name(fake, line, route));
	if (fake->refuses)
		return;

	pending = fake->route[line] & PARAVIRQ_ROUTE_PENDING;
	if (!(route & PARAVIRQ_ROUTE_ENABLE))
		pending = 0;
	if (route & PARAVIRQ_ROUTE_MASK) {
		fake->route[line] = route | pending;
	} else {
		fake->route[line] = route;
		if (pending)
			fake_inject(route);
	}
}

/* The device of LINE has something to say. */
static void fake_raise(struct fake *fake)
{
	u64 *route = &fake->route[LINE];

	if (!(*route & PARAVIRQ_ROUTE_ENABLE))
		return;

	if (*route & PARAVIRQ_ROUTE_MASK)
		*route |= PARAVIRQ_ROUTE_PENDING;
	else
		fake_inject(*route);
}

static u64 fake_read_route(void *ctx, u32 line)
{
	struct fake *fake = ctx;

	fake_log(fake, "%u?", line);

	return fake->route[line];
}

static const struct paravirq_ops fake_ops = {
	.name		= "fake",
	.read		= fake_read,
	.write		= fake_write,
	.read_route	= fake_read_route,
	.write_route	= fake_write_route,
};

static irqreturn_t fake_interrupt(int irq, void *data)
{
	struct fake *fake = data;

	atomic_inc(&fake->runs);

	return IRQ_HANDLED;
}

/* The handler has run n times in all, and does not once more. */
static bool fake_ran(struct fake *fake, int n)
{
	int ms;

	for (ms = 0; ms < 30000 && atomic_read(&fake->runs) < n; ms++)
		usleep_range(1000, 1100);
	msleep(20);

	return atomic_read(&fake->runs) == n;
}

static int fake_create(struct fake *fake)
{
	struct paravirq *pv = paravirq_create(&fake->config);

	if (IS_ERR(pv))
		return PTR_ERR(pv);

	fake->pv = pv;
	fake->domain = irq_find_matching_fwnode(dev_fwnode(fake->config.dev), DOMAIN_BUS_ANY);
	KUNIT_ASSERT_NOT_NULL(fake->test, fake->domain);

	return 0;
}

static unsigned int fake_map(struct fake *fake, u32 number)
{
	struct irq_fwspec fwspec = {
		.fwnode = dev_fwnode(fake->config.dev),
		.param_count = 2,
		.param = { number, IRQ_TYPE_EDGE_RISING },
	};

	return irq_create_fwspec_mapping(&fwspec);
}

static int fake_alloc(struct fake *fake, u32 line)
{
	return paravirq_alloc_irq(dev_fwnode(fake->config.dev), line);
}

static int fake_request_type(struct fake *fake, unsigned long type)
{
	int ret = request_irq(fake->virq, fake_interrupt, type, "paravirq-fake", fake);

	fake->requested |= !ret;

	return ret;
}

static int fake_request(struct fake *fake)
{
	return fake_request_type(fake, 0);
}

static void fake_free(struct fake *fake)
{
	if (fake->requested)
		free_irq(fake->virq, fake);
	fake->requested = false;
}

static void fake_remove(struct fake *fake)
{
	if (fake->pv)
		paravirq_remove(fake->pv);
	fake->pv = NULL;
}

/* A controller that is up, its LINE mapped, requested and quiet. */
static void fake_start(struct fake *fake)
{
	KUNIT_ASSERT_EQ(fake->test, fake_create(fake), 0);
	fake->virq = fake_map(fake, BASE + LINE);
	KUNIT_ASSERT_NE(fake->test, fake->virq, 0);
	KUNIT_ASSERT_EQ(fake->test, fake_request(fake), 0);
	fake->log[0] = '\0';
}

/* A device with a node of its own. */
static struct device *fake_device(struct kunit *test, struct fake *fake)
{
	static const struct property_entry none[] = { { } };
	struct platform_device *pdev;

	pdev = kunit_platform_device_alloc(test, "paravirq-fake", PLATFORM_DEVID_AUTO);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, device_create_managed_software_node(&pdev->dev, none, NULL), 0);
	platform_set_drvdata(pdev, fake);
	KUNIT_ASSERT_EQ(test, kunit_platform_device_add(test, pdev), 0);

	return &pdev->dev;
}

static int fake_init(struct kunit *test)
{
	struct fake *fake;

	fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake);

	fake->test = test;
	fake->magic = PARAVIRQ_MAGIC;
	fake->version = PARAVIRQ_VERSION;
	fake->nr_lines = LINES;
	fake->config.dev = fake_device(test, fake);
	fake->config.ops = &fake_ops;
	fake->config.ctx = fake;
	fake->config.max_lines = LINES;
	fake->config.base = BASE;
	fake->config.module_line = MODULE_LINE;
	fake->config.nr_module_lines = 1;
	test->priv = fake;

	return 0;
}

static void fake_exit(struct kunit *test)
{
	struct fake *fake = test->priv;

	if (!fake)
		return;
	fake_free(fake);
	fake_remove(fake);
}

/* What is not a controller of version 1 is refused, and not written to. */
static const struct refused {
	const char *name;
	u32 magic, version, nr_lines, max_lines, base, module_line, nr_module_lines;
	int error;
	const char *log;
} refused[] = {
	{ "all ones", U32_MAX, U32_MAX, U32_MAX, LINES, 0, 0, 0, -ENODEV, "magic" },
	{ "magic", PARAVIRQ_MAGIC + 1, 1, LINES, LINES, 0, 0, 0, -ENODEV, "magic" },
	{ "version 0", PARAVIRQ_MAGIC, 0, LINES, LINES, 0, 0, 0, -EPROTONOSUPPORT,
	  "magic version" },
	{ "version 2", PARAVIRQ_MAGIC, 2, LINES, LINES, 0, 0, 0, -EPROTONOSUPPORT,
	  "magic version" },
	{ "0 lines", PARAVIRQ_MAGIC, 1, 0, LINES, 0, 0, 0, -EINVAL, "magic version lines" },
	{ "2049 lines", PARAVIRQ_MAGIC, 1, 2049, 4096, 0, 0, 0, -EINVAL,
	  "magic version lines" },
	{ "short window", PARAVIRQ_MAGIC, 1, LINES, LINES - 1, 0, 0, 0, -EINVAL,
	  "magic version lines" },
	{ "base too high", PARAVIRQ_MAGIC, 1, LINES, LINES, U32_MAX - LINES + 1, 0, 0, -EINVAL,
	  "magic version lines" },
	{ "more lines for modules", PARAVIRQ_MAGIC, 1, LINES, LINES, 0, 0, LINES + 1, -EINVAL,
	  "magic version lines" },
	{ "lines for modules too high", PARAVIRQ_MAGIC, 1, LINES, LINES, 0, LINES, 1, -EINVAL,
	  "magic version lines" },
	{ "lines for modules wrap", PARAVIRQ_MAGIC, 1, LINES, LINES, 0, U32_MAX, 1, -EINVAL,
	  "magic version lines" },
};

KUNIT_ARRAY_PARAM_DESC(refused, refused, name);

static void paravirq_test_refused(struct kunit *test)
{
	const struct refused *param = test->param_value;
	struct fake *fake = test->priv;
	struct device *dev = fake->config.dev;
	unsigned int references = kref_read(&dev->kobj.kref);

	fake->magic = param->magic;
	fake->version = param->version;
	fake->nr_lines = param->nr_lines;
	fake->config.max_lines = param->max_lines;
	fake->config.base = param->base;
	fake->config.module_line = param->module_line;
	fake->config.nr_module_lines = param->nr_module_lines;

	KUNIT_EXPECT_EQ(test, fake_create(fake), param->error);
	EXPECT_LOG(fake, param->log);
	KUNIT_EXPECT_NULL(test, irq_find_matching_fwnode(dev_fwnode(dev), DOMAIN_BUS_ANY));
	KUNIT_EXPECT_EQ(test, kref_read(&dev->kobj.kref), references);
}

/* The last line of the most that there can be, at the highest base. */
static void paravirq_test_create(struct kunit *test)
{
	struct fake *fake = test->priv;

	fake->nr_lines = PARAVIRQ_MAX_LINES;
	fake->config.max_lines = PARAVIRQ_MAX_LINES;
	fake->config.base = U32_MAX - PARAVIRQ_MAX_LINES;
	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	EXPECT_LOG(fake, "magic version lines reset");
	KUNIT_EXPECT_PTR_EQ(test, fake->domain->parent, x86_vector_domain);
	KUNIT_EXPECT_NE(test, fake_map(fake, U32_MAX - 1), 0);
}

static const struct specifier {
	const char *name;
	int cells;
	u32 number, type;
	int error;
} specifiers[] = {
	{ "first line", 2, BASE, IRQ_TYPE_EDGE_RISING, 0 },
	{ "last line", 2, BASE + LINE, IRQ_TYPE_EDGE_RISING, 0 },
	{ "line for modules", 2, BASE + MODULE_LINE, IRQ_TYPE_EDGE_RISING, -EINVAL },
	{ "no cells", 0, BASE, IRQ_TYPE_EDGE_RISING, -EINVAL },
	{ "1 cell", 1, BASE, IRQ_TYPE_EDGE_RISING, -EINVAL },
	{ "3 cells", 3, BASE, IRQ_TYPE_EDGE_RISING, -EINVAL },
	{ "below base", 2, BASE - 1, IRQ_TYPE_EDGE_RISING, -EINVAL },
	{ "no base", 2, 0, IRQ_TYPE_EDGE_RISING, -EINVAL },
	{ "beyond the last line", 2, BASE + LINES, IRQ_TYPE_EDGE_RISING, -EINVAL },
	{ "no type", 2, BASE, IRQ_TYPE_NONE, -EINVAL },
	{ "falling edge", 2, BASE, IRQ_TYPE_EDGE_FALLING, -EINVAL },
	{ "both edges", 2, BASE, IRQ_TYPE_EDGE_BOTH, -EINVAL },
	{ "level", 2, BASE, IRQ_TYPE_LEVEL_HIGH, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(specifiers, specifiers, name);

static void paravirq_test_translate(struct kunit *test)
{
	const struct specifier *param = test->param_value;
	struct fake *fake = test->priv;
	struct irq_fwspec fwspec = {
		.param_count = param->cells,
		.param = { param->number, param->type },
	};
	unsigned long hwirq = ULONG_MAX;
	unsigned int type;
	int ret;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fwspec.fwnode = dev_fwnode(fake->config.dev);
	ret = fake->domain->ops->translate(fake->domain, &fwspec, &hwirq, &type);
	KUNIT_EXPECT_EQ(test, ret, param->error);
	if (!ret)
		KUNIT_EXPECT_EQ(test, hwirq, param->number - BASE);
	KUNIT_EXPECT_EQ(test, !irq_create_fwspec_mapping(&fwspec), !!param->error);
}

/*
 * The vector comes first, then a masked route that is read back, then unmask:
 * nothing is injected to a vector that has no handler.
 */
static void paravirq_test_request(struct kunit *test)
{
	struct fake *fake = test->priv;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->virq = fake_map(fake, BASE + LINE);
	fake->log[0] = '\0';

	KUNIT_ASSERT_EQ(test, fake_request(fake), 0);
	EXPECT_LOG(fake, "2:on+mask 2? 2:on");

	/* An interrupt takes no access. */
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
	EXPECT_LOG(fake, "");

	fake_free(fake);
	EXPECT_LOG(fake, "2:on+mask 2:off");

	KUNIT_EXPECT_EQ(test, fake_request(fake), 0);
	EXPECT_LOG(fake, "2:on+mask 2? 2:on");
}

/* A driver gets the one type that there is, or an error. */
static void paravirq_test_type(struct kunit *test)
{
	struct fake *fake = test->priv;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->virq = fake_map(fake, BASE + LINE);
	fake->log[0] = '\0';

	KUNIT_EXPECT_EQ(test, fake_request_type(fake, IRQF_TRIGGER_HIGH), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_request_type(fake, IRQF_TRIGGER_FALLING), -EINVAL);
	EXPECT_LOG(fake, "");
	KUNIT_EXPECT_EQ(test, fake_request_type(fake, IRQF_TRIGGER_RISING), 0);
	EXPECT_LOG(fake, "2:on+mask 2? 2:on");
}

/* A move that free_irq() overtakes does not enable the line again. */
static void paravirq_test_late_move(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct irq_data *d;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	fake_start(fake);
	d = irq_get_irq_data(fake->virq);
	fake->domain->ops->deactivate(fake->domain, d);
	EXPECT_LOG(fake, "2:off");
	irq_set_affinity(fake->virq, cpumask_of(cpumask_last(cpu_online_mask)));
	irq_set_affinity(fake->virq, cpumask_of(0));
	EXPECT_LOG(fake, "");
}

/* A route that is not taken fails its request, and no other. */
static void paravirq_test_not_taken(struct kunit *test)
{
	struct fake *fake = test->priv;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->virq = fake_map(fake, BASE + LINE);
	fake->log[0] = '\0';

	fake->refuses = true;
	KUNIT_EXPECT_EQ(test, fake_request(fake), -EIO);
	EXPECT_LOG(fake, "2:on+mask 2? 2:off");

	fake->refuses = false;
	KUNIT_EXPECT_EQ(test, fake_request(fake), 0);
	EXPECT_LOG(fake, "2:on+mask 2? 2:on");
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
}

/* All routes are written anew: those of another kernel may be live. */
static void paravirq_test_resume(struct kunit *test)
{
	struct fake *fake = test->priv;

	fake_start(fake);
	fake->route[0] = fake->route[LINE];
	fake->route[LINE] = PARAVIRQ_ROUTE_RESET;
	fake->pv->syscore.ops->resume(fake->pv->syscore.data);
	EXPECT_LOG(fake, "0:off 1:off 2:on 3:off");
	KUNIT_EXPECT_EQ(test, fake->route[0], PARAVIRQ_ROUTE_RESET);
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
}

/* No register is accessed any more, whatever becomes of the line. */
static void expect_off(struct fake *fake)
{
	EXPECT_LOG(fake, "reset");
	disable_irq(fake->virq);
	enable_irq(fake->virq);
	fake_free(fake);
	KUNIT_EXPECT_EQ(fake->test, fake_request(fake), -EIO);
	EXPECT_LOG(fake, "");
}

/* Kexec: the next kernel finds it quiet. */
static void paravirq_test_shutdown(struct kunit *test)
{
	struct fake *fake = test->priv;

	fake_start(fake);
	fake->pv->syscore.ops->shutdown(fake->pv->syscore.data);
	expect_off(fake);
}

/* Under a consumer: its line is dead, and stays its own; the node can have another one. */
static void paravirq_test_remove(struct kunit *test)
{
	struct fake *fake = test->priv;
	unsigned int virq;

	fake_start(fake);
	virq = fake->virq;
	fake_remove(fake);
	KUNIT_EXPECT_NULL(test, irq_find_matching_fwnode(dev_fwnode(fake->config.dev),
							 DOMAIN_BUS_ANY));
	KUNIT_EXPECT_EQ(test, fake_map(fake, BASE), 0);
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, PARAVIRQ_ANY_LINE), -ENODEV);
	expect_off(fake);

	fake_start(fake);
	KUNIT_EXPECT_NE(test, fake->virq, virq);
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
	irq_dispose_mapping(virq);
	KUNIT_EXPECT_NULL(test, irq_get_irq_data(virq));
	EXPECT_LOG(fake, "");
}

static void fake_chained(struct irq_desc *desc)
{
	struct fake *fake = irq_desc_get_handler_data(desc);

	desc->irq_data.chip->irq_ack(&desc->irq_data);
	atomic_inc(&fake->runs);
}

/* A cascaded chip's handler is taken away without a word. */
static void paravirq_test_chained(struct kunit *test)
{
	struct fake *fake = test->priv;
	unsigned int virq;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	virq = fake_map(fake, BASE + LINE);
	fake->virq = virq;
	irq_set_chained_handler_and_data(virq, fake_chained, fake);
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
	irq_set_chained_handler_and_data(virq, NULL, NULL);
	fake->log[0] = '\0';
	irq_dispose_mapping(virq);
	EXPECT_LOG(fake, "2:off");
}

static int fake_register_gsi(u32 gsi)
{
	return acpi_register_gsi(NULL, gsi, ACPI_EDGE_SENSITIVE, ACPI_ACTIVE_HIGH);
}

/* Its numbers are GSIs: one mapping for all, whoever asks, and it stays. */
static void paravirq_test_gsi(struct kunit *test)
{
	struct fake *fake = test->priv;
	unsigned int virq = 0;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->virq = fake_register_gsi(BASE + LINE);
	KUNIT_ASSERT_GT(test, (int)fake->virq, 0);
	KUNIT_EXPECT_EQ(test, irq_find_mapping(fake->domain, LINE), fake->virq);
	KUNIT_EXPECT_EQ(test, fake_register_gsi(BASE + LINE), fake->virq);
	KUNIT_EXPECT_EQ(test, fake_map(fake, BASE + LINE), fake->virq);
	KUNIT_EXPECT_EQ(test, acpi_gsi_to_irq(BASE + LINE, &virq), 0);
	KUNIT_EXPECT_EQ(test, virq, fake->virq);

	acpi_unregister_gsi(BASE + LINE);
	KUNIT_EXPECT_EQ(test, irq_find_mapping(fake->domain, LINE), fake->virq);
	fake->log[0] = '\0';
	KUNIT_ASSERT_EQ(test, fake_request(fake), 0);
	EXPECT_LOG(fake, "2:on+mask 2? 2:on");
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));

	KUNIT_EXPECT_GT(test, fake_register_gsi(BASE), 0);
	KUNIT_EXPECT_EQ(test, fake_register_gsi(BASE + MODULE_LINE), -EINVAL);
	KUNIT_EXPECT_LT(test, fake_register_gsi(BASE - 1), 0);
	KUNIT_EXPECT_LT(test, fake_register_gsi(BASE + LINES), 0);
	KUNIT_EXPECT_EQ(test, -EINVAL, acpi_register_gsi(NULL, BASE + 1, ACPI_LEVEL_SENSITIVE,
							 ACPI_ACTIVE_HIGH));
	KUNIT_EXPECT_EQ(test, -EINVAL, acpi_register_gsi(NULL, BASE + 1, ACPI_EDGE_SENSITIVE,
							 ACPI_ACTIVE_LOW));

	fake_free(fake);
	fake_remove(fake);
	KUNIT_EXPECT_LT(test, fake_register_gsi(BASE + LINE), 0);
}

/* The lines that there are, each once, and no other. */
static void paravirq_test_alloc(struct kunit *test)
{
	struct fake *fake = test->priv;
	int virq[2];

	fake->config.module_line = 1;
	fake->config.nr_module_lines = 2;
	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, 3), -EINVAL);

	virq[1] = fake_alloc(fake, 2);
	virq[0] = fake_alloc(fake, PARAVIRQ_ANY_LINE);
	KUNIT_ASSERT_TRUE(test, virq[0] > 0 && virq[1] > 0);
	KUNIT_EXPECT_EQ(test, paravirq_irq_line(virq[0]), 1);
	KUNIT_EXPECT_EQ(test, paravirq_irq_line(virq[1]), 2);
	KUNIT_EXPECT_EQ(test, irqd_get_trigger_type(irq_get_irq_data(virq[1])),
			IRQ_TYPE_EDGE_RISING);
	EXPECT_LOG(fake, "magic version lines reset");
	fake->virq = virq[1];
	KUNIT_EXPECT_EQ(test, fake_request(fake), 0);
	EXPECT_LOG(fake, "2:on+mask 2? 2:on");
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
	fake_free(fake);
	EXPECT_LOG(fake, "2:on+mask 2:off");
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, 2), -EEXIST);
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, PARAVIRQ_ANY_LINE), -ENOSPC);

	paravirq_free_irq(virq[1]);
	KUNIT_EXPECT_GT(test, fake_alloc(fake, 2), 0);
	/* Without its controller, too. */
	fake_remove(fake);
	paravirq_free_irq(virq[0]);
	KUNIT_EXPECT_NULL(test, irq_get_irq_data(virq[0]));

	fake->config.nr_module_lines = 0;
	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, PARAVIRQ_ANY_LINE), -ENOSPC);
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, 0), -EINVAL);
}

static struct kunit_case paravirq_test_cases[] = {
	KUNIT_CASE_PARAM(paravirq_test_refused, refused_gen_params),
	KUNIT_CASE(paravirq_test_create),
	KUNIT_CASE_PARAM(paravirq_test_translate, specifiers_gen_params),
	KUNIT_CASE(paravirq_test_request),
	KUNIT_CASE(paravirq_test_type),
	KUNIT_CASE(paravirq_test_late_move),
	KUNIT_CASE(paravirq_test_not_taken),
	KUNIT_CASE(paravirq_test_resume),
	KUNIT_CASE(paravirq_test_shutdown),
	KUNIT_CASE(paravirq_test_remove),
	KUNIT_CASE(paravirq_test_chained),
	KUNIT_CASE(paravirq_test_gsi),
	KUNIT_CASE(paravirq_test_alloc),
	{}
};

static struct kunit_suite paravirq_test_suite = {
	.name		= "paravirq",
	.init		= fake_init,
	.exit		= fake_exit,
	.test_cases	= paravirq_test_cases,
};

kunit_test_suite(paravirq_test_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of the paravirq irq_domain");
MODULE_AUTHOR("The paravirq authors");
MODULE_LICENSE("GPL");
