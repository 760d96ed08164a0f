// SPDX-License-Identifier: GPL-2.0
/*
 * The first program of a guest of the bare-metal hypervisor, in place of init and without
 * a C library, whose start would cost exits of its own: has the hypervisor report what
 * Linux has cost, and switches off. tests/90-baremetal.t and scripts/bench-baremetal build
 * it; of a guest of QEMU's it ends QEMU, by isa-debug-exit.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/reboot.h>
#include <linux/stat.h>

#define PORT_REPORT	0x604
#define PORT_EXIT	0xf4

static long call(long number, long a, long b, long c)
{
	long result;

	asm volatile("syscall" : "=a" (result) : "a" (number), "D" (a), "S" (b), "d" (c)
			       : "rcx", "r11", "memory");
	return result;
}

void _start(void)
{
	long fd;

	call(__NR_mknod, (long)"/port", S_IFCHR | 0600, 0x104);
	fd = call(__NR_open, (long)"/port", O_RDWR, 0);
	call(__NR_lseek, fd, PORT_REPORT, 0);
	call(__NR_write, fd, (long)"", 1);
	call(__NR_lseek, fd, PORT_EXIT, 0);
	call(__NR_write, fd, (long)"", 1);
	call(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_POWER_OFF);
}
