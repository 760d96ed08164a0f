/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of the bare-metal hypervisor that boot the machine and start partitions: what
 * they have of each other. Memory is used at its physical addresses.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef BAREMETAL_HV_H
#define BAREMETAL_HV_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <linux/const.h>

#include "vcpu.h"

#define PAGE_SIZE	0x1000ul
#define LARGE_PAGE	0x200000ul
#define MIB		0x100000ul
#define GIB		0x40000000ul
#define DEBUG_PORT	0xe9	/* QEMU's debug console: no UART, never busy */

#define GUEST_CHANNELS		0xc0000000ul	/* RAM ends here, and goes on at 4 GiB */
#define GUEST_HIGH		0x100000000ul

/* A file that the boot loader has loaded. */
struct module {
	const char *name;
	u8 *data;
	u64 size;
};

struct machine {
	u32 apic_ids[256];
	u32 nr_cpus;
	struct module modules[64];	/* the table of partitions, then what it names */
	u32 nr_modules;
	u32 tsc_khz;
	u16 pm_timer;			/* a port, which all guests may read */
};

extern struct machine machine;
extern struct partition partitions[];
extern u32 nr_partitions;

/* boot.S */
extern u8 trampoline[], trampoline_end[], _end[];
extern struct vcpu *ap_vcpu;	/* the CPU that is to begin, until it has */
extern void *ap_stack;
void vcpu_enter(struct vcpu *vcpu);

/* acpi.S */
extern u8 guest_acpi[], guest_acpi_end[];

/* machine.c */
extern u16 log_port;
__noreturn void halt(void);
void machine_cpu_init(void);
u64 memory_free(void);
void *memory_large(u64 size);
void *memory_pages(u64 size);
void machine_delay(u64 microseconds);
void machine_main(u32 info);

/* table.c */
void table_read(const struct module *table);

/* guest.c */
u64 guest_memory_needed(const struct module *kernel, const struct module *initrd);
bool guest_ssdt_is_valid(const struct module *ssdt);
void guest_load(struct partition *p);

/* run.c */
void partition_init(struct partition *p);
void partition_map(struct partition *p, u64 guest, void *memory, u64 size);
void vcpu_main(struct vcpu *vcpu);

static inline u64 hw_rdmsr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a" (low), "=d" (high) : "c" (msr) : "memory");
	return (u64)high << 32 | low;
}

static inline void hw_wrmsr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c" (msr), "a" ((u32)value), "d" ((u32)(value >> 32)) : "memory");
}

#define get(p)			__atomic_load_n(&(p), __ATOMIC_SEQ_CST)
#define set(p, value)		__atomic_store_n(&(p), value, __ATOMIC_SEQ_CST)

#define align_down(n, to)	((n) & ~((to) - 1))

#endif /* BAREMETAL_HV_H */
