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
#include "qom/object.h"

#define TYPE_PARAVIRQ "paravirq"
OBJECT_DECLARE_SIMPLE_TYPE(ParavirqState, PARAVIRQ)

#define TYPE_PARAVIRQ_DOORBELL "paravirq-doorbell"
OBJECT_DECLARE_SIMPLE_TYPE(ParavirqDoorbellState, PARAVIRQ_DOORBELL)

/* ACPI hardware id of the controller */
#define PARAVIRQ_HID "PVIQ0001"

/* Where firmware tables expect the first controller, and what they call it */
#define PARAVIRQ_DEFAULT_ADDR 0xfec80000
#define PARAVIRQ_DEFAULT_LINES 64

/* Register windows must be aligned to this */
#define PARAVIRQ_ADDR_ALIGN 0x1000

/* Number of lines of a realized controller */
uint32_t paravirq_nr_lines(ParavirqState *s);

/* Length of its register window in bytes */
uint64_t paravirq_window_size(ParavirqState *s);

/* Check a register window that is yet to be mapped; @size > 0 */
bool paravirq_check_window(const char *device, uint64_t addr, uint64_t size,
                           Error **errp);

#endif
