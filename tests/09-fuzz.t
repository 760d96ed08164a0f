#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#
# Fuzzes libparavirq against its model, and the bare-metal hypervisor's exits and table of
# partitions, always the same executions, with address and undefined-behaviour sanitizers;
# measures what the inputs reach; and fuzzes broken ones, which have to be found out.
# "make fuzz" goes on with the library for longer.
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

# fuzz DIRECTORY [PROGRAM [OPTION]]: with a corpus and a log of its own. No two runs would be
# the same if it read the corpus again each second, as by default, or had other addresses or
# an environment.
fuzz() {
	mkdir -p "$1/corpus"
	(cd "$1" && env -i PATH="$PATH" timeout 300 setarch -R "./${2:-fuzz-libparavirq}" -seed=1 \
		-reload=0 -runs="$runs" -max_len=256 -print_final_stats=1 \
		-artifact_prefix=./ ${3:+"$3"} corpus >log 2>&1)
}

# executions DIRECTORY: what it says of them at the end.
executions() {
	awk '/number_of_executed_units/ { n = $2 }
		match($0, /cov: [0-9]+ ft: [0-9]+/) { c = substr($0, RSTART, RLENGTH) }
		END { print n " executions, " c }' "$1/log"
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

# bare DIRECTORY NAME [FAULT]: fuzzes exit.c or table.c of the hypervisor, or what a sed
# script makes of it.
bare() {
	local hv=$root/hypervisor
	mkdir -p "$1/baremetal"
	cp "$hv"/baremetal/*.[ch] "$1/baremetal"
	[ -z "${3-}" ] || sed -i "$3" "$1/baremetal/$2.c"
	[ -z "${3-}" ] || ! cmp -s "$1/baremetal/$2.c" "$hv/baremetal/$2.c" || return 1
	if [ "$2" = exit ]; then
		set -- "$1" "$2" "$1/baremetal/$2.c"
	else	# fuzz-table.c includes what it fuzzes
		set -- "$1" "$2"
	fi
	clang -std=gnu2x -O1 -g -w -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all '-D__packed=__attribute__((packed))' \
		'-D__noreturn=__attribute__((noreturn))' '-D__printf(a, b)=' -I"$1" -I"$hv" \
		-I"$root/include/uapi" -o "$1/fuzz-$2" "$root/tests/fuzz/fuzz-$2.c" "${@:3}" \
		"$lib/paravirq.c" "$lib/channel.c" >&2 || exit 1
	mkdir -p "$1/corpus"
	# A line is routed to another partition and raised; three partitions, a channel too many.
	[ "$2" = table ] || printf '\0\016\026\013\0\021\0\013' >"$1/corpus/exit"
	[ "$2" = exit ] || printf '%s\n' 'log com3' 'partition A' 'kernel k' 'memory 8M' 'lines 4' \
		'console com1' 'partition B' 'kernel k' 'initrd i' 'memory 8M' 'console com2' \
		'partition C' 'kernel k' 'memory 4M' 'channel A B' 'channel C A' \
		'channel A B' >"$1/corpus/table"
	fuzz "$1" "fuzz-$2" "$([ "$2" = exit ] || echo "-dict=$root/tests/fuzz/table.dict")"
}

# bare_broken N NAME FILE FAULT CHECK
bare_broken() {
	bare "$out/broken$1" "$3" "$4"
	[ $? != 0 ] && grep -q "^fuzz-$3:[0-9]*: $5" "$out/broken$1/log"
	verdict $? "$1" "found out: $2"
}

rm -rf "$out"
mkdir -p "$out"
make -s -C "$lib" O="$out" SRC="${SRC:-paravirq.c}" "$out/fuzz-libparavirq" >&2 || exit 1
make -s -C "$lib" O="$out/gcov" SRC="${SRC:-paravirq.c}" CFLAGS="-O0 -g -w --coverage" \
	"$out/gcov/replay-libparavirq" >&2 || exit 1

echo "1..14"
fuzz "$out"
status=$?
verdict $status 1 "$(executions "$out")"
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

n=7
for file in exit table; do
	bare "$out/$file" $file
	status=$?
	verdict $status $n "hypervisor/baremetal/$file.c: $(executions "$out/$file")"
	[ $status = 0 ] || grep -vE '^#|# Uses' "$out/$file/log" | sed 's/^/# /' | head -n 60
	n=$((n + 1))
done
bare_broken 9 "a line is injected to any CPU" exit \
	's/return send(opaque, NULL, .*/hw_send_ipi(apic_id, vector); return true;/' 'apic_id / 2'
bare_broken 10 "SVME is what the guest writes" exit \
	's/(vmcb->efer & (EFER_LMA | EFER_SVME))/(vmcb->efer \& EFER_LMA)/' 'vmcb->efer & EFER_SVME'
bare_broken 11 "#AC comes without end" exit \
	's/if (vcpu->vmcb->exit_interrupt & EVENT_VALID)/if (0)/' 'leave_by'
bare_broken 12 "more lines than there are" table \
	's/else if (p.i.->used_lines + events + 1 > p.i.->nr_lines)/else if (0)/' 'side->line + '
bare_broken 13 "two have one serial port" table \
	's/if (partitions.i.\.console == port)/if (0)/' 'strcmp(p->name'
bare_broken 14 "a ring raises a line of one's own" table \
	's/side->peer_line = lines.!i./side->peer_line = lines[i]/' 'mutual'
exit $failed
