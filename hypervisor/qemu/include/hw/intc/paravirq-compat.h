/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The paravirq devices are written for QEMU 10; this lets QEMU 7.2 build them.
 * Only their sources include it, after all other headers.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef HW_INTC_PARAVIRQ_COMPAT_H
#define HW_INTC_PARAVIRQ_COMPAT_H

#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"

#if QEMU_VERSION_MAJOR >= 10
#include "system/kvm.h"
#include "system/runstate.h"
#else
#include "sysemu/kvm.h"
#include "sysemu/runstate.h"

static inline void device_class_set_legacy_reset(DeviceClass *dc,
                                                 void (*reset)(DeviceState *))
{
    dc->reset = reset;
}

/* Properties were an array that ends with an empty one. */
static inline void paravirq_set_props(DeviceClass *dc, const Property *props,
                                      size_t n)
{
    Property *copy = g_new0(Property, n + 1);

    memcpy(copy, props, n * sizeof(*props));
    device_class_set_props(dc, copy);
}
#define device_class_set_props(dc, props) \
    paravirq_set_props(dc, props, ARRAY_SIZE(props))

#define apic_get_class(errp) apic_get_class()

#endif

#endif
