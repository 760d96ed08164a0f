// SPDX-License-Identifier: GPL-2.0
/*
 * The machine: entered from boot.S with what the multiboot loader says. Finds memory,
 * modules and CPUs, quiets what firmware has left, reads the table of partitions by
 * table.c and has each CPU begin in run.c.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "hv.h"

#define TRAMPOLINE		0x8000ul
#define MEMORY_END		(512 * GIB)	/* of what boot.S maps */
#define ICR_NMI			0x4400
#define ICR_INIT		0x4500
#define ICR_STARTUP		0x4600
#define PIT_HZ			1193182ul
#define PIT_TICKS		1193ul		/* 1 ms */

#define MULTIBOOT_MODULES	BIT(3)
#define MULTIBOOT_MEMORY_MAP	BIT(6)

/* Numbers of words of multiboot's structures. */
enum { INFO_FLAGS, INFO_NR_MODULES = 5, INFO_MODULES, INFO_MAP_LENGTH = 11, INFO_MAP };
enum { MODULE_START, MODULE_END, MODULE_NAME, MODULE_SIZE = 4 };

struct multiboot_range {
	u32 size;
	u64 base, length;
	u32 type;
} __packed;

struct acpi_table {
	char signature[4];
	u32 length;
	u8 header[28];
	u8 body[];
};

struct machine machine;

static struct {
	u16 low, selector, type, middle;
	u32 high, reserved;
} idt[256];

/* This CPU does nothing any more. */
void halt(void)
{
	for (;;)
		asm volatile("cli; hlt");
}

void machine_exception(u64 first, u64 second)
{
	hv_info("exception in the hypervisor, stack %lx %lx: halted\n", first, second);
	halt();
}

void hw_cpuid(u32 leaf, u32 subleaf, u32 r[4])
{
	asm volatile("cpuid" : "=a" (r[0]), "=b" (r[1]), "=c" (r[2]), "=d" (r[3])
			     : "a" (leaf), "c" (subleaf));
}

/* What was stored before is seen by who is interrupted, [RAISE-7]. */
void hw_send_ipi(u32 apic_id, u32 vector)
{
	asm volatile("mfence; lfence" : : : "memory");
	hw_wrmsr(MSR_ICR, (u64)apic_id << 32 | vector);
}

/* The NMI that made the guest exit is pending still. */
void hw_take_nmi(void)
{
	asm volatile("stgi; nop; nop; clgi" : : : "memory");
}

void hw_wbinvd(void)
{
	asm volatile("wbinvd" : : : "memory");
}

void machine_stop_cpu(struct vcpu *vcpu)
{
	hw_send_ipi(vcpu->apic_id, ICR_NMI);
}

static u64 tsc(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return (u64)high << 32 | low;
}

void machine_delay(u64 microseconds)
{
	u64 end = tsc() + microseconds * machine.tsc_khz / 1000;

	while (tsc() < end)
		hw_relax();
}

/*
 * Counts the TSC while channel 2 of the PIT runs down once. Who looks late has counted too
 * much, so that the least of some is right.
 */
static void measure_tsc(void)
{
	u64 start, ticks, least = UINT64_MAX;
	int i;

	for (i = 0; i < 64; i++) {
		hw_outb(0x61, (hw_inb(0x61) & ~2) | 1);
		hw_outb(0x43, 0xb0);
		hw_outb(0x42, PIT_TICKS & 0xff);
		hw_outb(0x42, PIT_TICKS >> 8);
		start = tsc();
		while (!(hw_inb(0x61) & 0x20))
			hw_relax();
		ticks = tsc() - start;
		if (ticks < least)
			least = ticks;
	}
	machine.tsc_khz = (u32)(least * PIT_HZ / PIT_TICKS / 1000);
}

/* The name is the first word of what the loader says, and may be a path. */
static void add_module(const u32 *from)
{
	struct module *module = &machine.modules[machine.nr_modules++];
	const char *c = from[MODULE_NAME] ? (const char *)(u64)from[MODULE_NAME] : "";
	u32 length = 0;

	for (; *c && *c != ' '; c++) {
		if (*c == '/')
			length = 0;
		else if (length < sizeof(module->name) - 1)
			module->name[length++] = *c;
	}
	module->name[length] = 0;
	module->data = (u8 *)(u64)from[MODULE_START];
	module->size = from[MODULE_END] - from[MODULE_START];
	memory_remove(from[MODULE_START], align_up(from[MODULE_END], PAGE_SIZE));
}

/* Firmware, trampoline and what the loader says are below 1 MiB. */
static void read_multiboot(const u32 *info)
{
	const struct multiboot_range *r = (const void *)(u64)info[INFO_MAP];
	u64 end = info[INFO_FLAGS] & MULTIBOOT_MEMORY_MAP ? (u64)r + info[INFO_MAP_LENGTH] : 0;
	u32 i, n = info[INFO_FLAGS] & MULTIBOOT_MODULES ? info[INFO_NR_MODULES] : 0;

	for (; (u64)r < end; r = (const void *)((u64)r + r->size + 4))
		if (r->type == 1 && r->base < MEMORY_END)
			memory_add(r->base, r->length < MEMORY_END - r->base ?
				   r->base + r->length : MEMORY_END);
	memory_remove(0, (u64)_end);
	for (i = 0; i < n && i < ARRAY_SIZE(machine.modules); i++)
		add_module((const u32 *)(u64)info[INFO_MODULES] + MODULE_SIZE * i);
}

static void add_cpu(u32 apic_id)
{
	u32 i;

	for (i = 0; i < machine.nr_cpus; i++)
		if (machine.apic_ids[i] == apic_id)
			return;
	if (machine.nr_cpus < ARRAY_SIZE(machine.apic_ids))
		machine.apic_ids[machine.nr_cpus++] = apic_id;
}

/* Nothing may interrupt a guest but what is sent to it. */
static void mask_ioapic(u32 *ioapic)
{
	u32 i, n;

	set(ioapic[0], 1);
	n = (get(ioapic[4]) >> 16 & 0xff) + 1;
	for (i = 0; i < n; i++) {
		set(ioapic[0], 0x10 + 2 * i);
		set(ioapic[4], 0x10000);
	}
}

static void read_madt(const struct acpi_table *madt)
{
	const u8 *entry = madt->body + 8, *end = (const u8 *)madt + madt->length;

	for (; entry + 2 <= end && entry[1]; entry += entry[1]) {
		if (entry[0] == 0 && entry[4] & 1)
			add_cpu(entry[3]);
		else if (entry[0] == 9 && entry[8] & 1)
			add_cpu(*(const u32 *)(entry + 4));
		else if (entry[0] == 1)
			mask_ioapic((u32 *)(u64)*(const u32 *)(entry + 4));
	}
}

static const u8 *find_rsdp(u64 start, u64 size)
{
	u64 at;

	for (at = start; at < start + size; at += 16)
		if (!memcmp((const void *)at, "RSD PTR ", 8))
			return (const u8 *)at;
	return NULL;
}

static void read_acpi(void)
{
	const u8 *rsdp = find_rsdp((u64)get(*(u16 *)0x40e) << 4, 1024), *entry;
	const struct acpi_table *root, *table;
	u32 width;

	if (!rsdp)
		rsdp = find_rsdp(0xe0000, 0x20000);
	if (!rsdp) {
		hv_info("firmware has no ACPI tables: halted\n");
		halt();
	}
	width = rsdp[15] ? 8 : 4;
	root = (const void *)(rsdp[15] ? *(const u64 *)(rsdp + 24) : *(const u32 *)(rsdp + 16));
	for (entry = root->body; entry < (const u8 *)root + root->length; entry += width) {
		table = (const void *)(width == 8 ? *(const u64 *)entry : *(const u32 *)entry);
		if (!memcmp(table->signature, "APIC", 4))
			read_madt(table);
	}
}

static u32 pci(u32 address, bool write, u32 value)
{
	asm volatile("outl %0, %1" : : "a" (address), "d" ((u16)0xcf8));
	if (write)
		asm volatile("outl %0, %1" : : "a" (value), "d" ((u16)0xcfc));
	else
		asm volatile("inl %1, %0" : "=a" (value) : "d" ((u16)0xcfc));
	return value;
}

/* Firmware may have left devices that still write to memory: no PCI device may. */
static void quiet_pci(void)
{
	u32 at, command;

	for (at = 0x80000000; at < 0x81000000; at += 0x100) {
		command = pci(at + 4, false, 0);
		if (command != UINT32_MAX && command & 4)
			pci(at + 4, true, command & 0xfffb);
		/* There are other functions if the first one says so. */
		if (!(at & 0x700) &&
		    (command == UINT32_MAX || !(pci(at + 0xc, false, 0) & BIT32(23))))
			at += 0x700;
	}
}

/* None of them but those for the hypervisor's own faults is there outside of apic_reset(). */
static void init_interrupts(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(idt); i++) {
		u64 entry = interrupt_entries[i == 2 ? 1 : i < 32 ? 0 : 2];

		idt[i].low = (u16)entry;
		idt[i].middle = (u16)(entry >> 16);
		idt[i].selector = 0x08;
		idt[i].type = 0x8e00;
	}
	hw_outb(0x21, 0xff);
	hw_outb(0xa1, 0xff);
}

static void check_cpu(void)
{
	const char *missing = NULL;
	u32 r[4];

	hw_cpuid(1, 0, r);
	add_cpu(r[1] >> 24);
	if (!(r[2] & BIT32(21)))
		missing = "x2APIC";
	hw_cpuid(0x8000000a, 0, r);
	if (!(r[3] & BIT32(0)))
		missing = "nested paging";
	hw_cpuid(0x80000001, 0, r);
	if (!(r[2] & BIT32(2)))
		missing = "SVM";
	else if (hw_rdmsr(MSR_VM_CR) & VM_CR_SVMDIS)
		missing = "SVM, which firmware has disabled,";
	if (missing) {
		hv_info("the CPU has no %s: halted\n", missing);
		halt();
	}
	hw_cpuid(0x40000000, 0, r);
	machine.is_tcg = !memcmp(&r[1], "TCGTCGTCGTCG", 12);
}

/* What each CPU does first. */
void machine_cpu_init(struct vcpu *vcpu)
{
	struct {
		u16 limit;
		u64 base;
	} __packed idtr = { sizeof(idt) - 1, (u64)idt };

	asm volatile("lidt %0" : : "m" (idtr));
	hw_wrmsr(MSR_APIC_BASE, hw_rdmsr(MSR_APIC_BASE) | APIC_BASE_X2APIC);
	hw_wrmsr(MSR_EFER, hw_rdmsr(MSR_EFER) | EFER_SVME | EFER_NXE);
	hw_wrmsr(MSR_VM_HSAVE_PA, (u64)vcpu->hsave);
	asm volatile("clgi");
}

/*
 * A virtual CPU can take long on a busy host: it is known to be there, and is waited for,
 * as only it can say that it has come. A second SIPI is for a CPU that has lost the first.
 */
static void start_cpu(struct vcpu *vcpu)
{
	u32 waited = 0;

	ap_stack = vcpu->stack;
	ap_vcpu = vcpu;
	hw_send_ipi(vcpu->apic_id, ICR_INIT);
	machine_delay(10000);
	while (!get(vcpu->started)) {
		if (waited++ % 1000 == 0)
			hw_send_ipi(vcpu->apic_id, ICR_STARTUP | TRAMPOLINE >> 12);
		if (waited == 100000)
			hv_info("CPU %u has not come up: waiting\n", vcpu->apic_id);
		machine_delay(100);
	}
}

void machine_main(u32 info)
{
	u32 i, j;

	read_multiboot((const u32 *)(u64)info);
	hv_info("paravirq hypervisor, %u modules\n", machine.nr_modules);
	check_cpu();
	init_interrupts();
	read_acpi();
	quiet_pci();
	measure_tsc();
	hv_info("%u CPUs, TSC of %u kHz, %lu MiB of memory in one piece\n", machine.nr_cpus,
		machine.tsc_khz, memory_largest() / MIB);
	if (machine.nr_modules)
		table_read(&machine.modules[0]);
	if (!nr_partitions) {
		hv_info("no partition: the first module has to be a table with one: halted\n");
		halt();
	}

	machine_cpu_init(partitions[0]->vcpus);
	memcpy((void *)TRAMPOLINE, trampoline, trampoline_end - trampoline);
	for (i = 0; i < nr_partitions; i++)
		for (j = 0; j < partitions[i]->nr_cpus; j++)
			if (i || j)
				start_cpu(&partitions[i]->vcpus[j]);
	vcpu_main(partitions[0]->vcpus);
}
