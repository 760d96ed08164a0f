/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What virtio-mmio finds instead of the paravirq interrupt controller
 * (hw/intc/paravirq.c) in a QEMU that is built without one: no line is its.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "qemu/osdep.h"
#include "hw/intc/paravirq.h"

bool paravirq_attach_irqfd(qemu_irq irq, EventNotifier *n, Error **errp)
{
    return false;
}

void paravirq_detach_irqfd(qemu_irq irq)
{
    g_assert_not_reached();
}
