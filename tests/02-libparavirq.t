#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The unit tests of libparavirq, with the sanitizers' eyes open.
#
# Copyright (C) 2026 The paravirq authors

root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/build/tests/libparavirq
mkdir -p "$out"
make -s -C "$root/hypervisor/libparavirq" O="$out" \
	CFLAGS="-O1 -g -Wall -Wextra -Werror -fsanitize=address,undefined" all >&2 || exit 1
CMOCKA_MESSAGE_OUTPUT=TAP timeout 120 "$out/test-libparavirq"
