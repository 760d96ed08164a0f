/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What AMD's manual (volume 2, chapter 15 and appendix B) says of SVM, as far as it is
 * used here and the headers of Linux for user space have it not. Plain numbers and the
 * VMCB; calls nothing.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef BAREMETAL_SVM_H
#define BAREMETAL_SVM_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <asm/kvm.h>
#include <asm/processor-flags.h>
#include <asm/svm.h>

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
#define MSR_APIC_ID		0x802
#define MSR_EOI			0x80b
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

#define PORT_IN			BIT(0)
#define PORT_STRING		BIT(2)

#define EVENT_EXCEPTION		(BIT(8) | BIT(9))
#define EVENT_ERROR_CODE	BIT(11)
#define EVENT_VALID		BIT(31)

/* Bits 15:12 and 7:0 of a descriptor's attributes, one after the other. */
#define SEGMENT_CODE64		0xa9b
#define SEGMENT_LONG		BIT(9)

struct vmcb_segment {
	u16 selector, attributes;
	u32 limit;
	u64 base;
};

struct vmcb {
	u32 intercept[5];	/* a bit of it for each exit code below 0xa0 */
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
