/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What AMD's manual (volume 2, chapter 15 and appendix B) says of SVM, as far as it is
 * used here. Plain numbers and the VMCB; calls nothing.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef BAREMETAL_SVM_H
#define BAREMETAL_SVM_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

typedef __UINT8_TYPE__ u8;
typedef __UINT16_TYPE__ u16;
typedef __UINT32_TYPE__ u32;
typedef __UINT64_TYPE__ u64;

#define BIT(n)			(1ul << (n))
#define BIT32(n)		(1u << (n))
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define MSR_APIC_BASE		0x01b
#define MSR_XAPIC_DISABLED	0x0bd
#define MSR_ARCH_CAPABILITIES	0x10a
#define MSR_X2APIC		0x800
#define MSR_ICR			0x830
#define MSR_EFER		0xc0000080
#define MSR_VM_CR		0xc0010114
#define MSR_VM_HSAVE_PA		0xc0010117

#define ICR_NMI			0x4400
#define APIC_BASE_BSP		BIT(8)
#define APIC_BASE_X2APIC	(BIT(11) | BIT(10))
#define VM_CR_SVMDIS		BIT(4)
#define EFER_SCE		BIT(0)
#define EFER_LME		BIT(8)
#define EFER_LMA		BIT(10)
#define EFER_NXE		BIT(11)
#define EFER_SVME		BIT(12)
#define CR0_PE			BIT(0)
#define CR0_ET			BIT(4)
#define CR0_PG			BIT(31)
#define CR4_PAE			BIT(5)
#define CR4_OSXSAVE		BIT(18)
#define CR4_PKE			BIT(22)

#define VECTOR_DB		1
#define VECTOR_UD		6
#define VECTOR_GP		13
#define VECTOR_AC		17
#define VECTOR_MC		18

/* Of vmcb.exit_code, and numbers of bits of vmcb.intercept; exceptions by their vectors. */
#define SVM_EXIT_EXCEPTION	0x40
#define SVM_EXIT_NMI		0x61
#define SVM_EXIT_INIT		0x63
#define SVM_EXIT_CPUID		0x72
#define SVM_EXIT_INVD		0x76
#define SVM_EXIT_INVLPGA	0x7a
#define SVM_EXIT_PORT		0x7b
#define SVM_EXIT_MSR		0x7c
#define SVM_EXIT_SHUTDOWN	0x7f
#define SVM_EXIT_VMRUN		0x80
#define SVM_EXIT_VMMCALL	0x81
#define SVM_EXIT_VMLOAD		0x82
#define SVM_EXIT_VMSAVE		0x83
#define SVM_EXIT_STGI		0x84
#define SVM_EXIT_CLGI		0x85
#define SVM_EXIT_SKINIT		0x86
#define SVM_EXIT_NPF		0x400

#define PORT_IN			BIT(0)
#define PORT_STRING		BIT(2)

#define EVENT_EXCEPTION		(BIT(8) | BIT(9))
#define EVENT_ERROR_CODE	BIT(11)
#define EVENT_VALID		BIT(31)

/* Bits 15:12 and 7:0 of a descriptor's attributes, one after the other. */
#define SEGMENT_CODE32		0xc9b
#define SEGMENT_CODE64		0xa9b
#define SEGMENT_DATA		0xc93
#define SEGMENT_TSS		0x08b
#define SEGMENT_LDT		0x082
#define SEGMENT_LONG		BIT(9)

struct vmcb_segment {
	u16 selector, attributes;
	u32 limit;
	u64 base;
};

struct vmcb {
	u32 intercept[5];
	u8 reserved_014[0x02c];
	u64 iopm, msrpm, tsc_offset;
	u32 asid, tlb_control;
	u64 interrupt_control, interrupt_shadow;
	u64 exit_code, exit_info1, exit_info2, exit_interrupt;
	u64 nested_paging;
	u8 reserved_098[0x010];
	u64 event, nested_cr3;
	u8 reserved_0b8[0x348];
	struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	u8 reserved_4a0[0x02b];
	u8 cpl;
	u32 reserved_4cc;
	u64 efer;
	u8 reserved_4d8[0x070];
	u64 cr4, cr3, cr0, dr7, dr6, rflags, rip;
	u8 reserved_580[0x058];
	u64 rsp;
	u8 reserved_5e0[0x018];
	u64 rax;
	u8 reserved_600[0x068];
	u64 pat;
	u8 reserved_670[0x990];
};

static_assert(offsetof(struct vmcb, nested_cr3) == 0x0b0);
static_assert(offsetof(struct vmcb, rip) == 0x578);
static_assert(offsetof(struct vmcb, pat) == 0x668 && sizeof(struct vmcb) == 0x1000);

#endif /* BAREMETAL_SVM_H */
