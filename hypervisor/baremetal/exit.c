// SPDX-License-Identifier: GPL-2.0
/*
 * What happens when a vCPU leaves its guest: run.c calls vcpu_exit(). Calls libparavirq
 * and the hardware functions of vcpu.h, and knows nothing of how the machine was booted.
 *
 * Interrupts don't come by here. The guest has the local APIC for itself, in x2APIC mode,
 * but for one register: writes of the ICR reach CPUs of the partition only, and deliver
 * nothing but vectors. A line is injected by one such write, of the hypervisor's.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include "vcpu.h"

#define ICR_MODE		0x700
#define ICR_LOGICAL		0x800
#define ICR_SHORTHAND(icr)	((icr) >> 18 & 3)

/* Other CPUs of the partition count, too. */
static void count(struct vcpu *vcpu, enum exit_kind kind)
{
	__atomic_fetch_add(&vcpu->partition->counts[kind], 1, __ATOMIC_RELAXED);
}

/* The exits of a partition by kind, and what was refused. */
void partition_report(struct partition *p)
{
	const u64 *n = p->counts;
	u64 sum = 0;
	int i;

	for (i = 0; i < REFUSED_IPI; i++)
		sum += n[i];
	hv_info("partition %s: %lu exits: %lu cpuid, %lu rdmsr, %lu wrmsr, %lu ipi, %lu port, %lu controller, %lu channel, %lu exception, %lu other\n",
		p->name, sum, n[EXIT_CPUID], n[EXIT_RDMSR], n[EXIT_WRMSR], n[EXIT_IPI],
		n[EXIT_PORT], n[EXIT_CONTROLLER], n[EXIT_CHANNEL], n[EXIT_EXCEPTION],
		n[EXIT_OTHER]);
	hv_info("partition %s: refused: %lu ipi, %lu rdmsr, %lu wrmsr, %lu port\n", p->name,
		n[REFUSED_IPI], n[REFUSED_RDMSR], n[REFUSED_WRMSR], n[REFUSED_PORT]);
}

/* Under the lock of the line, which guest writes wait for: it waits for nothing itself. */
static bool inject(void *opaque, u32 line, u32 apic_id, u8 vector)
{
	struct partition *p = opaque;
	u32 i;

	(void)line;
	for (i = 0; i < p->nr_cpus; i++) {
		if (p->vcpus[i].apic_id == apic_id) {
			hw_send_ipi(apic_id, vector);
			return true;
		}
	}
	return false;
}

const struct paravirq_ops vcpu_intc_ops = { .inject = inject };

/* For libparavirq: this side raises a line of its peer. */
void vcpu_raise_peer(void *opaque, u32 event)
{
	struct channel_side *side = opaque;

	paravirq_raise(&side->peer->intc, side->peer_line + event);
}

static enum action stop(struct vcpu *vcpu, enum stop why)
{
	u32 running = STOP_NOT;

	__atomic_compare_exchange_n(&vcpu->partition->stop, &running, why, false,
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return ACTION_STOP;
}

static enum action fault(struct vcpu *vcpu, const char *what)
{
	struct vmcb *vmcb = vcpu->vmcb;

	hv_info("partition %s stopped: %s: exit %lx info %lx %lx, rip %lx, cpu %u\n",
		vcpu->partition->name, what, vmcb->exit_code, vmcb->exit_info1,
		vmcb->exit_info2, vmcb->rip, vcpu->apic_id);
	return stop(vcpu, STOP_FAULT);
}

/* The CPU need not tell the length of an instruction; these have one encoding each. */
static enum action skip(struct vcpu *vcpu, unsigned int length)
{
	vcpu->vmcb->rip += length;
	vcpu->vmcb->interrupt_shadow = 0;
	return ACTION_RUN;
}

static enum action raise_exception(struct vcpu *vcpu, u32 vector)
{
	vcpu->vmcb->event = EVENT_VALID | EVENT_EXCEPTION | vector |
			    (vector == VECTOR_GP || vector == VECTOR_AC ? EVENT_ERROR_CODE : 0);
	return ACTION_RUN;
}

/* What of EAX, EBX, ECX, EDX a leaf keeps, and what is set. Leaves not here are as they are. */
static const struct {
	u32 first, last, keep[4], set[4];
} cpuid_leaves[] = {
	/* x2APIC, a hypervisor; OSXSAVE is the guest's; no MCE, MTRR, MCA */
	{ 0x1, 0x1, { ~0, ~0, ~BIT32(27), ~(BIT32(7) | BIT32(12) | BIT32(14)) },
	  { 0, 0, BIT32(21) | BIT32(31) } },
	/* The timer never stops; nothing of power */
	{ 0x6, 0x6, { BIT32(2) }, { 0 } },
	/* No TSC_ADJUST, CET; OSPKE is the guest's; ARCH_CAPABILITIES */
	{ 0x7, 0x7, { ~0, ~BIT32(1), ~(BIT32(4) | BIT32(7)), ~BIT32(20) },
	  { 0, 0, 0, BIT32(29) } },
	{ 0xa, 0xa, { 0 }, { 0 } },		/* counters */
	/* "paravirqbare" */
	{ 0x40000000, 0x40000000, { 0 }, { 0x40000000, 0x61726170, 0x71726976, 0x65726162 } },
	{ 0x40000001, 0x4fffffff, { 0 }, { 0 } },
	/* No SVM, OSVW, IBS, SKINIT, WDT, LWP, TCE, NODEID, counters; MCE, MTRR, MCA, FFXSR */
	{ 0x80000001, 0x80000001, { ~0, ~0, ~0x118ab604, ~0x02005080 }, { 0 } },
	{ 0x80000007, 0x80000007, { 0 }, { 0, 0, 0, BIT32(8) } },	/* nothing scales the TSC */
	{ 0x8000000a, 0x8000000a, { 0 }, { 0 } },		/* SVM */
	{ 0x8000001b, 0x8000001b, { 0 }, { 0 } },		/* IBS */
	{ 0x8000001f, 0x80000022, { 0 }, { 0 } },	/* encryption, bandwidth, counters */
};

static enum action cpuid(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->vmcb;
	u32 leaf = (u32)vmcb->rax, subleaf = (u32)vcpu->registers[RCX], r[4], i, n;

	hw_cpuid(leaf, subleaf, r);
	for (i = 0; i < ARRAY_SIZE(cpuid_leaves); i++)
		if (leaf >= cpuid_leaves[i].first && leaf <= cpuid_leaves[i].last &&
		    (leaf != 0x7 || !subleaf))
			for (n = 0; n < 4; n++)
				r[n] = (r[n] & cpuid_leaves[i].keep[n]) | cpuid_leaves[i].set[n];
	if (leaf == 0x1 && vmcb->cr4 & CR4_OSXSAVE)
		r[2] |= BIT32(27);
	if (leaf == 0x7 && !subleaf && vmcb->cr4 & CR4_PKE)
		r[2] |= BIT32(4);

	vmcb->rax = r[0];
	vcpu->registers[RBX] = r[1];
	vcpu->registers[RCX] = r[2];
	vcpu->registers[RDX] = r[3];
	return skip(vcpu, 2);
}

/* Is it for this CPU? x2APIC's logical ids follow from the physical ones. */
static bool icr_matches(const struct vcpu *sender, const struct vcpu *target, u64 icr)
{
	u32 dest = (u32)(icr >> 32), id = target->apic_id;

	switch (ICR_SHORTHAND(icr)) {
	case 1:
		return target == sender;
	case 2:
		return true;
	case 3:
		return target != sender;
	}
	if (dest == UINT32_MAX)
		return true;
	if (icr & ICR_LOGICAL)
		return dest >> 16 == id >> 4 && (dest & BIT(id & 15));
	return dest == id;
}

/* Vectors go to the partition's own CPUs, all else nowhere: NMI, SMI, INIT, SIPI. */
static void icr_write(struct vcpu *vcpu, u64 icr)
{
	struct partition *p = vcpu->partition;
	bool sent = false;
	u32 i;

	vcpu->icr = icr;
	if (!(icr & ICR_MODE) && (icr & 0xff) >= 16) {
		for (i = 0; i < p->nr_cpus; i++) {
			if (icr_matches(vcpu, &p->vcpus[i], icr)) {
				hw_send_ipi(p->vcpus[i].apic_id, icr & 0xff);
				sent = true;
			}
		}
	}
	if (!sent)
		count(vcpu, REFUSED_IPI);
}

static u64 apic_base(const struct vcpu *vcpu)
{
	return 0xfee00000 | APIC_BASE_X2APIC |
	       (vcpu == vcpu->partition->vcpus ? APIC_BASE_BSP : 0);
}

/* x2APIC mode is locked, which keeps Linux in it where no interrupts are remapped. */
static enum action rdmsr(struct vcpu *vcpu)
{
	u64 value = 0;

	switch ((u32)vcpu->registers[RCX]) {
	case MSR_APIC_BASE:
		value = apic_base(vcpu);
		break;
	case MSR_XAPIC_DISABLED:
		value = 1;
		break;
	case MSR_ARCH_CAPABILITIES:
		value = BIT(21);
		break;
	case MSR_ICR:
		value = vcpu->icr;
		break;
	case MSR_EFER:
		value = vcpu->vmcb->efer & ~EFER_SVME;
		break;
	default:
		count(vcpu, REFUSED_RDMSR);
	}
	vcpu->vmcb->rax = (u32)value;
	vcpu->registers[RDX] = value >> 32;
	return skip(vcpu, 2);
}

static enum action efer_write(struct vcpu *vcpu, u64 value)
{
	struct vmcb *vmcb = vcpu->vmcb;
	u64 changes = value ^ vmcb->efer;

	if (value & ~(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE) ||
	    (changes & EFER_LME && vmcb->cr0 & CR0_PG))
		return raise_exception(vcpu, VECTOR_GP);

	vmcb->efer = (value & ~EFER_LMA) | (vmcb->efer & EFER_LMA) | EFER_SVME;
	return skip(vcpu, 2);
}

static enum action wrmsr(struct vcpu *vcpu)
{
	u64 value = vcpu->registers[RDX] << 32 | (u32)vcpu->vmcb->rax;

	switch ((u32)vcpu->registers[RCX]) {
	case MSR_ICR:
		icr_write(vcpu, value);
		break;
	case MSR_EFER:
		return efer_write(vcpu, value);
	case MSR_APIC_BASE:
		if (value != apic_base(vcpu))
			return raise_exception(vcpu, VECTOR_GP);
		break;
	default:
		count(vcpu, REFUSED_WRMSR);
	}
	return skip(vcpu, 2);
}

/*
 * Nothing is at ports which are not the partition's. But a PIT and a clock that read as
 * all ones count down for ever and are always busy: Linux waits long for these.
 */
static enum action port_read(struct vcpu *vcpu, u16 port, unsigned int size)
{
	u64 ones = BIT(8 * size) - 1;
	u64 value = port == 0x42 || port == 0x71 || port == PORT_SLEEP_STATUS ? 0 : ones;

	if (port != PORT_SLEEP_STATUS)
		count(vcpu, REFUSED_PORT);
	vcpu->vmcb->rax = size == 4 ? value : (vcpu->vmcb->rax & ~ones) | value;
	return ACTION_RUN;
}

static enum action port_write(struct vcpu *vcpu, u16 port)
{
	switch (port) {
	case PORT_SLEEP_CONTROL:
		if (vcpu->vmcb->rax & SLEEP_ENABLE)
			return stop(vcpu, STOP_OFF);
		break;
	case PORT_SLEEP_STATUS:
		break;
	case PORT_RESET:
		return stop(vcpu, STOP_RESTART);
	case PORT_PARK:
		return ACTION_PARK;
	case PORT_REPORT:
		if (vcpu->partition->counts[REPORTS] >= MAX_REPORTS)
			break;
		count(vcpu, REPORTS);
		partition_report(vcpu->partition);
		break;
	default:
		count(vcpu, REFUSED_PORT);
	}
	return ACTION_RUN;
}

static enum action port(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->vmcb;
	u64 info = vmcb->exit_info1;
	u16 number = (u16)(info >> 16);

	if (info & PORT_STRING)
		return raise_exception(vcpu, VECTOR_GP);

	skip(vcpu, (unsigned int)(vmcb->exit_info2 - vmcb->rip));
	return info & PORT_IN ? port_read(vcpu, number, info >> 4 & 7) : port_write(vcpu, number);
}

/* [HYP-1] to [HYP-6] of interface.rst, and the same for channels. */
static enum action hypercall(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->vmcb;
	struct partition *p = vcpu->partition;
	u32 ecx = (u32)vcpu->registers[RCX];
	u32 number = ecx >> PARAVIRQ_CHANNEL_NUMBER_SHIFT;
	u32 offset = ecx & PARAVIRQ_CHANNEL_MAX_NUMBER;
	unsigned int size = ecx >= PARAVIRQ_REG_ROUTE ? 8 : 4;
	struct paravirq_channel *channel = number < p->nr_sides ?
					   &p->sides[number].channel : NULL;
	u64 value = vcpu->registers[RDX], result = 0;
	enum exit_kind kind = EXIT_CONTROLLER;
	u32 function = (u32)vmcb->rax;

	if (vmcb->cpl || !(vmcb->efer & EFER_LMA) || !(vmcb->cs.attributes & SEGMENT_LONG))
		function = 0;

	switch (function) {
	case PARAVIRQ_HYPERCALL_READ:
		result = paravirq_mmio_read(&p->intc, ecx, size);
		break;
	case PARAVIRQ_HYPERCALL_WRITE:
		paravirq_mmio_write(&p->intc, ecx, size, size == 8 ? value : (u32)value);
		break;
	case PARAVIRQ_CHANNEL_HYPERCALL_READ:
		kind = EXIT_CHANNEL;
		result = channel ? paravirq_channel_read(channel, offset, 4) : 0;
		break;
	case PARAVIRQ_CHANNEL_HYPERCALL_WRITE:
		kind = EXIT_CHANNEL;
		result = channel ? paravirq_channel_write(channel, offset, 4, (u32)value) : 0;
		break;
	default:
		count(vcpu, EXIT_OTHER);
		return raise_exception(vcpu, VECTOR_UD);
	}
	count(vcpu, kind);
	vmcb->rax = result;
	return skip(vcpu, 3);
}

/*
 * #DB and #AC can come again each time that one is delivered, so that the CPU never gets
 * to the end of an instruction, where an NMI could stop it.
 */
static enum action exception(struct vcpu *vcpu, u32 vector)
{
	if (vector == VECTOR_MC)
		return fault(vcpu, "machine check");
	if (vcpu->vmcb->exit_interrupt & EVENT_VALID)
		return fault(vcpu, "endless exceptions");
	return raise_exception(vcpu, vector);
}

/* A vCPU has left its guest: what does it now? */
enum action vcpu_exit(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->vmcb;

	vmcb->event = 0;
	vmcb->tlb_control = 0;

	switch (vmcb->exit_code) {
	case SVM_EXIT_CPUID:
		count(vcpu, EXIT_CPUID);
		return cpuid(vcpu);
	case SVM_EXIT_MSR:
		if (!vmcb->exit_info1) {
			count(vcpu, EXIT_RDMSR);
			return rdmsr(vcpu);
		}
		count(vcpu, (u32)vcpu->registers[RCX] == MSR_ICR ? EXIT_IPI : EXIT_WRMSR);
		return wrmsr(vcpu);
	case SVM_EXIT_PORT:
		count(vcpu, EXIT_PORT);
		return port(vcpu);
	case SVM_EXIT_VMMCALL:
		return hypercall(vcpu);
	case SVM_EXIT_EXCEPTION + VECTOR_DB:
	case SVM_EXIT_EXCEPTION + VECTOR_AC:
	case SVM_EXIT_EXCEPTION + VECTOR_MC:
		count(vcpu, EXIT_EXCEPTION);
		return exception(vcpu, (u32)vmcb->exit_code - SVM_EXIT_EXCEPTION);
	}

	count(vcpu, EXIT_OTHER);
	switch (vmcb->exit_code) {
	case SVM_EXIT_NMI:
		hw_take_nmi();
		return ACTION_RUN;
	case SVM_EXIT_INVD:
		/* What caches hold for other partitions must not get lost. */
		hw_wbinvd();
		return skip(vcpu, 2);
	case SVM_EXIT_INVLPGA:
	case SVM_EXIT_VMRUN:
	case SVM_EXIT_VMLOAD ... SVM_EXIT_SKINIT:
		return raise_exception(vcpu, VECTOR_UD);
	case SVM_EXIT_NPF:
		return fault(vcpu, vmcb->exit_info1 & NPF_EXECUTE ?
				   "execution outside of its memory" :
				   vmcb->exit_info1 & NPF_WRITE ?
				   "write outside of its memory" : "read outside of its memory");
	case SVM_EXIT_SHUTDOWN:
		return fault(vcpu, "triple fault");
	case SVM_EXIT_INIT:
		return fault(vcpu, "INIT from outside");
	}
	return fault(vcpu, "unknown exit");
}
