// SPDX-License-Identifier: GPL-2.0
/*
 * The exit path of the bare-metal hypervisor in user space, with what no emulated CPU does:
 * #AC and #DB that come while an event is delivered, exits that nobody asked for; and a
 * million exits at random, after which nobody but the partition has been interrupted.
 * tests/90-baremetal.t builds and runs it.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baremetal/vcpu.h"

#define NR_VCPUS		2
#define NR_LINES	4

static struct vmcb vmcbs[NR_VCPUS];
static struct vcpu vcpus[NR_VCPUS];
static paravirq_word lines[NR_LINES];
static struct channel_side sides[1];
static u32 changes[2];
static struct partition partition = {
	.name = "A", .vcpus = vcpus, .nr_cpus = NR_VCPUS, .sides = sides, .nr_sides = 1,
};

static unsigned long nr_ipis;
static int failed;

static void check(bool right, const char *what)
{
	if (!right)
		printf("wrong: %s\n", what);
	failed |= !right;
}

void hw_cpuid(u32 leaf, u32 subleaf, u32 result[4])
{
	result[0] = leaf;
	result[1] = subleaf;
	result[2] = ~0u;
	result[3] = ~0u;
}

void hw_send_ipi(u32 apic_id, u32 vector)
{
	nr_ipis++;
	check(apic_id == vcpus[0].apic_id || apic_id == vcpus[1].apic_id, "a foreign CPU");
	check(vector >= 16 && vector < 256, "no vector");
}

void hw_take_nmi(void)
{
}

void hw_wbinvd(void)
{
}

void hv_info(const char *format, ...)
{
	char text[512];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
}

static enum action exit_by(u64 code, u64 interrupt)
{
	partition.stop = STOP_NOT;
	vmcbs[0].exit_code = code;
	vmcbs[0].exit_interrupt = interrupt;
	return vcpu_exit(&vcpus[0]);
}

static void check_exceptions(void)
{
	static const u64 codes[] = { SVM_EXIT_EXCEPTION + VECTOR_MC, SVM_EXIT_INIT,
				     SVM_EXIT_SHUTDOWN, SVM_EXIT_NPF, 0x60, 0x400000, ~0ul };
	u32 i;

	check(exit_by(SVM_EXIT_EXCEPTION + VECTOR_DB, 0) == ACTION_RUN &&
	      vmcbs[0].event == 0x80000301, "#DB is the guest's");
	check(exit_by(SVM_EXIT_EXCEPTION + VECTOR_AC, 0) == ACTION_RUN &&
	      vmcbs[0].event == 0x80000b11, "#AC is the guest's");
	check(exit_by(SVM_EXIT_EXCEPTION + VECTOR_DB, 0x80000301) == ACTION_STOP &&
	      partition.stop == STOP_FAULT, "#DB of a #DB stops it");
	check(exit_by(SVM_EXIT_EXCEPTION + VECTOR_AC, 0x80000b11) == ACTION_STOP &&
	      partition.stop == STOP_FAULT, "#AC of an #AC stops it");
	for (i = 0; i < ARRAY_SIZE(codes); i++)
		check(exit_by(codes[i], 0) == ACTION_STOP && partition.stop == STOP_FAULT &&
		      !vmcbs[0].event, "what stops it");
}

static u64 word(void)
{
	return (u64)mrand48() << 32 ^ (u64)mrand48() << 8 ^ (u64)lrand48() >> 20;
}

/* Values that mean something are more often than others. */
static u64 value(void)
{
	static const u64 values[] = {
		MSR_ICR, MSR_EFER, MSR_APIC_BASE, MSR_VM_CR, PARAVIRQ_HYPERCALL_READ,
		PARAVIRQ_HYPERCALL_WRITE, PARAVIRQ_CHANNEL_HYPERCALL_READ,
		PARAVIRQ_CHANNEL_HYPERCALL_WRITE, PARAVIRQ_REG_ROUTE, PARAVIRQ_REG_TRIGGER,
		0x10, 0x14, 0x18, 0x8, 0x151, 0x80051, 0xc0451, 0x851, 0, 1, 2, 5, ~0u, ~0ul,
	};
	u64 n = word();

	return n % 8 ? values[n / 8 % ARRAY_SIZE(values)] : n;
}

static void exit_at_random(void)
{
	static const u64 codes[] = { SVM_EXIT_CPUID, SVM_EXIT_MSR, SVM_EXIT_PORT,
				     SVM_EXIT_VMMCALL };
	struct vcpu *vcpu = &vcpus[word() % NR_VCPUS];
	struct vmcb *vmcb = vcpu->vmcb;
	u64 n = word();
	int i;

	for (i = 0; i < NR_REGISTERS; i++)
		vcpu->registers[i] = value();
	vmcb->rax = value();
	vmcb->cs.attributes = n & 1 ? SEGMENT_CODE32 : SEGMENT_CODE64;
	vmcb->efer = EFER_SVME | (n & 6 ? EFER_LMA | EFER_LME : 0);
	vmcb->cr0 = n & 8 ? CR0_PG : 0;
	vmcb->cpl = n & 0x30 ? 0 : 3;
	vmcb->exit_info1 = n & 0x40 ? 1 : n & 0x80 ? 0 : word();
	vmcb->exit_info2 = word();
	vmcb->exit_code = n & 0x700 ? codes[n >> 12 & 3] : n >> 12 & 0x4ff;
	vmcb->exit_interrupt = n & 0x800 ? 0 : word();
	partition.stop = STOP_NOT;
	check((vcpu_exit(vcpu) == ACTION_STOP) == (partition.stop != STOP_NOT), "stop and action");
	check(vmcb->efer & EFER_SVME, "SVME stays");
}

int main(void)
{
	int i;

	for (i = 0; i < NR_VCPUS; i++)
		vcpus[i] = (struct vcpu){ .vmcb = &vmcbs[i], .partition = &partition,
					  .apic_id = 5 + i };
	sides[0].peer = &partition;
	paravirq_init(&partition.intc, lines, NR_LINES, UINT32_MAX, &vcpu_intc_ops, &partition);
	paravirq_channel_init(&sides[0].channel, changes, 0, 2, vcpu_raise_peer, &sides[0]);

	check_exceptions();
	for (i = 0; i < 1000000; i++)
		exit_at_random();
	check(nr_ipis > 100, "there were IPIs");
	printf("%lu IPIs\n", nr_ipis);
	return failed;
}
