// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that does what it is told, for tests of the bare-metal hypervisor: it has the
 * form of a Linux bzImage, runs alone in a partition and takes one command a line from the
 * partition's serial port, all numbers hexadecimal. It answers "= value", or "! vector"
 * for an exception. tests/90-baremetal.t builds it and tells it.
 *
 * Copyright (C) 2026 The paravirq authors
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

extern u8 gates[];
u32 counts[256];
u64 idt[512];
static void *back[5];
u32 vector_seen;
static const u16 ports[] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };
static u16 port;

static u64 inb(u16 from)
{
	u8 value;

	asm volatile("inb %1, %0" : "=a" (value) : "d" (from));
	return value;
}

static void outb(u16 to, u8 value)
{
	asm volatile("outb %0, %1" : : "a" (value), "d" (to));
}

static void put(char c)
{
	while (!(inb(port + 5) & 0x20))
		;
	outb(port, c);
}

static void put_hex(u64 value)
{
	int shift = 60;

	while (shift && !(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put("0123456789abcdef"[value >> shift & 15]);
}

void probe(void);
void go_back(void);

/* From an exception back to the command that caused it. */
void go_back(void)
{
	__builtin_longjmp(back, 1);
}

static u64 hypercall(u32 function, u32 ecx, u64 rdx)
{
	u64 result = function;

	asm volatile("vmmcall" : "+a" (result) : "c" (ecx), "d" (rdx) : "memory");
	return result;
}

static u64 rdmsr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a" (low), "=d" (high) : "c" (msr));
	return (u64)high << 32 | low;
}

static void wrmsr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c" (msr), "a" ((u32)value), "d" ((u32)(value >> 32)) : "memory");
}

static void load_idt(u16 limit)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) idtr = { limit, (u64)idt };

	asm volatile("lidt %0" : : "m" (idtr));
}

static u64 instruction(u64 which, u64 n)
{
	switch (which) {
	case 'a':
		asm volatile("vmrun" : : "a" (n));
		break;
	case 'b':
		asm volatile("vmload" : : "a" (n));
		break;
	case 'c':
		asm volatile("vmsave" : : "a" (n));
		break;
	case 'd':
		asm volatile("stgi");
		break;
	case 'e':
		asm volatile("clgi");
		break;
	case 'f':
		asm volatile("skinit" : : "a" ((u32)n));
		break;
	case 'g':
		asm volatile("invlpga" : : "a" (n), "c" (0));
		break;
	case 'h':
		asm volatile("invd");
		break;
	case 'i':	/* single step */
		asm volatile("pushf; orl $0x100, (%%rsp); popf; nop; nop" : : : "memory");
		break;
	case 'k':	/* triple fault */
		load_idt(0);
		asm volatile("int3");
		break;
	}
	return 0;
}

static u64 execute(char command, const u64 *n)
{
	u64 i, result = 0;
	u32 r[4];

	switch (command) {
	case 'r':
		return rdmsr(n[0]);
	case 'w':
		wrmsr(n[0], n[1]);
		return 0;
	case 'i':
		return inb(n[0]);
	case 'o':
		outb(n[0], n[1]);
		return 0;
	case 'l':
		asm volatile("inl %1, %0" : "=a" (r[0]) : "d" ((u16)n[0]));
		return r[0];
	case 'L':
		asm volatile("outl %0, %1" : : "a" ((u32)n[1]), "d" ((u16)n[0]));
		return 0;
	case 's':	/* string output */
		asm volatile("outsb" : "+S" (result) : "d" ((u16)n[0]) : "memory");
		return 0;
	case 'm':
		return *(volatile u64 *)n[0];
	case 'M':
		*(volatile u64 *)n[0] = n[1];
		return 0;
	case 'e':	/* executes */
		((void (*)(void))n[0])();
		return 0;
	case 'h':
		return hypercall(n[0], n[1], n[2]);
	case 'H':	/* many, and how many of them returned 0 */
		for (i = 0; i < n[3]; i++)
			result += !hypercall(n[0], n[1], n[2]);
		return result;
	case 'c':
		asm volatile("cpuid" : "=a" (r[0]), "=b" (r[1]), "=c" (r[2]), "=d" (r[3])
				     : "a" ((u32)n[0]), "c" (0));
		return r[n[1] & 3];
	case 'v':
		return *(volatile u32 *)&counts[n[0] & 255];
	case 'x':
		return instruction('a' + n[0] - 0xa, n[1]);
	}
	return ~0ul;
}

/* The console is the one of the command line, "console=ttyS0" or the like. */
void probe(void)
{
	const char *line = (const char *)0x91000;
	u64 i, n[4], result;
	char c, command;

	while (*line != 'S')
		line++;
	port = ports[(line[1] - '0') & 3];
	for (i = 0; i < 256; i++) {
		u64 gate = (u64)gates + 16 * i;

		idt[2 * i] = (gate & 0xffff) | 0x08 << 16 | 0x8e00ul << 32 |
			     (gate & 0xffff0000) << 32;
	}
	load_idt(sizeof(idt) - 1);
	wrmsr(0x80f, 0x1ff);
	asm volatile("sti");
	put('>');
	put('\n');
	for (;;) {
		while (!(inb(port + 5) & 1))
			;
		command = inb(port);
		n[0] = 0;
		n[1] = 0;
		n[2] = 0;
		n[3] = 0;
		i = 0;
		for (;;) {
			while (!(inb(port + 5) & 1))
				;
			c = inb(port);
			if (c == '\n')
				break;
			if (c == ' ')
				i++;
			else
				n[(i - 1) & 3] = n[(i - 1) & 3] * 16 +
						 (c <= '9' ? c - '0' : c - 'a' + 10);
		}
		if (__builtin_setjmp(back)) {
			asm volatile("sti");
			put('!');
			result = vector_seen;
		} else {
			result = execute(command, n);
			put('=');
		}
		put(' ');
		put_hex(result);
		put('\n');
	}
}
