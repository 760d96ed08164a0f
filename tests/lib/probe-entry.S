/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entry of tests/lib/probe.c by Linux's 64-bit boot protocol: its setup sector, segments
 * of its own, and what exceptions and interrupts do.
 *
 * Copyright (C) 2026 The paravirq authors
 */
.section .setup, "a"
.org 0x1f1; .byte 1
.org 0x200; .byte 0xeb, 0x66; .ascii "HdrS"; .word 0x20c
.org 0x236; .word 1
.org 0x258; .quad 0x1000000; .long 0x400000
.org 0x400
.section .entry, "ax"
.org 0x200
	movl $0x1300000, %esp
	lgdt gdtr
	movl $0x10, %eax; movl %eax, %ds; movl %eax, %es; movl %eax, %ss
	pushq $0x08; pushq $1f; lretq
1:	call probe

.macro gate
	.balign 16
	.if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17); push $0; .endif
	push %rax; mov $vector, %eax; jmp trap
.endm
	.balign 16
.globl gates
gates:	vector = 0; .rept 256; gate; vector = vector + 1; .endr

trap:	cmp $32, %eax; jb failed
	lock incl counts(, %rax, 4)
	push %rcx; push %rdx; mov $0x80b, %ecx; xor %eax, %eax; xor %edx, %edx; wrmsr
	pop %rdx; pop %rcx; pop %rax; add $8, %rsp; iretq
failed:	mov %eax, vector_seen; jmp go_back

.data
gdt:	.quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdtr:	.word 23; .quad gdt
