// SPDX-License-Identifier: GPL-2.0
/*
 * outb PORT BYTE: writes a byte to an I/O port; kernels of distributions have no /dev/port.
 *
 * Copyright (C) 2026 The paravirq authors
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>

int main(int argc, char **argv)
{
	unsigned long port, byte;

	if (argc != 3) {
		fprintf(stderr, "usage: outb PORT BYTE\n");
		return 1;
	}

	port = strtoul(argv[1], NULL, 0);
	byte = strtoul(argv[2], NULL, 0);
	if (ioperm(port, 1, 1)) {
		perror("outb");
		return 1;
	}
	outb(byte, port);

	return 0;
}
