// SPDX-License-Identifier: GPL-2.0
/*
 * Loads ACPI tables from a disk by configfs, two at a time, a controller's and a
 * consumer's, and removes them again. What the kernel says of each pair is in its log,
 * between lines "tables: N"; this puts there what the validation says, as
 * "tables: N: ROW". A table ends with a device that the kernel enumerates last:
 * it is waited for. tests/71-tables.t writes the disk and judges.
 *
 *   tables FILE
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TABLE		"/sys/kernel/config/acpi/table/"
#define DEVICES		"/sys/devices/platform/"
/* A change of this waits for whoever enumerates. */
#define LOCK		"/sys/firmware/acpi/hotplug/processor/enabled"
#define TABLES		2

static const char * const names[TABLES] = { "controller", "consumer" };
static const char * const last[TABLES] = { DEVICES "PVIQ00FA:00", DEVICES "PVIQ00FB:00" };
static FILE *kmsg;

/* Those of ACPI have a colon in their names; others come and go by themselves. */
static int count(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int n = 0;

	if (!dir)
		err(1, "%s", path);
	while ((entry = readdir(dir)))
		n += !!strchr(entry->d_name, ':');
	closedir(dir);
	return n;
}

static int nr_devices(void)
{
	return count(DEVICES) + count("/sys/devices/LNXSYSTM:00/LNXSYBUS:00");
}

static void write_file(const char *path, const char *data, size_t size)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd))
		err(1, "%s", path);
}

/* The next table of the disk; 0 if there is none. */
static int copy(int disk, int n)
{
	static char data[1 << 16];
	char path[64];
	uint32_t length;

	if (read(disk, data, 8) != 8 || memcmp(data, "SSDT", 4))
		return 0;
	memcpy(&length, data + 4, sizeof(length));
	if (length > sizeof(data) || read(disk, data + 8, length - 8) != length - 8)
		errx(1, "a table of %u bytes is cut off", length);

	snprintf(path, sizeof(path), TABLE "%s", names[n]);
	if (mkdir(path, 0755))
		err(1, "%s", path);
	snprintf(path, sizeof(path), TABLE "%s/aml", names[n]);
	write_file(path, data, length);
	while (access(last[n], F_OK))
		usleep(200);
	write_file(LOCK, "0", 1);
	write_file(LOCK, "1", 1);
	return 1;
}

static void print_rows(unsigned int number)
{
	FILE *rows = fopen("/sys/kernel/debug/paravirq/validate", "r");
	char row[512];

	if (!rows)
		err(1, "debugfs");
	while (fgets(row, sizeof(row), rows))
		fprintf(kmsg, "tables: %u: %s", number, row);
	fclose(rows);
}

int main(int argc, char **argv)
{
	char *wait = getenv("WAIT");
	unsigned int number = 0;
	char path[64];
	int disk, n, before = nr_devices();

	disk = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	kmsg = fopen("/dev/kmsg", "w");
	if (disk < 0 || !kmsg)
		err(1, "usage: tables FILE");
	setlinebuf(kmsg);

	for (;; number++) {
		/* The kernel may not come to the end of a table. */
		alarm(wait ? atoi(wait) / 1000 : 60);
		fprintf(kmsg, "tables: %u\n", number);
		for (n = 0; n < TABLES; n++)
			if (!copy(disk, n))
				return n != 0 || !number;
		print_rows(number);
		while (n--) {
			snprintf(path, sizeof(path), TABLE "%s", names[n]);
			if (rmdir(path))
				err(1, "%s", path);
		}
		while (nr_devices() != before)
			usleep(200);
	}
}
