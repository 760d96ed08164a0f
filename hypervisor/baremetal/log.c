// SPDX-License-Identifier: GPL-2.0
/*
 * The hypervisor's own console, a UART as the boot loader has left it or a port where bytes
 * go one by one, and the few functions of
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

bool equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* What does not fit is cut off. */
bool copy(char *to, u64 size, const char *from)
{
	while (*from && --size)
		*to++ = *from++;
	*to = 0;
	return !*from;
}

static void put(char c)
{
	/* Is a UART ready? */
	while (log_port != DEBUG_PORT && !(inb(log_port + 5) & 0x20))
		__builtin_ia32_pause();
	outb(c, log_port);
}

static void put_number(u64 value, u32 base)
{
	if (value >= base)
		put_number(value / base, base);
	put("0123456789abcdef"[value % base]);
}

/* One line, whole also when several CPUs have something to say: %s, %u, %lu, %lx. */
void hv_info(const char *format, ...)
{
	va_list list;
	const char *s;
	bool is_long;

	va_start(list, format);
	while (__atomic_exchange_n(&log_lock, 1, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
	for (s = "hv: "; *s; s++)
		put(*s);
	for (; *format; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		is_long = *++format == 'l';
		format += is_long;
		if (*format == 's')
			for (s = va_arg(list, const char *); *s; s++)
				put(*s);
		else
			put_number(is_long ? va_arg(list, u64) : va_arg(list, u32),
				   *format == 'x' ? 16 : 10);
	}
	__atomic_store_n(&log_lock, 0, __ATOMIC_RELEASE);
	va_end(list);
}
