// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzing of the bare-metal hypervisor's exits, exit.c and the library in user space: two
 * partitions with a channel between them leave their guests by whatever arbitrary bytes say,
 * hypercalls above all, and nobody may have been harmed. What no emulated CPU does is tried
 * first. Built for libFuzzer and run by tests/09-fuzz.t.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baremetal/vcpu.h"

#define NR_VCPUS	2
#define NR_LINES	4
#define NR_EVENTS	2

static struct vmcb vmcbs[2][NR_VCPUS];
static struct vcpu vcpus[2][NR_VCPUS];
static paravirq_word lines[2][NR_LINES];
static u32 changes[2];
static struct partition partitions[2];

/* The partition that has exited, and whether it may interrupt its peer. */
static u32 active;
static bool rings;

#define check(right)	do {							\
	if (!(right)) {								\
		fprintf(stderr, "fuzz-exit:%d: %s\n", __LINE__, #right);	\
		__builtin_trap();						\
	}									\
} while (0)

void hw_cpuid(u32 leaf, u32 subleaf, u32 result[4])
{
	result[0] = leaf;
	result[1] = subleaf;
	result[2] = ~0u;
	result[3] = ~0u;
}

/* APIC ids are 4 and 5 in the first partition, 6 and 7 in the other. */
void hw_send_ipi(u32 apic_id, u32 vector)
{
	check(apic_id / 2 == 2 + active || (apic_id / 2 == 3 - active && rings));
	check(vector >= 16 && vector < 256);
}

void hw_take_nmi(void)
{
}

void hv_info(const char *format, ...)
{
	char text[512];
	va_list list;

	va_start(list, format);
	check(vsnprintf(text, sizeof(text), format, list) < (int)sizeof(text));
	va_end(list);
}

static void begin(void)
{
	int p, i;

	memset(changes, 0, sizeof(changes));
	memset(lines, 0, sizeof(lines));
	memset(vmcbs, 0, sizeof(vmcbs));
	for (p = 0; p < 2; p++) {
		struct channel_side *side = &partitions[p].sides[0];

		partitions[p] = (struct partition){ .name = "A", .vcpus = vcpus[p],
						    .nr_cpus = NR_VCPUS, .nr_sides = 1 };
		for (i = 0; i < NR_VCPUS; i++) {
			vcpus[p][i] = (struct vcpu){ .vmcb = &vmcbs[p][i],
						     .partition = &partitions[p],
						     .apic_id = 4 + 2 * p + i };
			vmcbs[p][i].efer = EFER_SVME | EFER_LMA | EFER_LME;
		}
		side->peer = &partitions[!p];
		paravirq_init(&partitions[p].intc, lines[p], NR_LINES, UINT32_MAX,
			      &vcpu_intc_ops, &partitions[p]);
		paravirq_channel_init(&side->channel, changes, p, NR_EVENTS, vcpu_raise_peer, side);
	}
}

static enum action leave(struct vcpu *vcpu)
{
	struct vmcb *vmcb = vcpu->vmcb;
	struct partition *peer = &partitions[!active];
	enum stop stop = peer->stop;
	enum action action;
	u32 event;

	rings = vmcb->exit_code == SVM_EXIT_VMMCALL && !vmcb->cpl &&
		(u32)vmcb->rax == PARAVIRQ_CHANNEL_HYPERCALL_WRITE;
	vcpu->partition->stop = STOP_NOT;
	action = vcpu_exit(vcpu);
	check((action == ACTION_STOP) == (vcpu->partition->stop != STOP_NOT));
	check(peer->stop == stop);
	check(vmcb->efer & EFER_SVME);
	check(!(vmcb->efer & ~(EFER_SVME | EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)));
	event = vmcb->event & 0xff;
	check(!vmcb->event || event == DB_VECTOR || event == UD_VECTOR || event == GP_VECTOR ||
	      event == AC_VECTOR);
	return action;
}

static enum action leave_by(u64 code, u64 interrupt)
{
	vmcbs[0][0].exit_code = code;
	vmcbs[0][0].exit_interrupt = interrupt;
	return leave(&vcpus[0][0]);
}

/* Exceptions while an event is delivered; what a partition cannot go on from. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const u64 codes[] = { SVM_EXIT_EXCP_BASE + MC_VECTOR, SVM_EXIT_INIT,
				     SVM_EXIT_SHUTDOWN, SVM_EXIT_NPF, 0x60, 0x400000, ~0ul };
	u64 *event = &vmcbs[0][0].event;
	u32 i;

	(void)argc;
	(void)argv;
	begin();
	check(leave_by(SVM_EXIT_EXCP_BASE + DB_VECTOR, 0) == ACTION_RUN && *event == 0x80000301);
	check(leave_by(SVM_EXIT_EXCP_BASE + AC_VECTOR, 0) == ACTION_RUN && *event == 0x80000b11);
	check(leave_by(SVM_EXIT_EXCP_BASE + DB_VECTOR, 0x80000301) == ACTION_STOP);
	check(leave_by(SVM_EXIT_EXCP_BASE + AC_VECTOR, 0x80000b11) == ACTION_STOP);
	for (i = 0; i < ARRAY_SIZE(codes); i++)
		check(leave_by(codes[i], 0) == ACTION_STOP && !*event);
	return 0;
}

/* SVM's word for a write of 32 bits to one of the controller's ports. */
#define BY_PORT(offset)	((PORT_CONTROLLER + (offset)) << 16 | 0x40)

/* One of those that mean something, or any: of a byte, or of nine. */
static u64 value(const u8 **data, const u8 *end)
{
	static const u64 values[] = {
		0, 1, 2, 5, ~0u, ~0ul, MSR_ICR, MSR_EFER, MSR_APIC_BASE, MSR_VM_CR,
		PARAVIRQ_HYPERCALL_READ, PARAVIRQ_HYPERCALL_WRITE,
		PARAVIRQ_CHANNEL_HYPERCALL_READ, PARAVIRQ_CHANNEL_HYPERCALL_WRITE,
		PARAVIRQ_REG_ROUTE, PARAVIRQ_REG_ROUTE + 8, PARAVIRQ_REG_ROUTE + 8 * NR_LINES,
		PARAVIRQ_REG_TRIGGER, PARAVIRQ_REG_CONTROL, PARAVIRQ_CHANNEL_REG_STATE,
		PARAVIRQ_CHANNEL_REG_RING, PARAVIRQ_CHANNEL_REG_PEER, 0x600000172, 0x600000151,
		0x400000151, 0x151, 0x80051, 0xc0451, 0x851, 0x40051, 0x500000051, 0x600000051,
		BY_PORT(PARAVIRQ_PIO_DEST), BY_PORT(PARAVIRQ_PIO_COMMIT),
		BY_PORT(PARAVIRQ_PIO_SELECT), BY_PORT(PARAVIRQ_PIO_SELECT) | PORT_IN,
	};
	u64 n = 0;
	u8 byte;

	if (*data == end)
		return 0;
	byte = *(*data)++;
	if (byte < ARRAY_SIZE(values))
		return values[byte];
	memcpy(&n, *data, end - *data < 8 ? end - *data : 8);
	*data += end - *data < 8 ? end - *data : 8;
	return n;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const u64 codes[] = { SVM_EXIT_VMMCALL, SVM_EXIT_MSR, SVM_EXIT_IOIO,
				     SVM_EXIT_CPUID };
	const u8 *end = data + size;

	begin();
	while (data < end) {
		u8 what = *data++;
		struct vcpu *vcpu = &vcpus[what & 1][what >> 1 & 1];
		struct vmcb *vmcb = vcpu->vmcb;

		active = what & 1;
		vcpu->registers[RCX] = value(&data, end);
		vcpu->registers[RDX] = value(&data, end);
		vmcb->rax = value(&data, end);
		vmcb->cs.attributes = what & 4 ? SEGMENT_CODE64 & ~SEGMENT_LONG : SEGMENT_CODE64;
		vmcb->cpl = what & 8 ? 3 : 0;
		vmcb->exit_code = what & 0x40 ? value(&data, end) : codes[what >> 4 & 3];
		vmcb->exit_info1 = what & 0x80 ? value(&data, end) : what >> 4 & 1;
		vmcb->exit_info2 = vmcb->rip + (what & 3);
		vmcb->exit_interrupt = what & 0x40 ? value(&data, end) : 0;
		leave(vcpu);
	}
	return 0;
}
