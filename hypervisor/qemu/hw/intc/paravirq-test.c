/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * To test guests: puts itself in front of a paravirq controller and lies, or
 * has hypercalls take the place of the controller's window, which TCG alone
 * lets a device serve. Only a QEMU built with CONFIG_PARAVIRQ_TEST has it.
 *
 * Created by -device paravirq-test,intc=ID. Asks the window of the controller
 * (hw/intc/paravirq.c) as a guest would, and changes what that says.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qapi/error.h"
#include "cpu.h"
#include "exec/memop.h"
#include "hw/intc/paravirq.h"
#include "hw/qdev-properties.h"
#include "linux/paravirq.h"
#include "system/tcg.h"
#include "trace.h"

#define TYPE_PARAVIRQ_TEST "paravirq-test"
OBJECT_DECLARE_SIMPLE_TYPE(ParavirqTestState, PARAVIRQ_TEST)

struct ParavirqTestState {
    DeviceState parent_obj;

    MemoryRegion front;
    MemoryRegion *window;
    bool flipped;

    /* Properties */
    ParavirqState *intc;
    bool hypercall;
    uint32_t magic;
    uint32_t version;
    uint32_t nr_lines;
    uint64_t flip;
    bool gone;
    bool deaf;
};

OBJECT_DEFINE_SIMPLE_TYPE(ParavirqTestState, paravirq_test, PARAVIRQ_TEST,
                          DEVICE)

static uint64_t paravirq_test_read(void *opaque, hwaddr offset, unsigned size)
{
    ParavirqTestState *s = opaque;
    uint64_t value = 0;

    if (s->gone) {
        return UINT64_MAX;
    }
    memory_region_dispatch_read(s->window, offset, &value,
                                size_memop(size) | MO_LE,
                                MEMTXATTRS_UNSPECIFIED);
    if (size == 4) {
        switch (offset) {
        case PARAVIRQ_REG_MAGIC:
            value = s->magic;
            break;
        case PARAVIRQ_REG_VERSION:
            value = s->version;
            break;
        case PARAVIRQ_REG_NR_LINES:
            value = s->nr_lines;
            break;
        }
    }
    s->flipped = !s->flipped;
    return s->flipped ? value : value ^ s->flip;
}

static void paravirq_test_write(void *opaque, hwaddr offset, uint64_t value,
                                unsigned size)
{
    ParavirqTestState *s = opaque;

    if (s->gone || (s->deaf && offset >= PARAVIRQ_REG_ROUTE)) {
        return;
    }
    memory_region_dispatch_write(s->window, offset, value,
                                 size_memop(size) | MO_LE,
                                 MEMTXATTRS_UNSPECIFIED);
}

static const MemoryRegionOps paravirq_test_ops = {
    .read = paravirq_test_read,
    .write = paravirq_test_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .max_access_size = 8, .unaligned = true },
    .impl = { .max_access_size = 8, .unaligned = true },
};

/* Nothing in a hypercall says which controller it is for: one has them all */
static ParavirqTestState *hypercall_controller;

static bool paravirq_test_hypercall(CPUX86State *env)
{
    ParavirqTestState *s = hypercall_controller;
    uint32_t offset = env->regs[R_ECX];
    unsigned size = offset < PARAVIRQ_REG_ROUTE ? 4 : 8;

    BQL_LOCK_GUARD();
    trace_paravirq_hypercall(env->regs[R_EAX], offset, env->regs[R_EDX]);
    switch ((uint32_t)env->regs[R_EAX]) {
    case PARAVIRQ_HYPERCALL_READ:
        env->regs[R_EAX] = paravirq_test_read(s, offset, size);
        return true;
    case PARAVIRQ_HYPERCALL_WRITE:
        paravirq_test_write(s, offset, env->regs[R_EDX], size);
        env->regs[R_EAX] = 0;
        return true;
    }
    return false;
}

static void paravirq_test_realize(DeviceState *dev, Error **errp)
{
    ParavirqTestState *s = PARAVIRQ_TEST(dev);

    if (!s->intc) {
        error_setg(errp, "paravirq-test: name a controller by intc=ID");
        return;
    }
    if (s->hypercall && (!tcg_enabled() || hypercall_controller)) {
        error_setg(errp, "paravirq-test: hypercall=on is allowed once, with "
                   "-accel tcg");
        return;
    }
    if (s->nr_lines == UINT32_MAX) {
        s->nr_lines = object_property_get_uint(OBJECT(s->intc), "lines",
                                               &error_abort);
    }
    s->window = sysbus_mmio_get_region(SYS_BUS_DEVICE(s->intc), 0);
    if (s->hypercall) {
        memory_region_set_enabled(s->window, false);
        hypercall_controller = s;
        x86_hypercall = paravirq_test_hypercall;
        return;
    }
    memory_region_init_io(&s->front, OBJECT(s), &paravirq_test_ops, s,
                          TYPE_PARAVIRQ_TEST, memory_region_size(s->window));
    memory_region_add_subregion_overlap(s->window, 0, &s->front, 1);
}

static const Property paravirq_test_properties[] = {
    DEFINE_PROP_LINK("intc", ParavirqTestState, intc, TYPE_PARAVIRQ,
                     ParavirqState *),
    DEFINE_PROP_BOOL("hypercall", ParavirqTestState, hypercall, false),
    /* What these registers read */
    DEFINE_PROP_UINT32("magic", ParavirqTestState, magic, PARAVIRQ_MAGIC),
    DEFINE_PROP_UINT32("version", ParavirqTestState, version,
                       PARAVIRQ_VERSION),
    DEFINE_PROP_UINT32("nr-lines", ParavirqTestState, nr_lines, UINT32_MAX),
    /* Writes of routes are ignored. */
    DEFINE_PROP_BOOL("deaf", ParavirqTestState, deaf, false),
};

static bool paravirq_test_get_gone(Object *obj, Error **errp)
{
    return PARAVIRQ_TEST(obj)->gone;
}

static void paravirq_test_set_gone(Object *obj, bool value, Error **errp)
{
    PARAVIRQ_TEST(obj)->gone = value;
}

/* These may change while the guest runs; properties of qdev may not. */
static void paravirq_test_init(Object *obj)
{
    /* Xored into every second read */
    object_property_add_uint64_ptr(obj, "flip", &PARAVIRQ_TEST(obj)->flip,
                                   OBJ_PROP_FLAG_READWRITE);
    /* All reads are ones, and writes are ignored. */
    object_property_add_bool(obj, "gone", paravirq_test_get_gone,
                             paravirq_test_set_gone);
}

static void paravirq_test_finalize(Object *obj)
{
}

static void paravirq_test_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->desc = "Paravirtual interrupt controller that lies";
    dc->realize = paravirq_test_realize;
    device_class_set_props(dc, paravirq_test_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}
