/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest of 64 KiB, given to QEMU as its firmware: executes VMCALL or VMMCALL for each
 * struct of CASES, by code of any privilege and width, and sends all registers after it
 * to the serial port. tests/39-hypercall.t builds it with a list of its own.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define BASE		0xf0000		/* of this, in memory */
#define TABLES		0x10000		/* for paging, a page each */
#define IDT		0x14000
#define TSS		0x15000
#define SAVED		0x16000		/* RSP, address of the case, state, see below */
#define STACK		0x18000
#define USER_STACK	0x19000

#define PATTERN		0x1111111122222222

#define EFER		0xc0000080
#define LONG_MODE	0x100

#define COM1		0x3f8
#define EXIT		0xf4

	.code16
	.globl	_start
_start:
	cli
	lgdtl	%cs:gdtr - _start
	movl	%cr0, %eax
	orb	$1, %al
	movl	%eax, %cr0
	ljmpl	$0x08, $BASE + protected - _start

	.code32
protected:
	movl	$0x20, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$STACK, %esp
	cld
	movl	$TABLES, %edi
	xorl	%eax, %eax
	movl	$(SAVED + 0x1000 - TABLES) / 4, %ecx
	rep stosl
	/* The first 2 MiB, for everybody. */
	movl	$TABLES + 0x1007, TABLES
	movl	$TABLES + 0x2007, TABLES + 0x1000
	movl	$0x87, TABLES + 0x2000
	movl	%cr4, %eax
	orb	$0x20, %al
	movl	%eax, %cr4
	movl	$TABLES, %eax
	movl	%eax, %cr3
	movl	$EFER, %ecx
	rdmsr
	orl	$LONG_MODE, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$0x80000000, %eax
	movl	%eax, %cr0
	ljmpl	$0x18, $BASE + long - _start

	.macro	gate vector handler attributes
	movl	$(0x18 << 16) + ((BASE + \handler - _start) & 0xffff), IDT + 16 * \vector
	movl	$(BASE & 0xffff0000) + \attributes, IDT + 16 * \vector + 4
	.endm

	.code64
long:
	/* What is invalid, what is protected, and what has been executed. */
	gate	6 invalid 0x8e00
	gate	13 protection 0x8e00
	gate	0x20 executed 0xee00
	lidt	BASE + idtr - _start
	movl	$STACK, TSS + 4
	movl	$0x40, %eax
	ltr	%ax
	movl	$BASE + cases - _start, %ebx

next:	movl	%ebx, SAVED
	cmpl	$BASE + end - _start, %ebx
	je	done
	/* struct: RAX, RCX, RDX; address, CS, SS of the code */
	movq	40(%rbx), %rax
	pushq	%rax
	pushq	$USER_STACK
	pushq	$0x8d7			/* all flags of arithmetic */
	pushq	32(%rbx)
	pushq	24(%rbx)
	movq	(%rbx), %rax
	movq	8(%rbx), %rcx
	movq	16(%rbx), %rdx
	movabsq	$PATTERN, %rbx
	.irp	r, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	movq	%rbx, %\r
	.endr
	iretq

	/* 0f 01 c1 and 0f 01 d9 in each mode, and then int $0x20 */
amd:	vmmcall
	int	$0x20
intel:	vmcall
	int	$0x20

	/* An exception and its vector; the error code of one is pushed already. */
invalid:
	pushq	$0
	movb	$6, SAVED + 8
	jmp	save
protection:
	movb	$13, SAVED + 8
	jmp	save
executed:
	pushq	$0
	movb	$0, SAVED + 8

	/* State: the vector, RFLAGS, RAX, RCX, RDX, 12 registers */
save:	movq	%rax, SAVED + 24
	movq	24(%rsp), %rax
	movq	%rax, SAVED + 16
	movq	%rcx, SAVED + 32
	movq	%rdx, SAVED + 40
	.set	offset, 48
	.irp	r, rbx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	movq	%\r, SAVED + offset
	.set	offset, offset + 8
	.endr
	movl	$STACK, %esp

	movl	$SAVED + 8, %esi
	cld
1:	movl	$COM1 + 5, %edx
2:	inb	%dx, %al
	testb	$0x20, %al
	jz	2b
	movl	$COM1, %edx
	outsb
	cmpl	$SAVED + offset, %esi
	jne	1b
	movl	SAVED, %ebx
	addl	$48, %ebx
	jmp	next

done:	movb	$0x10, %al
	outb	%al, $EXIT
	hlt

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9a000000ffff	/* 0x08: 32-bit code */
	.quad	0
	.quad	0x00af9a000000ffff	/* 0x18: 64-bit code */
	.quad	0x00cf92000000ffff	/* 0x20: data */
	.quad	0x00affa000000ffff	/* 0x28: 64-bit code of CPL 3 */
	.quad	0x00cff2000000ffff	/* 0x30: data of CPL 3 */
	.quad	0x00cffa000000ffff	/* 0x38: 32-bit code of CPL 3 */
	.quad	0x0000890000000067 | TSS << 16, 0
gdtr:	.word	. - gdt - 1
	.long	BASE + gdt - _start
idtr:	.word	0x20f
	.quad	IDT

cases:
#define CASE(code, cs, ss, rax, rcx, rdx)	\
	.quad	rax, rcx, rdx, BASE + code - _start, cs, ss
#include CASES
end:
	.org	0xfff0
	.code16
	jmp	_start
	.org	0x10000
