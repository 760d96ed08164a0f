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

#define TYPE_PARAVIRQ_CHANNEL "paravirq-channel"
OBJECT_DECLARE_SIMPLE_TYPE(ParavirqChannelState, PARAVIRQ_CHANNEL)

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
 * Find the @lines lines from @first on for @dev. Its property "intc", @intc, is
 * set to the only controller if the user has named none.
 */
bool paravirq_find_lines(DeviceState *dev, ParavirqState **intc, uint32_t first,
                         uint32_t lines, qemu_irq *irq, Error **errp);

/* Tell the log of an access by the guest that @device has rejected */
void paravirq_log_rejected(const char *device, bool write, hwaddr offset,
                           unsigned size, uint64_t value);

/*
 * irqfd: a line that KVM injects whenever an eventfd is written, without going
 * through QEMU. The controller keeps KVM's MSI route as the guest has set the
 * line's, and lets KVM listen to the eventfd while the line may be injected and
 * the machine runs; all rules of the interface hold. Call these with the big
 * lock held.
 */

/*
 * Raise the line that has the input @irq whenever @n is set, by any thread or
 * process, until it is detached. What @n holds already counts. @n must be an
 * eventfd, stay valid, have no reader but the controller, and be left alone
 * while the machine does not run. The input goes on working, so one line may
 * have both.
 *
 * Fails if @irq is no input of a paravirq controller or has an irqfd already,
 * without KVM and its local APICs, with an IOMMU that remaps interrupts, and if
 * KVM has no room for a route. All devices have to be there: that is when the
 * machine is done. If KVM refuses later, as the guest unmasks the line, @n is
 * served in user space.
 */
bool paravirq_attach_irqfd(qemu_irq irq, EventNotifier *n, Error **errp);

/*
 * Let go of the notifier of @irq, which has one; what that holds is raised. No
 * interrupt by it follows; @n is the caller's again.
 */
void paravirq_detach_irqfd(qemu_irq irq);

#endif
