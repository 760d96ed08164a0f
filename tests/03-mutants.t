#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#
# Shows that the unit tests and the stress of libparavirq can fail: builds the
# library with one fault after the other, and then its channel, and expects them to notice
# each. Prints TAP. Run by hand or by prove; works in build/mutants.
#
# Copyright (C) 2026 The paravirq authors
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
lib=$root/hypervisor/libparavirq
out=$root/build/mutants

# What breaks, a tab, and how: a sed script on paravirq.c.
table() {
	cat <<'TABLE'
a writer does not wait for the lock	s/if (!(route & LINE_LOCK))/if (1)/
raise does not hold the lock while it injects	s/\t\twhat = inject(pv, line, route);/\t\traise_unlock(pv, line, 0); return inject(pv, line, route);/
a route is stored before the lock is taken	s/\told = collect(pv, line, line_lock(pv, line));/\told = paravirq_route(pv, line);/
the guest can see the lock	s/ &$/;/; /~(uint64_t)LINE_BUSY;/d
unmask always injects	s/ && old & PARAVIRQ_ROUTE_PENDING) {/) {/
pending is lost on a masked retarget	s/\t\t\troute |= PARAVIRQ_ROUTE_PENDING;/\t\t\t;/
pending is injected by the old route	s/\t\t\tinject(pv, line, route);/\t\t\tinject(pv, line, old);/
pending survives the unmask	s/\t\t\tinject(pv, line, route);/{ inject(pv, line, route); route |= PARAVIRQ_ROUTE_PENDING; }/
pending survives the disable	s/old & route & PARAVIRQ_ROUTE_ENABLE && //
the guest can write pending	s/value & ~(uint64_t)PARAVIRQ_ROUTE_PENDING/value/
a masked line does not latch	s/\t\tpending = PARAVIRQ_ROUTE_PENDING & ~route;/\t\t;/
a masked line injects	s/} else if (route & PARAVIRQ_ROUTE_MASK) {/} else if (0) {/
a disabled line is not dropped	/^enum paravirq_raised paravirq_raise/,/^}/s/if (!(route & PARAVIRQ_ROUTE_ENABLE)) {/if (0) {/
disable keeps the route	s/uint64_t route = PARAVIRQ_ROUTE_RESET;/uint64_t route = value;/
a second raise without unmask is not injected	s/\t\twhat = inject(pv, line, route);/{ what = inject(pv, line, route); pending = PARAVIRQ_ROUTE_MASK; }/
vector 31 is accepted	s/PARAVIRQ_ROUTE_VECTOR) < 32/PARAVIRQ_ROUTE_VECTOR) < 31/
reserved bits are accepted	s/if (route & PARAVIRQ_ROUTE_RESERVED)/if (0)/
the hypervisor's broadcast is accepted	s/ || apic_id == pv->broadcast_id//
APIC id 0xffffffff is accepted	s/apic_id == UINT32_MAX || //
APIC ids have 8 bits	s/(uint32_t)(route >> PARAVIRQ_ROUTE_DEST_SHIFT),/(uint8_t)(route >> 32),/
errors wrap	s/errors != UINT32_MAX &&/1 \&\&/
reset leaves errors	s/^\tstore(&pv->errors, 0);//
reset forgets the last line	/^void paravirq_reset/,/^}/s/line < pv->nr_lines/line + 1 < pv->nr_lines/
reset passes over a line that injects	s/^\t\troute_replace(pv, line, PARAVIRQ/\t\tif (!(load(\&pv->lines[line]) \& LINE_LOCK)) route_replace(pv, line, PARAVIRQ/
any control command resets	s/value == PARAVIRQ_CONTROL_RESET/value/
trigger has no upper bound	s/\tif (line < pv->nr_lines)/\tif (line <= pv->nr_lines)/
raise has no upper bound	/^enum paravirq_raised paravirq_raise/,/^}/s/line >= pv->nr_lines/line > pv->nr_lines/
a route behind the last line is accepted	s/offset >= paravirq_mmio_size/offset > paravirq_mmio_size/
routes take unaligned accesses	s/size != 8 || offset % 8 ||/size != 8 ||/
routes take 4-byte accesses	s/size != 8 || /(size != 8 \&\& size != 4) || /
registers in memory take any size	s/if (size == 4 && common_read/if (size \&\& common_read/
commands in memory take any size	s/else if (size != 4 || !common_write/else if (!size || !common_write/
rejected reads are not counted	/^uint64_t paravirq_mmio_read/,/^}/s/\treject(pv);/\t;/
an inject that failed counts as injected	s/return count(pv, PARAVIRQ_DROPPED);$/return count(pv, PARAVIRQ_INJECTED);/
route_changed comes under the lock	s/^\tline_unlock(pv, line, route);$/\troute_changed(pv, line, 1); line_unlock(pv, line, route);/
restore believes the number of lines	s/if (nr_lines != pv->nr_lines)/if (0)/
restore takes pending without mask	s/ && !(route & PARAVIRQ_ROUTE_MASK))/ \&\& 0)/
restore takes any disabled route	s/return route == PARAVIRQ_ROUTE_RESET ?/return 1 ?/
a refused restore leaves half	s/^\t\tstatus = saved_check(pv, image\[line\]);/\t\tline_unlock(pv, line, image[line]); &/
restore does not wait for the lock	/^enum paravirq_status paravirq_restore/,/^}/s/line_lock(pv, line)/paravirq_route(pv, line)/
restore refuses registers	/^enum paravirq_status paravirq_restore/,/^}/s/if (nr_lines != pv->nr_lines)/if (nr_lines != pv->nr_lines || registers->select == 0xdeadbeef)/
restore takes what it has not looked at	s/^\t\tline_unlock(pv, line, route);/\t\tline_unlock(pv, line, image[line]);/
restore goes on with what a second look refuses	s/^\t\t\tparavirq_reset(pv);/\t\t\tbreak;/
a reset tells of each line	s/^\troute_changed(pv, 0, pv->nr_lines);/\tfor (line = 0; line < pv->nr_lines; line++) route_changed(pv, line, 1);/
the line is not told to inject()	s/inject(pv->opaque, line,/inject(pv->opaque, 0,/
a raise does not wait for the lock	s/!(route & LINE_BUSY) &&/1 \&\&/
raises do not give way to a writer	s/!(route & LINE_BUSY) &&/!(route \& LINE_LOCK) \&\&/
the guest can see that a writer waits	s/~(uint64_t)LINE_BUSY;/~(uint64_t)LINE_LOCK;/
a second raise takes pending back	s/PARAVIRQ_ROUTE_PENDING & ~route;/PARAVIRQ_ROUTE_PENDING;/
ports take any size on reads	/^uint32_t paravirq_pio_read/,/^}/s/if (size == 4) {/if (size) {/
ports take any size on writes	/^void paravirq_pio_write/,/^}/s/if (size == 4) {/if (size) {/
a hypercall has one size	/^bool paravirq_hypercall/,/^}/s/? 4 : 8;/? 4 : 4;/
a hypercall that writes leaves RAX	/^bool paravirq_hypercall/,/^}/s/\*result = 0;/;/
any other hypercall is the controller's	/^bool paravirq_hypercall/,/^}/s/return false;/return true;/
ports have no register in common with memory	/^uint32_t paravirq_pio_read/,/^}/s/common_read(pv, offset, &value)/0/
ports have no commands	/^void paravirq_pio_write/,/^}/s/common_write(pv, offset, value)/0/
FEATURES is missing	/case PARAVIRQ_REG_FEATURES:/,/return true/d
TRIGGER is missing	/case PARAVIRQ_REG_TRIGGER:/,/return true/d
rejected reads of ports are not counted	/^uint32_t paravirq_pio_read/,/^}/s/\treject(pv);/\t;/
rejected writes of ports are not counted	/^void paravirq_pio_write/,/^}/s/\treject(pv);/\t;/
memory has DEST	s/^\tcase PARAVIRQ_REG_ERRORS:/\tcase PARAVIRQ_PIO_DEST: *value = pv->dest; return true;\n&/
ports have routes	/^uint32_t paravirq_pio_read/,/^}/s/^\treject(pv);/\tif (offset < PARAVIRQ_REG_ROUTE) &/
COMMIT is readable	/^uint32_t paravirq_pio_read/,/^}/s/case PARAVIRQ_PIO_SELECT:/case PARAVIRQ_PIO_COMMIT: &/
COMMIT has no upper bound	/^static void commit_write/,/^}/s/line < pv->nr_lines/line <= pv->nr_lines/
a COMMIT of a line that is not there is not counted	/^static void commit_write/,/^}/s/reject(pv)/(void)0/
COMMIT has line and route the other way round	/^static void commit_write/,/^}/{s/uint32_t line = value >> PARAVIRQ_COMMIT_LINE_SHIFT/uint32_t line = (uint16_t)value/;s/(uint16_t)value)/value >> 16)/}
COMMIT knows 256 lines	s/uint32_t line = value >> PARAVIRQ_COMMIT_LINE_SHIFT/uint32_t line = (uint8_t)(value >> 16)/
COMMIT ignores the reserved bits	s/| (uint16_t)value);/| (value \& 0x7ff));/
COMMIT takes the line into the route	s/| (uint16_t)value);/| value);/
COMMIT forgets DEST	s/uint64_t dest = load(&pv->dest);/uint64_t dest = 0;/
COMMIT uses DEST up	s/uint64_t dest = load(&pv->dest);/uint64_t dest = __atomic_exchange_n(\&pv->dest, 0, __ATOMIC_SEQ_CST);/
DEST has 8 bits	s/store(&pv->dest, value);/store(\&pv->dest, (uint8_t)value);/
SELECT has no upper bound	/^static void select_write/,/^}/s/line < pv->nr_lines/line <= pv->nr_lines/
SELECT of a line that is not there is not counted	/^static void select_write/,/^}/s/reject(pv)/(void)0/
SELECT leaves DEST	/store(&pv->dest, (uint32_t)(route >> PARAVIRQ_ROUTE_DEST_SHIFT));/d
SELECT is no copy of the route	/^static void select_write/,/^}/s/store(&pv->select, (uint32_t)route)/store(\&pv->select, line)/;s/return load(&pv->select);/return paravirq_route(pv, load(\&pv->select));/
SELECT shows no pending	s/store(&pv->select, (uint32_t)route)/store(\&pv->select, (uint32_t)route \& ~PARAVIRQ_ROUTE_PENDING)/
reset leaves DEST	s/^\tstore(&pv->dest, 0);//
reset leaves SELECT	s/^\tstore(&pv->select, 0);//
save forgets errors	s/registers->errors = load(&pv->errors);/registers->errors = 0;/
save forgets DEST	s/registers->dest = load(&pv->dest);/registers->dest = 0;/
save forgets SELECT	s/registers->select = load(&pv->select);/registers->select = 0;/
restore forgets errors	/store(&pv->errors, registers->errors);/d
restore forgets DEST	/store(&pv->dest, registers->dest);/d
restore forgets SELECT	/store(&pv->select, registers->select);/d
a refused restore takes the registers	s/^\tif (nr_lines != pv->nr_lines)/\tstore(\&pv->dest, registers->dest);\n&/
rejects at the same time count once	/^static void reject/,/^}/{s/!__atomic_compare_exchange_n(&pv->errors, &errors, errors + 1, true,/({ store(\&pv->errors, errors + 1); 0; }))/;/__ATOMIC_SEQ_CST, __ATOMIC/d}
save drops pending	s/routes\[line\] = route_read(pv, line);/routes[line] = route_read(pv, line) \& ~PARAVIRQ_ROUTE_PENDING;/
a line is collected where others inject	s/if ((route & (PARAVIRQ_ROUTE_ENABLE | PARAVIRQ_ROUTE_MASK)) == PARAVIRQ_ROUTE_ENABLE ||/if (/
only masked lines are collected	/^static uint64_t collect/,/^}/s/== PARAVIRQ_ROUTE_ENABLE ||/!= (PARAVIRQ_ROUTE_ENABLE | PARAVIRQ_ROUTE_MASK) ||/
what a disabled line collects is latched	/^static uint64_t collect/,/^}/s/if (!(route & PARAVIRQ_ROUTE_ENABLE)) {/if (0) {/
what is collected gets lost	/^static uint64_t collect/,/^}/s/return route | PARAVIRQ_ROUTE_PENDING;/return route;/
what is collected is not counted	/^static uint64_t collect/,/^}/s/^\tcount(pv, PARAVIRQ_LATCHED);//
what is collected and dropped is not counted	/^static uint64_t collect/,/^}/s/^\t\tcount(pv, PARAVIRQ_DROPPED);//
a route write does not collect	s/old = collect(pv, line, line_lock(pv, line));/old = line_lock(pv, line);/
a route write collects before it has the lock	s/old = collect(pv, line, line_lock(pv, line));/old = collect(pv, line, paravirq_route(pv, line)); line_lock(pv, line);/
a read by mmio does not collect	s/^\t\treturn route_read(pv, line);/\t\treturn paravirq_route(pv, line);/
SELECT does not collect	s/^\t\troute = route_read(pv, line);/\t\troute = paravirq_route(pv, line);/
a read forgets what it collected	s/raise_unlock(pv, line, old ^ route);/raise_unlock(pv, line, 0);/
a read takes pending back	s/raise_unlock(pv, line, old ^ route);/raise_unlock(pv, line, route \& PARAVIRQ_ROUTE_PENDING);/
save does not collect	s/routes\[line\] = route_read(pv, line);/routes[line] = paravirq_route(pv, line);/
restore keeps what was rung before	s/^\t\tcollect(pv, line, line_lock(pv, line));/\t\tline_lock(pv, line);/
TABLE
}

# Of channel.c. That a ring needs more than a load of the other side's word only the
# model can show, in tests/06-model.t.
channel_table() {
	cat <<'TABLE'
registers take any size on reads	/^uint32_t paravirq_channel_read/,/^}/s/if (size != 4)/if (!size)/
registers take any size on writes	/^uint32_t paravirq_channel_write/,/^}/s/if (size != 4)/if (!size)/
a hypercall has the number in its offset	/^bool paravirq_channel_hypercall/,/^}/s/ecx & PARAVIRQ_CHANNEL_MAX_NUMBER/ecx/
a hypercall does not say what became of a ring	/^bool paravirq_channel_hypercall/,/^}/s/ch ? paravirq_channel_write(ch, offset, 4, value) : 0/ch ? (paravirq_channel_write(ch, offset, 4, value), 0) : 0/
any other hypercall is a channel's	/^bool paravirq_channel_hypercall/,/^}/s/return false;/return true;/
the state of one side is that of both	s/return changes(ch, !ch->side);/return changes(ch, ch->side);/
STATE reads as PEER	s/return changes(ch, ch->side) & UP;/return changes(ch, ch->side);/
STATE takes any value	s/ && value <= UP)/)/
STATE takes bit 0 of any value	s/ && value <= UP)/)/;s/state_write(ch, value);/state_write(ch, value \& UP);/
the same state counts	s/if ((old & UP) == state)/if (0)/
the same state is raised	s/^\t\t\treturn;/\t\t\tbreak;/
a change is not raised	s/^\tch->raise(ch->opaque, ch->events);//
a change is raised before it counts	s/^\tdo {/\tif ((old \& UP) != state) ch->raise(ch->opaque, ch->events);\n&/;s/^\tch->raise(ch->opaque, ch->events);//
a change is raised as an event	s/ch->raise(ch->opaque, ch->events);/ch->raise(ch->opaque, 0);/
changes at the same time count once	s/!__atomic_compare_exchange_n(&ch->changes\[ch->side\], &old, old + 1, true,/({ ch->changes[ch->side] = old + 1; 0; }));/;/__ATOMIC_SEQ_CST, __ATOMIC/d
a reset is none	/^void paravirq_channel_reset/,/^}/s/state_write(ch, 0);//
a reset always counts	/^void paravirq_channel_reset/,/^}/s/state_write(ch, 0);/state_write(ch, 1); state_write(ch, 0);/
RING has no upper bound	s/if (event >= ch->events)/if (event > ch->events)/
a ring needs no peer	s/^\tif (!(__atomic_fetch_add/\tif (0 \&\& !(__atomic_fetch_add/
a ring needs that its own side is up	s/&ch->changes\[!ch->side\], 0,/\&ch->changes[ch->side], 0,/
a ring is of event 0	s/ch->raise(ch->opaque, event);/ch->raise(ch->opaque, 0);/
a ring says that it is not there	s/return PARAVIRQ_CHANNEL_PEER_DOWN;/return PARAVIRQ_CHANNEL_NO_EVENT;/
a ring of no event says nothing	s/return PARAVIRQ_CHANNEL_NO_EVENT;/return 0;/
there may be no event	s/events < 1 || //
there may be 17 events	s/events > PARAVIRQ_CHANNEL_MAX_EVENTS/events > 17/
there are three sides	s/side > 1 ||/side > 2 ||/
TABLE
}

# The tests end by themselves in a few seconds; a fault may make them hang. One
# line "not ok" is enough: no need to wait for the rest.
passes() {
	timeout 60 stdbuf -oL "$1" >"$out/log" 2>&1 &
	local pid=$!
	while sleep 0.05 && kill -0 $pid 2>/dev/null; do
		grep -q '^not ok' "$out/log" && kill $pid 2>/dev/null
	done
	wait $pid 2>/dev/null
}

# caught FILE PROGRAM...: one of them notices what is wrong with $out/FILE.
caught() {
	local program with=SRC
	[ "$1" = channel.c ] && with=CHANNEL
	for program in "${@:2}"; do
		make -s -C "$lib" O="$out" $with="$out/$1" CFLAGS="-O2 -w" "$out/$program" \
			>"$out/log" 2>&1 ||
			{ echo "does not build" >"$out/why"; return 1; }
		passes "$out/$program" || return 0
	done
	echo "the tests pass" >"$out/why"
	return 1
}

n=0
failed=0

# mutants FILE PROGRAM...: of the table on standard input.
mutants() {
	local name fault

	# Without a fault they must pass, or what follows proves nothing.
	n=$((n + 1))
	cp "$lib/$1" "$out/$1"
	if caught "$@" || ! grep -q "tests pass" "$out/why"; then
		echo "not ok $n - $1: no fault"
		sed 's/^/# /' "$out/log"
		exit 1
	fi
	echo "ok $n - $1: no fault"

	while IFS=$'\t' read -r name fault; do
		n=$((n + 1))
		sed "$fault" "$lib/$1" >"$out/$1"
		if cmp -s "$lib/$1" "$out/$1"; then
			echo "not ok $n - $name: the fault does not apply"
		elif caught "$@" || caught "$@"; then	# a fault of timing hides on a busy machine
			echo "ok $n - $name"
			continue
		else
			echo "not ok $n - $name: $(cat "$out/why")"
		fi
		failed=1
	done
}

rm -rf "$out"
mkdir -p "$out"
echo "1..$(($(table | wc -l) + $(channel_table | wc -l) + 2))"
mutants paravirq.c test-libparavirq step-libparavirq stress-libparavirq < <(table)
mutants channel.c step-libparavirq test-channel < <(channel_table)
exit $failed
