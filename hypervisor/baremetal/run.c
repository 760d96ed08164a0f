// SPDX-License-Identifier: GPL-2.0
/*
 * Partitions at run time: what their CPUs do between exits, and how they come and go.
 * machine.c enters by vcpu_main(), on each CPU; exits go to exit.c, and guest.c makes a
 * guest anew when a partition starts.
 *
 * The first CPU of a partition starts it and ends it; the others wait in the guest, in the
 * code at GUEST_PARK, until Linux calls them by the mailbox. A CPU says that it is inside
 * before it looks at partition.stop, which is set before anybody looks who is inside: one
 * of both sees the other.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "hv.h"

#define X2APIC_TPR	(MSR_X2APIC + 0x08)
#define X2APIC_SVR	(MSR_X2APIC + 0x0f)
#define X2APIC_LVT	(MSR_X2APIC + 0x32)
#define X2APIC_TMICT	(MSR_X2APIC + 0x38)	/* after 6 LVTs */

#define NPT_TABLE	0x07
#define NPT_PAGE	0x87	/* of 2 MiB */

static u8 *msr_map;
static u32 nr_running, nr_cpus;

/* Which MSRs the guest has without an exit; all others are emulated, or not there. */
static const struct {
	u32 first, last;
	bool write;
} own_msrs[] = {
	{ 0x010, 0x010, false },		/* TSC */
	{ 0x048, 0x049, true },			/* SPEC_CTRL, PRED_CMD */
	{ 0x0e7, 0x0e8, false },		/* MPERF, APERF */
	{ 0x10b, 0x10b, true },			/* FLUSH_CMD */
	{ 0x174, 0x176, true },			/* SYSENTER */
	{ 0x277, 0x277, true },			/* PAT */
	{ 0x6e0, 0x6e0, true },			/* TSC_DEADLINE */
	{ 0x802, MSR_ICR - 1, true },		/* x2APIC but for the ICR */
	{ MSR_ICR + 1, 0x83f, true },
	{ 0xda0, 0xda0, true },			/* XSS */
	{ 0xc0000081, 0xc0000084, true },	/* SYSCALL */
	{ 0xc0000100, 0xc0000103, true },	/* FS, GS, kernel GS, TSC_AUX */
};

static void make_msr_map(void)
{
	u32 i, msr;

	msr_map = memset(memory_pages(2 * PAGE_SIZE), 0xff, 2 * PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(own_msrs); i++)
		for (msr = own_msrs[i].first; msr <= own_msrs[i].last; msr++)
			msr_map[(msr >> 31) * 0x800 + (msr & 0x1fff) / 4] &=
				~((own_msrs[i].write ? 3 : 1) << 2 * (msr & 3));
}

static u64 *npt_next(u64 *entry)
{
	if (!*entry)
		*entry = (u64)memory_pages(PAGE_SIZE) | NPT_TABLE;
	return (u64 *)align_down(*entry, PAGE_SIZE);
}

/* Gives a guest memory at an address of its own; all is in large pages. */
void partition_map(struct partition *p, u64 guest, void *memory, u64 size)
{
	u64 end = guest + size, host = (u64)memory, *directory;

	for (; guest < end; guest += LARGE_PAGE, host += LARGE_PAGE) {
		directory = npt_next(&npt_next(&p->npt[guest >> 39])[guest >> 30 & 511]);
		directory[guest >> 21 & 511] = host | NPT_PAGE;
	}
}

/*
 * As Linux' 64-bit boot protocol has it, for the CPUs that wait too: all segments but CS are
 * null.
 */
static void vmcb_init(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->vmcb;
	bool first = vcpu == vcpu->partition->vcpus;

	memset(vmcb, 0, sizeof(*vmcb));
	vcpu_intercept(vmcb);
	vmcb->iopm = (u64)vcpu->partition->iopm;
	vmcb->msrpm = (u64)msr_map;
	vmcb->asid = 1;
	vmcb->tlb_control = 1;		/* flush all */
	vmcb->nested_paging = 1;
	vmcb->nested_cr3 = (u64)vcpu->partition->npt;

	vmcb->cs = (struct vmcb_segment){ 0x10, SEGMENT_CODE64, UINT32_MAX, 0 };
	vmcb->efer = EFER_SVME | EFER_LME | EFER_LMA | EFER_NXE;
	vmcb->cr4 = X86_CR4_PAE;
	vmcb->cr3 = GUEST_PAGE_TABLES;
	vmcb->cr0 = X86_CR0_PE | X86_CR0_ET | X86_CR0_PG;
	vmcb->dr7 = 0x400;
	vmcb->dr6 = 0xffff0ff0;
	vmcb->rflags = 2;
	vmcb->pat = 0x0007040600070406;
	memset(vcpu->registers, 0, sizeof(vcpu->registers));
	vmcb->rip = first ? vcpu->partition->entry : GUEST_PARK;
	vcpu->registers[RSI] = first ? GUEST_BOOT_PARAMS : vcpu->apic_id;
	vcpu->icr = 0;
	/* FS, TR and the like, which VMRUN leaves alone. */
	asm volatile("vmload" : : "a" (vmcb) : "memory");
}

/* Takes what comes while the window is open, but vectors below 32, which cannot be. */
static void apic_open(void)
{
	u32 i;

	for (i = X2APIC_LVT; i < X2APIC_TMICT; i++)
		hw_wrmsr(i, BIT(16));
	hw_wrmsr(X2APIC_SVR, 0x1ff);
	hw_wrmsr(X2APIC_TPR, 0x1f);
}

/* As after a reset: the window is closed. */
static void apic_close(void)
{
	hw_wrmsr(X2APIC_LVT, BIT(16));
	hw_wrmsr(X2APIC_TMICT, 0);
	hw_wrmsr(X2APIC_TPR, 0);
	hw_wrmsr(X2APIC_SVR, 0xff);
}

/* Sleeps for a millisecond or some: who is waited for wakes nobody. */
static void doze(void)
{
	apic_open();
	hw_wrmsr(X2APIC_LVT, 0xff);
	hw_wrmsr(X2APIC_TMICT, 0x100000);
	asm volatile("stgi; sti; hlt; cli; clgi" : : : "memory");
	apic_close();
}

/* A CPU as at first. What its guest has left is ended if in service, and taken if pending. */
static void reset(struct vcpu *vcpu)
{
	u32 i;

	apic_open();
	for (i = 0; i < 256; i++) {
		hw_wrmsr(MSR_EOI, 0);
		asm volatile("stgi; sti; nop; nop; cli; clgi" : : : "memory");
	}
	apic_close();
	vmcb_init(vcpu);
}

/* In the guest until the partition stops. */
static void run(struct vcpu *vcpu)
{
	struct partition *p = vcpu->partition;
	enum action action;

	reset(vcpu);
	set(vcpu->inside, 1);
	while (!get(p->stop)) {
		vcpu_enter(vcpu);
		action = vcpu_exit(vcpu);
		if (action == ACTION_RESET)
			reset(vcpu);
		else if (action == ACTION_DOZE)
			doze();
	}
	set(vcpu->inside, 0);
}

/* Has a CPU leave its guest, as partition.stop is set. */
static void expel(struct vcpu *vcpu)
{
	u32 waited;

	for (waited = 0; get(vcpu->inside) && get(vcpu->partition->stop); waited++) {
		if (waited % 1000 == 0)
			hw_send_ipi(vcpu->apic_id, ICR_NMI);
		machine_delay(10);
	}
}

/* The first CPU: all others leave the guest, nobody raises its lines any more. */
static void end(struct partition *p)
{
	static const char * const words[] = { "", "off", "restarts", "stopped" };
	u32 i;

	for (i = 1; i < p->nr_cpus; i++)
		expel(&p->vcpus[i]);
	paravirq_reset(&p->intc);
	for (i = 0; i < p->nr_sides; i++)
		paravirq_channel_reset(&p->sides[i].channel);
	partition_report(p);
	hv_info("partition %s: %s\n", p->name, words[p->stop]);
}

/* The first CPU of a partition. */
static void boot(struct vcpu *vcpu)
{
	struct partition *p = vcpu->partition;

	do {
		guest_load(p);
		memset(p->counts, 0, sizeof(p->counts));
		hv_info("partition %s: %u CPUs from %u, %lu MiB, %u lines, %u channels\n",
			p->name, p->nr_cpus, vcpu->apic_id, p->size / MIB, p->nr_lines,
			p->nr_sides);
		set(p->stop, STOP_NOT);
		run(vcpu);
		end(p);
	} while (p->stop == STOP_RESTART);

	if (!__atomic_sub_fetch(&nr_running, 1, __ATOMIC_SEQ_CST))
		hv_info("all partitions are off\n");
	halt();
}

/* A CPU begins. */
void vcpu_main(struct vcpu *vcpu)
{
	struct partition *p = vcpu->partition;

	machine_cpu_init();
	hw_wrmsr(MSR_VM_HSAVE_PA, (u64)vcpu->hsave);
	set(ap_vcpu, NULL);
	if (vcpu == p->vcpus)
		boot(vcpu);

	for (;;) {
		while (get(p->stop) == STOP_RESTART)
			doze();
		if (get(p->stop))
			halt();
		run(vcpu);
		expel(p->vcpus);
	}
}

/*
 * Makes what a partition needs here to run, as table.c has said what it is to have. The
 * CPU that has booted, which firmware names first, is the last one that is given away: in
 * QEMU's TCG the FPU of any other changes flags of its, and can lose that it is in a guest
 * (patches/qemu/0019).
 */
void partition_init(struct partition *p)
{
	u32 i;

	if (!msr_map)
		make_msr_map();

	p->npt = memory_pages(PAGE_SIZE);
	p->memory = memory_large(p->size);
	p->low_size = p->size < GUEST_CHANNELS ? p->size : GUEST_CHANNELS;
	partition_map(p, 0, p->memory, p->low_size);
	partition_map(p, GUEST_HIGH, p->memory + p->low_size, p->size - p->low_size);
	p->channels_end = GUEST_CHANNELS;

	p->iopm = memset(memory_pages(3 * PAGE_SIZE), 0xff, 3 * PAGE_SIZE);
	p->iopm[machine.pm_timer / 8] &= ~(0xf << machine.pm_timer % 8);
	if (p->console)
		p->iopm[p->console / 8] = 0;

	p->vcpus = memory_pages(p->nr_cpus * sizeof(*p->vcpus));
	for (i = 0; i < p->nr_cpus; i++)
		p->vcpus[i] = (struct vcpu){
			.partition = p,
			.apic_id = machine.apic_ids[++nr_cpus % machine.nr_cpus],
			.vmcb = memory_pages(PAGE_SIZE),
			.hsave = memory_pages(PAGE_SIZE),
			.stack = memory_pages(2 * PAGE_SIZE) + 2 * PAGE_SIZE,
		};

	paravirq_init(&p->intc, memory_pages(p->nr_lines * sizeof(paravirq_word)), p->nr_lines,
		      UINT32_MAX, &vcpu_intc_ops, p);
	p->stop = STOP_RESTART;
	nr_running++;
}
