# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced by the tests of this directory: KTAP, and what a doorbell line has
# seen. Needs the kselftest helpers one directory up, as in a kernel tree.
#
# Copyright (C) 2026 The paravirq authors

DIR=$(dirname "$0")
. "$DIR/../kselftest/ktap_helpers.sh"

DEBUG=/sys/kernel/debug
DOORBELL=/sys/bus/platform/drivers/paravirq-doorbell

# How many times slower than usual this machine is, by how long it took to boot.
PACE=$(awk '{ print int($1 / 2) + 1 }' /proc/uptime)

# Milliseconds that the program "doorbell" waits for a ring
export WAIT=$((60000 * PACE))

# Waits until a command succeeds; fails if it never does.
eventually()
{
	tries=$((300 * PACE))
	until "$@"; do
		[ $tries -gt 0 ] || return 1
		tries=$((tries - 1))
		sleep 0.1
	done
}

# One result: "check NAME COMMAND ARGUMENTS". Unlike ktap_test_result, it leaves
# arguments with spaces whole.
check()
{
	name=$1
	shift
	if "$@"; then
		ktap_test_pass "$name"
	else
		ktap_test_fail "$name"
	fi
}

# Platform device of /dev/doorbell$1.*.
device()
{
	basename "$(readlink -f "/sys/class/misc/doorbell$1.0/device")"
}

# Field $3 ("irq", "total" or "runs") of line $2 of doorbell $1.
field()
{
	sed -n "s/^line $2 .*$3 \([0-9]*\).*/\1/p" "$DEBUG/paravirq-doorbell/$(device "$1")"
}

at_least()
{
	[ "$(field "$1" "$2" "$3")" -ge "$4" ]
}

# Does field $3 of line $2 of doorbell $1 come to $4, and stay there? A ring that was
# lost never shows; one counted twice shows late.
reaches()
{
	eventually at_least "$@"
	sleep 0.3
	equal "$(field "$1" "$2" "$3")" "$4"
}

equal()
{
	[ "$1" = "$2" ] || echo "# got '$1', expected '$2'"
	[ "$1" = "$2" ]
}

between()
{
	[ "$1" -le "$2" ] && [ "$2" -le "$3" ] || echo "# got $2, expected $1 to $3"
	[ "$1" -le "$2" ] && [ "$2" -le "$3" ]
}

# The virtio device of driver $1; its interrupt has the same name.
virtio()
{
	basename /sys/bus/virtio/drivers/"$1"/virtio*
}

# How many interrupts $1 had, on all CPUs, and by which chip.
interrupts()
{
	awk -v name="$1" '$NF == name {
		for (i = 2; $i ~ /^[0-9]+$/; i++)
			n += $i
		print n, $i
	}' /proc/interrupts
}

# Did $1 have $2 to $3 interrupts, or $2 and more, and all of them by paravirq?
served()
{
	echo "# interrupts of $1: $(interrupts "$1")"
	interrupts "$1" >/tmp/interrupts
	read -r count chip </tmp/interrupts
	[ "$chip" = PARAVIRQ ] && between "$2" "$count" "${3:-1000000000}"
}

# Is no interrupt another controller's? A guest without ACPI has the PIT's on the 8259,
# and that of the serial port which the tests are watched by.
only_paravirq()
{
	equal "$(awk '$1 ~ /^[0-9]+:$/ && !/PARAVIRQ/ && $NF !~ /^(timer|cascade|ttyS0)$/' \
		/proc/interrupts)" ""
}

# The host rings line 3 of doorbell $1, 0 if not given, when it has done its part.
host_done()
{
	"$DIR/doorbell" read "/dev/doorbell${1:-0}.3" >/dev/null
}

# Vectors in use, those that wait for their clean-up included. Asking the vector
# domain is no access to a route.
vectors()
{
	sed -n 's/^Total allocated: *//p' $DEBUG/irq/domains/VECTOR
}

# Puts line $2 of doorbell $1 on CPU $3. The next move has to wait until the old vector is
# cleaned up, and would then wait for an interrupt and mask the line meanwhile.
move_line()
{
	before=$(vectors)
	echo "$3" >"/proc/irq/$(field "$1" "$2" irq)/smp_affinity_list"
	until [ "$(vectors)" = "$before" ]; do
		sleep 0.01
	done
}

# Waits for handlers: one that was running on a CPU is through when a program has run there.
handled()
{
	for cpu in $(seq 0 $(($(nproc) - 1))); do
		taskset -c "$cpu" true
	done
}

# What each line has counted, by its number on its controller, for the host.
totals()
{
	sed -n 's/.* \([0-9]*\)-edge *doorbell\([01]\)\.\([0-9]\)$/\1 \2 \3/p' /proc/interrupts |
	while read -r line doorbell n; do
		echo "line $line total $(field "$doorbell" "$n" total)"
	done
}

# The doorbells' lines for the host, sixteen to a row, each LINE:TOTAL:RUNS:INTERRUPTS:CPU
# with all CPUs that took any.
rows()
{
	awk '
	FILENAME != "/proc/interrupts" { total[$4] = $6; runs[$4] = $8; next }
	FNR == 1 { cpus = NF; next }
	$NF ~ /^doorbell/ {
		irq = $1 + 0
		n = 0
		at = ""
		for (c = 0; c < cpus; c++)
			if ($(c + 2) > 0) {
				n += $(c + 2)
				at = at (at == "" ? "" : "+") c
			}
		row = row " " $(cpus + 3) + 0 ":" total[irq] ":" runs[irq] ":" n ":" at
		if (++lines % 16 == 0) { print "row" row; row = "" }
	}
	END { if (row != "") print "row" row; print "rows end" }
	' $DEBUG/paravirq-doorbell/* /proc/interrupts
}

# Extracts the ACPI table at offset $1 of the first disk to $2; prints where the next one is.
extract()
{
	size=$(dd if=/dev/vda bs=1 skip=$(($1 + 4)) count=4 2>/dev/null | od -An -tu4)
	dd if=/dev/vda bs=1 skip="$1" count=$((size)) of="$2" 2>/dev/null
	echo $(($1 + size))
}
