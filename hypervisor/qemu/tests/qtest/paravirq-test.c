/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest testcase for the paravirq interrupt controller and its doorbell
 *
 * Plays the guest: drives their registers, and looks at what arrives in the
 * local APICs of vCPUs that never run. Numbers in brackets are those of
 * sentences in Documentation/virt/paravirq/interface.rst, of the paravirq
 * project.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "libqtest.h"
#include "linux/paravirq.h"
#include "linux/paravirq-doorbell.h"

#define PVIC        0xfec80000ull
#define PVIC_PORT   0xe00
#define DOORBELL    0xfeca0000ull
#define FIRST_LINE  32

#define MACHINE     "-nodefaults -m 64 -smp 2 "
#define MANY_CPUS   "-M q35 -nodefaults -m 64 -smp 1,maxcpus="
#define DEVICES     "-device paravirq,id=pvic -device paravirq-doorbell,id=db0 "
#define PIO_DEVICES "-device paravirq,id=pvic,port=0xe00 " \
                    "-device paravirq-doorbell,id=db0 "

#define ON          PARAVIRQ_ROUTE_ENABLE
#define MASKED      (PARAVIRQ_ROUTE_ENABLE | PARAVIRQ_ROUTE_MASK)
#define PENDING     PARAVIRQ_ROUTE_PENDING

static uint64_t route(uint64_t apic_id, uint8_t vector, uint64_t flags)
{
    return apic_id << PARAVIRQ_ROUTE_DEST_SHIFT | flags | vector;
}

/* The controller in memory */

static uint64_t read_route(QTestState *qts, unsigned line)
{
    return qtest_readq(qts, PVIC + PARAVIRQ_REG_ROUTE + 8 * line);
}

static void write_route(QTestState *qts, unsigned line, uint64_t value)
{
    qtest_writeq(qts, PVIC + PARAVIRQ_REG_ROUTE + 8 * line, value);
}

static uint32_t errors(QTestState *qts)
{
    return qtest_readl(qts, PVIC + PARAVIRQ_REG_ERRORS);
}

/* The same at I/O ports */

static uint32_t in(QTestState *qts, unsigned reg)
{
    return qtest_inl(qts, PVIC_PORT + reg);
}

static void out(QTestState *qts, unsigned reg, uint32_t value)
{
    qtest_outl(qts, PVIC_PORT + reg, value);
}

static uint64_t select_route(QTestState *qts, unsigned line)
{
    out(qts, PARAVIRQ_PIO_SELECT, line);
    return (uint64_t)in(qts, PARAVIRQ_PIO_DEST) << PARAVIRQ_ROUTE_DEST_SHIFT |
           in(qts, PARAVIRQ_PIO_SELECT);
}

static void commit_route(QTestState *qts, unsigned line, uint64_t value)
{
    out(qts, PARAVIRQ_PIO_DEST, value >> PARAVIRQ_ROUTE_DEST_SHIFT);
    out(qts, PARAVIRQ_PIO_COMMIT,
        line << PARAVIRQ_COMMIT_LINE_SHIFT | (value & 0xffff));
}

/* QEMU */

static uint64_t get(QTestState *qts, const char *device, const char *property)
{
    QDict *rsp = qtest_qmp(qts, "{ 'execute': 'qom-get', 'arguments': {"
                           " 'path': %s, 'property': %s } }", device, property);
    uint64_t value;

    g_assert(qdict_haskey(rsp, "return"));
    value = qdict_get_int(rsp, "return");
    qobject_unref(rsp);
    return value;
}

static void assert_raised(QTestState *qts, uint64_t injected, uint64_t latched,
                          uint64_t dropped)
{
    g_assert_cmpuint(get(qts, "pvic", "injected"), ==, injected);
    g_assert_cmpuint(get(qts, "pvic", "latched"), ==, latched);
    g_assert_cmpuint(get(qts, "pvic", "dropped"), ==, dropped);
}

/* @vectors: those that wait in the local APIC, as decimal numbers */
static void assert_irr(QTestState *qts, int cpu, const char *vectors)
{
    g_autofree char *text = qtest_hmp(qts, "info lapic %d", cpu);
    char *irr = strstr(text, "IRR");

    g_assert_nonnull(irr);
    irr += strlen("IRR");
    irr[strcspn(irr, "\r\n")] = 0;
    g_assert_cmpstr(g_strstrip(irr), ==, *vectors ? vectors : "(none)");
}

static void ring(QTestState *qts, unsigned line)
{
    qtest_writel(qts, DOORBELL + PARAVIRQ_DOORBELL_REG_RING, line);
}

static uint64_t fetch(QTestState *qts, unsigned line)
{
    return qtest_readq(qts, DOORBELL + PARAVIRQ_DOORBELL_REG_COUNT + 8 * line);
}

static void system_reset(QTestState *qts)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'system_reset' }");
    qtest_qmp_eventwait(qts, "RESET");
}

/* Each machine has the devices, in their reset state. [REG-3] [REG-5] */
static void test_machine(const void *machine)
{
    QTestState *qts = qtest_initf("-M %s " MACHINE "-device paravirq,id=pvic "
        "-device paravirq-doorbell,id=db0,intc=pvic "
        "-device paravirq,port=0xe00,lines=1", (const char *)machine);
    uint8_t magic[4];
    unsigned line;

    qtest_memread(qts, PVIC, magic, sizeof(magic));
    g_assert_cmpmem(magic, sizeof(magic), "PVIQ", 4);
    g_assert_cmphex(qtest_readl(qts, PVIC + PARAVIRQ_REG_MAGIC), ==,
                    PARAVIRQ_MAGIC);
    g_assert_cmpuint(qtest_readl(qts, PVIC + PARAVIRQ_REG_VERSION), ==, 1);
    g_assert_cmpuint(qtest_readl(qts, PVIC + PARAVIRQ_REG_NR_LINES), ==, 64);
    g_assert_cmphex(qtest_readl(qts, PVIC + PARAVIRQ_REG_FEATURES), ==, 0);
    g_assert_cmpuint(errors(qts), ==, 0);
    for (line = 0; line < 64; line++) {
        g_assert_cmphex(read_route(qts, line), ==, PARAVIRQ_ROUTE_RESET);
    }
    g_assert_cmphex(in(qts, PARAVIRQ_REG_MAGIC), ==, PARAVIRQ_MAGIC);
    g_assert_cmpuint(in(qts, PARAVIRQ_REG_VERSION), ==, 1);
    g_assert_cmpuint(in(qts, PARAVIRQ_REG_NR_LINES), ==, 1);
    g_assert_cmphex(in(qts, PARAVIRQ_REG_FEATURES), ==, 0);
    g_assert_cmpuint(in(qts, PARAVIRQ_REG_ERRORS), ==, 0);
    g_assert_cmphex(in(qts, PARAVIRQ_PIO_DEST), ==, 0);
    g_assert_cmphex(in(qts, PARAVIRQ_PIO_SELECT), ==, 0);
    g_assert_cmphex(select_route(qts, 0), ==, PARAVIRQ_ROUTE_RESET);
    g_assert_cmphex(qtest_readl(qts, DOORBELL + PARAVIRQ_DOORBELL_REG_MAGIC),
                    ==, PARAVIRQ_DOORBELL_MAGIC);
    g_assert_cmpuint(qtest_readl(qts,
                                 DOORBELL + PARAVIRQ_DOORBELL_REG_NR_LINES),
                     ==, 4);

    write_route(qts, FIRST_LINE, route(1, 0x42, ON));
    ring(qts, 0);
    assert_irr(qts, 0, "");
    assert_irr(qts, 1, "66");
    qtest_quit(qts);
}

static uint64_t read_size(QTestState *qts, uint64_t addr, unsigned size)
{
    switch (size) {
    case 1:
        return qtest_readb(qts, addr);
    case 2:
        return qtest_readw(qts, addr);
    case 4:
        return qtest_readl(qts, addr);
    default:
        return qtest_readq(qts, addr);
    }
}

static void write_size(QTestState *qts, uint64_t addr, unsigned size,
                       uint64_t value)
{
    switch (size) {
    case 1:
        qtest_writeb(qts, addr, value);
        break;
    case 2:
        qtest_writew(qts, addr, value);
        break;
    case 4:
        qtest_writel(qts, addr, value);
        break;
    default:
        qtest_writeq(qts, addr, value);
    }
}

static char *temporary_file(void)
{
    char *path;
    int fd = g_file_open_tmp("paravirq-test-XXXXXX", &path, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    return path;
}

/* With -d guest_errors -D @path: how many accesses @device has rejected */
static unsigned logged(const char *path, const char *device)
{
    g_autofree char *start = g_strdup_printf("%s: rejected ", device);
    g_autofree char *text = NULL;
    g_auto(GStrv) line = NULL;
    unsigned i, n = 0;

    g_assert(g_file_get_contents(path, &text, NULL, NULL));
    line = g_strsplit(text, "\n", -1);
    for (i = 0; line[i]; i++) {
        n += g_str_has_prefix(line[i], start);
    }
    return n;
}

/*
 * Every access of another width, alignment or direction than its register's is
 * counted and logged, once, and nothing else.
 * [REG-4] [ERR-1] [ERR-2] [ERR-3] [ERR-4] [ERR-6]
 */
static void test_accesses(void)
{
    static const unsigned readable = 1 << PARAVIRQ_REG_MAGIC |
        1 << PARAVIRQ_REG_VERSION | 1 << PARAVIRQ_REG_NR_LINES |
        1 << PARAVIRQ_REG_FEATURES | 1 << PARAVIRQ_REG_ERRORS;
    static const unsigned writable = 1 << PARAVIRQ_REG_CONTROL |
        1 << PARAVIRQ_REG_TRIGGER;
    g_autofree char *path = temporary_file();
    QTestState *qts = qtest_initf(MACHINE DEVICES "-d guest_errors -D %s",
                                  path);
    uint32_t rejected = 0;
    unsigned offset, size;

    write_route(qts, 1, route(0, 0x31, ON));
    for (offset = 0; offset < PARAVIRQ_REG_ROUTE + 16; offset++) {
        if (offset == 0x40) {
            offset = PARAVIRQ_REG_ROUTE - 16;
        }
        for (size = 1; size <= 8; size *= 2) {
            bool is_route = size == 8 && offset >= PARAVIRQ_REG_ROUTE &&
                            offset % 8 == 0;
            bool is_reg = size == 4 && offset < 32;

            if (!is_route && !(is_reg && readable & 1u << offset)) {
                g_assert_cmphex(read_size(qts, PVIC + offset, size), ==, 0);
                g_assert_cmpuint(errors(qts), ==, ++rejected);
            }
            if (!is_route && !(is_reg && writable & 1u << offset)) {
                /* A line, RESET, or a route, were it accepted */
                write_size(qts, PVIC + offset, size, size < 8 ? 1 : 0x131);
                g_assert_cmpuint(errors(qts), ==, ++rejected);
            }
        }
    }
    /* The window ends within this one. */
    qtest_readq(qts, PVIC + PARAVIRQ_REG_ROUTE + 8 * 64 - 4);
    g_assert_cmpuint(errors(qts), ==, ++rejected);
    g_assert_cmpuint(get(qts, "pvic", "errors"), ==, rejected);
    g_assert_cmphex(read_route(qts, 0), ==, PARAVIRQ_ROUTE_RESET);
    g_assert_cmphex(read_route(qts, 1), ==, route(0, 0x31, ON));
    assert_raised(qts, 0, 0, 0);
    write_route(qts, 1, route(0, 0x1f, ON));
    qtest_writel(qts, PVIC + PARAVIRQ_REG_CONTROL, PARAVIRQ_CONTROL_RESET);
    qtest_quit(qts);
    g_assert_cmpuint(logged(path, "paravirq"), ==, rejected + 1);
    unlink(path);
}

/* What is a route, and what is not. [ROUTE-1] [ROUTE-2] [ROUTE-3] [ROUTE-8] */
static void test_routes(void)
{
    static const uint64_t good[] = {
        0xfffffffe000001ff, 0x00000000000001ff, 0x0000010000000120,
        0x0000000100000342,
    };
    static const uint64_t bad[] = {
        0x000000000000011f, 0x0000000000000100, 0xffffffff00000131,
        0x000000ff00000131, 0x0000000000000931, 0x0000000080000131,
    };
    static const uint64_t off[] = { 0, ~0ull & ~ON, 0x131 & ~ON, PENDING };
    QTestState *qts = qtest_init(MACHINE DEVICES);
    int i;

    for (i = 0; i < ARRAY_SIZE(good); i++) {
        write_route(qts, 7, good[i] | PENDING);
        g_assert_cmphex(read_route(qts, 7), ==, good[i]);
    }
    g_assert_cmpuint(errors(qts), ==, 0);
    for (i = 0; i < ARRAY_SIZE(bad); i++) {
        write_route(qts, 7, bad[i]);
        g_assert_cmphex(read_route(qts, 7), ==, good[ARRAY_SIZE(good) - 1]);
        g_assert_cmpuint(errors(qts), ==, i + 1);
    }
    for (i = 0; i < ARRAY_SIZE(off); i++) {
        write_route(qts, 7, good[0]);
        write_route(qts, 7, off[i]);
        g_assert_cmphex(read_route(qts, 7), ==, PARAVIRQ_ROUTE_RESET);
    }
    g_assert_cmpuint(errors(qts), ==, ARRAY_SIZE(bad));
    g_assert_cmphex(read_route(qts, 6), ==, PARAVIRQ_ROUTE_RESET);
    g_assert_cmphex(read_route(qts, 8), ==, PARAVIRQ_ROUTE_RESET);
    g_assert_cmpuint(get(qts, "pvic", "route-writes"), ==,
                     ARRAY_SIZE(good) + ARRAY_SIZE(bad) + 2 * ARRAY_SIZE(off));
    g_assert_cmpuint(get(qts, "pvic", "route-reads"), ==,
                     ARRAY_SIZE(good) + ARRAY_SIZE(bad) + ARRAY_SIZE(off) + 2);
    qtest_quit(qts);
}

/* The vCPU of that APIC id, all 32 bits of it. [RAISE-1] [RAISE-4] */
static void test_vcpus(void)
{
    QTestState *qts = qtest_init("-smp 4 -nodefaults -m 64 " DEVICES);
    int cpu;

    for (cpu = 0; cpu < 4; cpu++) {
        write_route(qts, 33, route(cpu, 0x40 + cpu, ON));
        ring(qts, 1);
    }
    assert_raised(qts, 4, 0, 0);
    write_route(qts, 33, route(0x101, 0x50, ON));
    ring(qts, 1);
    write_route(qts, 33, route(4, 0x50, ON));
    ring(qts, 1);
    write_route(qts, 33, 0);
    ring(qts, 1);
    assert_raised(qts, 4, 0, 3);
    assert_irr(qts, 0, "64");
    assert_irr(qts, 1, "65");
    assert_irr(qts, 2, "66");
    assert_irr(qts, 3, "67");
    g_assert_cmpuint(errors(qts), ==, 0);
    qtest_quit(qts);

    qts = qtest_init(MANY_CPUS "256 -device paravirq");
    write_route(qts, 0, route(0xff, 0x40, ON));
    g_assert_cmphex(read_route(qts, 0), ==, route(0xff, 0x40, ON));
    write_route(qts, 0, route(0xffffffff, 0x40, ON));
    g_assert_cmpuint(errors(qts), ==, 1);
    qtest_quit(qts);

    qts = qtest_init(MANY_CPUS "255 -device paravirq");
    write_route(qts, 0, route(0xff, 0x40, ON));
    g_assert_cmpuint(errors(qts), ==, 1);
    qtest_quit(qts);
}

/* [ROUTE-6] [ROUTE-7] [RAISE-3] [ERR-5] */
static void test_mask(void)
{
    QTestState *qts = qtest_init(MACHINE DEVICES);

    write_route(qts, FIRST_LINE, route(1, 0x42, MASKED));
    ring(qts, 0);
    ring(qts, 0);
    assert_raised(qts, 0, 2, 0);
    g_assert_cmphex(read_route(qts, FIRST_LINE), ==,
                    route(1, 0x42, MASKED | PENDING));
    write_route(qts, FIRST_LINE, route(1, 0x43, MASKED));
    g_assert_cmphex(read_route(qts, FIRST_LINE), ==,
                    route(1, 0x43, MASKED | PENDING));
    assert_irr(qts, 0, "");
    assert_irr(qts, 1, "");

    write_route(qts, FIRST_LINE, route(0, 0x44, ON));
    g_assert_cmphex(read_route(qts, FIRST_LINE), ==, route(0, 0x44, ON));
    assert_raised(qts, 1, 2, 0);
    assert_irr(qts, 0, "68");
    assert_irr(qts, 1, "");

    /* What was pending is gone when the line is switched off. */
    write_route(qts, FIRST_LINE, route(1, 0x42, MASKED));
    ring(qts, 0);
    write_route(qts, FIRST_LINE, 0);
    write_route(qts, FIRST_LINE, route(1, 0x42, ON));
    assert_raised(qts, 1, 3, 0);
    g_assert_cmpuint(errors(qts), ==, 0);
    qtest_quit(qts);
}

/* [TRIG-1] [TRIG-2] */
static void test_trigger(void)
{
    QTestState *qts = qtest_init(MACHINE DEVICES);

    write_route(qts, 63, route(1, 0x42, ON));
    write_route(qts, 0, route(1, 0x43, MASKED));
    qtest_writel(qts, PVIC + PARAVIRQ_REG_TRIGGER, 63);
    qtest_writel(qts, PVIC + PARAVIRQ_REG_TRIGGER, 0);
    qtest_writel(qts, PVIC + PARAVIRQ_REG_TRIGGER, 1);
    assert_raised(qts, 1, 1, 1);
    assert_irr(qts, 1, "66");
    qtest_writel(qts, PVIC + PARAVIRQ_REG_TRIGGER, 64);
    qtest_writel(qts, PVIC + PARAVIRQ_REG_TRIGGER, UINT32_MAX);
    g_assert_cmpuint(errors(qts), ==, 2);
    assert_raised(qts, 1, 1, 1);
    qtest_quit(qts);
}

/* Every assertion of an input counts, whatever its level was. [RAISE-2] */
static void test_gpio(void)
{
    static const struct {
        int level;
        unsigned injected;
    } step[] = { { 1, 1 }, { 1, 2 }, { 0, 2 }, { 0, 2 }, { 1, 3 } };
    QTestState *qts = qtest_init(MACHINE DEVICES);
    int i;

    write_route(qts, 5, route(1, 0x42, ON));
    for (i = 0; i < ARRAY_SIZE(step); i++) {
        qtest_set_irq_in(qts, "/machine/peripheral/pvic", "unnamed-gpio-in", 5,
                         step[i].level);
        assert_raised(qts, step[i].injected, 0, 0);
    }
    qtest_quit(qts);
}

/* Another value than that after reset for everything that has one */
static void spoil(QTestState *qts)
{
    write_route(qts, FIRST_LINE, route(1, 0x42, MASKED));
    write_route(qts, 63, route(0, 0x43, ON));
    ring(qts, 0);
    ring(qts, 0);
    qtest_readb(qts, PVIC);
}

static void assert_reset(QTestState *qts)
{
    g_assert_cmpuint(errors(qts), ==, 0);
    g_assert_cmphex(read_route(qts, FIRST_LINE), ==, PARAVIRQ_ROUTE_RESET);
    g_assert_cmphex(read_route(qts, 63), ==, PARAVIRQ_ROUTE_RESET);
}

/* [RESET-1] [RESET-3] [RESET-4] */
static void test_reset(void)
{
    QTestState *qts = qtest_init(MACHINE DEVICES);

    spoil(qts);
    qtest_writel(qts, PVIC + PARAVIRQ_REG_CONTROL, 0);
    qtest_writel(qts, PVIC + PARAVIRQ_REG_CONTROL, 3);
    g_assert_cmpuint(errors(qts), ==, 3);
    g_assert_cmphex(read_route(qts, 63), ==, route(0, 0x43, ON));
    qtest_writel(qts, PVIC + PARAVIRQ_REG_CONTROL, PARAVIRQ_CONTROL_RESET);
    assert_reset(qts);
    assert_raised(qts, 0, 2, 0);
    g_assert_cmpuint(get(qts, "db0", "rung"), ==, 2);

    spoil(qts);
    system_reset(qts);
    assert_reset(qts);
    g_assert_cmpuint(fetch(qts, 0), ==, 0);
    g_assert_cmpuint(get(qts, "db0", "rung"), ==, 0);
    qtest_quit(qts);
}

static void test_reset_pio(void)
{
    QTestState *qts = qtest_init(MACHINE PIO_DEVICES);
    int by_machine;

    for (by_machine = 0; by_machine < 2; by_machine++) {
        commit_route(qts, 33, route(1, 0x42, MASKED));
        out(qts, PARAVIRQ_PIO_SELECT, 33);
        qtest_inb(qts, PVIC_PORT);
        if (by_machine) {
            system_reset(qts);
        } else {
            out(qts, PARAVIRQ_REG_CONTROL, PARAVIRQ_CONTROL_RESET);
        }
        g_assert_cmphex(in(qts, PARAVIRQ_PIO_DEST), ==, 0);
        g_assert_cmphex(in(qts, PARAVIRQ_PIO_SELECT), ==, 0);
        g_assert_cmpuint(in(qts, PARAVIRQ_REG_ERRORS), ==, 0);
        g_assert_cmphex(select_route(qts, 33), ==, PARAVIRQ_ROUTE_RESET);
    }
    qtest_quit(qts);
}

/* The largest and the smallest, in memory and at ports. [DISC-1] [REG-2] */
static void test_controllers(void)
{
    const uint64_t db1 = DOORBELL + 0x1000, db2 = DOORBELL + 0x2000;
    const uint64_t pvi2 = PVIC + 0x10000;
    QTestState *qts = qtest_init(MACHINE
        "-device paravirq,id=pvic,lines=2048 "
        "-device paravirq,id=pvi2,lines=1,addr=0xfec90000 "
        "-device paravirq,id=pvi3,port=0xe00 "
        "-device paravirq,id=pvi4,port=0xffc0 "
        "-device paravirq-doorbell,intc=pvi2,lines=1,first-line=0 "
        "-device paravirq-doorbell,intc=pvic,lines=64,first-line=1984,"
        "addr=0xfeca1000 "
        "-device paravirq-doorbell,intc=pvi3,lines=1,first-line=0,"
        "addr=0xfeca2000");

    g_assert_cmpuint(qtest_readl(qts, PVIC + PARAVIRQ_REG_NR_LINES), ==, 2048);
    g_assert_cmpuint(qtest_readl(qts, pvi2 + PARAVIRQ_REG_NR_LINES), ==, 1);
    g_assert_cmpuint(in(qts, PARAVIRQ_REG_NR_LINES), ==, 64);

    write_route(qts, 2047, route(0, 0x61, ON));
    qtest_writeq(qts, pvi2 + PARAVIRQ_REG_ROUTE, route(0, 0x62, ON));
    qtest_outl(qts, 0xffc0 + PARAVIRQ_PIO_DEST, 1);
    commit_route(qts, 0, route(0, 0x63, ON));
    g_assert_cmphex(qtest_inl(qts, 0xffc0 + PARAVIRQ_PIO_DEST), ==, 1);
    qtest_outl(qts, 0xffc0 + PARAVIRQ_PIO_SELECT, 0);
    g_assert_cmphex(qtest_inl(qts, 0xffc0 + PARAVIRQ_PIO_SELECT), ==,
                    PARAVIRQ_ROUTE_RESET);
    g_assert_cmphex(read_route(qts, 0), ==, PARAVIRQ_ROUTE_RESET);

    qtest_writel(qts, DOORBELL + PARAVIRQ_DOORBELL_REG_RING, 0);
    assert_irr(qts, 0, "98");
    qtest_writel(qts, db1 + PARAVIRQ_DOORBELL_REG_RING, 63);
    assert_irr(qts, 0, "97 98");
    qtest_writel(qts, db2 + PARAVIRQ_DOORBELL_REG_RING, 0);
    assert_irr(qts, 0, "97 98 99");
    g_assert_cmpuint(get(qts, "pvic", "injected"), ==, 1);
    g_assert_cmpuint(get(qts, "pvi2", "injected"), ==, 1);
    g_assert_cmpuint(get(qts, "pvi3", "injected"), ==, 1);

    qtest_readb(qts, pvi2);
    g_assert_cmpuint(errors(qts), ==, 0);
    qtest_writel(qts, pvi2 + PARAVIRQ_REG_CONTROL, PARAVIRQ_CONTROL_RESET);
    g_assert_cmphex(read_route(qts, 2047), ==, route(0, 0x61, ON));
    g_assert_cmphex(select_route(qts, 0), ==, route(0, 0x63, ON));
    qtest_quit(qts);
}

/* Registers at I/O ports [PIO-2] [PIO-3] [PIO-4] */
static void test_pio(void)
{
    QTestState *qts = qtest_init(MACHINE PIO_DEVICES);

    commit_route(qts, 33, route(1, 0x42, ON));
    commit_route(qts, 34, route(0xabcdef01, 0x43, MASKED));
    /* DEST keeps its value. */
    out(qts, PARAVIRQ_PIO_COMMIT, 63 << PARAVIRQ_COMMIT_LINE_SHIFT | 0x131);
    g_assert_cmphex(in(qts, PARAVIRQ_PIO_DEST), ==, 0xabcdef01);
    g_assert_cmphex(select_route(qts, 63), ==, route(0xabcdef01, 0x31, ON));
    g_assert_cmphex(select_route(qts, 33), ==, route(1, 0x42, ON));
    ring(qts, 1);
    ring(qts, 2);
    assert_raised(qts, 1, 1, 0);
    assert_irr(qts, 1, "66");
    g_assert_cmphex(select_route(qts, 34), ==,
                    route(0xabcdef01, 0x43, MASKED | PENDING));
    commit_route(qts, 34, route(1, 0x44, ON));
    assert_raised(qts, 2, 1, 0);
    assert_irr(qts, 1, "66 68");
    /* SELECT is of the time of its write. */
    g_assert_cmphex(in(qts, PARAVIRQ_PIO_SELECT), ==, MASKED | PENDING | 0x43);
    g_assert_cmphex(select_route(qts, 0), ==, PARAVIRQ_ROUTE_RESET);
    g_assert_cmpuint(get(qts, "pvic", "route-writes"), ==, 4);
    g_assert_cmpuint(get(qts, "pvic", "route-reads"), ==, 4);
    out(qts, PARAVIRQ_REG_TRIGGER, 33);
    assert_raised(qts, 3, 1, 0);
    out(qts, PARAVIRQ_PIO_COMMIT, 33 << PARAVIRQ_COMMIT_LINE_SHIFT | 0xfeff);
    g_assert_cmphex(select_route(qts, 33), ==, PARAVIRQ_ROUTE_RESET);
    g_assert_cmpuint(in(qts, PARAVIRQ_REG_ERRORS), ==, 0);
    qtest_quit(qts);
}

/* [PIO-5] [REG-4] [ERR-1] [ERR-2] [ERR-3] [ERR-6] */
static void test_accesses_pio(void)
{
    static const uint64_t readable = 1 << PARAVIRQ_REG_MAGIC |
        1 << PARAVIRQ_REG_VERSION | 1 << PARAVIRQ_REG_NR_LINES |
        1 << PARAVIRQ_REG_FEATURES | 1 << PARAVIRQ_REG_ERRORS |
        1ull << PARAVIRQ_PIO_DEST | 1ull << PARAVIRQ_PIO_SELECT;
    static const uint64_t writable = 1 << PARAVIRQ_REG_CONTROL |
        1 << PARAVIRQ_REG_TRIGGER | 1ull << PARAVIRQ_PIO_DEST |
        1ull << PARAVIRQ_PIO_COMMIT | 1ull << PARAVIRQ_PIO_SELECT;
    static const struct {
        unsigned reg;
        uint32_t value;
    } bad[] = {
        { PARAVIRQ_REG_CONTROL, 2 },
        { PARAVIRQ_REG_TRIGGER, 64 },
        { PARAVIRQ_PIO_SELECT, 64 },
        { PARAVIRQ_PIO_SELECT, UINT32_MAX },
        { PARAVIRQ_PIO_COMMIT, 64 << PARAVIRQ_COMMIT_LINE_SHIFT | 0x131 },
        { PARAVIRQ_PIO_COMMIT, 0xffff0131 },
        { PARAVIRQ_PIO_COMMIT, 33 << PARAVIRQ_COMMIT_LINE_SHIFT | 0x11f },
        { PARAVIRQ_PIO_COMMIT, 33 << PARAVIRQ_COMMIT_LINE_SHIFT | 0x931 },
        { PARAVIRQ_PIO_COMMIT, 33 << PARAVIRQ_COMMIT_LINE_SHIFT | 0x8131 },
    };
    g_autofree char *path = temporary_file();
    QTestState *qts = qtest_initf(MACHINE PIO_DEVICES "-d guest_errors -D %s",
                                  path);
    uint32_t rejected = 0;
    unsigned offset, i;

    commit_route(qts, 33, route(1, 0x42, ON));
    out(qts, PARAVIRQ_PIO_SELECT, 33);
    for (i = 0; i < ARRAY_SIZE(bad); i++) {
        out(qts, bad[i].reg, bad[i].value);
        g_assert_cmpuint(in(qts, PARAVIRQ_REG_ERRORS), ==, ++rejected);
    }
    for (offset = 0; offset <= PARAVIRQ_PIO_SIZE - 4; offset++) {
        g_assert_cmphex(qtest_inb(qts, PVIC_PORT + offset), ==, 0);
        g_assert_cmphex(qtest_inw(qts, PVIC_PORT + offset), ==, 0);
        qtest_outb(qts, PVIC_PORT + offset, 1);
        qtest_outw(qts, PVIC_PORT + offset, 0x131);
        rejected += 4;
        if (!(readable & 1ull << offset)) {
            g_assert_cmphex(in(qts, offset), ==, 0);
            rejected++;
        }
        if (!(writable & 1ull << offset)) {
            out(qts, offset, 1);
            rejected++;
        }
        g_assert_cmpuint(in(qts, PARAVIRQ_REG_ERRORS), ==, rejected);
    }
    g_assert_cmphex(in(qts, PARAVIRQ_PIO_SELECT), ==, 0x142);
    g_assert_cmphex(in(qts, PARAVIRQ_PIO_DEST), ==, 1);
    commit_route(qts, 33, route(0xff, 0x31, ON));
    commit_route(qts, 33, route(UINT32_MAX, 0x31, ON));
    rejected += 2;
    g_assert_cmphex(select_route(qts, 33), ==, route(1, 0x42, ON));
    g_assert_cmphex(select_route(qts, 0), ==, PARAVIRQ_ROUTE_RESET);
    g_assert_cmpuint(get(qts, "pvic", "errors"), ==, rejected);
    assert_raised(qts, 0, 0, 0);
    qtest_quit(qts);
    g_assert_cmpuint(logged(path, "paravirq"), ==, rejected);
    unlink(path);
}

/* Counts what it is rung, by registers of one width, and not what is raised. */
static void test_doorbell(void)
{
    g_autofree char *path = temporary_file();
    QTestState *qts = qtest_initf(MACHINE DEVICES "-d guest_errors -D %s",
                                  path);
    unsigned size;
    QDict *rsp;

    ring(qts, 3);
    ring(qts, 3);
    ring(qts, 2);
    ring(qts, 4);
    qtest_writeb(qts, DOORBELL + PARAVIRQ_DOORBELL_REG_RING, 3);
    qtest_writeq(qts, DOORBELL + PARAVIRQ_DOORBELL_REG_RING, 3);
    qtest_qmp_assert_success(qts, "{ 'execute': 'qom-set', 'arguments': {"
        " 'path': 'db0', 'property': 'ring', 'value': 3 } }");
    rsp = qtest_qmp(qts, "{ 'execute': 'qom-set', 'arguments': {"
        " 'path': 'db0', 'property': 'ring', 'value': 4 } }");
    g_assert_cmpstr(qdict_get_str(qdict_get_qdict(rsp, "error"), "desc"), ==,
                    "paravirq-doorbell: ring=4, allowed 0 to 3");
    qobject_unref(rsp);
    g_assert_cmpuint(get(qts, "db0", "rung"), ==, 4);
    assert_raised(qts, 0, 0, 4);

    write_route(qts, FIRST_LINE + 3, route(1, 0x42, ON));
    for (size = 1; size <= 8; size *= 2) {
        write_size(qts, DOORBELL + PARAVIRQ_DOORBELL_REG_RAISE + 8 * 3, size,
                   size);
    }
    qtest_writel(qts, DOORBELL + PARAVIRQ_DOORBELL_REG_RAISE + 8 * 4, 3);
    qtest_writel(qts, DOORBELL + PARAVIRQ_DOORBELL_REG_RAISE + 8 * 3 + 4, 3);
    g_assert_cmpuint(get(qts, "db0", "rung"), ==, 4);
    assert_raised(qts, 4, 0, 4);
    assert_irr(qts, 1, "66");

    g_assert_cmpuint(qtest_readl(qts, DOORBELL +
                                 PARAVIRQ_DOORBELL_REG_COUNT + 8 * 3), ==, 0);
    g_assert_cmpuint(get(qts, "db0", "fetched"), ==, 0);
    g_assert_cmpuint(fetch(qts, 3), ==, 3);
    g_assert_cmpuint(fetch(qts, 3), ==, 0);
    g_assert_cmpuint(fetch(qts, 2), ==, 1);
    g_assert_cmpuint(fetch(qts, 0), ==, 0);
    g_assert_cmpuint(fetch(qts, 4), ==, 0);
    g_assert_cmpuint(get(qts, "db0", "fetched"), ==, 4);
    qtest_quit(qts);
    /* Thrice a line that is not there, thrice a wrong width, a wrong place */
    g_assert_cmpuint(logged(path, "paravirq-doorbell"), ==, 7);
    unlink(path);
}

/* What QEMU says on standard error when it refuses to start; it must end. */
static char *refusal(const char *args)
{
    const char *qemu = g_getenv("QTEST_QEMU_BINARY");
    g_autofree char *command = g_strdup_printf("timeout 60 %s -M q35 "
        "-display none -accel qtest " MACHINE "%s", qemu, args);
    g_autoptr(GError) err = NULL;
    char *said;
    int status;

    g_spawn_command_line_sync(command, NULL, &said, &status, &err);
    g_assert_no_error(err);
    g_assert(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 1);
    return said;
}

static void assert_refused(const char *args, const char *expected)
{
    g_autofree char *said = refusal(args);

    if (!strstr(said, expected)) {
        g_error("%s: no \"%s\" in: %s", args, expected, said);
    }
}

static void save(QTestState *qts, const char *path)
{
    g_autofree char *uri = g_strdup_printf("exec:cat >%s", path);
    bool completed;

    qtest_qmp_assert_success(qts, "{ 'execute': 'migrate',"
                             " 'arguments': { 'uri': %s } }", uri);
    do {
        QDict *rsp = qtest_qmp(qts, "{ 'execute': 'query-migrate' }");
        const char *status = qdict_get_str(qdict_get_qdict(rsp, "return"),
                                           "status");

        g_assert_cmpstr(status, !=, "failed");
        completed = g_str_equal(status, "completed");
        qobject_unref(rsp);
        g_usleep(10000);
    } while (!completed);
}

static QTestState *load(const char *devices, const char *path)
{
    g_autofree char *uri = g_strdup_printf("exec:cat %s", path);
    QTestState *qts = qtest_initf("-M q35 " MACHINE "%s -incoming defer",
                                  devices);

    qtest_qmp_assert_success(qts, "{ 'execute': 'migrate-incoming',"
                             " 'arguments': { 'uri': %s } }", uri);
    qtest_qmp_eventwait(qts, "RESUME");
    return qts;
}

/* [SAVE-1] [SAVE-2] */
static void test_migrate(void)
{
    g_autofree char *path = temporary_file();
    QTestState *qts = qtest_init("-M q35 " MACHINE DEVICES);

    spoil(qts);
    g_assert_cmpuint(fetch(qts, 0), ==, 2);
    ring(qts, 0);
    save(qts, path);
    qtest_quit(qts);

    qts = load(DEVICES, path);
    g_assert_cmphex(read_route(qts, FIRST_LINE), ==,
                    route(1, 0x42, MASKED | PENDING));
    g_assert_cmphex(read_route(qts, 63), ==, route(0, 0x43, ON));
    g_assert_cmphex(read_route(qts, 0), ==, PARAVIRQ_ROUTE_RESET);
    g_assert_cmpuint(errors(qts), ==, 1);
    assert_raised(qts, 0, 0, 0);
    assert_irr(qts, 1, "");
    g_assert_cmpuint(get(qts, "db0", "rung"), ==, 3);
    g_assert_cmpuint(get(qts, "db0", "fetched"), ==, 2);
    g_assert_cmpuint(fetch(qts, 0), ==, 1);
    write_route(qts, FIRST_LINE, route(1, 0x42, ON));
    assert_raised(qts, 1, 0, 0);
    assert_irr(qts, 1, "66");
    qtest_quit(qts);
    unlink(path);
}

static void test_migrate_pio(void)
{
    g_autofree char *path = temporary_file();
    QTestState *qts = qtest_init("-M q35 " MACHINE PIO_DEVICES);

    commit_route(qts, 33, route(1, 0x42, MASKED));
    out(qts, PARAVIRQ_PIO_SELECT, 33);
    out(qts, PARAVIRQ_PIO_DEST, 0x12345678);
    save(qts, path);
    qtest_quit(qts);

    qts = load(PIO_DEVICES, path);
    g_assert_cmphex(in(qts, PARAVIRQ_PIO_DEST), ==, 0x12345678);
    g_assert_cmphex(in(qts, PARAVIRQ_PIO_SELECT), ==, 0x342);
    g_assert_cmphex(select_route(qts, 33), ==, route(1, 0x42, MASKED));
    qtest_quit(qts);
    unlink(path);
}

/* Changes one route in a saved state. */
static void replace_route(const char *path, uint64_t from, uint64_t to)
{
    g_autofree char *data = NULL;
    char *found;
    gsize length;

    g_assert(g_file_get_contents(path, &data, &length, NULL));
    from = cpu_to_be64(from);
    to = cpu_to_be64(to);
    found = memmem(data, length, &from, sizeof(from));
    g_assert_nonnull(found);
    memcpy(found, &to, sizeof(to));
    g_assert(g_file_set_contents(path, data, length, NULL));
}

/* [SAVE-3] */
static void test_migrate_refused(void)
{
    static const struct {
        const char *devices;
        const char *expected;
    } other[] = {
        { "-device paravirq,lines=65 -device paravirq-doorbell",
          "the controllers differ in lines" },
        { "-device paravirq,addr=0xfec90000 -device paravirq-doorbell",
          "the controllers differ in addr" },
        { "-device paravirq,port=0xe00 -device paravirq-doorbell",
          "the controllers differ in port" },
        { "-device paravirq -device paravirq-doorbell,lines=3",
          "the doorbells differ in lines" },
        { "-device paravirq -device paravirq-doorbell,addr=0xfecb0000",
          "the doorbells differ in addr" },
        { "-device paravirq -device paravirq-doorbell,first-line=31",
          "the doorbells differ in first-line" },
    };
    static const uint64_t bad[] = {
        0x123456780000011f, 0x1234567800000542, 0x1234567800000042,
        0x1234567800000942, 0x000000ff00000142,
    };
    g_autofree char *path = temporary_file();
    g_autofree char *incoming = g_strdup_printf(" -incoming 'exec:cat %s'",
                                                path);
    QTestState *qts = qtest_init("-M q35 " MACHINE DEVICES);
    uint64_t now = route(0x12345678, 0x42, ON);
    int i;

    write_route(qts, 11, now);
    save(qts, path);
    qtest_quit(qts);

    for (i = 0; i < ARRAY_SIZE(other); i++) {
        g_autofree char *args = g_strconcat(other[i].devices, incoming, NULL);

        assert_refused(args, other[i].expected);
    }
    for (i = 0; i < ARRAY_SIZE(bad); i++) {
        g_autofree char *args = g_strconcat(
            "-device paravirq -device paravirq-doorbell", incoming, NULL);
        g_autofree char *expected = g_strdup_printf("paravirq: line 11: "
            "saved route 0x%" PRIx64 " is not possible", bad[i]);

        replace_route(path, now, bad[i]);
        now = bad[i];
        assert_refused(args, expected);
    }
    unlink(path);
}

/* [REG-1] [REG-6] [PIO-1] [DISC-3] */
static void test_options(void)
{
    static const struct {
        const char *args;
        const char *expected;
    } test[] = {
        { "-device paravirq,lines=0", "paravirq: lines=0, allowed 1 to 2048" },
        { "-device paravirq,lines=2049",
          "paravirq: lines=2049, allowed 1 to 2048" },
        { "-device paravirq,addr=0xfec80010", "paravirq: addr=0xfec80010, "
          "allowed are multiples of 0x1000 up to 0xffffffffffffe000" },
        { "-device paravirq,addr=0xfffffffffffff000",
          "paravirq: addr=0xfffffffffffff000, allowed are multiples" },
        { "-device paravirq,port=0xe04", "paravirq: port=0xe04, allowed are "
          "multiples of 0x40 up to 0xffc0" },
        { "-device paravirq,port=0xe20", "paravirq: port=0xe20, allowed" },
        { "-device paravirq,port=0x10000",
          "port=0x10000: Parameter 'port' expects uint16_t" },
        { "-device paravirq,addr=0xffffffffffffffff",
          "paravirq: addr=0xffffffffffffffff, allowed are multiples" },
        { "-global paravirq.port=0xffc1 -device paravirq",
          "paravirq: port=0xffc1, allowed" },
        { "-device paravirq,port=0xe00,addr=0xfec90000",
          "paravirq: addr=0xfec90000 and port=0xe00, only one is allowed" },
        { "-device paravirq -device paravirq", "paravirq: addr=0xfec80000 to "
          "0xfec811ff is not free: 0xfec80000 belongs to paravirq" },
        { "-device paravirq -device paravirq,addr=0xfec7f000",
          "paravirq: addr=0xfec7f000 to 0xfec801ff is not free: 0xfec80000 "
          "belongs to paravirq" },
        { "-device paravirq -device paravirq,addr=0xfec81000",
          "is not free: 0xfec81000 belongs to paravirq" },
        { "-M pc -device paravirq,addr=0xfec00000",
          "is not free: 0xfec00000 belongs to " },
        { "-device paravirq,addr=0x100000",
          "is not free: 0x100000 belongs to pc.ram" },
        { "-device paravirq,port=0xe00 -device paravirq,port=0xe00",
          "paravirq: port=0xe00 to 0xe3f is not free: 0xe00 belongs to "
          "paravirq" },
        { "-device paravirq,port=0x40", "is not free: 0x40 belongs to " },
        { "-device isa-debug-exit,iobase=0xe3f,iosize=1 "
          "-device paravirq,port=0xe00",
          "is not free: 0xe3f belongs to isa-debug-exit" },
        { "-M pc -device paravirq,port=0xcc0",
          "is not free: 0xcf8 belongs to " },
        { "-device paravirq -device paravirq-doorbell,addr=0xfec80000",
          "paravirq-doorbell: addr=0xfec80000 to 0xfec802ff is not free: "
          "0xfec80000 belongs to paravirq" },
        { "-device paravirq-doorbell",
          "paravirq-doorbell: before this device comes no controller, or "
          "several: choose one by intc=ID" },
        { "-device paravirq -device paravirq,addr=0xfec90000 "
          "-device paravirq-doorbell", "or several: choose one by intc=ID" },
        { "-device paravirq,id=a -device paravirq-doorbell,intc=b",
          "'b' not found" },
        { "-device paravirq -device paravirq-doorbell,lines=0",
          "paravirq-doorbell: lines=0, allowed 1 to 64" },
        { "-device paravirq -device paravirq-doorbell,lines=65",
          "paravirq-doorbell: lines=65, allowed 1 to 64" },
        { "-device paravirq -device paravirq-doorbell,first-line=61",
          "first-line=61 and lines=4 do not fit the controller, "
          "which has lines 0 to 63" },
        { "-device paravirq -device paravirq-doorbell,first-line=4294967295",
          "which has lines 0 to 63" },
        { "-device paravirq,lines=3 -device paravirq-doorbell,first-line=0",
          "which has lines 0 to 2" },
        { "-device paravirq -device paravirq-doorbell,addr=4",
          "paravirq-doorbell: addr=0x4, allowed are multiples of 0x1000" },
    };
    int i;

    for (i = 0; i < ARRAY_SIZE(test); i++) {
        assert_refused(test[i].args, test[i].expected);
    }
}

/* Windows that touch are two, and stay where they are. */
static void test_neighbours(void)
{
    QTestState *qts = qtest_init("-M q35 " MACHINE
        "-device paravirq,id=pvic,lines=512 "
        "-device paravirq,addr=0xfec82000,lines=3 "
        "-device paravirq,addr=0xfec7e000,lines=512 "
        "-device paravirq-doorbell,intc=pvic "
        "-device isa-debug-exit,iobase=0xdff,iosize=1 "
        "-device isa-debug-exit,iobase=0xe80,iosize=1 "
        "-device paravirq,port=0xe00,lines=5 "
        "-device paravirq,port=0xe40,lines=6");
    QDict *rsp;

    g_assert_cmpuint(qtest_readl(qts, PVIC + PARAVIRQ_REG_NR_LINES), ==, 512);
    g_assert_cmpuint(qtest_readl(qts, PVIC + 0x2000 + PARAVIRQ_REG_NR_LINES),
                     ==, 3);
    g_assert_cmpuint(in(qts, PARAVIRQ_REG_NR_LINES), ==, 5);
    g_assert_cmpuint(in(qts, 0x40 + PARAVIRQ_REG_NR_LINES), ==, 6);

    rsp = qtest_qmp(qts, "{ 'execute': 'qom-set', 'arguments': {"
                    " 'path': 'pvic', 'property': 'addr', 'value': 4096 } }");
    g_assert(qdict_haskey(rsp, "error"));
    g_assert_cmpstr(qdict_get_str(qdict_get_qdict(rsp, "error"), "desc"), ==,
                    "Attempt to set property 'addr' on device 'pvic' (type "
                    "'paravirq') after it was realized");
    qobject_unref(rsp);
    g_assert_cmphex(get(qts, "pvic", "addr"), ==, PVIC);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_data_func("/paravirq/machine/q35", "q35", test_machine);
    qtest_add_data_func("/paravirq/machine/pc", "pc", test_machine);
    qtest_add_data_func("/paravirq/machine/microvm", "microvm", test_machine);
    qtest_add_func("/paravirq/accesses/mmio", test_accesses);
    qtest_add_func("/paravirq/accesses/pio", test_accesses_pio);
    qtest_add_func("/paravirq/routes", test_routes);
    qtest_add_func("/paravirq/vcpus", test_vcpus);
    qtest_add_func("/paravirq/mask", test_mask);
    qtest_add_func("/paravirq/trigger", test_trigger);
    qtest_add_func("/paravirq/gpio", test_gpio);
    qtest_add_func("/paravirq/reset/mmio", test_reset);
    qtest_add_func("/paravirq/reset/pio", test_reset_pio);
    qtest_add_func("/paravirq/controllers", test_controllers);
    qtest_add_func("/paravirq/pio", test_pio);
    qtest_add_func("/paravirq/doorbell", test_doorbell);
    qtest_add_func("/paravirq/migrate/mmio", test_migrate);
    qtest_add_func("/paravirq/migrate/pio", test_migrate_pio);
    qtest_add_func("/paravirq/migrate/refused", test_migrate_refused);
    qtest_add_func("/paravirq/options", test_options);
    qtest_add_func("/paravirq/neighbours", test_neighbours);

    return g_test_run();
}
