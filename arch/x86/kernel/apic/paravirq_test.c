// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the paravirq irq_domain, arch/x86/kernel/apic/paravirq.c.
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
 *	2:try			the route of line 2 would lead to its vector, but on
 *				another CPU, masked
 *	2?			the route of line 2 is read
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/acpi.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/paravirq.h>
#include <linux/platform_device.h>
#include <linux/property.h>

#include <kunit/platform_device.h>
#include <kunit/test.h>

#include <asm/apic.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>
#include <asm/paravirq.h>

/* Users of the module that serves the registers, if it is one. */
#if defined(MODULE) && defined(CONFIG_MODULE_UNLOAD)
#define USERS()	module_refcount(THIS_MODULE)
#define HELD	1
#else
#define USERS()	0
#define HELD	0
#endif

#define LINES	4
#define LINE	2
/* Above the controllers of the machine that this runs on. */
#define BASE	0x8000

/**
 * struct fake - a controller, and what a test has of it
 * @test:	the test
 * @config:	for paravirq_create()
 * @pv:		what paravirq_create() made of it
 * @domain:	its irq_domain
 * @virq:	interrupt of LINE
 * @requested:	that interrupt is requested
 * @magic:	what MAGIC reads
 * @version:	what VERSION reads
 * @nr_lines:	what NR_LINES reads
 * @growth:	each read of NR_LINES adds this to it
 * @gone:	all reads are ones, no write does anything
 * @refuses:	no route is taken
 * @refused:	CPU that no route may lead to, or none
 * @raises:	the device raises LINE when its route is read
 * @claimed:	lines that its firmware gives to devices
 * @claims:	what the search for them returns
 * @late:	number that a consumer maps right after that search, or 0
 * @route:	the routes
 * @runs:	how often the handler has run
 * @cpu:	where it last did
 * @log:	accesses since the last look at it
 */
struct fake {
	struct kunit *test;
	struct paravirq_config config;
	struct paravirq *pv;
	struct irq_domain *domain;
	unsigned int virq;
	bool requested;
	u32 magic;
	u32 version;
	u32 nr_lines;
	u32 growth;
	bool gone;
	bool refuses;
	unsigned int refused;
	bool raises;
	unsigned long claimed;
	int claims;
	u32 late;
	u64 route[LINES];
	atomic_t runs;
	unsigned int cpu;
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
		fake->nr_lines += fake->growth;
		break;
	default:
		fake_log(fake, "%#x?", reg);
	}

	return fake->gone ? U32_MAX : value;
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
	for (line = 0; line < LINES && !fake->gone; line++)
		fake->route[line] = PARAVIRQ_ROUTE_RESET;
}

/* The name of a route in the log; "wrong" if it does not lead to its interrupt. */
static const char *fake_name(struct fake *fake, u32 line, u64 route)
{
	struct irq_data *d = irq_get_irq_data(fake->virq);
	unsigned int vector, cpu;
	u64 own;

	if (route == PARAVIRQ_ROUTE_RESET)
		return "off";

	if (line != LINE || !d || d->hwirq != line)
		return "wrong";

	vector = irqd_cfg(d)->vector;
	cpu = cpumask_first(irq_data_get_effective_affinity_mask(d));
	if (vector == MANAGED_IRQ_SHUTDOWN_VECTOR || cpu >= nr_cpu_ids)
		return "wrong";

	own = (u64)cpu_physical_id(cpu) << PARAVIRQ_ROUTE_DEST_SHIFT |
	      PARAVIRQ_ROUTE_ENABLE | vector;
	if (route == own)
		return "on";
	if (route == (own | PARAVIRQ_ROUTE_MASK))
		return "on+mask";
	if ((u32)route == (u32)(own | PARAVIRQ_ROUTE_MASK))
		return "try";

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
	if (fake->gone || fake->refuses)
		return;
	if (route & PARAVIRQ_ROUTE_ENABLE && fake->refused < nr_cpu_ids &&
	    cpu_physical_id(fake->refused) == route >> PARAVIRQ_ROUTE_DEST_SHIFT)
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
	if (fake->raises)
		fake_raise(fake);

	return fake->gone ? U64_MAX : fake->route[line];
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

	fake->cpu = smp_processor_id();
	atomic_inc(&fake->runs);

	return IRQ_HANDLED;
}

/* The handler has run n times in all, and does not once more. */
static bool fake_ran(struct fake *fake, int n)
{
	int ms;

	for (ms = 0; ms < 1000 && atomic_read(&fake->runs) < n; ms++)
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

static int fake_get_claims(struct paravirq *pv, unsigned long *lines)
{
	struct fake *fake = dev_get_drvdata(paravirq_dev(pv));

	*lines |= fake->claimed;
	if (fake->late)
		KUNIT_EXPECT_NE(fake->test, fake_map(fake, fake->late), 0);

	return fake->claims;
}

static int fake_alloc(struct fake *fake, u32 line)
{
	return paravirq_alloc_irq(dev_fwnode(fake->config.dev), line);
}

static int fake_request(struct fake *fake)
{
	int ret = request_irq(fake->virq, fake_interrupt, 0, "paravirq-fake", fake);

	fake->requested |= !ret;

	return ret;
}

static void fake_free(struct fake *fake)
{
	if (fake->requested)
		free_irq(fake->virq, fake);
	fake->requested = false;
}

static void fake_destroy(struct fake *fake)
{
	if (fake->pv)
		paravirq_destroy(fake->pv);
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

static void fake_remove_node(void *fwnode)
{
	fwnode_remove_software_node(fwnode);
}

/* A device with a node of its own. */
static struct device *fake_device(struct kunit *test, struct fake *fake)
{
	struct platform_device *pdev;
	struct fwnode_handle *fwnode;

	fwnode = fwnode_create_software_node(NULL, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fwnode);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fake_remove_node, fwnode), 0);

	pdev = kunit_platform_device_alloc(test, "paravirq-fake", PLATFORM_DEVID_AUTO);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	pdev->dev.fwnode = fwnode;
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
	fake->refused = nr_cpu_ids;
	fake->config.dev = fake_device(test, fake);
	fake->config.owner = THIS_MODULE;
	fake->config.ops = &fake_ops;
	fake->config.ctx = fake;
	fake->config.claims = fake_get_claims;
	fake->config.max_lines = LINES;
	fake->config.base = BASE;
	test->priv = fake;

	return 0;
}

static void fake_exit(struct kunit *test)
{
	struct fake *fake = test->priv;

	if (!fake)
		return;
	fake_free(fake);
	fake_destroy(fake);
}

/* What is not a controller of version 1 is refused, and not written to. */
static const struct refused {
	const char *name;
	u32 magic, version, nr_lines, max_lines, base;
	int error;
	const char *log;
} refused[] = {
	{ "all ones", U32_MAX, U32_MAX, U32_MAX, LINES, 0, -ENODEV, "magic" },
	{ "magic", PARAVIRQ_MAGIC + 1, 1, LINES, LINES, 0, -ENODEV, "magic" },
	{ "version 0", PARAVIRQ_MAGIC, 0, LINES, LINES, 0, -EPROTONOSUPPORT, "magic version" },
	{ "version 2", PARAVIRQ_MAGIC, 2, LINES, LINES, 0, -EPROTONOSUPPORT, "magic version" },
	{ "0 lines", PARAVIRQ_MAGIC, 1, 0, LINES, 0, -EINVAL, "magic version lines" },
	{ "2049 lines", PARAVIRQ_MAGIC, 1, 2049, 4096, 0, -EINVAL, "magic version lines" },
	{ "short window", PARAVIRQ_MAGIC, 1, LINES, LINES - 1, 0, -EINVAL,
	  "magic version lines" },
	{ "base too high", PARAVIRQ_MAGIC, 1, LINES, LINES, U32_MAX - LINES + 1, -EINVAL,
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

	KUNIT_EXPECT_EQ(test, fake_create(fake), param->error);
	EXPECT_LOG(fake, param->log);
	KUNIT_EXPECT_NULL(test, irq_find_matching_fwnode(dev_fwnode(dev), DOMAIN_BUS_ANY));
	KUNIT_EXPECT_EQ(test, kref_read(&dev->kobj.kref), references);
}

static void paravirq_test_create(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct paravirq *second;

	/* The last number of the highest base is as good as any. */
	fake->config.base = U32_MAX - LINES;
	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	EXPECT_LOG(fake, "magic version lines reset");
	KUNIT_EXPECT_PTR_EQ(test, fake->domain->parent, x86_vector_domain);
	KUNIT_EXPECT_NE(test, fake_map(fake, U32_MAX - 1), 0);

	second = paravirq_create(&fake->config);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(second), -EEXIST);
	EXPECT_LOG(fake, "magic version lines");
}

static void paravirq_test_most_lines(struct kunit *test)
{
	struct fake *fake = test->priv;

	fake->nr_lines = PARAVIRQ_MAX_LINES;
	fake->config.max_lines = PARAVIRQ_MAX_LINES;
	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	KUNIT_EXPECT_NE(test, fake_map(fake, BASE + PARAVIRQ_MAX_LINES - 1), 0);
}

static const struct specifier {
	const char *name;
	int cells;
	u32 number, type;
	int error;
} specifiers[] = {
	{ "first line", 2, BASE, IRQ_TYPE_EDGE_RISING, 0 },
	{ "last line", 2, BASE + LINES - 1, IRQ_TYPE_EDGE_RISING, 0 },
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

/* Mappings come and go without a word to the hypervisor. */
static void paravirq_test_map(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct irq_fwspec fwspec = {
		.param_count = 2,
		.param = { BASE, IRQ_TYPE_EDGE_RISING },
	};
	unsigned int virq;
	struct irq_data *d;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	EXPECT_LOG(fake, "magic version lines reset");

	virq = fake_map(fake, BASE + LINE);
	KUNIT_ASSERT_NE(test, virq, 0);
	KUNIT_EXPECT_EQ(test, fake_map(fake, BASE + LINE), virq);
	d = irq_get_irq_data(virq);
	KUNIT_EXPECT_EQ(test, d->hwirq, LINE);
	KUNIT_EXPECT_STREQ(test, d->chip->name, "PARAVIRQ");
	KUNIT_EXPECT_EQ(test, irqd_get_trigger_type(d), IRQ_TYPE_EDGE_RISING);

	irq_dispose_mapping(virq);
	KUNIT_EXPECT_EQ(test, irq_find_mapping(fake->domain, LINE), 0);
	fake->virq = fake_map(fake, BASE + LINE);
	KUNIT_EXPECT_NE(test, fake->virq, 0);
	EXPECT_LOG(fake, "");
	KUNIT_EXPECT_EQ(test, fake_request(fake), 0);

	/* Lines are no block of vectors, as those of multi-vector MSI are. */
	KUNIT_EXPECT_EQ(test, fake->domain->ops->alloc(fake->domain, virq, 2, &fwspec),
			-EINVAL);
}

/*
 * The vector comes first, then a masked route that is read back, then unmask:
 * nothing is injected to a vector that has no handler.
 */
static void paravirq_test_request(struct kunit *test)
{
	struct fake *fake = test->priv;
	int users = USERS();

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->virq = fake_map(fake, BASE + LINE);
	fake->log[0] = '\0';

	KUNIT_ASSERT_EQ(test, fake_request(fake), 0);
	EXPECT_LOG(fake, "2:on+mask 2? 2:on");
	KUNIT_EXPECT_EQ(test, USERS(), users + HELD);

	fake_free(fake);
	EXPECT_LOG(fake, "2:on+mask 2:off");
	KUNIT_EXPECT_EQ(test, USERS(), users);

	KUNIT_EXPECT_EQ(test, fake_request(fake), 0);
	EXPECT_LOG(fake, "2:on+mask 2? 2:on");
}

/* An interrupt takes no access. */
static void paravirq_test_deliver(struct kunit *test)
{
	struct fake *fake = test->priv;
	int n;

	fake_start(fake);
	for (n = 1; n <= 10; n++) {
		fake_raise(fake);
		KUNIT_ASSERT_TRUE(test, fake_ran(fake, n));
	}
	EXPECT_LOG(fake, "");

	fake_free(fake);
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 10));
}

static void paravirq_test_mask(struct kunit *test)
{
	struct fake *fake = test->priv;

	fake_start(fake);
	irq_set_status_flags(fake->virq, IRQ_DISABLE_UNLAZY);
	disable_irq(fake->virq);
	EXPECT_LOG(fake, "2:on+mask");
	fake_raise(fake);
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 0));
	enable_irq(fake->virq);
	EXPECT_LOG(fake, "2:on");
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
	irq_clear_status_flags(fake->virq, IRQ_DISABLE_UNLAZY);

	/* Lazily: the line is not masked before it interrupts. */
	disable_irq(fake->virq);
	EXPECT_LOG(fake, "");
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
	EXPECT_LOG(fake, "2:on+mask");
	enable_irq(fake->virq);
	EXPECT_LOG(fake, "2:on");
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 2));
}

static unsigned int fake_cpu(struct fake *fake)
{
	return cpumask_first(irq_get_effective_affinity_mask(fake->virq));
}

static unsigned int fake_other_cpu(struct fake *fake)
{
	return cpumask_any_but(cpu_online_mask, fake_cpu(fake));
}

/* One write for a move, with the mask as it is, and the interrupt follows. */
static void paravirq_test_move(struct kunit *test)
{
	struct fake *fake = test->priv;
	unsigned int cpu[2], n, masked;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	fake_start(fake);
	irq_set_status_flags(fake->virq, IRQ_DISABLE_UNLAZY);
	cpu[0] = fake_cpu(fake);
	cpu[1] = fake_other_cpu(fake);
	KUNIT_ASSERT_EQ(test, irq_set_affinity(fake->virq, cpumask_of(cpu[1])), 0);
	msleep(50);
	KUNIT_ASSERT_EQ(test, irq_set_affinity(fake->virq, cpumask_of(cpu[0])), 0);

	for (n = 1; n <= 6; n++) {
		masked = n & 2;
		if (masked)
			disable_irq(fake->virq);
		/* Until the old vector is free a move waits for an interrupt. */
		msleep(50);
		fake->log[0] = '\0';
		KUNIT_EXPECT_EQ(test, irq_set_affinity(fake->virq, cpumask_of(cpu[n % 2])), 0);
		EXPECT_LOG(fake, masked ? "2:on+mask" : "2:on");
		fake_raise(fake);
		if (masked)
			enable_irq(fake->virq);
		KUNIT_ASSERT_TRUE(test, fake_ran(fake, n));
		KUNIT_EXPECT_EQ(test, fake->cpu, cpu[n % 2]);
	}
	fake->log[0] = '\0';
	KUNIT_EXPECT_EQ(test, irq_set_affinity(fake->virq, cpumask_of(cpu[0])), 0);
	EXPECT_LOG(fake, "");
}

/*
 * Before the first move to a CPU it is tried, once for all lines. What is raised just
 * then interrupts before the line moves.
 */
static void paravirq_test_try(struct kunit *test)
{
	struct fake *fake = test->priv;
	unsigned int from, to, first;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	fake_start(fake);
	from = fake_cpu(fake);
	to = fake_other_cpu(fake);
	fake->raises = true;
	KUNIT_EXPECT_EQ(test, irq_set_affinity(fake->virq, cpumask_of(to)), 0);
	EXPECT_LOG(fake, "2:try 2? 2:on 2:on");
	fake->raises = false;
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
	KUNIT_EXPECT_EQ(test, fake->cpu, from);
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 2));
	KUNIT_EXPECT_EQ(test, fake->cpu, to);

	msleep(50);
	KUNIT_EXPECT_EQ(test, irq_set_affinity(fake->virq, cpumask_of(from)), 0);
	EXPECT_LOG(fake, "2:on");

	first = fake->virq;
	fake_free(fake);
	irq_dispose_mapping(first);
	fake->virq = fake_map(fake, BASE + LINE);
	KUNIT_ASSERT_EQ(test, fake_request(fake), 0);
	fake->log[0] = '\0';
	KUNIT_EXPECT_EQ(test, irq_set_affinity(fake->virq, cpumask_of(fake_other_cpu(fake))), 0);
	EXPECT_LOG(fake, "2:on");
}

/* A CPU that the hypervisor refuses: the line stays where it is, whole. */
static void paravirq_test_unreachable(struct kunit *test)
{
	struct fake *fake = test->priv;
	unsigned int from, to, n;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	fake_start(fake);
	irq_set_status_flags(fake->virq, IRQ_DISABLE_UNLAZY);
	from = fake_cpu(fake);
	to = fake_other_cpu(fake);
	fake->refused = to;

	for (n = 1; n <= 3; n++) {
		KUNIT_EXPECT_EQ(test, irq_set_affinity(fake->virq, cpumask_of(to)), -EIO);
		EXPECT_LOG(fake, "2:try 2? magic version lines 2:on");
		KUNIT_EXPECT_EQ(test, fake_cpu(fake), from);
		fake_raise(fake);
		KUNIT_ASSERT_TRUE(test, fake_ran(fake, n));
		KUNIT_EXPECT_EQ(test, fake->cpu, from);
	}

	/* Nobody asks for what is not needed. */
	KUNIT_EXPECT_EQ(test, irq_set_affinity(fake->virq, cpu_online_mask), 0);
	EXPECT_LOG(fake, "");

	disable_irq(fake->virq);
	fake_raise(fake);
	fake->log[0] = '\0';
	KUNIT_EXPECT_EQ(test, irq_set_affinity(fake->virq, cpumask_of(to)), -EIO);
	EXPECT_LOG(fake, "2:try 2? magic version lines 2:on+mask");
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 3));
	enable_irq(fake->virq);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 4));
	KUNIT_EXPECT_EQ(test, fake->cpu, from);

	fake->refused = nr_cpu_ids;
	fake->log[0] = '\0';
	KUNIT_EXPECT_EQ(test, irq_set_affinity(fake->virq, cpumask_of(to)), 0);
	EXPECT_LOG(fake, "2:try 2? 2:on 2:on");
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 5));
	KUNIT_EXPECT_EQ(test, fake->cpu, to);
}

/* A hypervisor that does not mask: an interrupt too many waits for enable_irq(). */
static void paravirq_test_unmasked(struct kunit *test)
{
	struct fake *fake = test->priv;

	fake_start(fake);
	irq_set_status_flags(fake->virq, IRQ_DISABLE_UNLAZY);
	disable_irq(fake->virq);
	EXPECT_LOG(fake, "2:on+mask");
	fake_inject(fake->route[LINE]);
	fake_inject(fake->route[LINE]);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 0));
	enable_irq(fake->virq);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
	EXPECT_LOG(fake, "2:on");
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
	EXPECT_LOG(fake, "2:on+mask 2? magic version lines 2:off");

	fake->refuses = false;
	KUNIT_EXPECT_EQ(test, fake_request(fake), 0);
	EXPECT_LOG(fake, "2:on+mask 2? 2:on");
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
}

/* What happens to a controller that was there. */
static const struct change {
	const char *name;
	u32 magic, version, nr_lines;
	bool gone;
	const char *log;
} changes[] = {
	{ "all ones", PARAVIRQ_MAGIC, 1, LINES, true, "magic" },
	{ "magic", 0, 1, LINES, false, "magic" },
	{ "version", PARAVIRQ_MAGIC, 2, LINES, false, "magic version" },
	{ "fewer lines", PARAVIRQ_MAGIC, 1, 1, false, "magic version lines" },
	{ "no lines", PARAVIRQ_MAGIC, 1, 0, false, "magic version lines" },
	{ "more lines", PARAVIRQ_MAGIC, 1, U32_MAX, false, "magic version lines" },
};

KUNIT_ARRAY_PARAM_DESC(changes, changes, name);

static void fake_change(struct fake *fake)
{
	const struct change *change = fake->test->param_value;

	fake->magic = change->magic;
	fake->version = change->version;
	fake->nr_lines = change->nr_lines;
	fake->gone = change->gone;
}

/* Nothing is asked of it any more, even if it comes back. */
static void expect_dead(struct fake *fake)
{
	struct kunit *test = fake->test;
	unsigned int other = fake_map(fake, BASE);
	int n, ret;

	for (n = 0; n < 3; n++) {
		ret = request_irq(other, fake_interrupt, 0, "fake", fake);
		KUNIT_EXPECT_EQ(test, ret, -ENODEV);
		if (!ret)
			free_irq(other, fake);
		paravirq_resume(fake->pv);
		if (fake->requested) {
			irq_set_affinity(fake->virq, cpumask_of(n % num_online_cpus()));
			irq_set_status_flags(fake->virq, IRQ_DISABLE_UNLAZY);
			disable_irq(fake->virq);
			enable_irq(fake->virq);
		}

		fake->magic = PARAVIRQ_MAGIC;
		fake->version = PARAVIRQ_VERSION;
		fake->nr_lines = LINES;
		fake->gone = false;
		fake->refuses = false;
	}
	fake_free(fake);
	fake_destroy(fake);
	EXPECT_LOG(fake, "");
}

static void paravirq_test_gone_at_request(struct kunit *test)
{
	const struct change *change = test->param_value;
	struct fake *fake = test->priv;
	char log[64];

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->virq = fake_map(fake, BASE + LINE);
	fake->log[0] = '\0';

	fake_change(fake);
	fake->refuses = true;
	KUNIT_EXPECT_EQ(test, fake_request(fake), -ENODEV);
	snprintf(log, sizeof(log), "2:on+mask 2? %s", change->log);
	EXPECT_LOG(fake, log);
	expect_dead(fake);
}

static void paravirq_test_gone_at_resume(struct kunit *test)
{
	const struct change *change = test->param_value;
	struct fake *fake = test->priv;

	fake_start(fake);
	fake_change(fake);
	paravirq_resume(fake->pv);
	EXPECT_LOG(fake, change->log);
	expect_dead(fake);
}

/* All routes are written anew: those of another kernel may be live. */
static void paravirq_test_resume(struct kunit *test)
{
	struct fake *fake = test->priv;

	fake_start(fake);
	fake->route[0] = fake->route[LINE];
	fake->route[LINE] = PARAVIRQ_ROUTE_RESET;
	paravirq_resume(fake->pv);
	EXPECT_LOG(fake, "magic version lines 0:off 1:off 2:on 3:off");
	KUNIT_EXPECT_EQ(test, fake->route[0], PARAVIRQ_ROUTE_RESET);
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
}

/* A number of lines that is another at each read: the first one counts. */
static void paravirq_test_growing(struct kunit *test)
{
	struct fake *fake = test->priv;

	fake->growth = 1;
	fake->config.max_lines = PARAVIRQ_MAX_LINES;
	fake_start(fake);
	KUNIT_EXPECT_EQ(test, fake->nr_lines, LINES + 1);
	KUNIT_EXPECT_EQ(test, fake_map(fake, BASE + LINES), 0);
	EXPECT_LOG(fake, "");

	paravirq_resume(fake->pv);
	EXPECT_LOG(fake, "magic version lines");
	expect_dead(fake);
}

/* Kexec: the next kernel finds it quiet. */
static void paravirq_test_shutdown(struct kunit *test)
{
	struct fake *fake = test->priv;

	fake_start(fake);
	paravirq_shutdown(fake->pv);
	EXPECT_LOG(fake, "reset");
	expect_dead(fake);
}

/* Without requested lines nothing is left, in consumers either. */
static void paravirq_test_remove(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct device *dev = fake->config.dev;
	unsigned int references = kref_read(&dev->kobj.kref), other;
	struct platform_device *consumer;
	struct resource *resource;

	fake_start(fake);
	other = fake_map(fake, BASE);
	consumer = kunit_platform_device_alloc(test, "paravirq-consumer", PLATFORM_DEVID_AUTO);
	KUNIT_ASSERT_NOT_NULL(test, consumer);
	resource = (struct resource []){ DEFINE_RES_IRQ(fake->virq), DEFINE_RES_IRQ(1) };
	KUNIT_ASSERT_EQ(test, platform_device_add_resources(consumer, resource, 2), 0);
	KUNIT_ASSERT_EQ(test, kunit_platform_device_add(test, consumer), 0);
	fake_free(fake);
	fake->log[0] = '\0';

	fake_destroy(fake);
	EXPECT_LOG(fake, "reset");
	KUNIT_EXPECT_NULL(test, irq_find_matching_fwnode(dev_fwnode(dev), DOMAIN_BUS_ANY));
	KUNIT_EXPECT_NULL(test, irq_get_irq_data(fake->virq));
	KUNIT_EXPECT_NULL(test, irq_get_irq_data(other));
	KUNIT_EXPECT_EQ(test, kref_read(&dev->kobj.kref), references);
	resource = platform_get_resource(consumer, IORESOURCE_IRQ, 0);
	KUNIT_EXPECT_TRUE(test, resource->flags & IORESOURCE_DISABLED);
	resource = platform_get_resource(consumer, IORESOURCE_IRQ, 1);
	KUNIT_EXPECT_FALSE(test, resource->flags & IORESOURCE_DISABLED);
}

/* Under a consumer: its line is dead, and nobody else's concern. */
static void paravirq_test_remove_requested(struct kunit *test)
{
	struct fake *fake = test->priv;
	unsigned int virq;
	int users = USERS();

	fake_start(fake);
	virq = fake->virq;
	fake_destroy(fake);
	EXPECT_LOG(fake, "reset");
	KUNIT_EXPECT_NULL(test, irq_find_matching_fwnode(dev_fwnode(fake->config.dev),
							 DOMAIN_BUS_ANY));
	KUNIT_EXPECT_EQ(test, fake_map(fake, BASE), 0);
	disable_irq(virq);
	enable_irq(virq);
	fake_free(fake);
	KUNIT_EXPECT_EQ(test, USERS(), users);
	KUNIT_EXPECT_EQ(test, fake_request(fake), -ENODEV);
	EXPECT_LOG(fake, "");

	/* The node may come to have another controller. */
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

/* A cascaded chip's interrupt is in use, though nobody has requested it. */
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

	virq = fake_map(fake, BASE + LINE);
	fake->virq = virq;
	irq_set_chained_handler_and_data(virq, fake_chained, fake);
	fake_destroy(fake);
	KUNIT_EXPECT_NOT_NULL(test, irq_get_irq_data(virq));
	irq_set_chained_handler_and_data(virq, NULL, NULL);
	irq_dispose_mapping(virq);
	KUNIT_EXPECT_NULL(test, irq_get_irq_data(virq));
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
	KUNIT_EXPECT_GT(test, fake_register_gsi(BASE + LINES - 1), 0);
	KUNIT_EXPECT_LT(test, fake_register_gsi(BASE - 1), 0);
	KUNIT_EXPECT_LT(test, fake_register_gsi(BASE + LINES), 0);
	KUNIT_EXPECT_EQ(test, -EINVAL, acpi_register_gsi(NULL, BASE + 1, ACPI_LEVEL_SENSITIVE,
							 ACPI_ACTIVE_HIGH));
	KUNIT_EXPECT_EQ(test, -EINVAL, acpi_register_gsi(NULL, BASE + 1, ACPI_EDGE_SENSITIVE,
							 ACPI_ACTIVE_LOW));
}

/*
 * Who has registered a GSI may request it at any time: after removal the interrupt
 * is dead, and neither gone nor anybody else's.
 */
static void paravirq_test_remove_gsi(struct kunit *test)
{
	struct fake *fake = test->priv;
	unsigned int virq;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	virq = fake_register_gsi(BASE + LINE);
	KUNIT_ASSERT_GT(test, (int)virq, 0);
	fake_destroy(fake);
	EXPECT_LOG(fake, "magic version lines reset reset");
	KUNIT_EXPECT_LT(test, fake_register_gsi(BASE + LINE), 0);
	fake->virq = virq;
	KUNIT_EXPECT_EQ(test, fake_request(fake), -ENODEV);
	EXPECT_LOG(fake, "");

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->virq = fake_register_gsi(BASE + LINE);
	KUNIT_EXPECT_NE(test, fake->virq, virq);
	KUNIT_ASSERT_EQ(test, fake_request(fake), 0);
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
	irq_dispose_mapping(virq);
}

/* Numbers that are others' are no GSIs, and lines of consumers that name them. */
static const struct window {
	const char *name;
	u32 base;
	bool served;
} windows[] = {
	{ "no base", 0, false },
	{ "ISA", 8, false },
	{ "the same numbers", BASE, false },
	{ "the last number", BASE + LINES - 1, false },
	{ "the first number", BASE - LINES + 1, false },
	{ "behind it", BASE + LINES, true },
	{ "before it", BASE - LINES, true },
};

KUNIT_ARRAY_PARAM_DESC(windows, windows, name);

static void paravirq_test_window(struct kunit *test)
{
	const struct window *window = test->param_value;
	struct fake *fake = test->priv;
	struct paravirq_config config = fake->config;
	struct irq_fwspec fwspec = {
		.param_count = 2,
		.param = { window->base, IRQ_TYPE_EDGE_RISING },
	};
	struct irq_domain *domain;
	struct paravirq *second;
	struct irq_data *d;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	config.dev = fake_device(test, fake);
	config.base = window->base;
	second = paravirq_create(&config);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, second);

	fwspec.fwnode = dev_fwnode(config.dev);
	domain = irq_find_matching_fwnode(fwspec.fwnode, DOMAIN_BUS_ANY);
	if (window->base) {
		d = irq_get_irq_data(max(0, fake_register_gsi(window->base)));
		KUNIT_EXPECT_EQ(test, d && d->domain == domain, window->served);
		d = irq_get_irq_data(max(0, fake_register_gsi(window->base + LINES - 1)));
		KUNIT_EXPECT_EQ(test, d && d->domain == domain, window->served);
	}
	d = irq_get_irq_data(irq_create_fwspec_mapping(&fwspec));
	KUNIT_EXPECT_TRUE(test, d && d->domain == domain);
	d = irq_get_irq_data(fake_register_gsi(BASE + 1));
	KUNIT_EXPECT_TRUE(test, d && d->domain == fake->domain);
	paravirq_destroy(second);
}

/* The highest line that is free, until none is; nobody talks to the hypervisor. */
static void paravirq_test_alloc(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct irq_data *d;
	int users = USERS(), any, last;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->log[0] = '\0';
	fake->claimed = BIT(3) | BIT(1);

	any = fake_alloc(fake, PARAVIRQ_ANY_LINE);
	KUNIT_ASSERT_GT(test, any, 0);
	KUNIT_EXPECT_EQ(test, paravirq_irq_line(any), 2);
	d = irq_get_irq_data(any);
	KUNIT_EXPECT_STREQ(test, d->chip->name, "PARAVIRQ");
	KUNIT_EXPECT_EQ(test, irqd_get_trigger_type(d), IRQ_TYPE_EDGE_RISING);
	KUNIT_EXPECT_EQ(test, USERS(), users + HELD);

	last = fake_alloc(fake, PARAVIRQ_ANY_LINE);
	KUNIT_ASSERT_GT(test, last, 0);
	KUNIT_EXPECT_EQ(test, paravirq_irq_line(last), 0);
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, PARAVIRQ_ANY_LINE), -ENOSPC);
	KUNIT_EXPECT_EQ(test, USERS(), users + 2 * HELD);

	paravirq_free_irq(any);
	KUNIT_EXPECT_NULL(test, irq_get_irq_data(any));
	KUNIT_EXPECT_EQ(test, USERS(), users + HELD);
	any = fake_alloc(fake, PARAVIRQ_ANY_LINE);
	KUNIT_EXPECT_EQ(test, paravirq_irq_line(any), 2);
	paravirq_free_irq(any);
	paravirq_free_irq(last);
	KUNIT_EXPECT_EQ(test, USERS(), users);
	EXPECT_LOG(fake, "");
}

/* Lines that cannot be had: two are claimed, one is mapped, one is allocated. */
static const struct wanted {
	const char *name;
	u32 line;
	int error;
} wanted[] = {
	{ "a claimed line", 3, -EEXIST },
	{ "a mapped line", 1, -EEXIST },
	{ "an allocated line", 0, -EEXIST },
	{ "any line", PARAVIRQ_ANY_LINE, -ENOSPC },
	{ "one line too many", LINES, -EINVAL },
	{ "a number of the firmware", BASE + 2, -EINVAL },
	{ "minus 2", -2U, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(wanted, wanted, name);

static void paravirq_test_wanted(struct kunit *test)
{
	const struct wanted *param = test->param_value;
	struct fake *fake = test->priv;
	int users = USERS(), virq;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->claimed = BIT(3) | BIT(2);
	KUNIT_EXPECT_NE(test, fake_map(fake, BASE + 1), 0);
	virq = fake_alloc(fake, 0);
	KUNIT_ASSERT_GT(test, virq, 0);

	KUNIT_EXPECT_EQ(test, fake_alloc(fake, param->line), param->error);
	KUNIT_EXPECT_EQ(test, USERS(), users + HELD);
	paravirq_free_irq(virq);
	virq = fake_alloc(fake, 0);
	KUNIT_EXPECT_EQ(test, paravirq_irq_line(virq), 0);
	paravirq_free_irq(virq);
}

static void paravirq_test_alloc_only_line(struct kunit *test)
{
	struct fake *fake = test->priv;
	int virq;

	fake->nr_lines = 1;
	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	virq = fake_alloc(fake, PARAVIRQ_ANY_LINE);
	KUNIT_EXPECT_EQ(test, paravirq_irq_line(virq), 0);
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, PARAVIRQ_ANY_LINE), -ENOSPC);
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, 0), -EEXIST);
	paravirq_free_irq(virq);
}

/* Where claims are not known, none is given out. */
static void paravirq_test_claims_unknown(struct kunit *test)
{
	struct fake *fake = test->priv;
	int users = USERS();

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->claims = -ENOMEM;
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, PARAVIRQ_ANY_LINE), -ENOMEM);
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, 0), -ENOMEM);
	KUNIT_EXPECT_EQ(test, USERS(), users);
}

static void paravirq_test_no_controller(struct kunit *test)
{
	struct fake *fake = test->priv;

	KUNIT_EXPECT_EQ(test, fake_alloc(fake, 0), -ENODEV);
	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->gone = true;
	paravirq_resume(fake->pv);
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, 0), -ENODEV);
	fake_destroy(fake);
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, 0), -ENODEV);
}

/* An allocated line is a line as any other: vector, mask, moves, interrupts. */
static void paravirq_test_alloc_deliver(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct paravirq_line info;
	int n;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->virq = fake_alloc(fake, LINE);
	fake->log[0] = '\0';
	irq_set_status_flags(fake->virq, IRQ_DISABLE_UNLAZY);
	KUNIT_ASSERT_EQ(test, fake_request(fake), 0);
	EXPECT_LOG(fake, "2:on+mask 2? 2:on");

	for (n = 1; n <= 10; n++) {
		fake_raise(fake);
		KUNIT_ASSERT_TRUE(test, fake_ran(fake, n));
	}
	disable_irq(fake->virq);
	EXPECT_LOG(fake, "2:on+mask");
	fake_raise(fake);
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 10));
	enable_irq(fake->virq);
	EXPECT_LOG(fake, "2:on");
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 11));

	KUNIT_EXPECT_EQ(test, irq_set_affinity(fake->virq,
					       cpumask_of(cpumask_last(cpu_online_mask))), 0);
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 12));
	KUNIT_EXPECT_EQ(test, fake->cpu, cpumask_last(cpu_online_mask));

	scoped_guard(mutex, &paravirq_mutex)
		paravirq_get_line(fake->pv, LINE, &info);
	KUNIT_EXPECT_EQ(test, info.virq, fake->virq);
	KUNIT_EXPECT_TRUE(test, info.allocated && info.requested);
	KUNIT_EXPECT_EQ(test, info.route, fake->route[LINE]);
	KUNIT_EXPECT_EQ(test, info.cpu, fake->cpu);

	fake->log[0] = '\0';
	fake_free(fake);
	EXPECT_LOG(fake, "2:on+mask 2:off");
	paravirq_free_irq(fake->virq);
	scoped_guard(mutex, &paravirq_mutex)
		paravirq_get_line(fake->pv, LINE, &info);
	KUNIT_EXPECT_EQ(test, info.virq, 0);
	KUNIT_EXPECT_FALSE(test, info.allocated);
}

/* A consumer of firmware that is loaded later gets an error and no interrupt. */
static void paravirq_test_late_consumer(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct irq_fwspec fwspec = {
		.param_count = 2,
		.param = { BASE + LINE, IRQ_TYPE_EDGE_RISING },
	};
	unsigned long hwirq;
	unsigned int type;
	int virq;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	virq = fake_alloc(fake, LINE);
	KUNIT_ASSERT_GT(test, virq, 0);
	KUNIT_EXPECT_EQ(test, fake_map(fake, BASE + LINE), 0);
	KUNIT_EXPECT_EQ(test, fake_map(fake, BASE + LINE), 0);
	paravirq_free_irq(virq);

	/* Allocated just after the consumer's specifier was found good. */
	KUNIT_EXPECT_EQ(test, fake->domain->ops->translate(fake->domain, &fwspec, &hwirq, &type),
			0);
	virq = fake_alloc(fake, LINE);
	KUNIT_EXPECT_EQ(test, irq_find_mapping(fake->domain, LINE), 0);
	KUNIT_EXPECT_EQ(test, irq_domain_alloc_irqs(fake->domain, 1, NUMA_NO_NODE, &fwspec),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, paravirq_irq_line(virq), LINE);
	paravirq_free_irq(virq);

	KUNIT_EXPECT_NE(test, fake_map(fake, BASE + LINE), 0);
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, LINE), -EEXIST);
}

/* Or comes while the firmware is searched, after its claim was looked for. */
static void paravirq_test_late_claim(struct kunit *test)
{
	struct fake *fake = test->priv;
	int virq;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->late = BASE + 3;
	virq = fake_alloc(fake, PARAVIRQ_ANY_LINE);
	KUNIT_EXPECT_EQ(test, paravirq_irq_line(virq), 2);
	paravirq_free_irq(virq);
	fake->late = BASE + 1;
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, 1), -EEXIST);
}

/* What must not be freed is not: three warnings, and all goes on. */
static void paravirq_test_free(struct kunit *test)
{
	struct fake *fake = test->priv;
	unsigned int mapped;
	int users = USERS();

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->virq = fake_alloc(fake, LINE);
	mapped = fake_map(fake, BASE);
	KUNIT_EXPECT_EQ(test, paravirq_irq_line(mapped), 0);
	KUNIT_ASSERT_EQ(test, fake_request(fake), 0);

	paravirq_free_irq(mapped);
	KUNIT_EXPECT_NOT_NULL(test, irq_get_irq_data(mapped));
	paravirq_free_irq(fake->virq);
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
	fake_free(fake);
	KUNIT_EXPECT_EQ(test, USERS(), users + HELD);
	paravirq_free_irq(fake->virq);
	KUNIT_EXPECT_EQ(test, paravirq_irq_line(fake->virq), -EINVAL);
	paravirq_free_irq(fake->virq);
	KUNIT_EXPECT_EQ(test, USERS(), users);
}

/* Under a module: its line is dead as those of consumers are, until it is freed. */
static void paravirq_test_remove_allocated(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct device *dev = fake->config.dev;
	int users = USERS();
	unsigned int mapped, virq;

	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	virq = fake_alloc(fake, LINE);
	mapped = fake_map(fake, BASE);
	fake->log[0] = '\0';
	fake_destroy(fake);
	EXPECT_LOG(fake, "reset");
	KUNIT_EXPECT_NULL(test, irq_find_matching_fwnode(dev_fwnode(dev), DOMAIN_BUS_ANY));
	KUNIT_EXPECT_EQ(test, fake_alloc(fake, PARAVIRQ_ANY_LINE), -ENODEV);

	/* The node may come to have another controller, with the same line. */
	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);
	fake->virq = fake_alloc(fake, LINE);
	KUNIT_EXPECT_NE(test, fake->virq, virq);
	KUNIT_EXPECT_EQ(test, fake_request(fake), 0);
	EXPECT_LOG(fake, "magic version lines reset 2:on+mask 2? 2:on");

	KUNIT_EXPECT_EQ(test, request_irq(virq, fake_interrupt, 0, "fake", fake), -ENODEV);
	KUNIT_EXPECT_EQ(test, USERS(), users + 3 * HELD);
	paravirq_free_irq(virq);
	KUNIT_EXPECT_NULL(test, irq_get_irq_data(virq));
	KUNIT_EXPECT_EQ(test, USERS(), users + 2 * HELD);
	irq_dispose_mapping(mapped);
	EXPECT_LOG(fake, "");
	fake_raise(fake);
	KUNIT_EXPECT_TRUE(test, fake_ran(fake, 1));
	fake_free(fake);
	paravirq_free_irq(fake->virq);
	KUNIT_EXPECT_EQ(test, USERS(), users);
}

#define MANY	64

/**
 * struct taker - a thread that takes all lines that it can get
 * @fake:	the controller
 * @task:	the thread
 * @virq:	what it got
 * @n:		how many
 * @error:	and how that ended
 */
struct taker {
	struct fake *fake;
	struct task_struct *task;
	int virq[MANY];
	unsigned int n;
	int error;
};

static int taker_thread(void *data)
{
	struct taker *taker = data;
	int ret = 1;

	while (ret > 0 && taker->n < MANY) {
		ret = fake_alloc(taker->fake, PARAVIRQ_ANY_LINE);
		if (ret > 0)
			taker->virq[taker->n++] = ret;
	}
	taker->error = ret;
	while (!kthread_should_stop())
		usleep_range(1000, 1100);

	return 0;
}

/* Two modules and a consumer in firmware at once: each line has one owner. */
static void paravirq_test_alloc_at_once(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct taker *taker;
	DECLARE_BITMAP(owned, MANY) = {};
	unsigned int i, n, line, owners = 0;

	fake->nr_lines = MANY;
	fake->config.max_lines = MANY;
	KUNIT_ASSERT_EQ(test, fake_create(fake), 0);

	taker = kunit_kcalloc(test, 2, sizeof(*taker), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, taker);
	for (i = 0; i < 2; i++) {
		taker[i].fake = fake;
		taker[i].task = kthread_run(taker_thread, &taker[i], "taker%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(taker[i].task));
	}
	for (line = 0; line < MANY; line++) {
		if (!fake_map(fake, BASE + line))
			continue;
		owners++;
		__set_bit(line, owned);
	}
	for (i = 0; i < 2; i++) {
		while (!READ_ONCE(taker[i].error))
			usleep_range(1000, 1100);
		kthread_stop(taker[i].task);
		KUNIT_EXPECT_EQ(test, taker[i].error, -ENOSPC);
		for (n = 0; n < taker[i].n; n++) {
			owners++;
			line = paravirq_irq_line(taker[i].virq[n]);
			KUNIT_EXPECT_FALSE(test, test_and_set_bit(line, owned));
			paravirq_free_irq(taker[i].virq[n]);
		}
	}
	KUNIT_EXPECT_EQ(test, owners, MANY);
	KUNIT_EXPECT_TRUE(test, bitmap_full(owned, MANY));
}

static struct kunit_case paravirq_test_cases[] = {
	KUNIT_CASE_PARAM(paravirq_test_refused, refused_gen_params),
	KUNIT_CASE(paravirq_test_create),
	KUNIT_CASE(paravirq_test_most_lines),
	KUNIT_CASE_PARAM(paravirq_test_translate, specifiers_gen_params),
	KUNIT_CASE(paravirq_test_map),
	KUNIT_CASE(paravirq_test_request),
	KUNIT_CASE(paravirq_test_deliver),
	KUNIT_CASE(paravirq_test_mask),
	KUNIT_CASE(paravirq_test_move),
	KUNIT_CASE(paravirq_test_try),
	KUNIT_CASE(paravirq_test_unreachable),
	KUNIT_CASE(paravirq_test_unmasked),
	KUNIT_CASE(paravirq_test_not_taken),
	KUNIT_CASE_PARAM(paravirq_test_gone_at_request, changes_gen_params),
	KUNIT_CASE_PARAM(paravirq_test_gone_at_resume, changes_gen_params),
	KUNIT_CASE(paravirq_test_resume),
	KUNIT_CASE(paravirq_test_growing),
	KUNIT_CASE(paravirq_test_shutdown),
	KUNIT_CASE(paravirq_test_remove),
	KUNIT_CASE(paravirq_test_remove_requested),
	KUNIT_CASE(paravirq_test_chained),
	KUNIT_CASE(paravirq_test_gsi),
	KUNIT_CASE(paravirq_test_remove_gsi),
	KUNIT_CASE_PARAM(paravirq_test_window, windows_gen_params),
	KUNIT_CASE(paravirq_test_alloc),
	KUNIT_CASE_PARAM(paravirq_test_wanted, wanted_gen_params),
	KUNIT_CASE(paravirq_test_alloc_only_line),
	KUNIT_CASE(paravirq_test_claims_unknown),
	KUNIT_CASE(paravirq_test_no_controller),
	KUNIT_CASE(paravirq_test_alloc_deliver),
	KUNIT_CASE(paravirq_test_late_consumer),
	KUNIT_CASE(paravirq_test_late_claim),
	KUNIT_CASE(paravirq_test_free),
	KUNIT_CASE(paravirq_test_remove_allocated),
	KUNIT_CASE(paravirq_test_alloc_at_once),
	{}
};

static struct kunit_suite paravirq_test_suite = {
	.name		= "paravirq",
	.init		= fake_init,
	.exit		= fake_exit,
	.test_cases	= paravirq_test_cases,
};

kunit_test_suite(paravirq_test_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("KUnit tests of the paravirq irq_domain");
MODULE_AUTHOR("The paravirq authors");
MODULE_LICENSE("GPL");
