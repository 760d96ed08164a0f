#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#
# Fuzzes libparavirq against its model, always the same executions, with address
# and undefined-behaviour sanitizers; measures what the inputs reach; and fuzzes
# broken libraries, which have to be found out. "make fuzz" goes on for longer.
# Prints TAP; works in build/tests/fuzz.
#
# Copyright (C) 2026 The paravirq authors
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
lib=$root/hypervisor/libparavirq
out=$root/build/tests/fuzz
runs=${FUZZ_RUNS:-200000}
failed=0

# What one thread cannot reach: waiting for a lock, losing a race.
alone='LINE_LOCK|LINE_BUSY|atomic_compare_exchange|status != PARAVIRQ_OK[)] [{]'

# fuzz DIRECTORY: with a corpus and a log of its own. No two runs would be the same if it
# read the corpus again each second, as by default, or had other addresses or an environment.
fuzz() {
	mkdir -p "$1/corpus"
	(cd "$1" && env -i PATH="$PATH" timeout 300 setarch -R ./fuzz-libparavirq -seed=1 \
		-reload=0 -runs="$runs" -max_len=256 -print_final_stats=1 \
		-artifact_prefix=./ corpus >log 2>&1)
}

# verdict STATUS N NAME
verdict() {
	[ "$1" = 0 ] || { echo -n "not "; failed=1; }
	echo "ok $2 - $3"
}

# broken N NAME FAULT CHECK: a sed script on paravirq.c, and what must notice it.
broken() {
	mkdir -p "$out/broken$1"
	sed "$3" "$lib/paravirq.c" >"$out/broken$1/paravirq.c"
	make -s -C "$lib" O="$out/broken$1" SRC="$out/broken$1/paravirq.c" \
		"$out/broken$1/fuzz-libparavirq" >&2 || exit 1
	fuzz "$out/broken$1"
	[ $? = 77 ] && grep -q "^fuzz-libparavirq:[0-9]*: $4" "$out/broken$1/log"
	verdict $? "$1" "found out: $2"
}

rm -rf "$out"
mkdir -p "$out"
make -s -C "$lib" O="$out" SRC="${SRC:-paravirq.c}" "$out/fuzz-libparavirq" >&2 || exit 1
make -s -C "$lib" O="$out/gcov" SRC="${SRC:-paravirq.c}" CFLAGS="-O0 -g -w --coverage" \
	"$out/gcov/replay-libparavirq" >&2 || exit 1

echo "1..6"
fuzz "$out"
status=$?
verdict $status 1 "$(awk '/number_of_executed_units/ { n = $2 }
	match($0, /cov: [0-9]+ ft: [0-9]+/) { c = substr($0, RSTART, RLENGTH) }
	END { print n " executions, " c }' "$out/log")"
[ $status = 0 ] || grep -vE '^#|# Uses' "$out/log" | sed 's/^/# /' | head -n 60

cd "$lib" || exit 1
"$out/gcov/replay-libparavirq" "$out"/corpus/* && gcov -b -c -t "$out/gcov/paravirq.o" |
	"$root/tests/lib/branches" -v except="$alone" >"$out/branches.log"
verdict $? 2 "the corpus has $(tail -n 1 "$out/branches.log") that take threads"
sed '$d; s/^/# /' "$out/branches.log"

broken 3 "pending is injected by the old route" \
	's/\t\t\tinject(pv, line, route);/\t\t\tinject(pv, line, old);/' 'seen\.'
broken 4 "SELECT does not store DEST" \
	'/store(&pv->dest, (uint32_t)(route >>/d' 'paravirq_pio_read(&pv, 0x20, 4)'
broken 5 "restore forgets DEST" \
	'/store(&pv->dest, registers->dest)/d' 'paravirq_pio_read(&pv, 0x20, 4)'
broken 6 "SELECT does not look at the eventfd" \
	's/^\t\troute = route_read(pv, line);/\t\troute = paravirq_route(pv, line);/' 'rung\[i\] == '
exit $failed
