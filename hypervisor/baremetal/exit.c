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

#define ICR_MODE		0xf00	/* and logical destinations */

/* Other CPUs of the partition count, too. */
static void count(struct vcpu *vcpu, enum exit_kind kind)
{
	__atomic_fetch_add(&vcpu->partition->counts[kind], 1, __ATOMIC_RELAXED);
}

/* The exits of a partition by kind, and how many of them had no effect. */
void partition_report(struct partition *p)
{
	const u64 *n = p->counts;
	u64 sum = 0;
	int i;

	for (i = 0; i < REFUSED; i++)
		sum += n[i];
	hv_info("partition %s: %lu exits: %lu cpuid, %lu rdmsr, %lu wrmsr, %lu ipi, %lu port, %lu controller, %lu channel, %lu exception, %lu park, %lu other; %lu refused\n",
		p->name, sum, n[EXIT_CPUID], n[EXIT_RDMSR], n[EXIT_WRMSR], n[EXIT_IPI],
		n[EXIT_PORT], n[EXIT_CONTROLLER], n[EXIT_CHANNEL], n[EXIT_EXCEPTION],
		n[EXIT_PARK], n[EXIT_OTHER], n[REFUSED]);
}

/* To CPUs of the partition; false if it has none of these. */
static bool send(struct partition *p, const struct vcpu *sender, u64 icr)
{
	u32 dest = (u32)(icr >> 32), shorthand = icr >> 18 & 3, i;
	bool sent = false;

	for (i = 0; i < p->nr_cpus; i++) {
		const struct vcpu *target = &p->vcpus[i];

		/* Shorthands are 1: the sender, 2: all, 3: all others. */
		if (shorthand ? shorthand == 2 || shorthand == (target == sender ? 1 : 3) :
				dest == UINT32_MAX || dest == target->apic_id) {
			hw_send_ipi(target->apic_id, icr & 0xff);
			sent = true;
		}
	}
	return sent;
}

/* Under the lock of the line, which guest writes wait for: it waits for nothing itself. */
static bool inject(void *opaque, u32 line, u32 apic_id, u8 vector)
{
	return send(opaque, NULL, (u64)apic_id << 32 | vector);
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
	__atomic_store_n(&vcpu->partition->stop, why, __ATOMIC_SEQ_CST);
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
			    (vector == GP_VECTOR || vector == AC_VECTOR ? EVENT_ERROR_CODE : 0);
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
	/* "paravirqbare" */
	{ 0x40000000, 0x40000000, { 0 }, { 0x40000000, 0x61726170, 0x71726976, 0x65726162 } },
	{ 0x40000001, 0x4fffffff, { 0 }, { 0 } },
	/* No SVM, OSVW, IBS, SKINIT, WDT, LWP, TCE, NODEID, counters; MCE, MTRR, MCA, FFXSR */
	{ 0x80000001, 0x80000001, { ~0, ~0, ~0x118ab604, ~0x02005080 }, { 0 } },
	{ 0x80000007, 0x80000007, { 0 }, { 0, 0, 0, BIT32(8) } },	/* nothing scales the TSC */
	{ 0x8000000a, 0x8000000a, { 0 }, { 0 } },		/* SVM */
	{ 0x8000001f, 0x80000022, { 0 }, { 0 } },	/* encryption, bandwidth, counters */
};

static enum action cpuid(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->vmcb;
	u32 leaf = (u32)vmcb->rax, subleaf = (u32)vcpu->registers[RCX], r[4], i, n;

	count(vcpu, EXIT_CPUID);
	hw_cpuid(leaf, subleaf, r);
	for (i = 0; i < ARRAY_SIZE(cpuid_leaves); i++)
		if (leaf >= cpuid_leaves[i].first && leaf <= cpuid_leaves[i].last &&
		    (leaf != 0x7 || !subleaf))
			for (n = 0; n < 4; n++)
				r[n] = (r[n] & cpuid_leaves[i].keep[n]) | cpuid_leaves[i].set[n];
	if (leaf == 0x1 && vmcb->cr4 & X86_CR4_OSXSAVE)
		r[2] |= BIT32(27);
	if (leaf == 0x7 && !subleaf && vmcb->cr4 & X86_CR4_PKE)
		r[2] |= BIT32(4);

	vmcb->rax = r[0];
	vcpu->registers[RBX] = r[1];
	vcpu->registers[RCX] = r[2];
	vcpu->registers[RDX] = r[3];
	return skip(vcpu, 2);
}

static u64 msr_read(struct vcpu *vcpu, u32 number)
{
	switch (number) {
	case MSR_APIC_BASE:
		return 0xfee00000 | APIC_BASE_X2APIC |
		       (vcpu == vcpu->partition->vcpus ? APIC_BASE_BSP : 0);
	/* x2APIC mode is locked: Linux stays in it though nothing remaps interrupts. */
	case MSR_XAPIC_DISABLED:
		return 1;
	case MSR_ARCH_CAPABILITIES:
		return BIT(21);
	case MSR_ICR:
		return vcpu->icr;
	case MSR_EFER:
		return vcpu->vmcb->efer & ~EFER_SVME;
	}
	count(vcpu, REFUSED);
	return 0;
}

static void msr_write(struct vcpu *vcpu, u32 number, u64 value)
{
	struct vmcb *vmcb = vcpu->vmcb;

	if (number == MSR_ICR)
		vcpu->icr = value;

	if (number == MSR_EFER)
		vmcb->efer = (vmcb->efer & (EFER_LMA | EFER_SVME)) |
			     (value & (EFER_SCE | EFER_LME | EFER_NXE));
	else if (number != MSR_ICR || value & ICR_MODE || (value & 0xff) < 16 ||
		 !send(vcpu->partition, vcpu, value))
		count(vcpu, REFUSED);
}

static enum action msr(struct vcpu *vcpu)
{
	u32 number = (u32)vcpu->registers[RCX];
	u64 value = vcpu->registers[RDX] << 32 | (u32)vcpu->vmcb->rax;

	if (vcpu->vmcb->exit_info1) {
		count(vcpu, number == MSR_ICR ? EXIT_IPI : EXIT_WRMSR);
		msr_write(vcpu, number, value);
	} else {
		count(vcpu, EXIT_RDMSR);
		value = msr_read(vcpu, number);
		vcpu->vmcb->rax = (u32)value;
		vcpu->registers[RDX] = value >> 32;
	}
	return skip(vcpu, 2);
}

static enum action port_write(struct vcpu *vcpu, u32 port)
{
	switch (port) {
	case PORT_SLEEP_CONTROL:
		if (vcpu->vmcb->rax & SLEEP_ENABLE)
			return stop(vcpu, STOP_OFF);
		break;
	case PORT_RESET:
		return stop(vcpu, STOP_RESTART);
	case PORT_PARK:
		return vcpu->vmcb->rax & 1 ? ACTION_DOZE : ACTION_RESET;
	case PORT_REPORT:
		if (vcpu->partition->counts[REPORTS] < MAX_REPORTS)
			partition_report(vcpu->partition);
		count(vcpu, REPORTS);
		return ACTION_RUN;
	}
	count(vcpu, REFUSED);
	return ACTION_RUN;
}

/*
 * The controller, or nothing, is at ports which exit. A PIT and a clock that read as all
 * ones count down for ever and are always busy: Linux waits long for these.
 */
static enum action port(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->vmcb;
	u64 info = vmcb->exit_info1, ones = BIT(8 * (info >> 4 & 7)) - 1, value = ones;
	u32 number = info >> 16 & 0xffff, offset = number - PORT_CONTROLLER, size = info >> 4 & 7;
	bool controller = offset < PARAVIRQ_PIO_SIZE;

	count(vcpu, controller ? EXIT_CONTROLLER : number == PORT_PARK ? EXIT_PARK : EXIT_PORT);
	if (info & PORT_STRING)
		return raise_exception(vcpu, GP_VECTOR);
	skip(vcpu, (unsigned int)(vmcb->exit_info2 - vmcb->rip));
	if (!(info & PORT_IN)) {
		if (!controller)
			return port_write(vcpu, number);
		paravirq_pio_write(&vcpu->partition->intc, offset, size, (u32)vmcb->rax);
		return ACTION_RUN;
	}
	if (controller)
		value = paravirq_pio_read(&vcpu->partition->intc, offset, size);
	else
		count(vcpu, REFUSED);
	if (number == 0x42 || number == 0x71)
		value = 0;
	vmcb->rax = ones == UINT32_MAX ? value : (vmcb->rax & ~ones) | value;
	return ACTION_RUN;
}

static enum action undefined(struct vcpu *vcpu)
{
	count(vcpu, EXIT_OTHER);
	return raise_exception(vcpu, UD_VECTOR);
}

/* Of the controller, or of one of the channels. */
static enum action hypercall(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->vmcb;
	struct partition *p = vcpu->partition;
	u32 function = (u32)vmcb->rax, ecx = (u32)vcpu->registers[RCX];
	u32 number = ecx >> PARAVIRQ_CHANNEL_NUMBER_SHIFT;
	u64 value = vcpu->registers[RDX];

	if (vmcb->cpl || !(vmcb->efer & EFER_LMA) || !(vmcb->cs.attributes & SEGMENT_LONG))
		return undefined(vcpu);
	if (paravirq_hypercall(&p->intc, function, ecx, value, &vmcb->rax))
		count(vcpu, EXIT_CONTROLLER);
	else if (paravirq_channel_hypercall(number < p->nr_sides ? &p->sides[number].channel : NULL,
					    function, ecx, (u32)value, &vmcb->rax))
		count(vcpu, EXIT_CHANNEL);
	else
		return undefined(vcpu);
	return skip(vcpu, 3);
}

/*
 * #DB and #AC can come again each time that one is delivered, so that the CPU never gets
 * to the end of an instruction, where an NMI could stop it.
 */
static enum action exception(struct vcpu *vcpu)
{
	count(vcpu, EXIT_EXCEPTION);
	if (vcpu->vmcb->exit_interrupt & EVENT_VALID)
		return fault(vcpu, "endless exceptions");
	return raise_exception(vcpu, (u32)vcpu->vmcb->exit_code - SVM_EXIT_EXCP_BASE);
}

static enum action nmi(struct vcpu *vcpu)
{
	count(vcpu, EXIT_OTHER);
	hw_take_nmi();
	return ACTION_RUN;
}

/* What is intercepted, and what is done then; or, where nothing can be done, said. */
static const struct {
	u32 code;
	enum action (*handle)(struct vcpu *vcpu);
	const char *fault;
} exits[] = {
	{ SVM_EXIT_EXCP_BASE + DB_VECTOR, exception, NULL },
	{ SVM_EXIT_EXCP_BASE + AC_VECTOR, exception, NULL },
	{ SVM_EXIT_EXCP_BASE + MC_VECTOR, NULL, "machine check" },
	{ SVM_EXIT_NMI, nmi, NULL },
	{ SVM_EXIT_INIT, NULL, "INIT from outside" },
	{ SVM_EXIT_CPUID, cpuid, NULL },
	{ SVM_EXIT_INVD, undefined, NULL },	/* would lose what caches hold for others */
	{ SVM_EXIT_INVLPGA, undefined, NULL },
	{ SVM_EXIT_IOIO, port, NULL },
	{ SVM_EXIT_MSR, msr, NULL },
	{ SVM_EXIT_SHUTDOWN, NULL, "triple fault" },
	{ SVM_EXIT_VMRUN, undefined, NULL },
	{ SVM_EXIT_VMMCALL, hypercall, NULL },
	{ SVM_EXIT_VMLOAD, undefined, NULL },
	{ SVM_EXIT_VMSAVE, undefined, NULL },
	{ SVM_EXIT_STGI, undefined, NULL },
	{ SVM_EXIT_CLGI, undefined, NULL },
	{ SVM_EXIT_SKINIT, undefined, NULL },
	{ SVM_EXIT_NPF, NULL, "access outside of its memory" },
};

void vcpu_intercept(struct vmcb *vmcb)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(exits); i++)
		if (exits[i].code < 32 * ARRAY_SIZE(vmcb->intercept))
			vmcb->intercept[exits[i].code / 32] |= BIT32(exits[i].code % 32);
}

/* A vCPU has left its guest: what does it now? */
enum action vcpu_exit(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->vmcb;
	u32 i = 0;

	vmcb->event = 0;
	vmcb->tlb_control = 0;
	while (i < ARRAY_SIZE(exits) && exits[i].code != vmcb->exit_code)
		i++;
	if (i < ARRAY_SIZE(exits) && exits[i].handle)
		return exits[i].handle(vcpu);
	count(vcpu, EXIT_OTHER);
	return fault(vcpu, i < ARRAY_SIZE(exits) ? exits[i].fault : "unknown exit");
}
