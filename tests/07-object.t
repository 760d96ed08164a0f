#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#
# What libparavirq asks of whoever embeds it, read from its two objects, controller and
# channel: no C library, not even its headers, nothing global. Prints their sizes. TAP; works in
# build/tests/object.
#
# Copyright (C) 2026 The paravirq authors
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
lib=$root/hypervisor/libparavirq
out=$root/build/tests/object
n=0
failed=0

# nothing NAME WORDS: the words are what should not be there.
nothing() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1: $2"
		failed=1
	fi
}

# Without PLT, stack protector or fortification of the distribution's compiler:
# what is left is what the source asks for.
rm -rf "$out"
make -s -C "$lib" O="$out" SRC="${SRC:-paravirq.c}" \
	CFLAGS="-O2 -Wall -Wextra -Werror -ffreestanding -fno-stack-protector" \
	"$out/libparavirq.a" >&2 || exit 1

# freestanding COMPILER...: for the kernel of an operating system, with no headers but the
# compiler's own.
freestanding() {
	"$@" -ffreestanding -nostdinc -isystem "$("$1" -print-file-name=include)" -std=c11 \
		-mgeneral-regs-only -mcmodel=kernel -fno-pic -fno-stack-protector -O2 -Wall -Wextra -Werror \
		-Wconversion -Wsign-conversion -I"$root/include/uapi" -c -o "$out/kernel.o" \
		"$lib/$src" 2>&1 && nm -u "$out/kernel.o"
}

# object SOURCE HEADER
object() {
	local src=$1 object=$out/${2%.h}.o

	nothing "$2: needs nothing" "$(nm -u "$object" | xargs)"
	nothing "$2: freestanding, gcc" "$(freestanding gcc | xargs)"
	nothing "$2: freestanding, clang" "$(freestanding clang | xargs)"
	nothing "$2: freestanding, for no operating system" \
		"$(freestanding clang --target=x86_64-unknown-none | xargs)"
	nothing "$2: has no data of its own" \
		"$(nm "$object" | awk '$2 ~ /[bBdDcCgGsS]/ { print $3 }' | xargs)"
	nothing "$2: has no section for data" \
		"$(size -A "$object" | awk '$1 ~ /^\.(data|bss|tdata|tbss)/ && $2 { print $1 }' | xargs)"
	nothing "$2: defines paravirq_* and nothing else" \
		"$(nm -g --defined-only "$object" | awk 'NF == 3 && $3 !~ /^paravirq_/ { print $3 }' | xargs)"
	nothing "$2: offers what it declares, and the reverse" "$(
		diff <(nm -g --defined-only "$object" | awk 'NF == 3 { print $3 }' | sort) \
		     <(gcc -E -P -std=c11 -I"$root/include/uapi" "$lib/$2" | tr '\n' ' ' |
		       tr ';' '\n' | grep -oE 'paravirq_[a-z_]+ ?\([^{]*$' |
		       grep -oE '^paravirq_[a-z_]+' | sort) 2>&1)"
	size "$object" | awk -v m="$(uname -m)" \
		'NR == 2 { printf "# size on %s: %d bytes text, %d data, %d bss\n", m, $1, $2, $3 }'
}

echo "1..16"
object "${SRC:-paravirq.c}" paravirq.h
object channel.c channel.h
exit $failed
