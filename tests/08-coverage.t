#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#
# Branch coverage of paravirq.c and channel.c by their unit tests and the stress, which
# has what only happens with threads: every branch must be taken. There is no exception.
# Prints TAP; works in build/tests/coverage.
#
# Copyright (C) 2026 The paravirq authors
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/build/tests/coverage

rm -rf "$out"
mkdir -p "$out"
make -s -C "$root/hypervisor/libparavirq" O="$out" SRC="${SRC:-paravirq.c}" \
	CFLAGS="-O0 -g -w --coverage -fprofile-update=atomic" \
	"$out/test-libparavirq" "$out/stress-libparavirq" "$out/step-libparavirq" \
	"$out/test-channel" >&2 || exit 1
cd "$root/hypervisor/libparavirq" || exit 1

echo "1..6"
failed=0
n=0
for program in test-libparavirq stress-libparavirq step-libparavirq test-channel; do
	n=$((n + 1))
	timeout 100 "$out/$program" >"$out/log" 2>&1 || { echo -n "not "; failed=1; }
	echo "ok $n - $program"
done
for file in paravirq channel; do
	n=$((n + 1))
	# Two threads may not have met on a busy machine: what is taken adds up.
	for again in 1 2 3 none; do
		gcov -b -c -t "$out/$file.o" | "$root/tests/lib/branches" >"$out/branches.log" &&
			break
		[ $again = none ] && { echo -n "not "; failed=1; break; }
		timeout 100 "$out/stress-libparavirq" >"$out/log" 2>&1
	done
	echo "ok $n - $file.c: $(tail -n 1 "$out/branches.log")"
	sed '$d; s/^/# /' "$out/branches.log"
done
exit $failed
