// SPDX-License-Identifier: GPL-2.0
/*
 * The machine: entered from boot.S with what the multiboot loader says. Finds modules,
 * memory and CPUs, quiets what firmware has left, reads the table of partitions by
 * table.c and has each CPU begin in run.c. All take memory here, and give none back.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <cpuid.h>
#include <stdarg.h>

#include "hv.h"

#define TRAMPOLINE		0x8000ul
#define MEMORY_END		(512 * GIB)	/* of what boot.S maps */
#define ICR_INIT		0x4500
#define ICR_STARTUP		0x4600
#define PM_TIMER_HZ		3579545ul
#define PM_TIMER_MASK		0xffffff

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
static u64 free_base, free_end;

/* For 256 CPUs in as many partitions. */
static u8 own_memory[16 * MIB] __aligned(PAGE_SIZE);
static u64 own_used;

u16 log_port = DEBUG_PORT;
static u32 log_lock;
static u64 idt[256][2];

/* One line, whole also when several CPUs have something to say. */
void hv_info(const char *format, ...)
{
	static char line[2048] = "hv: ";
	va_list list;
	char *c;

	while (__atomic_exchange_n(&log_lock, 1, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
	va_start(list, format);
	vsnprintf(line + 4, sizeof(line) - 4, format, list);
	va_end(list);
	for (c = line; *c; c++) {
		/* Is a UART ready? */
		while (log_port != DEBUG_PORT && !(inb(log_port + 5) & 0x20))
			__builtin_ia32_pause();
		outb(*c, log_port);
	}
	set(log_lock, 0);
}

/* This CPU does nothing any more. */
void halt(void)
{
	for (;;)
		asm volatile("cli; hlt");
}

static void halt_for(const char *reason)
{
	hv_info("%s: halted\n", reason);
	halt();
}

/* The hypervisor's own fault; with an error code, that and not RIP is first. */
static __attribute__((interrupt)) void exception(u64 *stack)
{
	hv_info("exception in the hypervisor, stack %lx %lx\n", stack[0], stack[1]);
	halt_for("error");
}

/* It has done its work by the exit. */
static __attribute__((interrupt)) void nmi(u64 *stack)
{
}

/* One that a guest has left: it is taken and forgotten. */
static __attribute__((interrupt)) void interrupt(u64 *stack)
{
	hw_wrmsr(MSR_EOI, 0);
}

void hw_cpuid(u32 leaf, u32 subleaf, u32 r[4])
{
	__cpuid_count(leaf, subleaf, r[0], r[1], r[2], r[3]);
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

void machine_delay(u64 microseconds)
{
	u64 start = __builtin_ia32_rdtsc();

	while (__builtin_ia32_rdtsc() - start < microseconds * machine.tsc_khz / 1000)
		__builtin_ia32_pause();
}

/* Until one result is as the last: whoever is interrupted between two reads has others. */
static void measure_tsc(void)
{
	u32 khz = 0, last, first, ticks;
	u64 start;

	do {
		last = khz;
		start = __builtin_ia32_rdtsc();
		first = inl(machine.pm_timer);
		do
			ticks = (inl(machine.pm_timer) - first) & PM_TIMER_MASK;
		while (ticks < PM_TIMER_HZ / 100);
		khz = (u32)((__builtin_ia32_rdtsc() - start) * PM_TIMER_HZ / ticks / 1000);
	} while (khz < last - last / 1000 || khz > last + last / 1000);
	machine.tsc_khz = khz;
}

/* What can be allocated of large pages. */
u64 memory_free(void)
{
	return free_end > free_base ? free_end - free_base : 0;
}

/* From above, after a look at memory_free(). */
void *memory_large(u64 size)
{
	free_end -= size;
	return (void *)free_end;
}

/* Zeroed pages, for the hypervisor's own use. */
void *memory_pages(u64 size)
{
	void *pages = own_memory + own_used;

	own_used += __ALIGN_KERNEL(size, PAGE_SIZE);
	if (own_used > sizeof(own_memory))
		halt_for("no memory of the hypervisor's own is free");
	return pages;
}

/* The largest piece of memory is what is free, without the modules, which begin it. */
static void find_memory(u64 base, u64 end)
{
	u32 i;

	for (i = 0; i < machine.nr_modules; i++) {
		const struct module *m = &machine.modules[i];

		if ((u64)m->data < end && (u64)m->data + m->size > base)
			base = (u64)m->data + m->size;
	}
	if (base < end && end - base > free_end - free_base) {
		free_base = base;
		free_end = end;
	}
}

/* The name is the first word of what the loader says, without directories. */
static void add_module(const u32 *from)
{
	char *c = (char *)(u64)from[MODULE_NAME], *name = c;

	for (; *c && *c != ' '; c++)
		if (*c == '/')
			name = c + 1;
	*c = 0;
	machine.modules[machine.nr_modules++] = (struct module){
		name, (u8 *)(u64)from[MODULE_START], from[MODULE_END] - from[MODULE_START] };
}

/* Firmware, trampoline and what the loader says are below 1 MiB, where the hypervisor begins. */
static void read_multiboot(const u32 *info)
{
	const struct multiboot_range *r = (const void *)(u64)info[INFO_MAP];
	u64 end = info[INFO_FLAGS] & MULTIBOOT_MEMORY_MAP ? (u64)r + info[INFO_MAP_LENGTH] : 0;
	u32 i, n = info[INFO_FLAGS] & MULTIBOOT_MODULES ? info[INFO_NR_MODULES] : 0;

	for (i = 0; i < n && i < ARRAY_SIZE(machine.modules); i++)
		add_module((const u32 *)(u64)info[INFO_MODULES] + MODULE_SIZE * i);
	for (; (u64)r < end; r = (const void *)((u64)r + r->size + 4))
		if (r->type == 1 && r->base < MEMORY_END)
			find_memory(r->base < (u64)_end ? (u64)_end : r->base,
				    r->length < MEMORY_END - r->base ?
				    r->base + r->length : MEMORY_END);

	free_base = __ALIGN_KERNEL(free_base, LARGE_PAGE);
	free_end = align_down(free_end, LARGE_PAGE);
}

/* Some firmware has a CPU twice. */
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
	u32 i;

	set(ioapic[0], 1);
	for (i = (get(ioapic[4]) >> 16 & 0xff) + 1; i--;) {
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
	const u8 *rsdp = find_rsdp((u64)get(*(u16 *)0x40e) << 4, 1024) ?:
			 find_rsdp(0xe0000, 0x20000), *entry;
	const struct acpi_table *root, *table;
	u32 width;

	if (!rsdp)
		halt_for("firmware has no ACPI tables");
	width = rsdp[15] ? 8 : 4;
	root = (const void *)(rsdp[15] ? *(const u64 *)(rsdp + 24) : *(const u32 *)(rsdp + 16));
	for (entry = root->body; entry < (const u8 *)root + root->length; entry += width) {
		table = (const void *)(width == 8 ? *(const u64 *)entry : *(const u32 *)entry);
		if (!memcmp(table->signature, "APIC", 4))
			read_madt(table);
		if (!memcmp(table->signature, "FACP", 4))
			machine.pm_timer = (u16)*(const u32 *)(table->body + 40);
	}
	if (!machine.pm_timer)
		halt_for("firmware has no PM timer");
}

/* Firmware may have left devices that still write to memory: no PCI device may. */
static void quiet_pci(void)
{
	u32 at;

	for (at = 0x80000000; at < 0x81000000; at += 0x100) {
		outl(at + 4, 0xcf8);
		outl(inl(0xcfc) & 0xfffb, 0xcfc);
	}
}

/* None of them but those for the hypervisor's own faults is there outside of run.c's windows. */
static void init_interrupts(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(idt); i++) {
		u64 entry = (u64)(i >= 32 ? interrupt : i == 2 ? nmi : exception);

		/* Selector 8, a gate of privilege 0, and all addresses have 32 bits. */
		idt[i][0] = entry >> 16 << 48 | 0x8e0000080000 | (u16)entry;
	}
	outb(0xff, 0x21);
	outb(0xff, 0xa1);
}

static void check_cpu(void)
{
	static const struct {
		u32 leaf, word, bit;
		const char *reason;
	} needs[] = {
		{ 0x80000001, 2, 2, "the CPU has no SVM" },
		{ 0x8000000a, 3, 0, "the CPU has no nested paging" },
		{ 0x00000001, 2, 21, "the CPU has no x2APIC" },
	};
	u32 r[4], i;

	for (i = 0; i < ARRAY_SIZE(needs); i++) {
		hw_cpuid(needs[i].leaf, 0, r);
		if (!(r[needs[i].word] & BIT32(needs[i].bit)))
			halt_for(needs[i].reason);
	}
	if (hw_rdmsr(MSR_VM_CR) & VM_CR_SVMDIS)
		halt_for("firmware has disabled SVM");
}

/* What each CPU does first. */
void machine_cpu_init(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed idtr = { sizeof(idt) - 1, (u64)idt };

	asm volatile("lidt %0" : : "m" (idtr));
	hw_wrmsr(MSR_APIC_BASE, hw_rdmsr(MSR_APIC_BASE) | APIC_BASE_X2APIC);
	hw_wrmsr(MSR_EFER, hw_rdmsr(MSR_EFER) | EFER_SVME | EFER_NXE);
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
	while (get(ap_vcpu)) {
		if (waited++ % 1000 == 0)
			hw_send_ipi(vcpu->apic_id, ICR_STARTUP | TRAMPOLINE >> 12);
		if (waited == 100000)
			hv_info("CPU %u has not come up: waiting\n", vcpu->apic_id);
		machine_delay(100);
	}
}

void machine_main(u32 info)
{
	struct vcpu *own = NULL;
	u32 i, j;

	read_multiboot((const u32 *)(u64)info);
	hv_info("paravirq hypervisor, %u modules\n", machine.nr_modules);
	check_cpu();
	init_interrupts();
	read_acpi();
	quiet_pci();
	measure_tsc();
	hv_info("%u CPUs, TSC of %u kHz, %lu MiB of memory in one piece\n", machine.nr_cpus,
		machine.tsc_khz, memory_free() / MIB);
	if (machine.nr_modules)
		table_read(&machine.modules[0]);
	if (!nr_partitions)
		halt_for(*partitions[0].name ? "no partition is left, see above" :
			 "no partition: the first module has to be a table with one");

	machine_cpu_init();
	memcpy((void *)TRAMPOLINE, trampoline, trampoline_end - trampoline);
	for (i = 0; i < nr_partitions; i++) {
		for (j = 0; j < partitions[i].nr_cpus; j++) {
			if (partitions[i].vcpus[j].apic_id == (u32)hw_rdmsr(MSR_APIC_ID))
				own = &partitions[i].vcpus[j];
			else
				start_cpu(&partitions[i].vcpus[j]);
		}
	}
	if (own)
		vcpu_main(own);
	halt();
}
