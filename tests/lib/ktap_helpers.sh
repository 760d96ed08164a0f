# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What the guest tests take of kselftest's ktap_helpers.sh, for a Linux that has no such file
# yet. scripts/mkinitrd puts it in its place; tools/testing/selftests/paravirq/lib.sh
# sources it.
#
# Copyright (C) 2026 The paravirq authors

KTAP_NR=0
KTAP_FAILED=0

ktap_print_header()
{
	echo "TAP version 13"
}

ktap_set_plan()
{
	KTAP_PLAN=$1
	echo "1..$1"
}

ktap_test_pass()
{
	KTAP_NR=$((KTAP_NR + 1))
	echo "ok $KTAP_NR $*"
}

ktap_test_fail()
{
	KTAP_NR=$((KTAP_NR + 1))
	KTAP_FAILED=$((KTAP_FAILED + 1))
	echo "not ok $KTAP_NR $*"
}

ktap_finished()
{
	[ "$KTAP_FAILED" = 0 ] && [ "$KTAP_NR" = "$KTAP_PLAN" ]
	exit
}
