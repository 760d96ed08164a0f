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
	CFLAGS="-O1 -g -Wall -Wextra -Werror -fsanitize=address,undefined" \
	all "$out/test-libparavirq" "$out/test-channel" "$out/step-libparavirq" >&2 || exit 1
echo "1..3"
status=0
for program in test-libparavirq test-channel step-libparavirq; do
	n=$((n + 1))
	echo "# Subtest: $program"
	CMOCKA_MESSAGE_OUTPUT=TAP timeout 120 "$out/$program" >"$out/log" 2>&1
	result=$?
	sed 's/^/    /' "$out/log"
	[ $result = 0 ] || { printf 'not '; status=1; }
	echo "ok $n - $program"
done
exit $status
