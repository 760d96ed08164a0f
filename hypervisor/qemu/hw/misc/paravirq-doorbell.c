/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The paravirq doorbell: the smallest device with several lines of a paravirq
 * controller, for tests and as an example.
 *
 * Created by -device paravirq-doorbell. Rung by the guest (a register), by a
 * program outside (each byte on the chardev is a line) or by hand (property
 * "ring"). It counts the rings of each line and sets the controller's GPIO
 * inputs; when the guest fetches a count, the line goes out on the chardev.
 * With irqfd=on it sets eventfds instead, and KVM injects (hw/intc/paravirq.h);
 * those KVM sets itself where the guest raises a line without a count.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "chardev/char-fe.h"
#include "exec/address-spaces.h"
#include "hw/intc/paravirq.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "migration/vmstate.h"
#include "linux/paravirq-doorbell.h"
#include "system/runstate.h"
#include "system/system.h"

struct ParavirqDoorbellState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    qemu_irq irq[PARAVIRQ_DOORBELL_MAX_LINES];
    EventNotifier notifier[PARAVIRQ_DOORBELL_MAX_LINES];
    uint64_t count[PARAVIRQ_DOORBELL_MAX_LINES];

    /* Totals since reset: rung is fetched and the sum of count[] */
    uint64_t rung;
    uint64_t fetched;

    /* Received while the machine was stopping */
    uint8_t held[64];
    int nr_held;

    /* Properties */
    uint64_t addr;
    uint32_t first_line;
    uint32_t lines;
    ParavirqState *intc;
    bool irqfd;
    CharBackend chr;

    Notifier machine_done;
};

OBJECT_DEFINE_SIMPLE_TYPE(ParavirqDoorbellState, doorbell, PARAVIRQ_DOORBELL,
                          SYS_BUS_DEVICE)

static void doorbell_raise(ParavirqDoorbellState *s, uint32_t line)
{
    if (s->irqfd) {
        event_notifier_set(&s->notifier[line]);
    } else {
        qemu_irq_pulse(s->irq[line]);
    }
}

static void doorbell_ring(ParavirqDoorbellState *s, uint32_t line)
{
    /* The handler may run at once, so count first. */
    s->count[line]++;
    s->rung++;
    doorbell_raise(s, line);
}

static uint64_t doorbell_fetch(ParavirqDoorbellState *s, uint32_t line)
{
    uint64_t count = s->count[line];
    uint8_t byte = line;

    if (count) {
        s->count[line] = 0;
        s->fetched += count;
        /* A peer that does not read loses this; the guest must not wait. */
        qemu_chr_fe_write(&s->chr, &byte, 1);
    }
    return count;
}

static uint64_t doorbell_read(void *opaque, hwaddr offset, unsigned size)
{
    ParavirqDoorbellState *s = opaque;
    uint64_t line = (offset - PARAVIRQ_DOORBELL_REG_COUNT) / 8;

    if (size == 8 && offset % 8 == 0 &&
        offset >= PARAVIRQ_DOORBELL_REG_COUNT && line < s->lines) {
        return doorbell_fetch(s, line);
    }
    if (size == 4 && offset == PARAVIRQ_DOORBELL_REG_MAGIC) {
        return PARAVIRQ_DOORBELL_MAGIC;
    }
    if (size == 4 && offset == PARAVIRQ_DOORBELL_REG_NR_LINES) {
        return s->lines;
    }
    paravirq_log_rejected(TYPE_PARAVIRQ_DOORBELL, false, offset, size, 0);
    return 0;
}

static void doorbell_write(void *opaque, hwaddr offset, uint64_t value,
                           unsigned size)
{
    ParavirqDoorbellState *s = opaque;
    uint64_t line = (offset - PARAVIRQ_DOORBELL_REG_RAISE) / 8;

    if (size == 4 && offset == PARAVIRQ_DOORBELL_REG_RING &&
        value < s->lines) {
        doorbell_ring(s, value);
    } else if (offset % 8 == 0 && offset >= PARAVIRQ_DOORBELL_REG_RAISE &&
               line < s->lines) {
        doorbell_raise(s, line);
    } else {
        paravirq_log_rejected(TYPE_PARAVIRQ_DOORBELL, true, offset, size,
                              value);
    }
}

/* Wrong sizes and alignments must get here whole, or parts would match. */
static const MemoryRegionOps doorbell_mmio_ops = {
    .read = doorbell_read,
    .write = doorbell_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .max_access_size = 8, .unaligned = true },
    .impl = { .max_access_size = 8, .unaligned = true },
};

static void doorbell_ring_all(ParavirqDoorbellState *s, const uint8_t *buf,
                              int size)
{
    int i;

    for (i = 0; i < size; i++) {
        if (buf[i] < s->lines) {
            doorbell_ring(s, buf[i]);
        } else {
            warn_report_once("paravirq-doorbell: byte %u on the chardev "
                             "ignored, allowed 0 to %" PRIu32,
                             buf[i], s->lines - 1);
        }
    }
}

/*
 * The state of a machine that does not run may have been saved, or be about to
 * be loaded: a ring would be lost. The bytes wait in the chardev instead. The
 * main loop asks here each time that it goes round.
 */
static int doorbell_can_receive(void *opaque)
{
    ParavirqDoorbellState *s = opaque;

    if (!runstate_is_running()) {
        return 0;
    }
    doorbell_ring_all(s, s->held, s->nr_held);
    s->nr_held = 0;
    return sizeof(s->held);
}

static void doorbell_receive(void *opaque, const uint8_t *buf, int size)
{
    ParavirqDoorbellState *s = opaque;

    if (runstate_is_running()) {
        doorbell_ring_all(s, buf, size);
        return;
    }
    /* It has stopped since the chardev asked. To a peer these are not rung. */
    memcpy(s->held, buf, size);
    s->nr_held = size;
}

static void doorbell_reset(DeviceState *dev)
{
    ParavirqDoorbellState *s = PARAVIRQ_DOORBELL(dev);

    memset(s->count, 0, sizeof(s->count));
    s->rung = 0;
    s->fetched = 0;
}

/* Not before all devices are there: an IOMMU may forbid it. */
static void doorbell_init_irqfds(Notifier *notifier, void *data)
{
    ParavirqDoorbellState *s = container_of(notifier, ParavirqDoorbellState,
                                            machine_done);
    uint32_t i;

    for (i = 0; i < s->lines; i++) {
        if (event_notifier_init(&s->notifier[i], 0) < 0) {
            error_report("paravirq-doorbell: no eventfd for line %" PRIu32, i);
            exit(EXIT_FAILURE);
        }
        paravirq_attach_irqfd(s->irq[i], &s->notifier[i], &error_fatal);
        /* Of any width and value: KVM on Intel does not decode such a write. */
        memory_region_add_eventfd(&s->mmio,
                                  PARAVIRQ_DOORBELL_REG_RAISE + 8 * i, 0, false,
                                  0, &s->notifier[i]);
    }
}

static void doorbell_realize(DeviceState *dev, Error **errp)
{
    ParavirqDoorbellState *s = PARAVIRQ_DOORBELL(dev);
    SysBusDevice *sbd = SYS_BUS_DEVICE(dev);

    if (s->lines < 1 || s->lines > PARAVIRQ_DOORBELL_MAX_LINES) {
        error_setg(errp, "paravirq-doorbell: lines=%" PRIu32
                   ", allowed 1 to %d", s->lines, PARAVIRQ_DOORBELL_MAX_LINES);
        return;
    }
    if (!paravirq_check_window(TYPE_PARAVIRQ_DOORBELL, "addr",
                               get_system_memory(), s->addr,
                               PARAVIRQ_DOORBELL_SIZE, PARAVIRQ_ADDR_ALIGN,
                               errp)) {
        return;
    }
    if (!paravirq_find_lines(dev, &s->intc, s->first_line, s->lines, s->irq,
                             errp)) {
        return;
    }
    if (s->irqfd) {
        s->machine_done.notify = doorbell_init_irqfds;
        qemu_add_machine_init_done_notifier(&s->machine_done);
    }

    memory_region_init_io(&s->mmio, OBJECT(s), &doorbell_mmio_ops, s,
                          TYPE_PARAVIRQ_DOORBELL, PARAVIRQ_DOORBELL_SIZE);
    sysbus_init_mmio(sbd, &s->mmio);
    sysbus_mmio_map(sbd, 0, s->addr);
    qemu_chr_fe_set_handlers(&s->chr, doorbell_can_receive, doorbell_receive,
                             NULL, NULL, s, NULL, true);
}

static const VMStateDescription doorbell_vmstate = {
    .name = TYPE_PARAVIRQ_DOORBELL,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64_EQUAL(addr, ParavirqDoorbellState,
                             "the doorbells differ in addr"),
        VMSTATE_UINT32_EQUAL(first_line, ParavirqDoorbellState,
                             "the doorbells differ in first-line"),
        VMSTATE_UINT32_EQUAL(lines, ParavirqDoorbellState,
                             "the doorbells differ in lines"),
        VMSTATE_UINT64_ARRAY(count, ParavirqDoorbellState,
                             PARAVIRQ_DOORBELL_MAX_LINES),
        VMSTATE_UINT64(rung, ParavirqDoorbellState),
        VMSTATE_UINT64(fetched, ParavirqDoorbellState),
        VMSTATE_END_OF_LIST()
    }
};

static const Property doorbell_properties[] = {
    DEFINE_PROP_UINT64("addr", ParavirqDoorbellState, addr, 0xfeca0000),
    DEFINE_PROP_UINT32("first-line", ParavirqDoorbellState, first_line, 32),
    DEFINE_PROP_UINT32("lines", ParavirqDoorbellState, lines, 4),
    DEFINE_PROP_LINK("intc", ParavirqDoorbellState, intc, TYPE_PARAVIRQ,
                     ParavirqState *),
    DEFINE_PROP_BOOL("irqfd", ParavirqDoorbellState, irqfd, false),
    DEFINE_PROP_CHR("chardev", ParavirqDoorbellState, chr),
};

static void doorbell_set_ring(Object *obj, Visitor *v, const char *name,
                              void *opaque, Error **errp)
{
    ParavirqDoorbellState *s = PARAVIRQ_DOORBELL(obj);
    uint32_t line;

    if (!visit_type_uint32(v, name, &line, errp)) {
        return;
    }
    if (!DEVICE(obj)->realized || !runstate_is_running()) {
        error_setg(errp, "paravirq-doorbell: ring is for a running machine");
        return;
    }
    if (line >= s->lines) {
        error_setg(errp, "paravirq-doorbell: ring=%" PRIu32
                   ", allowed 0 to %" PRIu32, line, s->lines - 1);
        return;
    }
    doorbell_ring(s, line);
}

static void doorbell_init(Object *obj)
{
    ParavirqDoorbellState *s = PARAVIRQ_DOORBELL(obj);

    object_property_add_uint64_ptr(obj, "rung", &s->rung, OBJ_PROP_FLAG_READ);
    object_property_add_uint64_ptr(obj, "fetched", &s->fetched,
                                   OBJ_PROP_FLAG_READ);
}

static void doorbell_finalize(Object *obj)
{
}

static void doorbell_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->desc = "Doorbell on lines of a paravirq interrupt controller";
    dc->realize = doorbell_realize;
    device_class_set_legacy_reset(dc, doorbell_reset);
    dc->vmsd = &doorbell_vmstate;
    dc->user_creatable = true;
    device_class_set_props(dc, doorbell_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);

    object_class_property_add(oc, "ring", "uint32", NULL, doorbell_set_ring,
                              NULL, NULL);
}
