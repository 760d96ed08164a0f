/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The paravirq interrupt controller: lets a guest choose, for each line, the
 * LAPIC vector and vCPU that the line interrupts.
 *
 * Created by -device paravirq or by a machine. Devices set its GPIO inputs, the
 * guest its registers; libparavirq decides what that means and calls back to
 * inject, which goes to whatever LAPIC the accelerator provides, as an MSI
 * would. Devices that ask for it have KVM inject instead (irqfd, paravirq.h).
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "cpu.h"
#include "exec/address-spaces.h"
#include "hw/i386/apic_internal.h"
#include "hw/i386/apic-msidef.h"
#include "hw/i386/x86.h"
#include "hw/i386/x86-iommu.h"
#include "hw/intc/paravirq.h"
#include "hw/irq.h"
#include "hw/pci/msi.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "libparavirq/paravirq.h"
#include "system/kvm.h"
#include "system/runstate.h"
#include "trace.h"

/* What an xAPIC takes for a broadcast */
#define XAPIC_BROADCAST 0xff

/* Who reads a line's notifier */
typedef enum ParavirqReader {
    PARAVIRQ_NOBODY, /* the line must not be injected, so the rings wait */
    PARAVIRQ_KVM,
    PARAVIRQ_QEMU,   /* KVM cannot, though the line is enabled and unmasked */
} ParavirqReader;

typedef struct ParavirqIrqfd {
    ParavirqState *s;
    uint32_t line;
    EventNotifier *notifier;
    ParavirqReader reader;
    int virq;        /* of KVM's MSI route */
    uint64_t route;  /* of the line, that KVM's was made from */
    bool refused;    /* by KVM, with the present route */
} ParavirqIrqfd;

struct ParavirqState {
    SysBusDevice parent_obj;

    MemoryRegion window;
    struct paravirq pv;
    paravirq_word *routes;
    ParavirqIrqfd **irqfds;
    bool running;

    /* Migration */
    uint64_t *saved_routes;
    struct paravirq_registers saved;

    /* Properties */
    uint64_t addr;
    uint16_t port;
    uint32_t lines;

    /* Guest accesses to routes */
    uint64_t route_reads;
    uint64_t route_writes;
};

OBJECT_DEFINE_SIMPLE_TYPE(ParavirqState, paravirq_device, PARAVIRQ,
                          SYS_BUS_DEVICE)

static MSIMessage paravirq_msi(uint32_t apic_id, uint8_t vector)
{
    return (MSIMessage) {
        .address = APIC_DEFAULT_ADDRESS |
                   (uint64_t)(apic_id & ~0xffu) << 32 |
                   (apic_id & 0xffu) << MSI_ADDR_DEST_ID_SHIFT,
        .data = vector,
    };
}

/*
 * Runs under the lock of a line and, as all of this device, under the big lock.
 * Sending an MSI gets back to no device.
 */
static bool paravirq_inject(void *opaque, uint32_t line, uint32_t apic_id,
                            uint8_t vector)
{
    MSIMessage msg = paravirq_msi(apic_id, vector);

    /* Without this, an APIC of 8 bits would deliver 0x101 to 1. */
    if (!cpu_by_arch_id(apic_id)) {
        return false;
    }
    /* KVM tells if a local APIC that is switched off has discarded it. */
    if (!kvm_irqchip_in_kernel()) {
        apic_get_class(NULL)->send_msi(&msg);
    } else if (kvm_irqchip_send_msi(kvm_state, msg) <= 0) {
        return false;
    }
    trace_paravirq_inject(apic_id, vector);
    return true;
}

/* Another process that has the eventfd may have made it block. */
static bool paravirq_irqfd_fetch(ParavirqIrqfd *irqfd)
{
    uint64_t count;
    struct iovec iov = { .iov_base = &count, .iov_len = sizeof(count) };

    return preadv2(event_notifier_get_fd(irqfd->notifier), &iov, 1, -1,
                   RWF_NOWAIT) == sizeof(count);
}

static void paravirq_irqfd_read(void *opaque)
{
    ParavirqIrqfd *irqfd = opaque;

    if (paravirq_irqfd_fetch(irqfd)) {
        paravirq_raise(&irqfd->s->pv, irqfd->line);
    }
}

/* Who may read the notifier, by the present route of the line */
static ParavirqReader paravirq_irqfd_wanted(ParavirqIrqfd *irqfd)
{
    uint64_t route = paravirq_route(&irqfd->s->pv, irqfd->line);

    if (!irqfd->s->running || !(route & PARAVIRQ_ROUTE_ENABLE) ||
        route & PARAVIRQ_ROUTE_MASK) {
        return PARAVIRQ_NOBODY;
    }
    /* As in paravirq_inject(), which drops it and has that counted. */
    if (irqfd->refused || !cpu_by_arch_id(route >> PARAVIRQ_ROUTE_DEST_SHIFT)) {
        return PARAVIRQ_QEMU;
    }
    return PARAVIRQ_KVM;
}

/* Gives KVM the present route; true if that has to be committed. */
static bool paravirq_irqfd_update(ParavirqIrqfd *irqfd)
{
    uint64_t route = paravirq_route(&irqfd->s->pv, irqfd->line);
    uint32_t apic_id = route >> PARAVIRQ_ROUTE_DEST_SHIFT;
    uint8_t vector = route & PARAVIRQ_ROUTE_VECTOR;

    irqfd->refused = false;
    if (paravirq_irqfd_wanted(irqfd) != PARAVIRQ_KVM || route == irqfd->route) {
        return false;
    }
    trace_paravirq_irqfd_route_update(irqfd->line, apic_id, vector);
    if (kvm_irqchip_update_msi_route(kvm_state, irqfd->virq,
                                     paravirq_msi(apic_id, vector), NULL)) {
        irqfd->refused = true;
        return false;
    }
    irqfd->route = route;
    return true;
}

/* Gives the notifier another reader: QEMU if KVM does not want to be it. */
static void paravirq_irqfd_set_reader(ParavirqIrqfd *irqfd,
                                      ParavirqReader reader)
{
    int fd = event_notifier_get_fd(irqfd->notifier);
    int ret;

    if (reader == irqfd->reader) {
        return;
    }
    if (irqfd->reader == PARAVIRQ_KVM) {
        /* Waits for what KVM is injecting. */
        trace_paravirq_irqfd_detach(irqfd->line, irqfd->virq);
        ret = kvm_irqchip_remove_irqfd_notifier_gsi(kvm_state, irqfd->notifier,
                                                    irqfd->virq);
        assert(!ret);
    } else if (irqfd->reader == PARAVIRQ_QEMU) {
        qemu_set_fd_handler(fd, NULL, NULL, NULL);
    }
    if (reader == PARAVIRQ_KVM) {
        trace_paravirq_irqfd_attach(irqfd->line, irqfd->virq);
        ret = kvm_irqchip_add_irqfd_notifier_gsi(kvm_state, irqfd->notifier,
                                                 NULL, irqfd->virq);
        irqfd->refused = ret < 0;
        reader = irqfd->refused ? PARAVIRQ_QEMU : PARAVIRQ_KVM;
    }
    if (reader == PARAVIRQ_QEMU) {
        qemu_set_fd_handler(fd, paravirq_irqfd_read, NULL, irqfd);
    }
    irqfd->reader = reader;
}

/* All routes in one commit, which takes KVM a grace period of RCU. */
static void paravirq_route_changed(void *opaque, uint32_t first, uint32_t lines)
{
    ParavirqState *s = opaque;
    ParavirqIrqfd *irqfd;
    bool commit = false;
    uint32_t line;

    for (line = first; line < first + lines; line++) {
        commit |= s->irqfds[line] && paravirq_irqfd_update(s->irqfds[line]);
    }
    /* Waits for what KVM is injecting by the old routes. */
    if (commit) {
        kvm_irqchip_commit_routes(kvm_state);
    }
    for (line = first; line < first + lines; line++) {
        irqfd = s->irqfds[line];
        if (!irqfd) {
            continue;
        }
        paravirq_irqfd_set_reader(irqfd, paravirq_irqfd_wanted(irqfd));
        if (irqfd->refused) {
            trace_paravirq_irqfd_refused(line);
            warn_report_once("paravirq: line %" PRIu32 ": KVM refuses an irqfd;"
                             " its interrupts go through QEMU", line);
        }
    }
}

static bool paravirq_collect(void *opaque, uint32_t line)
{
    ParavirqState *s = opaque;
    ParavirqIrqfd *irqfd = s->irqfds[line];

    /* What KVM reads it injects. */
    return irqfd && irqfd->reader != PARAVIRQ_KVM &&
           paravirq_irqfd_fetch(irqfd);
}

static const struct paravirq_ops paravirq_ops = {
    .inject = paravirq_inject,
    .route_changed = paravirq_route_changed,
    .collect = paravirq_collect,
};

/*
 * A machine that stops may be saved next. What KVM has found and is about to
 * inject has to be in the local APICs by then, and so has what QEMU did not get
 * round to read. Devices stop before this, and start after it.
 */
static void paravirq_vm_state_change(void *opaque, bool running, RunState state)
{
    ParavirqState *s = opaque;
    uint32_t line;

    s->running = running;
    paravirq_route_changed(s, 0, s->lines);
    for (line = 0; !running && line < s->lines; line++) {
        if (s->irqfds[line]) {
            paravirq_irqfd_read(s->irqfds[line]);
        }
    }
}

/* Every device that asserts its line wants an interrupt, asserted or not. */
static void paravirq_set_line(void *opaque, int line, int level)
{
    ParavirqState *s = opaque;

    if (level) {
        paravirq_raise(&s->pv, line);
    }
}

bool paravirq_attach_irqfd(qemu_irq irq, EventNotifier *n, Error **errp)
{
    X86IOMMUState *iommu = x86_iommu_get_default();
    const char *reason = NULL;
    KVMRouteChange change;
    ParavirqIrqfd *irqfd;
    ParavirqState *s;
    int virq;

    if (!irq || irq->handler != paravirq_set_line) {
        error_setg(errp, "paravirq: no irqfd for another controller's line");
        return false;
    }
    s = irq->opaque;
    if (s->irqfds[irq->n]) {
        reason = "it has one already";
    } else if (!kvm_msi_via_irqfd_enabled()) {
        reason = "that needs KVM and its local APICs "
                 "(-accel kvm,kernel-irqchip=split or on)";
    } else if (iommu && x86_iommu_ir_supported(iommu)) {
        /* KVM's MSI routes go through it; what the guest writes does not. */
        reason = "an IOMMU remaps interrupts (intremap=on), allowed is "
                 "intremap=off";
    }
    if (reason) {
        error_setg(errp, "paravirq: no irqfd for line %d: %s", irq->n, reason);
        return false;
    }
    change = kvm_irqchip_begin_route_changes(kvm_state);
    virq = kvm_irqchip_add_msi_route(&change, 0, NULL);
    if (virq < 0) {
        error_setg_errno(errp, -virq, "paravirq: no irqfd for line %d: KVM "
                         "refuses an MSI route", irq->n);
        return false;
    }

    /* Committed with the first route that the guest gives the line */
    irqfd = g_new0(ParavirqIrqfd, 1);
    irqfd->s = s;
    irqfd->line = irq->n;
    irqfd->notifier = n;
    irqfd->virq = virq;
    s->irqfds[irq->n] = irqfd;
    paravirq_route_changed(s, irq->n, 1);
    return true;
}

void paravirq_detach_irqfd(qemu_irq irq)
{
    ParavirqState *s = irq->opaque;
    ParavirqIrqfd *irqfd = s->irqfds[irq->n];

    paravirq_irqfd_set_reader(irqfd, PARAVIRQ_NOBODY);
    paravirq_irqfd_read(irqfd);
    kvm_irqchip_release_virq(kvm_state, irqfd->virq);
    s->irqfds[irq->n] = NULL;
    g_free(irqfd);
}

void paravirq_log_rejected(const char *device, bool write, hwaddr offset,
                           unsigned size, uint64_t value)
{
    trace_paravirq_rejected(device, write, offset, size, value);
    qemu_log_mask(LOG_GUEST_ERROR, "%s: rejected %s of %u bytes at 0x%"
                  HWADDR_PRIx ", value 0x%" PRIx64 "\n", device,
                  write ? "write" : "read", size, offset, value);
}

static uint64_t paravirq_window_read(void *opaque, hwaddr offset, unsigned size)
{
    ParavirqState *s = opaque;
    uint32_t errors = paravirq_errors(&s->pv);
    uint64_t value;

    if (s->port) {
        value = paravirq_pio_read(&s->pv, offset, size);
    } else {
        s->route_reads += offset >= PARAVIRQ_REG_ROUTE;
        value = paravirq_mmio_read(&s->pv, offset, size);
    }
    if (paravirq_errors(&s->pv) > errors) {
        paravirq_log_rejected(TYPE_PARAVIRQ, false, offset, size, 0);
    }
    return value;
}

static void paravirq_window_write(void *opaque, hwaddr offset, uint64_t value,
                                  unsigned size)
{
    ParavirqState *s = opaque;
    uint32_t errors = paravirq_errors(&s->pv);

    if (s->port) {
        s->route_reads += offset == PARAVIRQ_PIO_SELECT;
        s->route_writes += offset == PARAVIRQ_PIO_COMMIT;
        paravirq_pio_write(&s->pv, offset, size, value);
    } else {
        s->route_writes += offset >= PARAVIRQ_REG_ROUTE;
        paravirq_mmio_write(&s->pv, offset, size, value);
    }
    if (paravirq_errors(&s->pv) > errors) {
        paravirq_log_rejected(TYPE_PARAVIRQ, true, offset, size, value);
    }
}

/* Wrong sizes and alignments must get here: the guest sees them counted. */
static const MemoryRegionOps paravirq_window_ops = {
    .read = paravirq_window_read,
    .write = paravirq_window_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .max_access_size = 8, .unaligned = true },
    .impl = { .max_access_size = 8, .unaligned = true },
};

/*
 * Two windows at one place would hide each other. What firmware or the guest
 * maps later is their business.
 */
bool paravirq_check_window(const char *device, const char *option,
                           MemoryRegion *space, uint64_t start, uint64_t size,
                           uint64_t align, Error **errp)
{
    uint64_t last = QEMU_ALIGN_DOWN(memory_region_size(space) - size, align);
    uint64_t offset = 0;

    if (start % align || start > last) {
        error_setg(errp, "%s: %s=0x%" PRIx64 ", allowed are multiples of 0x%"
                   PRIx64 " up to 0x%" PRIx64, device, option, start, align,
                   last);
        return false;
    }
    while (offset < size) {
        MemoryRegionSection section =
            memory_region_find(space, start + offset, size - offset);
        MemoryRegion *mr = section.mr;

        if (!mr) {
            break;
        }
        memory_region_unref(mr);
        /* I/O ports that no device has belong to their space itself. */
        if (mr != space) {
            error_setg(errp, "%s: %s=0x%" PRIx64 " to 0x%" PRIx64 " is not "
                       "free: 0x%" PRIx64 " belongs to %s", device, option,
                       start, start + (size - 1),
                       section.offset_within_address_space,
                       memory_region_name(mr));
            return false;
        }
        offset = section.offset_within_address_space - start +
                 int128_get64(section.size);
    }
    return true;
}

bool paravirq_find_lines(DeviceState *dev, ParavirqState **intc, uint32_t first,
                         uint32_t lines, qemu_irq *irq, Error **errp)
{
    Object *only = object_resolve_path_type("", TYPE_PARAVIRQ, NULL);
    const char *device = object_get_typename(OBJECT(dev));
    uint32_t line;

    if (!*intc && only) {
        object_property_set_link(OBJECT(dev), "intc", only, &error_abort);
    }
    if (!*intc) {
        error_setg(errp, "%s: before this device comes no controller, or "
                   "several: choose one by intc=ID", device);
        return false;
    }
    if (lines > (*intc)->lines || first > (*intc)->lines - lines) {
        error_setg(errp, "%s: first-line=%" PRIu32 " and lines=%" PRIu32
                   " do not fit the controller, which has lines 0 to %" PRIu32,
                   device, first, lines, (*intc)->lines - 1);
        return false;
    }
    for (line = 0; line < lines; line++) {
        irq[line] = qdev_get_gpio_in(DEVICE(*intc), first + line);
    }
    return true;
}

/* Firmware names one transport, so a controller has one. */
static bool paravirq_map(ParavirqState *s, Error **errp)
{
    MemoryRegion *space = s->port ? get_system_io() : get_system_memory();
    uint64_t start = s->port ? s->port : s->addr;
    uint64_t size = s->port ? PARAVIRQ_PIO_SIZE : paravirq_mmio_size(s->lines);
    uint64_t align = s->port ? PARAVIRQ_PIO_SIZE : PARAVIRQ_ADDR_ALIGN;

    if (s->port && s->addr != PARAVIRQ_DEFAULT_ADDR) {
        error_setg(errp, "paravirq: addr=0x%" PRIx64 " and port=0x%x, only one "
                   "is allowed", s->addr, s->port);
        return false;
    }
    if (!paravirq_check_window(TYPE_PARAVIRQ, s->port ? "port" : "addr", space,
                               start, size, align, errp)) {
        return false;
    }
    memory_region_init_io(&s->window, OBJECT(s), &paravirq_window_ops, s,
                          TYPE_PARAVIRQ, size);
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->window);
    memory_region_add_subregion(space, start, &s->window);
    return true;
}

static void paravirq_device_reset(DeviceState *dev)
{
    paravirq_reset(&PARAVIRQ(dev)->pv);
}

static void paravirq_realize(DeviceState *dev, Error **errp)
{
    ParavirqState *s = PARAVIRQ(dev);
    uint32_t apic_ids = X86_MACHINE(qdev_get_machine())->apic_id_limit;

    if (s->lines < 1 || s->lines > PARAVIRQ_MAX_LINES) {
        error_setg(errp, "paravirq: lines=%" PRIu32 ", allowed 1 to %d",
                   s->lines, PARAVIRQ_MAX_LINES);
        return;
    }
    if (!paravirq_map(s, errp)) {
        return;
    }

    s->routes = g_new(paravirq_word, s->lines);
    s->irqfds = g_new0(ParavirqIrqfd *, s->lines);
    s->saved_routes = g_new0(uint64_t, s->lines);
    /*
     * Local APICs may be in xAPIC mode, where there are 255 ids at most. A
     * machine with more has x2APIC, and a vCPU whose id is 0xff.
     */
    paravirq_init(&s->pv, s->routes, s->lines,
                  apic_ids > XAPIC_BROADCAST ? UINT32_MAX : XAPIC_BROADCAST,
                  &paravirq_ops, s);
    qdev_init_gpio_in(dev, paravirq_set_line, s->lines);
    qdev_add_vm_change_state_handler(dev, paravirq_vm_state_change, s);
}

static int paravirq_pre_save(void *opaque)
{
    ParavirqState *s = opaque;

    paravirq_save(&s->pv, s->saved_routes, &s->saved);
    return 0;
}

static int paravirq_post_load(void *opaque, int version_id)
{
    ParavirqState *s = opaque;
    enum paravirq_status status;
    uint32_t line = 0;

    status = paravirq_restore(&s->pv, s->lines, s->saved_routes,
                              &s->saved, &line);
    if (status != PARAVIRQ_OK) {
        error_report("paravirq: line %" PRIu32 ": saved route 0x%" PRIx64
                     " is not possible (reason %d)",
                     line, s->saved_routes[line], status);
        return -EINVAL;
    }
    return 0;
}

/*
 * No priority is needed: state is loaded in the order in which devices were
 * realized, and who raises a line was wired to it, so comes later.
 */
static const VMStateDescription paravirq_vmstate = {
    .name = TYPE_PARAVIRQ,
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = paravirq_pre_save,
    .post_load = paravirq_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64_EQUAL(addr, ParavirqState,
                             "the controllers differ in addr"),
        VMSTATE_UINT16_EQUAL(port, ParavirqState,
                             "the controllers differ in port"),
        VMSTATE_UINT32_EQUAL(lines, ParavirqState,
                             "the controllers differ in lines"),
        VMSTATE_UINT32(saved.errors, ParavirqState),
        VMSTATE_UINT32(saved.dest, ParavirqState),
        VMSTATE_UINT32(saved.select, ParavirqState),
        VMSTATE_VARRAY_UINT32(saved_routes, ParavirqState, lines, 1,
                              vmstate_info_uint64, uint64_t),
        VMSTATE_END_OF_LIST()
    }
};

static const Property paravirq_properties[] = {
    DEFINE_PROP_UINT64("addr", ParavirqState, addr, PARAVIRQ_DEFAULT_ADDR),
    DEFINE_PROP_UINT16("port", ParavirqState, port, 0),
    DEFINE_PROP_UINT32("lines", ParavirqState, lines, 64),
};

static void paravirq_get_count(Object *obj, Visitor *v, const char *name,
                               void *opaque, Error **errp)
{
    const struct paravirq *pv = &PARAVIRQ(obj)->pv;
    uintptr_t what = (uintptr_t)opaque;
    uint64_t value = what == PARAVIRQ_NR_RAISED ? paravirq_errors(pv)
                                                : paravirq_count(pv, what);

    visit_type_uint64(v, name, &value, errp);
}

static void paravirq_device_init(Object *obj)
{
    ParavirqState *s = PARAVIRQ(obj);

    object_property_add_uint64_ptr(obj, "route-reads", &s->route_reads,
                                   OBJ_PROP_FLAG_READ);
    object_property_add_uint64_ptr(obj, "route-writes", &s->route_writes,
                                   OBJ_PROP_FLAG_READ);
}

static void paravirq_device_finalize(Object *obj)
{
    ParavirqState *s = PARAVIRQ(obj);

    g_free(s->routes);
    g_free(s->irqfds);
    g_free(s->saved_routes);
}

static void paravirq_device_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->desc = "Paravirtual interrupt controller without PCI or MSI";
    dc->realize = paravirq_realize;
    device_class_set_legacy_reset(dc, paravirq_device_reset);
    dc->vmsd = &paravirq_vmstate;
    dc->user_creatable = true;
    device_class_set_props(dc, paravirq_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);

    object_class_property_add(oc, "injected", "uint64", paravirq_get_count,
                              NULL, NULL, (void *)PARAVIRQ_INJECTED);
    object_class_property_add(oc, "latched", "uint64", paravirq_get_count,
                              NULL, NULL, (void *)PARAVIRQ_LATCHED);
    object_class_property_add(oc, "dropped", "uint64", paravirq_get_count,
                              NULL, NULL, (void *)PARAVIRQ_DROPPED);
    object_class_property_add(oc, "errors", "uint64", paravirq_get_count,
                              NULL, NULL, (void *)PARAVIRQ_NR_RAISED);
}
