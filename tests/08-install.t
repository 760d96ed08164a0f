#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#
# Installs libparavirq and builds the example against what was installed, as a
# project of its own would: through pkg-config. Runs it, also under
# ThreadSanitizer. Prints TAP; works in build/tests/install.
#
# Copyright (C) 2026 The paravirq authors
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
lib=$root/hypervisor/libparavirq
out=$root/build/tests/install
export PKG_CONFIG_LIBDIR=$out/root/opt/paravirq/lib/pkgconfig
export PKG_CONFIG_SYSROOT_DIR=$out/root
n=0
failed=0

# check NAME COMMAND...
check() {
	local name=$1
	shift
	n=$((n + 1))
	if "$@" >"$out/log" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$out/log"
		failed=1
	fi
}

files() {
	cat >"$out/expected" <<-EOF
		./include/libparavirq/linux/paravirq.h
		./include/libparavirq/paravirq.h
		./lib/libparavirq.a
		./lib/pkgconfig/paravirq.pc
	EOF
	(cd "$out/root/opt/paravirq" && find . -type f | LC_ALL=C sort) | diff "$out/expected" -
}

no_build_paths() {
	! grep -rF "$root" "$PKG_CONFIG_LIBDIR" "$out/root/opt/paravirq/include"
}

# Not in the project's tree, so that nothing else is found.
compile() {
	# shellcheck disable=SC2046
	cd "$out/elsewhere" &&
		gcc -std=c11 -O2 -g -Wall -Wextra -Werror "$@" -o example example.c \
			$(pkg-config --cflags --libs paravirq) -pthread
}

# A race is not seen in every turn.
run() {
	local status

	for _ in {1..50}; do
		(cd "$out/elsewhere" && TSAN_OPTIONS=exitcode=66 timeout 60 ./example) \
			>"$out/said" 2>&1
		status=$?
		cat "$out/said"
		[ $status = 0 ] &&
			grep -qx '1000 rung, 1000 handled, 1000 injected' "$out/said" || return 1
	done
}

rm -rf "$out"
mkdir -p "$out/elsewhere"
cp "$lib/example.c" "$out/elsewhere"
echo "1..8"
check "installs" make -s -C "$lib" O="$out/lib" PREFIX=/opt/paravirq DESTDIR="$out/root" install
check "installs headers, library and pkg-config file" files
check "nothing installed names the build tree" no_build_paths
check "pkg-config knows the version" pkg-config --exact-version=1 paravirq
check "the example builds against what is installed" compile
check "the example runs" run
check "the example builds with ThreadSanitizer" compile -fsanitize=thread
check "the example has no data race" run
exit $failed
