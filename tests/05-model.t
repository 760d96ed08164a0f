#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#
# Verifies tests/model/paravirq.pml exhaustively by Spin, and shows that it can
# fail: with each of its FAULT_* macros Spin has to find an error. Prints TAP.
# Run by hand or by prove; works in build/model.
#
# Copyright (C) 2026 The paravirq authors
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
model=$root/tests/model/paravirq.pml
out=$root/build/model

# verify NAME "MACROS" CFLAG [OPTION]: what pan has to say is in NAME/log.
verify() {
	mkdir -p "$out/$1"
	cd "$out/$1" || return 1
	# shellcheck disable=SC2086
	{ spin -a $2 "$model" &&
	  gcc -O0 -w "$3" -DMEMLIM=1024 -o pan pan.c &&
	  timeout 100 ./pan -m10000 ${4:-}; } >log 2>&1
}

# Everything was searched, all of the model was executed, nothing was wrong. The
# processes that wait for work have no end to reach.
holds() {
	grep -q "errors: 0$" "$1/log" &&
		! grep -qiE "not completed|max search depth|^error|out of memory" "$1/log" &&
		[ "$(grep -c "^unreached in proctype" "$1/log")" = 5 ] &&
		! grep -E "state [0-9]+," "$1/log" | grep -qv '"-end-"$'
}

n=0
failed=0
result() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

mapfile -t faults < <(grep -oE 'FAULT_[A-Z_]*[A-Z]' "$model" | sort -u)
rm -rf "$out"
mkdir -p "$out"
echo "1..$((3 + ${#faults[@]}))"

correct() {
	verify "$2" "$3" "$4" "${5:-}"
	holds "$out/$2"
	result $? "$1"
	grep -E "states, stored|violated|rror|ot completed|state [0-9]+," "$out/$2/log" |
		grep -v '"-end-"$' | sed 's/^/# /'
}
correct "2 raises, 3 operations of the driver" ops "-DRAISES=2 -DOPS=3" -DSAFETY
correct "3 raises, 2 operations of the driver" raises "-DRAISES=3 -DOPS=2" -DSAFETY
correct "every run ends" cycles "-DRAISES=2 -DOPS=1" -DNP -l

for fault in "${faults[@]}"; do
	verify "$fault" "-DRAISES=2 -DOPS=2 -D$fault" -DSAFETY
	grep -q "errors: 1$" "$out/$fault/log" && grep -q "assertion violated" "$out/$fault/log"
	result $? "$fault is found"
	grep "violated" "$out/$fault/log" | sed 's/^/# /'
	rm -rf "${out:?}/$fault"/pan*
done
exit $failed
