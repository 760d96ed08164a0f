/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The paravirq interrupt controller (hw/intc/paravirq.c), for the devices and
 * machines that wire themselves to it: its lines are the unnamed GPIO inputs.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef HW_INTC_PARAVIRQ_H
#define HW_INTC_PARAVIRQ_H

#include "hw/sysbus.h"
#include "qemu/event_notifier.h"
#include "qom/object.h"

#define TYPE_PARAVIRQ "paravirq"
OBJECT_DECLARE_SIMPLE_TYPE(ParavirqState, PARAVIRQ)

#define TYPE_PARAVIRQ_DOORBELL "paravirq-doorbell"
OBJECT_DECLARE_SIMPLE_TYPE(ParavirqDoorbellState, PARAVIRQ_DOORBELL)

/* ACPI hardware id of the controller */
#define PARAVIRQ_HID "PVIQ0001"

/* Where firmware tables expect the first controller */
#define PARAVIRQ_DEFAULT_ADDR 0xfec80000

/* Register windows must be aligned to this */
#define PARAVIRQ_ADDR_ALIGN 0x1000

/* Check the place of a window that is not mapped yet; @option of @device */
bool paravirq_check_window(const char *device, const char *option,
                           MemoryRegion *space, uint64_t start, uint64_t size,
                           uint64_t align, Error **errp);

/*
 * irqfd: a line that KVM injects whenever an eventfd is written, without going
 * through QEMU. The controller keeps KVM's MSI route as the guest has set the
 * line's, and lets KVM listen to the eventfd while the line may be injected;
 * all rules of the interface hold. Call these with the big lock held.
 */

/* Can lines have one here? Needs KVM and its local APICs, split or full. */
bool paravirq_has_irqfd(ParavirqState *s);

/*
 * Raise @line whenever @n is set, by any thread or process, until it is
 * detached. What @n holds already counts. @n must be an eventfd, stay valid,
 * and have no reader but the controller. The line's GPIO input goes on working,
 * so one line may have both.
 *
 * Fails where paravirq_has_irqfd() does, when there is no such line, when it
 * has an irqfd already, and when KVM refuses one. If KVM refuses later, as the
 * guest unmasks the line, that is reported and @n is served in user space.
 */
bool paravirq_attach_irqfd(ParavirqState *s, uint32_t line, EventNotifier *n,
                           Error **errp);

/*
 * Let go of the notifier of @line, if it has one; what that holds is raised. No
 * interrupt by it follows; @n is the caller's again.
 */
void paravirq_detach_irqfd(ParavirqState *s, uint32_t line);

/*
 * Whose input is @irq, as sysbus_connect_irq() was given it? Stores its number
 * in @line; NULL if it is no input of a paravirq controller.
 */
ParavirqState *paravirq_of_irq(qemu_irq irq, uint32_t *line);

#endif
