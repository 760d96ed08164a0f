#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#
# libparavirq under ThreadSanitizer: many threads at once, a VMM that
# breaks the locking rule and has to hang, and a library whose lock does not lock,
# which the sanitizer has to report. Prints TAP; works in build/tests/stress.
#
# Copyright (C) 2026 The paravirq authors
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
lib=$root/hypervisor/libparavirq
out=$root/build/tests/stress
export TSAN_OPTIONS="exitcode=66 halt_on_error=1"
n=0
failed=0

# build DIRECTORY [SRC]
build() {
	make -s -C "$lib" O="$1" SRC="${2:-paravirq.c}" \
		CFLAGS="-O1 -g -Wall -Wextra -Werror -fsanitize=thread" \
		"$1/stress-libparavirq" >&2 || exit 1
}

# check NAME COMMAND...
check() {
	local name=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$out/log"
		failed=1
	fi
}

rm -rf "$out"
mkdir -p "$out/broken"
build "$out"
timeout 100 "$out/stress-libparavirq" >"$out/log" 2>"$out/report"
status=$?
grep -v '^1\.\.' "$out/log"
n=$(grep -cE '^(not )?ok ' "$out/log")
cat "$out/report" >>"$out/log"
check "the stress ends well" test "$status" = 0
check "no data race" test ! -s "$out/report"

timeout 100 "$out/stress-libparavirq" forbidden >"$out/log" 2>&1
status=$?
check "a writer with a lock that inject() takes: hangs" test "$status" = 3
check "... by waiting for each other" \
	grep -q "the writer holds a lock that inject() waits for" "$out/log"

# race NAME SCRIPT: the library, broken by sed, has one.
race() {
	sed "$2" "$lib/paravirq.c" >"$out/broken/paravirq.c"
	cmp -s "$lib/paravirq.c" "$out/broken/paravirq.c" && echo "# the fault does not apply"
	build "$out/broken" "$out/broken/paravirq.c"
	timeout 100 "$out/broken/stress-libparavirq" >"$out/log" 2>&1
	status=$?
	check "$1 is a data race" test "$status" = 66
}

race "a lock that does not lock" 's/if (!(route & LINE_LOCK))/if (1)/'
race "a raise that orders nothing" 's/LINE_LOCK | flip, __ATOMIC_RELEASE/LINE_LOCK | flip, __ATOMIC_RELAXED/'
echo "1..$n"
exit $failed
