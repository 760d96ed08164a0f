// SPDX-License-Identifier: GPL-2.0
/*
 * Platform driver of the paravirq interrupt controller.
 *
 * Binds to the controller's node in ACPI ("PVIQ0001") or a device tree
 * ("paravirq,intc"), maps its registers and hands them to the irq_domain core
 * (arch/x86/kernel/apic/paravirq.c), which does everything else. Consumers name
 * the node in their interrupts and never call this file.
 *
 *	Device (PVIC) {
 *		Name (_HID, "PVIQ0001")
 *		Name (_GSB, 0x1000)
 *		Name (_CRS, ResourceTemplate () {
 *			Memory32Fixed (ReadWrite, 0xFEC80000, 0x1200)
 *				// or: IO (Decode16, 0xE00, 0xE00, 0x40, 0x40)
 *		})		// or none, and in _DSD "paravirq,transport", "hypercall"
 *	}
 *
 *	Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, 0,
 *		   "\\_SB.PVIC") { 0x1003 }	// line 3
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/acpi.h>
#include <linux/io.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/string.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <asm/paravirq.h>

#include <uapi/linux/paravirq.h>

#include "irq-paravirq.h"

/* ioread32() and iowrite32() reach memory and I/O ports. */
static u32 paravirq_read32(void *ctx, u32 reg)
{
	struct paravirq_window *window = ctx;

	return ioread32(window->regs + reg);
}

static void paravirq_write32(void *ctx, u32 reg, u32 value)
{
	struct paravirq_window *window = ctx;

	iowrite32(value, window->regs + reg);
}

static u64 paravirq_mmio_read_route(void *ctx, u32 line)
{
	struct paravirq_window *window = ctx;

	return readq(window->regs + PARAVIRQ_REG_ROUTE + 8 * line);
}

static void paravirq_mmio_write_route(void *ctx, u32 line, u64 route)
{
	struct paravirq_window *window = ctx;

	writeq(route, window->regs + PARAVIRQ_REG_ROUTE + 8 * line);
}

static const struct paravirq_ops paravirq_mmio_ops = {
	.name		= "mmio",
	.read		= paravirq_read32,
	.write		= paravirq_write32,
	.read_route	= paravirq_mmio_read_route,
	.write_route	= paravirq_mmio_write_route,
};

/*
 * A port takes 32 bits, so that a route passes in two halves through registers
 * that all lines share. No two of these calls run at the same time: the core
 * holds a raw spinlock of the controller.
 */
static u64 paravirq_pio_read_route(void *ctx, u32 line)
{
	u64 low;

	paravirq_write32(ctx, PARAVIRQ_PIO_SELECT, line);
	low = paravirq_read32(ctx, PARAVIRQ_PIO_SELECT);

	return (u64)paravirq_read32(ctx, PARAVIRQ_PIO_DEST) << PARAVIRQ_ROUTE_DEST_SHIFT | low;
}

static void paravirq_pio_write_route(void *ctx, u32 line, u64 route)
{
	paravirq_write32(ctx, PARAVIRQ_PIO_DEST, route >> PARAVIRQ_ROUTE_DEST_SHIFT);
	paravirq_write32(ctx, PARAVIRQ_PIO_COMMIT,
			 line << PARAVIRQ_COMMIT_LINE_SHIFT | (u32)route);
}

static const struct paravirq_ops paravirq_pio_ops = {
	.name		= "pio",
	.read		= paravirq_read32,
	.write		= paravirq_write32,
	.read_route	= paravirq_pio_read_route,
	.write_route	= paravirq_pio_write_route,
};

VISIBLE_IF_KUNIT u64 paravirq_hypercall(u32 function, u32 reg, u64 value)
{
	KUNIT_STATIC_STUB_REDIRECT(paravirq_hypercall, function, reg, value);

	return __paravirq_hypercall(function, reg, value);
}
EXPORT_SYMBOL_IF_KUNIT(paravirq_hypercall);

static u32 paravirq_hypercall_read(void *ctx, u32 reg)
{
	return paravirq_hypercall(PARAVIRQ_HYPERCALL_READ, reg, 0);
}

static void paravirq_hypercall_write(void *ctx, u32 reg, u32 value)
{
	paravirq_hypercall(PARAVIRQ_HYPERCALL_WRITE, reg, value);
}

static u64 paravirq_hypercall_read_route(void *ctx, u32 line)
{
	return paravirq_hypercall(PARAVIRQ_HYPERCALL_READ, PARAVIRQ_REG_ROUTE + 8 * line, 0);
}

static void paravirq_hypercall_write_route(void *ctx, u32 line, u64 route)
{
	paravirq_hypercall(PARAVIRQ_HYPERCALL_WRITE, PARAVIRQ_REG_ROUTE + 8 * line, route);
}

static const struct paravirq_ops paravirq_hypercall_ops = {
	.name		= "hypercall",
	.read		= paravirq_hypercall_read,
	.write		= paravirq_hypercall_write,
	.read_route	= paravirq_hypercall_read_route,
	.write_route	= paravirq_hypercall_write_route,
};

static int paravirq_map_hypercalls(struct device *dev, struct paravirq_config *config)
{
	/* Nothing in a hypercall says which controller it is for: one has them all. */
	static struct resource hypercalls;

	if (!__devm_request_region(dev, &hypercalls, 0, 1, dev_name(dev)))
		return dev_err_probe(dev, -EBUSY,
				     "hypercalls are in use, allowed for one controller\n");

	if (paravirq_hypercall(PARAVIRQ_HYPERCALL_READ, PARAVIRQ_REG_MAGIC, 0) ==
	    PARAVIRQ_HYPERCALL_READ)
		return dev_err_probe(dev, -ENODEV,
				     "no hypervisor takes hypercalls, allowed are memory and I/O ports\n");

	config->ops = &paravirq_hypercall_ops;
	return 0;
}

static int paravirq_map_memory(struct device *dev, struct resource *res,
			       struct paravirq_window *window,
			       struct paravirq_config *config)
{
	if (resource_size(res) < PARAVIRQ_REG_ROUTE + 8)
		return dev_err_probe(dev, -EINVAL,
				     "register window of %llu bytes, at least %u are needed\n",
				     resource_size(res), PARAVIRQ_REG_ROUTE + 8);

	window->regs = devm_ioremap_resource(dev, res);
	if (IS_ERR(window->regs))
		return PTR_ERR(window->regs);

	config->ops = &paravirq_mmio_ops;
	config->max_lines = min_t(u64, PARAVIRQ_MAX_LINES,
				  (resource_size(res) - PARAVIRQ_REG_ROUTE) / 8);

	return 0;
}

static int paravirq_map_ports(struct device *dev, struct resource *res,
			      struct paravirq_window *window,
			      struct paravirq_config *config)
{
	if (resource_size(res) < PARAVIRQ_PIO_SIZE)
		return dev_err_probe(dev, -EINVAL, "%llu I/O ports, at least %u are needed\n",
				     resource_size(res), PARAVIRQ_PIO_SIZE);

	if (!devm_request_region(dev, res->start, resource_size(res), dev_name(dev)))
		return dev_err_probe(dev, -EBUSY, "I/O ports %pR are in use\n", res);

	window->regs = devm_ioport_map(dev, res->start, resource_size(res));
	if (!window->regs)
		return -ENOMEM;

	config->ops = &paravirq_pio_ops;

	return 0;
}

/* Map the registers that the firmware node names, or find hypercalls in their place. */
VISIBLE_IF_KUNIT int paravirq_map(struct platform_device *pdev, struct paravirq_config *config)
{
	struct device *dev = &pdev->dev;
	struct paravirq_window *window;
	struct resource *memory, *ports;
	const char *transport;
	bool hypercalls;
	int ret;

	ret = device_property_read_string(dev, "paravirq,transport", &transport);
	hypercalls = !ret && !strcmp(transport, "hypercall");
	if (ret != -EINVAL && !hypercalls)
		return dev_err_probe(dev, -EINVAL,
				     "paravirq,transport is \"%s\", allowed is \"hypercall\"\n",
				     ret ? "" : transport);

	memory = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	ports = platform_get_resource(pdev, IORESOURCE_IO, 0);
	if (!memory && !ports && !hypercalls)
		return dev_err_probe(dev, -EINVAL, "no register window\n");
	if (!!memory + !!ports + hypercalls > 1 || platform_get_resource(pdev, IORESOURCE_MEM, 1) ||
	    platform_get_resource(pdev, IORESOURCE_IO, 1))
		return dev_err_probe(dev, -EINVAL, "%pR and %s, only one is allowed\n",
				     memory ?: ports,
				     hypercalls ? "hypercalls" : "more register windows");

	config->max_lines = PARAVIRQ_MAX_LINES;
	if (hypercalls)
		return paravirq_map_hypercalls(dev, config);

	window = devm_kzalloc(dev, sizeof(*window), GFP_KERNEL);
	if (!window)
		return -ENOMEM;

	config->ctx = window;

	return memory ? paravirq_map_memory(dev, memory, window, config) :
			paravirq_map_ports(dev, ports, window, config);
}
EXPORT_SYMBOL_IF_KUNIT(paravirq_map);

static const struct acpi_device_id paravirq_acpi_ids[] = {
	{ "PVIQ0001" },
	{ }
};
MODULE_DEVICE_TABLE(acpi, paravirq_acpi_ids);

#ifdef CONFIG_ACPI
/* ACPI numbers the lines from _GSB, its object for a GSI base; 0 without. */
static int paravirq_get_base(struct device *dev, u32 *base)
{
	struct acpi_device *adev = ACPI_COMPANION(dev);
	unsigned long long gsb = 0;
	acpi_status status;

	if (!adev)
		return 0;

	/*
	 * The resolver goes by the id (drivers/acpi/irq.c): of a controller that is PRP0001
	 * with a "compatible" it knows nothing, consumers would get GSIs instead of its lines.
	 */
	if (acpi_match_device_ids(adev, paravirq_acpi_ids))
		return dev_err_probe(dev, -ENODEV,
				     "_HID or _CID is not %s, allowed in ACPI is no other\n",
				     paravirq_acpi_ids[0].id);

	status = acpi_evaluate_integer(adev->handle, "_GSB", NULL, &gsb);
	if (ACPI_FAILURE(status) && status != AE_NOT_FOUND)
		return dev_err_probe(dev, -EINVAL, "_GSB is no integer: %s\n",
				     acpi_format_exception(status));
	if (gsb > U32_MAX)
		return dev_err_probe(dev, -EINVAL, "_GSB %#llx, allowed up to %#x\n",
				     gsb, U32_MAX);

	*base = gsb;
	return 0;
}

/* Consumers that name the controller in _DEP are enumerated now. */
static void paravirq_clear_dependencies(struct device *dev)
{
	if (has_acpi_companion(dev))
		acpi_dev_clear_dependencies(ACPI_COMPANION(dev));
}
#else
static int paravirq_get_base(struct device *dev, u32 *base)
{
	return 0;
}

static void paravirq_clear_dependencies(struct device *dev)
{
}
#endif

/* Lines that the node keeps for kernel modules: the first one and their number. */
static int paravirq_get_module_lines(struct device *dev, struct paravirq_config *config)
{
	static const char name[] = "paravirq,module-lines";
	u32 lines[2];
	int ret;

	if (!device_property_present(dev, name))
		return 0;

	ret = device_property_read_u32_array(dev, name, lines, ARRAY_SIZE(lines));
	if (ret)
		return dev_err_probe(dev, ret, "%s: expected first line and number of lines\n",
				     name);

	config->module_line = lines[0];
	config->nr_module_lines = lines[1];

	return 0;
}

static int paravirq_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct paravirq_config config = {
		.dev = dev,
	};
	struct paravirq *pv;
	int ret;

	ret = paravirq_get_base(dev, &config.base);
	if (ret)
		return ret;

	ret = paravirq_map(pdev, &config);
	if (ret)
		return ret;

	ret = paravirq_get_module_lines(dev, &config);
	if (ret)
		return ret;

	pv = paravirq_create(&config);
	if (IS_ERR(pv))
		return PTR_ERR(pv);

	platform_set_drvdata(pdev, pv);

	paravirq_clear_dependencies(dev);

	return 0;
}

/* Only if firmware takes the device away. */
static void paravirq_driver_remove(struct platform_device *pdev)
{
	paravirq_remove(platform_get_drvdata(pdev));
}

static const struct of_device_id paravirq_of_ids[] = {
	{ .compatible = "paravirq,intc" },
	{ }
};
MODULE_DEVICE_TABLE(of, paravirq_of_ids);

static struct platform_driver paravirq_driver = {
	.probe		= paravirq_probe,
	.remove		= paravirq_driver_remove,
	.driver		= {
		.name			= "paravirq",
		.acpi_match_table	= paravirq_acpi_ids,
		.of_match_table		= paravirq_of_ids,
		.suppress_bind_attrs	= true,
	},
};

/*
 * Before any consumer is enumerated, so that none has to be deferred. There is no exit:
 * as other controllers, it stays.
 */
static int __init paravirq_init(void)
{
	return platform_driver_register(&paravirq_driver);
}
core_initcall(paravirq_init);

MODULE_DESCRIPTION("paravirq interrupt controller");
MODULE_AUTHOR("The paravirq authors");
MODULE_LICENSE("GPL");
