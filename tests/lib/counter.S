/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest of 64 KiB, given to QEMU as its firmware: each CPU counts its interrupts
 * by vector, in 32-bit words at COUNTS, and waits for more; at the vectors from RAISES on
 * it raises lines of a doorbell before that. In real mode, so that any KVM can run it.
 * tests/23-irqfd-device.t builds it, reads the counts and writes routes.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define COUNTS		0x1000	/* + 0x400 * APIC id + 4 * vector */
#define STACK		0x7000	/* - 0x800 * APIC id */
#define CODE		0xf000	/* segment of this */
#define DOORBELL	0xffff	/* segment that has its registers at 0x10 */
#define RAISE		0x110	/* + 8 * line */
#define RAISES		0xf1	/* the vector for its line 0 */

#define APIC_BASE	0x1b
#define BSP		0x100
#define X2APIC		0xc00
#define APIC_ID		0x802
#define APIC_EOI	0x80b
#define APIC_SPIV	0x80f
#define APIC_ICR	0x830
#define INIT_OTHERS	0xc4500
#define START_OTHERS	0xc46f0	/* at CODE:0 */

	.code16
	.globl	_start
_start:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movl	$APIC_BASE, %ecx
	rdmsr
	orl	$X2APIC, %eax
	wrmsr
	movl	%eax, %esi
	movl	$APIC_ID, %ecx
	rdmsr
	shll	$11, %eax
	negl	%eax
	leal	STACK(%eax), %esp
	movl	$APIC_SPIV, %ecx
	movl	$0x1ff, %eax
	xorl	%edx, %edx
	wrmsr
	testl	$BSP, %esi
	jz	wait

	xorw	%di, %di
	movw	$vectors, %ax
1:	movw	%ax, (%di)
	movw	$CODE, 2(%di)
	addw	$8, %ax
	addw	$4, %di
	cmpw	$0x400, %di
	jne	1b
	movl	$APIC_ICR, %ecx
	movl	$INIT_OTHERS, %eax
	wrmsr
	movl	$START_OTHERS, %eax
	wrmsr
wait:	sti
	hlt
	jmp	wait

count:	pushal
	movw	%sp, %bp
	movzwl	32(%bp), %ebx		/* the vector, above what pushal pushed */
	movl	%ebx, %edi
	subl	$RAISES, %edi
	jb	1f
	movw	$DOORBELL, %ax
	movw	%ax, %es
	movl	%eax, %es:RAISE(, %edi, 8)
1:	movl	$APIC_ID, %ecx
	rdmsr
	shll	$8, %eax
	addl	%eax, %ebx
	incl	COUNTS(, %ebx, 4)
	movl	$APIC_EOI, %ecx
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
	popal
	addw	$2, %sp
	iret

	.balign	8
vectors:
	.set	vector, 0
	.rept	256
	pushw	$vector
	jmp	count
	.balign	8
	.set	vector, vector + 1
	.endr

	.org	0xfff0
	jmp	_start
	.org	0x10000
