/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entry of the bare-metal hypervisor: by multiboot on the first CPU, by SIPI on the
 * others, both to long mode and to C; the way into a guest and out of it.
 *
 * Memory is mapped at its physical addresses, 512 GiB of it by pages of 1 GiB.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define MULTIBOOT_MAGIC		0x1badb002
#define MULTIBOOT_FLAGS		0x3		/* modules at pages, memory map */

#define CODE64		0x08
#define DATA		0x10

	.macro	long_mode
	movl	$0x20, %eax		/* PAE */
	movl	%eax, %cr4
	movl	$pml4, %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx	/* EFER.LME */
	rdmsr
	orl	$0x100, %eax
	wrmsr
	movl	$0x80000011, %eax	/* PG, ET, PE at once; caches on */
	movl	%eax, %cr0
	ljmpl	$CODE64, $1f
	.code64
1:	movl	$DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	.endm

	.section .multiboot, "a"
	.balign	4
	.long	MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

	.text
	.code32
	.globl	_start
_start:
	cli
	cld
	movl	$boot_stack, %esp
	movl	%ebx, %ebp
	/* Long mode and pages of 1 GiB? */
	movl	$0x80000001, %eax
	cpuid
	andl	$0x24000000, %edx
	cmpl	$0x24000000, %edx
	je	3f
	/* Nothing can be said yet, but at the port of QEMU's debug console. */
2:	movb	$'!', %al
	outb	%al, $0xe9
	hlt
	jmp	2b
3:	lgdt	gdtr
	long_mode
	movl	$boot_stack, %esp
	movl	%ebp, %edi
	call	machine_main

/* machine.c copies this to where a SIPI goes. */
	.code16
	.globl	trampoline, trampoline_end
trampoline:
	cli
	movw	%cs, %ax
	movw	%ax, %ds
	lgdtl	gdtr_copy - trampoline
	long_mode
	movq	ap_stack, %rsp
	movq	ap_vcpu, %rdi
	call	vcpu_main
gdtr_copy:
	.word	gdt_end - gdt - 1
	.long	gdt
trampoline_end:

/*
 * void vcpu_enter(struct vcpu *vcpu): runs the guest until it exits. GIF is 0 here, so
 * nothing interrupts, and the stack is where the guest's registers are. What VMRUN does not
 * exchange and the hypervisor never uses, such as FS, GS, TR and the FPU, is the guest's all
 * the time.
 */
	.globl	vcpu_enter
vcpu_enter:
	.irp	register, rbx, rbp, r12, r13, r14, r15
	pushq	%\register
	.endr
	movq	%rsp, 8 * 14(%rdi)	/* vcpu.host_stack */
	movq	8 * 15(%rdi), %rax	/* vcpu.vmcb */
	movq	%rdi, %rsp
	.irp	register, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
	popq	%\register
	.endr
	vmrun
	.irp	register, r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx
	pushq	%\register
	.endr
	movq	8 * 14(%rsp), %rsp
	.irp	register, r15, r14, r13, r12, rbp, rbx
	popq	%\register
	.endr
	cld
	ret

	.data
	.balign	8
gdt:	.quad	0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_end:
	.globl	ap_stack, ap_vcpu
ap_stack:
	.quad	0
ap_vcpu:
	.quad	0
gdtr:	.word	gdt_end - gdt - 1
	.long	gdt

	.balign	4096
pdpt:	.set	gib, 0
	.rept	512
	.quad	gib << 30 | 0x83	/* all there is, writable, large */
	.set	gib, gib + 1
	.endr
pml4:	.quad	pdpt + 3
	.fill	511, 8

	.bss
	.balign	16
	.skip	8192
boot_stack:

	.section .note.GNU-stack, "", @progbits
