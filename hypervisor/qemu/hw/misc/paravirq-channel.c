/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One side of a paravirq channel: memory that this guest shares with another
 * one, and events by which they ring each other. The other side is a QEMU or a
 * program on the same host.
 *
 * Created by -device paravirq-channel. What the guest does goes to libparavirq,
 * which calls back to raise a line of the peer: a byte on the chardev, after a
 * greeting with eventfds for what KVM injects here (hw/intc/paravirq.h). Those
 * of the peer are ioeventfds: a ring goes from guest to guest.
 *
 * Nothing that comes from the peer is trusted or waited for. The first page of
 * the backend, which guests do not see, has a word for each side, by which it
 * is up. Each is written by its own side alone, and believed while there is a
 * connection. What is missed without one is not lost: the counts are in the
 * memory, and both guests look at them when it comes.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qapi/error.h"
#include "chardev/char-fe.h"
#include "exec/address-spaces.h"
#include "hw/intc/libparavirq/channel.h"
#include "hw/intc/paravirq.h"
#include "hw/irq.h"
#include "hw/qdev-properties-system.h"
#include "migration/vmstate.h"
#include "system/hostmem.h"
#include "system/kvm.h"
#include <linux/kvm.h>

typedef struct paravirq_channel_greeting ChannelGreeting;

struct ParavirqChannelState {
    SysBusDevice parent_obj;

    MemoryRegion window; /* both of these */
    MemoryRegion registers, memory;
    struct paravirq_channel ch;
    qemu_irq irq[PARAVIRQ_CHANNEL_MAX_EVENTS + 1];
    EventNotifier notifier[PARAVIRQ_CHANNEL_MAX_EVENTS];
    bool irqfds; /* KVM injects when these are set */
    int peer_fds[PARAVIRQ_CHANNEL_MAX_EVENTS];
    int nr_peer_fds; /* KVM sets these when the guest rings */

    bool up; /* what the guest wrote to STATE */
    bool running, begun; /* runs, has run */
    bool published; /* as up, in the word of this side */
    bool linked; /* the peer has sent its greeting */
    uint32_t to_tell; /* lines of the peer to raise */
    guint watch;
    uint64_t size; /* of the memory that guests see */

    /* Properties */
    uint64_t addr;
    uint32_t first_line, events, side;
    ParavirqState *intc;
    HostMemoryBackend *memdev;
    CharBackend chr;
};

OBJECT_DEFINE_SIMPLE_TYPE(ParavirqChannelState, channel, PARAVIRQ_CHANNEL,
                          SYS_BUS_DEVICE)

/* Not while the machine stands still: all lines are raised when it goes on. */
static void channel_raise_here(ParavirqChannelState *s, uint32_t first,
                               uint32_t last)
{
    while (s->running && first <= last) {
        qemu_irq_pulse(s->irq[first++]);
    }
}

/* A peer that does not read is not waited for: what it is told coalesces. */
static gboolean channel_tell(void *do_not_use, GIOCondition cond, void *opaque)
{
    ParavirqChannelState *s = opaque;

    g_clear_handle_id(&s->watch, g_source_remove);
    while (s->to_tell) {
        uint8_t line = ctz32(s->to_tell);

        if (qemu_chr_fe_write(&s->chr, &line, 1) != 1) {
            s->watch = qemu_chr_fe_add_watch(&s->chr, G_IO_OUT | G_IO_HUP,
                                             channel_tell, s);
            break;
        }
        s->to_tell &= ~BIT(line);
    }
    return G_SOURCE_REMOVE;
}

static void channel_raise(void *opaque, uint32_t line)
{
    ParavirqChannelState *s = opaque;

    if (s->linked) {
        s->to_tell |= BIT(line);
        channel_tell(NULL, 0, s);
    }
}

/*
 * This side is up for the peer while its guest says so, runs and is heard. What
 * this QEMU has not published is another's, to which the guest has moved.
 */
static void channel_publish(ParavirqChannelState *s)
{
    bool up = s->up && s->running && s->linked;

    if (up != s->published) {
        s->published = up;
        paravirq_channel_write(&s->ch, PARAVIRQ_CHANNEL_REG_STATE, 4, up);
    }
}

static uint64_t channel_read(void *opaque, hwaddr offset, unsigned size)
{
    ParavirqChannelState *s = opaque;
    uint32_t value = paravirq_channel_read(&s->ch, offset, size);

    if (offset == PARAVIRQ_CHANNEL_REG_STATE && size == 4) {
        value = s->up;
    }
    /* A peer that died left it odd; a new one counts that before it comes. */
    if (offset == PARAVIRQ_CHANNEL_REG_PEER && !s->linked) {
        value += value & PARAVIRQ_CHANNEL_PEER_UP;
    }
    return value;
}

static void channel_write(void *opaque, hwaddr offset, uint64_t value,
                          unsigned size)
{
    ParavirqChannelState *s = opaque;

    if (size == 4 && offset == PARAVIRQ_CHANNEL_REG_STATE && value <= 1) {
        s->up = value;
        channel_publish(s);
    } else {
        paravirq_channel_write(&s->ch, offset, size, value);
    }
}

/* Wrong sizes and alignments must get here whole, or parts would match */
static const MemoryRegionOps channel_ops = {
    .read = channel_read,
    .write = channel_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .max_access_size = 8, .unaligned = true },
    .impl = { .max_access_size = 8, .unaligned = true },
};

/*
 * By ourselves, as the memory API ends QEMU if KVM refuses, which it does if
 * this is no eventfd: rings go through QEMU then.
 */
static void channel_ioeventfd(ParavirqChannelState *s, int event, int flags)
{
    struct kvm_ioeventfd ioeventfd = {
        .datamatch = event,
        .addr = s->addr + PARAVIRQ_CHANNEL_REG_RING,
        .len = 4,
        .fd = s->peer_fds[event],
        .flags = KVM_IOEVENTFD_FLAG_DATAMATCH | flags,
    };

    if (kvm_enabled()) {
        kvm_vm_ioctl(kvm_state, KVM_IOEVENTFD, &ioeventfd);
    }
}

/* The peer is there. What was rung before shall be found. */
static void channel_link(ParavirqChannelState *s)
{
    int i;

    s->nr_peer_fds = qemu_chr_fe_get_msgfds(&s->chr, s->peer_fds, s->events);
    for (i = 0; i < s->nr_peer_fds; i++) {
        channel_ioeventfd(s, i, 0);
    }
    s->linked = true;
    channel_publish(s);
    channel_raise_here(s, 0, s->events);
}

static void channel_unlink(ParavirqChannelState *s)
{
    int i;

    s->linked = false;
    s->to_tell = 0;
    g_clear_handle_id(&s->watch, g_source_remove);
    for (i = 0; i < s->nr_peer_fds; i++) {
        channel_ioeventfd(s, i, KVM_IOEVENTFD_FLAG_DEASSIGN);
        close(s->peer_fds[i]);
    }
    s->nr_peer_fds = 0;
    channel_publish(s);
    channel_raise_here(s, s->events, s->events);
}

static ChannelGreeting channel_greeting(ParavirqChannelState *s, uint32_t side)
{
    return (ChannelGreeting) {
        PARAVIRQ_CHANNEL_MAGIC, PARAVIRQ_CHANNEL_VERSION, side, s->events,
        s->size
    };
}

static void channel_event(void *opaque, QEMUChrEvent event)
{
    ParavirqChannelState *s = opaque;
    ChannelGreeting greeting = channel_greeting(s, s->side);
    int fds[PARAVIRQ_CHANNEL_MAX_EVENTS], i;

    if (event == CHR_EVENT_CLOSED && s->linked) {
        channel_unlink(s);
    } else if (event == CHR_EVENT_OPENED) {
        for (i = 0; i < s->events && s->irqfds; i++) {
            fds[i] = event_notifier_get_fd(&s->notifier[i]);
        }
        qemu_chr_fe_set_msgfds(&s->chr, fds, i);
        qemu_chr_fe_write(&s->chr, (uint8_t *)&greeting, sizeof(greeting));
    }
}

static int channel_can_receive(void *opaque)
{
    return sizeof(ChannelGreeting);
}

static void channel_receive(void *opaque, const uint8_t *buf, int size)
{
    ParavirqChannelState *s = opaque;
    ChannelGreeting it = {}, allowed = channel_greeting(s, !s->side);

    if (!s->linked) {
        memcpy(&it, buf, size);
        if (!memcmp(&it, &allowed, sizeof(it))) {
            channel_link(s);
            return;
        }
        warn_report_once("paravirq-channel: the peer says magic 0x%x, version "
                         "%u, side %u, %u events, 0x%" PRIx64 " bytes, allowed "
                         "0x%x, %u, %u, %u, 0x%" PRIx64, it.magic, it.version,
                         it.side, it.events, it.size, allowed.magic,
                         allowed.version, allowed.side, allowed.events,
                         allowed.size);
        qemu_chr_fe_disconnect(&s->chr);
        return;
    }
    for (; size; size--, buf++) {
        if (*buf <= s->events) {
            channel_raise_here(s, *buf, *buf);
        } else {
            warn_report_once("paravirq-channel: byte %u from the peer ignored, "
                             "allowed 0 to %" PRIu32, *buf, s->events);
        }
    }
}

/*
 * Until it runs a QEMU has not got this side, which may be that of another one
 * from which the guest is yet to come; nor are all devices there (IOMMU).
 */
static void channel_vm_state_change(void *opaque, bool running, RunState state)
{
    ParavirqChannelState *s = opaque;
    Error *err = NULL;
    uint32_t i;

    s->running = running;
    if (running && !s->begun) {
        s->begun = true;
        /* A QEMU that had this side before may have left it up. */
        paravirq_channel_reset(&s->ch);
        s->irqfds = kvm_msi_via_irqfd_enabled();
        for (i = 0; i < s->events && s->irqfds; i++) {
            s->irqfds = !event_notifier_init(&s->notifier[i], 0) &&
                        paravirq_attach_irqfd(s->irq[i], &s->notifier[i], &err);
        }
        if (err) {
            warn_report_err(err);
        }
        qemu_chr_fe_set_handlers(&s->chr, channel_can_receive, channel_receive,
                                 channel_event, NULL, s, NULL, true);
    }
    channel_publish(s);
    channel_raise_here(s, 0, s->events);
}

static void channel_reset(DeviceState *dev)
{
    ParavirqChannelState *s = PARAVIRQ_CHANNEL(dev);

    s->up = false;
    channel_publish(s);
}

static void channel_realize(DeviceState *dev, Error **errp)
{
    ParavirqChannelState *s = PARAVIRQ_CHANNEL(dev);
    MemoryRegion *backend;
    uint64_t size;

    if (s->side > 1 || !s->events || s->events > PARAVIRQ_CHANNEL_MAX_EVENTS) {
        error_setg(errp, "paravirq-channel: events=%" PRIu32 " and side=%"
                   PRIu32 ", allowed are 1 to %d and 0 or 1", s->events,
                   s->side, PARAVIRQ_CHANNEL_MAX_EVENTS);
        return;
    }
    if (!s->memdev || host_memory_backend_is_mapped(s->memdev) ||
        !s->memdev->share) {
        error_setg(errp, "paravirq-channel: memdev has to be a memory backend "
                   "with share=on that no other device has");
        return;
    }
    backend = host_memory_backend_get_memory(s->memdev);
    size = memory_region_size(backend);
    s->size = size - PARAVIRQ_CHANNEL_PAGE;
    if (size % PARAVIRQ_CHANNEL_PAGE || s->size <= PARAVIRQ_CHANNEL_DATA) {
        error_setg(errp, "paravirq-channel: memdev has 0x%" PRIx64 " bytes, "
                   "allowed are multiples of 0x1000 from 0x4000 on", size);
        return;
    }
    if (!paravirq_find_lines(dev, &s->intc, s->first_line, s->events + 1,
                             s->irq, errp) ||
        !paravirq_check_window(TYPE_PARAVIRQ_CHANNEL, "addr",
                               get_system_memory(), s->addr, size,
                               PARAVIRQ_ADDR_ALIGN, errp)) {
        return;
    }
    /* As large as the backend: registers are where that has the words. */
    memory_region_init(&s->window, OBJECT(s), TYPE_PARAVIRQ_CHANNEL, size);
    memory_region_init_io(&s->registers, OBJECT(s), &channel_ops, s,
                          "registers", PARAVIRQ_CHANNEL_PAGE);
    memory_region_add_subregion(&s->window, 0, &s->registers);
    memory_region_init_alias(&s->memory, OBJECT(s), "memory", backend,
                             PARAVIRQ_CHANNEL_PAGE, s->size);
    memory_region_add_subregion(&s->window, PARAVIRQ_CHANNEL_PAGE, &s->memory);
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->window);
    sysbus_mmio_map(SYS_BUS_DEVICE(s), 0, s->addr);
    host_memory_backend_set_mapped(s->memdev, true);

    paravirq_channel_init(&s->ch, memory_region_get_ram_ptr(backend), s->side,
                          s->events, channel_raise, s);
    qdev_add_vm_change_state_handler(dev, channel_vm_state_change, s);
}

/* The memory does not move: both QEMUs have it. */
static const VMStateDescription channel_vmstate = {
    .name = TYPE_PARAVIRQ_CHANNEL,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64_EQUAL(addr, ParavirqChannelState, NULL),
        VMSTATE_UINT64_EQUAL(size, ParavirqChannelState, NULL),
        VMSTATE_UINT32_EQUAL(first_line, ParavirqChannelState, NULL),
        VMSTATE_UINT32_EQUAL(events, ParavirqChannelState, NULL),
        VMSTATE_UINT32_EQUAL(side, ParavirqChannelState, NULL),
        VMSTATE_BOOL(up, ParavirqChannelState),
        VMSTATE_END_OF_LIST()
    }
};

static const Property channel_properties[] = {
    DEFINE_PROP_UINT64("addr", ParavirqChannelState, addr, 0x1000000000),
    DEFINE_PROP_UINT32("first-line", ParavirqChannelState, first_line, 0),
    DEFINE_PROP_UINT32("events", ParavirqChannelState, events, 4),
    DEFINE_PROP_UINT32("side", ParavirqChannelState, side, UINT32_MAX),
    DEFINE_PROP_LINK("intc", ParavirqChannelState, intc, TYPE_PARAVIRQ,
                     ParavirqState *),
    DEFINE_PROP_LINK("memdev", ParavirqChannelState, memdev,
                     TYPE_MEMORY_BACKEND, HostMemoryBackend *),
    DEFINE_PROP_CHR("chardev", ParavirqChannelState, chr),
};

static void channel_init(Object *obj)
{
}

static void channel_finalize(Object *obj)
{
}

static void channel_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->desc = "One side of a channel between two guests";
    dc->realize = channel_realize;
    device_class_set_legacy_reset(dc, channel_reset);
    dc->vmsd = &channel_vmstate;
    dc->user_creatable = true;
    device_class_set_props(dc, channel_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}
