#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#
# Verifies the models in tests/model exhaustively by Spin, and shows that they can
# fail: with each of their FAULT_* macros Spin has to find an error. Prints TAP.
# Run by hand or by prove; works in build/model.
#
# Copyright (C) 2026 The paravirq authors
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
models=$root/tests/model
out=$root/build/model

# verify MODEL NAME "MACROS" CFLAG [OPTION]: what pan has to say is in NAME/log.
verify() {
	mkdir -p "$out/$2"
	cd "$out/$2" || return 1
	# shellcheck disable=SC2086
	{ spin -a $3 "$models/$1.pml" &&
	  gcc -O0 -w "$4" -DMEMLIM=1024 -o pan pan.c &&
	  timeout 100 ./pan -m10000 ${5:-}; } >log 2>&1
}

# holds MODEL NAME "MACROS": everything was searched, all of the model was executed, nothing
# was wrong. The processes that wait for work have no end to reach.
holds() {
	# shellcheck disable=SC2086
	grep -q "errors: 0$" "$out/$2/log" &&
		! grep -qiE "not completed|max search depth|^error|out of memory" "$out/$2/log" &&
		[ "$(grep -c "^unreached in proctype" "$out/$2/log")" = \
		  "$(cpp -P $3 "$models/$1.pml" | grep -cE '^(active .*)?proctype')" ] &&
		! grep -E "state [0-9]+," "$out/$2/log" | grep -qv '"-end-"$'
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

# faults MODEL: its names of faults.
faults() {
	grep -oE 'FAULT_[A-Z_]*[A-Z]' "$models/$1.pml" | sort -u
}

# correct MODEL NAME "MACROS" CFLAG OPTION WHAT
correct() {
	verify "$1" "$2" "$3" "$4" "$5"
	holds "$1" "$2" "$3"
	result $? "$6"
	grep -E "states, stored|violated|rror|ot completed|state [0-9]+," "$out/$2/log" |
		grep -v '"-end-"$' | sed 's/^/# /'
}

# broken MODEL: each of its faults.
broken() {
	local fault with
	for fault in $(faults "$1"); do
		case $fault in
		FAULT_IRQFD_*) with="-DIRQFD -D$fault" ;;
		*) with=-D$fault ;;
		esac
		verify "$1" "$fault" "-DRAISES=2 -DOPS=2 $with" -DSAFETY
		grep -q "errors: 1$" "$out/$fault/log" && grep -q "assertion violated" "$out/$fault/log"
		result $? "$1: $fault is found"
		grep "violated" "$out/$fault/log" | sed 's/^/# /'
		rm -rf "${out:?}/$fault"/pan*
	done
}

rm -rf "$out"
mkdir -p "$out"
echo "1..$((8 + $(faults paravirq | wc -l) + $(faults pio | wc -l) + $(faults channel | wc -l)))"
correct paravirq ops "-DRAISES=2 -DOPS=3" -DSAFETY "" "2 raises, 3 operations of the driver"
correct paravirq raises "-DRAISES=3 -DOPS=2" -DSAFETY "" "3 raises, 2 operations of the driver"
correct paravirq cycles "-DRAISES=2 -DOPS=1" -DNP -l "every run ends"
correct paravirq irqfd "-DRAISES=2 -DOPS=3 -DIRQFD" -DSAFETY "" "by irqfd: 2 raises, 3 operations"
correct paravirq irqfd-cycles "-DRAISES=2 -DOPS=1 -DIRQFD" -DNP -l "by irqfd: every run ends"
correct pio pio "-DOPS=3" -DSAFETY "" "pio: 2 vCPUs with 3 operations each, 2 stops of the machine"
correct channel channel "-DRAISES=3 -DOPS=2" -DSAFETY "" "channel: 3 rings, 2 restarts of each side"
correct channel channel-cycles "-DRAISES=2 -DOPS=1" -DNP -l "channel: every run ends"
broken paravirq
broken pio
broken channel
exit $failed
