// SPDX-License-Identifier: GPL-2.0
/*
 * The hypervisor's own console, a port where bytes go one by one, and the few functions of
 * a C library that there have to be. Everybody calls it; it calls nothing.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#include <stdarg.h>

#include "hv.h"

u16 log_port = DEBUG_PORT;
static u32 log_lock;

void *memcpy(void *to, const void *from, size_t size)
{
	void *start = to;

	asm volatile("rep movsb" : "+D" (to), "+S" (from), "+c" (size) : : "memory");
	return start;
}

void *memset(void *to, int value, size_t size)
{
	void *start = to;

	asm volatile("rep stosb" : "+D" (to), "+c" (size) : "a" (value) : "memory");
	return start;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const u8 *x = a, *y = b;

	for (; size; size--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

bool equal(const char *a, const char *b)
{
	return !memcmp(a, b, strlen(a) + 1);
}

static u64 digits(char *text, u64 value, u32 base)
{
	u64 n = value >= base ? digits(text, value / base, base) : 0;

	text[n] = "0123456789abcdef"[value % base];
	return n + 1;
}

/* %s, %u and %lu, %x and %lx are all there is; what does not fit is cut off. */
static void format_list(char *text, u64 size, const char *format, va_list list)
{
	char *end = text + size - 1, number[21];
	const char *s;
	bool is_long;

	for (; *format; format++) {
		if (*format != '%') {
			if (text < end)
				*text++ = *format;
			continue;
		}
		is_long = *++format == 'l';
		format += is_long;
		s = number;
		if (*format == 's')
			s = va_arg(list, const char *);
		else
			number[digits(number, is_long ? va_arg(list, u64) : va_arg(list, u32),
				      *format == 'x' ? 16 : 10)] = 0;
		while (*s && text < end)
			*text++ = *s++;
	}
	*text = 0;
}

void log_format(char *text, u64 size, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	format_list(text, size, format, list);
	va_end(list);
}

/* One line, whole also when several CPUs have something to say. */
void hv_info(const char *format, ...)
{
	char text[300] = "hv: ";
	const char *c;
	va_list list;

	va_start(list, format);
	format_list(text + 4, sizeof(text) - 4, format, list);
	va_end(list);

	while (__atomic_exchange_n(&log_lock, 1, __ATOMIC_ACQUIRE))
		hw_relax();
	for (c = text; *c; c++) {
		/* Is a UART ready? */
		while (log_port != DEBUG_PORT && !(hw_inb(log_port + 5) & 0x20))
			hw_relax();
		hw_outb(log_port, *c);
	}
	__atomic_store_n(&log_lock, 0, __ATOMIC_RELEASE);
}

/* From now on here. A UART: 115,200 baud, 8 data bits, no parity, no interrupts, FIFO. */
void log_init(u16 port)
{
	static const u8 settings[][2] = { {3, 0x80}, {0, 1}, {1, 0}, {3, 3}, {1, 0}, {2, 7} };
	u32 i;

	for (i = 0; port != DEBUG_PORT && i < ARRAY_SIZE(settings); i++)
		hw_outb(port + settings[i][0], settings[i][1]);
	log_port = port;
}
