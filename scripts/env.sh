# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034
#
# Sourced first by every shell script here: where things are, and how to stop
# with one message. Needs nothing but sh.
#
# Copyright (C) 2026 The paravirq authors

set -eu

ROOT=$(cd "$(dirname "$0")/.." && pwd)
BUILD=$ROOT/build
SCRIPTS=$ROOT/scripts
JOBS=${JOBS:-$(nproc)}
mkdir -p "$BUILD/log"

# With ccache, where it is installed, what another tree has built is not built again.
if [ -d /usr/lib/ccache ]; then
	PATH=/usr/lib/ccache:$PATH
	export CCACHE_BASEDIR="$ROOT"
fi

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

case $JOBS in
0* | *[!0-9]*) die "JOBS=$JOBS, allowed are numbers from 1." ;;
esac

# Holds until the script ends: two runs must not build the same thing at once.
lock()
{
	exec 9>>"$BUILD/$1.lock"
	flock -n 9 || { echo "waiting for $(cat "$BUILD/$1.lock")"; flock 9; }
	echo "${0##*/}, process $$" >"$BUILD/$1.lock"
}

# What each takes stands at its top.
case ${1:-} in
-*) die "$1: there are no options here, see the top of scripts/${0##*/}." ;;
esac

# The version of Linux, which names what is made of another one than the usual.
KERNEL=${KERNEL:-6.12}
case $KERNEL in
6.12) FOR= ;;
7.3 | 6.1) FOR=-$KERNEL ;;
*)    die "KERNEL=$KERNEL, allowed are 7.3, 6.12 and 6.1." ;;
esac
LINUX=$BUILD/linux$FOR
