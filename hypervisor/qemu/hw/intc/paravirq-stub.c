/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What virtio-mmio finds instead of the paravirq interrupt controller
 * (hw/intc/paravirq.c) in a QEMU that is built without one: no line is its.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "qemu/osdep.h"
#include "hw/intc/paravirq.h"

ParavirqState *paravirq_of_irq(qemu_irq irq, uint32_t *line)
{
    return NULL;
}

bool paravirq_has_irqfd(ParavirqState *s)
{
    g_assert_not_reached();
}

bool paravirq_attach_irqfd(ParavirqState *s, uint32_t line, EventNotifier *n,
                           Error **errp)
{
    g_assert_not_reached();
}

void paravirq_detach_irqfd(ParavirqState *s, uint32_t line)
{
    g_assert_not_reached();
}
