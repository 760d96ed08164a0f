#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#
# Installs libparavirq and builds the example against what was installed, as a
# project of its own would: through pkg-config. Runs it, also under
# ThreadSanitizer; has C++ and a shared library take it; takes it away again. Prints TAP;
# works in build/tests/install.
#
# Copyright (C) 2026 The paravirq authors
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
lib=$root/hypervisor/libparavirq
out=$root/build/tests/install
# Not everybody has Debian's directories, nor names without spaces.
dest="$out/a root"
where=(PREFIX=/opt/paravirq LIBDIR=/opt/paravirq/lib/x86 DESTDIR="$dest")
export PKG_CONFIG_LIBDIR="$dest/opt/paravirq/lib/x86/pkgconfig"
export PKG_CONFIG_SYSROOT_DIR=$dest
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
		./include/libparavirq/channel.h
		./include/libparavirq/linux/paravirq-channel.h
		./include/libparavirq/linux/paravirq.h
		./include/libparavirq/paravirq.h
		./lib/x86/libparavirq.a
		./lib/x86/pkgconfig/paravirq.pc
		./share/doc/libparavirq/BSD-3-Clause
		./share/doc/libparavirq/GPL-2.0
		./share/doc/libparavirq/channel.c
		./share/doc/libparavirq/channel.rst
		./share/doc/libparavirq/examples/aml.c
		./share/doc/libparavirq/examples/aml.h
		./share/doc/libparavirq/examples/channel-host.c
		./share/doc/libparavirq/examples/example.c
		./share/doc/libparavirq/examples/kvm.c
		./share/doc/libparavirq/examples/kvm.h
		./share/doc/libparavirq/interface.rst
		./share/doc/libparavirq/library.rst
		./share/doc/libparavirq/paravirq.c
	EOF
	(cd "$dest/opt/paravirq" && find . -type f | LC_ALL=C sort) | diff "$out/expected" -
}

no_build_paths() {
	! grep -rF "$root" "$PKG_CONFIG_LIBDIR" "$dest/opt/paravirq/include"
}

# Not in the project's tree, so that nothing else is found. What pkg-config says is quoted.
elsewhere() {
	cd "$out/elsewhere" && eval "$* $(pkg-config --cflags --libs paravirq) -pthread"
}

compile() {
	elsewhere gcc -std=c11 -O2 -g -Wall -Wextra -Werror "$@" -o example example.c
}

# What is to be copied, as it was installed.
copied() {
	cp "$dest/opt/paravirq/share/doc/libparavirq/examples"/* "$out/elsewhere" &&
		elsewhere gcc -std=c11 -O2 -Wall -Wextra -Werror -c "$1" -o "$1.o"
}

# A controller in C++: the functions are C's, structure and callbacks can be named. So are
# those that were copied.
plusplus() {
	elsewhere "$1" "-std=c++$2" -Wall -Wextra -Wpedantic -Werror -o plusplus plusplus.cc \
		aml.c.o kvm.c.o &&
		./plusplus
}

shared() {
	elsewhere gcc -shared -fPIC -Wl,--no-undefined -Wl,-u,paravirq_init -o shared.so
}

version() {
	[ "$(pkg-config --modversion paravirq)" = "$(
		printf '#include <libparavirq/paravirq.h>\n%s.%s\n' PARAVIRQ_LIBRARY_MAJOR \
			PARAVIRQ_LIBRARY_MINOR >"$out/elsewhere/version.c"
		elsewhere gcc -E -P version.c | tail -n 1 | tr -d ' ')" ]
}

relative() {
	! make -s -C "$lib" O="$out/lib" PREFIX=opt install 2>"$out/said" &&
		grep -q '^PREFIX=opt is no absolute path' "$out/said" &&
		! make -s -C "$lib" O="$out/lib" PREFIX= install 2>"$out/said" &&
		grep -q '^PREFIX= is no absolute path' "$out/said"
}

# In a directory that others have, too.
others() {
	make -s -C "$lib" O="$out/lib" PREFIX="$out/others" DOCDIR="$out/others/doc" install &&
		touch "$out/others/doc/theirs" &&
		make -s -C "$lib" O="$out/lib" PREFIX="$out/others" DOCDIR="$out/others/doc" uninstall &&
		[ "$(find "$out/others" -type f)" = "$out/others/doc/theirs" ]
}

uninstalled() {
	make -s -C "$lib" O="$out/lib" "${where[@]}" uninstall &&
		[ -z "$(find "$dest" -type f)" ]
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
cat >"$out/elsewhere/plusplus.cc" <<'EOF'
#include <libparavirq/channel.h>
#include <libparavirq/paravirq.h>

#include "aml.h"
#include "kvm.h"

static unsigned injected;

static bool inject(void *, uint32_t line, uint32_t apic_id, uint8_t vector)
{
	injected += line == 3 && apic_id == 1 && vector == 0x31;
	return true;
}

bool vmm_has_vcpu(uint32_t)
{
	return true;
}

/* The other side of a channel has line 3 for its event. */
static void ring(void *opaque, uint32_t event)
{
	paravirq_raise(static_cast<paravirq *>(opaque), 3 + event);
}

int main()
{
	static paravirq_word lines[8];
	static uint32_t changes[2] = { 0, 1 };
	struct paravirq pv;
	struct paravirq_ops ops = {};
	struct paravirq_channel ch;
	struct aml_controller none = {};

	if (aml_paravirq(nullptr, 0, nullptr, &none, nullptr, 0) != AML_BAD_CONTROLLER ||
	    kvm_lines_broadcast_id(-1, true) != 0xff)
		return 1;
	ops.inject = inject;
	if (paravirq_init(&pv, lines, 8, UINT32_MAX, &ops, &pv) != PARAVIRQ_OK)
		return 1;
	paravirq_mmio_write(&pv, PARAVIRQ_REG_ROUTE + 8 * 3, 8,
			    UINT64_C(1) << 32 | PARAVIRQ_ROUTE_ENABLE | 0x31);
	if (!paravirq_channel_init(&ch, changes, 0, 1, ring, &pv))
		return 1;
	return paravirq_channel_write(&ch, PARAVIRQ_CHANNEL_REG_RING, 4, 0) != PARAVIRQ_CHANNEL_RAISED ||
	       injected != 1;
}
EOF
echo "1..19"
check "installs" make -s -C "$lib" O="$out/lib" "${where[@]}" install
check "installs headers, library and pkg-config file" files
check "nothing installed names the build tree" no_build_paths
check "pkg-config knows the version" version
check "the example builds against what is installed" compile
check "the example runs" run
check "the example builds with ThreadSanitizer" compile -fsanitize=thread
check "the example has no data race" run
check "aml.c compiles against what is installed" copied aml.c
check "kvm.c compiles against what is installed" copied kvm.c
check "channel-host.c compiles against what is installed" copied channel-host.c
for compiler in g++ clang++; do
	for standard in 17 20; do
		check "$compiler takes it as C++$standard" plusplus $compiler $standard
	done
done
check "a shared library takes it" shared
check "a relative directory is refused" relative
check "what is not its own stays when it is uninstalled" others
check "nothing is left when it is uninstalled" uninstalled
exit $failed
