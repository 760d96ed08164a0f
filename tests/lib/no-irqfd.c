// SPDX-License-Identifier: GPL-2.0
/*
 * A KVM that refuses irqfds while the file $NO_IRQFD exists: preloaded by
 * tests/23-irqfd-device.t into QEMU. And a device that writes the last eventfd refused when a
 * vCPU has been stopped, once for each time that there is a file $NO_IRQFD.ring.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int refused = -1;

static void ring(void)
{
	const unsigned long long one = 1;
	char name[4096];

	snprintf(name, sizeof(name), "%s.ring", getenv("NO_IRQFD"));
	if (!unlink(name))
		write(refused, &one, sizeof(one));
}

int ioctl(int fd, unsigned long request, ...)
{
	struct kvm_irqfd *arg;
	va_list args;
	int ret;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == KVM_IRQFD && !(arg->flags & KVM_IRQFD_FLAG_DEASSIGN) &&
	    !access(getenv("NO_IRQFD"), F_OK)) {
		refused = arg->fd;
		errno = ENOSPC;
		return -1;
	}
	ret = syscall(SYS_ioctl, fd, request, arg);
	if (request == KVM_RUN && ret < 0 && errno == EINTR) {
		ring();
		errno = EINTR;
	}
	return ret;
}
