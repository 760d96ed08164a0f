// SPDX-License-Identifier: GPL-2.0
/*
 * Loads an ACPI table into the running kernel, as ACPI configfs does, for kernels that
 * have no configfs for it: "insmod loadtable.ko file=/tmp/pvic.aml". The table stays.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <linux/acpi.h>
#include <linux/kernel_read_file.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

static char *file;
module_param(file, charp, 0444);
MODULE_PARM_DESC(file, "Path of the table");

static int __init loadtable_init(void)
{
	acpi_status status;
	void *table = NULL;
	u32 index;
	int size;

	size = kernel_read_file_from_path(file, 0, &table, INT_MAX, NULL, READING_FIRMWARE);
	if (size < 0)
		return size;

	status = acpi_load_table(table, &index);
	if (ACPI_SUCCESS(status))
		return 0;

	pr_err("loadtable: %s: %s\n", file, acpi_format_exception(status));
	vfree(table);

	return -EINVAL;
}
module_init(loadtable_init);

static void __exit loadtable_exit(void)
{
}
module_exit(loadtable_exit);

MODULE_DESCRIPTION("Loads an ACPI table");
MODULE_AUTHOR("The paravirq authors");
MODULE_LICENSE("GPL");
