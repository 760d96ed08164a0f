// SPDX-License-Identifier: GPL-2.0
/*
 * A KVM that refuses irqfds while the file $NO_IRQFD exists: preloaded by
 * tests/14-irqfd.t into QEMU.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int ioctl(int fd, unsigned long request, ...)
{
	struct kvm_irqfd *arg;
	va_list args;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == KVM_IRQFD && !(arg->flags & KVM_IRQFD_FLAG_DEASSIGN) &&
	    !access(getenv("NO_IRQFD"), F_OK)) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_ioctl, fd, request, arg);
}
