// SPDX-License-Identifier: GPL-2.0
/*
 * Goes on in another kernel: kexec-file KERNEL INITRD COMMAND-LINE. The test "kexec"
 * calls it; busybox has no such program.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/reboot.h>

int main(int argc, char **argv)
{
	int kernel, initrd;

	if (argc != 4)
		errx(1, "usage: kexec-file KERNEL INITRD COMMAND-LINE");
	kernel = open(argv[1], O_RDONLY);
	if (kernel < 0)
		err(1, "%s", argv[1]);
	initrd = open(argv[2], O_RDONLY);
	if (initrd < 0)
		err(1, "%s", argv[2]);
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[3]) + 1, argv[3], 0UL))
		err(1, "kexec_file_load");
	reboot(LINUX_REBOOT_CMD_KEXEC);
	err(1, "reboot");
}
