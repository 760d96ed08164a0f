# SPDX-License-Identifier: GPL-2.0
#
# The front door; "make" shows what there is. Every target is a few calls of
# scripts/, which say themselves what is up to date. Everything that is made
# lands in build/.
#
# Copyright (C) 2026 The paravirq authors

KERNEL ?= 6.12
export KERNEL KERNEL_SRC QEMU_SRC JOBS
ifeq ($(filter 7.3 6.12 6.1,$(KERNEL)),)
$(error KERNEL=$(KERNEL), allowed are 7.3, 6.12 and 6.1)
endif
FOR := $(if $(filter-out 6.12,$(KERNEL)),-$(KERNEL))
ifneq ($(QEMU_SRC),)
export QEMU := $(CURDIR)/build/qemu-user/qemu-system-x86_64
endif
# As prepare-linux and build-qemu have it, which come later.
ifneq ($(KERNEL_SRC),$(if $(wildcard $(KERNEL_SRC)/Kbuild),$(KERNEL_SRC)))
$(error KERNEL_SRC=$(KERNEL_SRC) is not a Linux source tree)
endif
ifneq ($(QEMU_SRC),$(if $(wildcard $(QEMU_SRC)/qemu-options.hx),$(QEMU_SRC)))
$(error QEMU_SRC=$(QEMU_SRC) is not a QEMU source tree)
endif
FIRMWARE ?= acpi
OWN := $(strip $(TABLES) $(MODULES) $(INITRD))
$(foreach s,TABLES MODULES INITRD,$(if $(word 2,$($s)),$(if $(shell [ ! -e '$($s)' ] || echo there),\
	$(error $s=$($s): the path has a space, which none may have here))))
$(foreach s,TABLES MODULES INITRD TESTS,$(foreach f,$(patsubst full:%,%,$($s:split:%=%)),\
	$(if $(wildcard $f),,$(error $s: no file $f))\
	$(if $(wildcard $f/.),$(error $s: $f is a directory))))
ifneq ($(words $(CURDIR)),1)
$(error $(CURDIR): the path has a space, with which Linux and QEMU cannot be built)
endif
ifeq ($(filter acpi dt dt+acpi,$(FIRMWARE)),)
$(error FIRMWARE=$(FIRMWARE), allowed are acpi, dt and dt+acpi)
endif
# What is Debian's there is of one version.
SET := $(foreach s,KERNEL KERNEL_SRC QEMU_SRC FIRMWARE TABLES MODULES INITRD HYPERVISOR,\
	$(if $(findstring command,$(origin $s)),$s))
ifneq ($(if $(filter demo,$(MAKECMDGOALS)),$(strip $(SET))),)
$(error make demo takes no $(strip $(SET)))
endif
HYPERVISOR ?= qemu
ifeq ($(filter qemu qemu-pair baremetal,$(HYPERVISOR)),)
$(error HYPERVISOR=$(HYPERVISOR), allowed are qemu, qemu-pair and baremetal)
endif
ifneq ($(filter-out qemu,$(HYPERVISOR)),)
ifneq ($(OWN)$(filter-out acpi,$(FIRMWARE)),)
$(error HYPERVISOR=$(HYPERVISOR) takes no TABLES, MODULES, INITRD or FIRMWARE)
endif
endif
# A misspelt setting would be one that is not there. The last ones are hypervisor/libparavirq's.
SETTINGS := KERNEL KERNEL_SRC QEMU_SRC JOBS FIRMWARE TABLES MODULES INITRD HYPERVISOR V \
	TESTS KVM_TESTS RINGS BOOTS STOCK STOCK_KERNEL GUEST_KERNEL ACCEL FUZZ_TIME \
	PREFIX LIBDIR INCLUDEDIR DOCDIR DESTDIR O CC AR CFLAGS CPPFLAGS LDFLAGS LDLIBS
OTHERS := $(filter-out $(SETTINGS),$(foreach v,$(.VARIABLES),$(if $(findstring command,$(origin $v)),$v)))
ifneq ($(OTHERS),)
$(error no setting $(OTHERS), allowed are $(SETTINGS))
endif
KERNELS := slim modules
# The last one is for guests that boot "modules", beside "debug".
DEBUG_KERNELS := debug kcsan modules-debug
BENCH_KERNELS := bare pci both
STOCK_KERNELS := bookworm-6.1 bookworm-6.12 trixie-6.12 trixie-7.3
STOCK ?= $(STOCK_KERNELS)
ifneq ($(filter-out $(STOCK_KERNELS),$(STOCK)),)
$(error STOCK=$(STOCK), allowed are $(STOCK_KERNELS))
endif
# As tests/lib/guest.py has it.
STOCK_KERNEL ?= $(if $(filter 7.3,$(KERNEL)),trixie-7.3,bookworm-$(or $(KERNEL),6.12))
# Linux 6.1 has no lines for the queues of virtio, no device trees, and no partitions.
CANNOT := $(if $(filter 6.1,$(KERNEL)),tests/44% tests/9%)
# The longest first.
LONG := tests/82-stock.t tests/70-bad-tables.t
TESTS ?= $(KVM_SOME) $(LONG) $(filter-out $(CANNOT) $(LONG),$(sort $(wildcard tests/*.t)))
# Those of kernels that are built here: stock ones are the others.
GUEST_TESTS := $(filter-out tests/0% tests/1% tests/52% tests/82% tests/91% $(CANNOT), \
	$(sort $(wildcard tests/*.t)))
# Those that boot guests, once for each irqchip of KVM, which takes hypercalls itself; and
# the few that "make test" has the time for where KVM is emulated itself.
KVM_GUESTS := $(filter-out tests/21% tests/22% tests/23% tests/24% tests/25% tests/39% tests/71% \
	tests/9%, \
	$(GUEST_TESTS))
KVM_TESTS := $(addprefix split:,$(KVM_GUESTS)) $(addprefix full:,$(KVM_GUESTS))
KVM_SOME := split:tests/46-channel-pair.t split:tests/35-cost.t full:tests/35-cost.t

.PHONY: help demo run shell test tables-test test-debug kvm-test kvm-host unit bench fuzz install uninstall
.PHONY: kernels qemu tables baremetal baremetal-test deb test-kernels
.PHONY: check docs clean distclean deps linux-source qemu-source
.PHONY: $(KERNELS) $(DEBUG_KERNELS) $(BENCH_KERNELS) $(STOCK_KERNELS)
MAKEFLAGS += --no-print-directory

help:
	@echo 'paravirq: hypervisor interrupts for Linux guests without PCI and MSI'
	@echo
	@echo '  make demo       two guests that ring each other, kernel and QEMU as Debian has'
	@echo '                  them, modules and hypervisor ours: 2 min, then 20 s'
	@echo '  make run        build what is needed, boot a guest, show and check it:'
	@echo '                  7 min, then 5 s'
	@echo '  make shell      the same, with a shell in the guest (monitor: Ctrl-a c)'
	@echo '  make test       what a change needs to be trusted; TESTS="tests/..." for some,'
	@echo '                  V=1 for all lines: 40 min, then 24'
	@echo '  make unit       only the tests that need no guest: 2 min'
	@echo '  make check      coding style, static checks, libparavirq on other hosts: 6 min'
	@echo '  make tables-test  3,000 tables, by check-tables and by a guest: 3 min'
	@echo '  make baremetal-test  two partitions under fire, RINGS=2000000 each way, and'
	@echo '                  BOOTS=200 of one that is rung; it takes long'
	@echo '  make test-debug every guest under KASAN, UBSAN and the like, and again'
	@echo '                  under KCSAN: 1 h'
	@echo '  make kvm-test   every guest on KVM, with split and with full irqchip; in an'
	@echo '                  emulated host, if /dev/kvm boots no guest here: hours'
	@echo '  make test-kernels  Debian kernels as they are, 6.1 to 7.3, with the modules of'
	@echo '                  packaging/dkms, and whole systems; 30 min; STOCK="..." for some'
	@echo '  make deb        Debian packages: the modules by DKMS, and libparavirq: 30 s'
	@echo '  make bench      compare paravirq with IO-APIC, PCI and MSI-X, for the'
	@echo '                  documentation: 1 h'
	@echo '  make docs       Documentation/ as HTML, in build/docs'
	@echo '  make fuzz       fuzz libparavirq for FUZZ_TIME=600 seconds'
	@echo '  make install    libparavirq for a hypervisor of yours; PREFIX=, LIBDIR=, INCLUDEDIR=,'
	@echo '                  DESTDIR=; "make uninstall" takes it away'
	@echo '  make kernels    build the guest kernels: 10 min; "make slim" and "make modules" one'
	@echo '  make qemu       build QEMU 10.0 with paravirq: 3 min'
	@echo '  make tables     compile the firmware tables'
	@echo '  make baremetal  build our own hypervisor'
	@echo '  make clean      remove what was built, keep the sources'
	@echo '  make distclean  remove build/'
	@echo
	@echo '  FIRMWARE=dt     (run, shell) a device tree instead of ACPI'
	@echo '  TABLES="my.aml ..." MODULES="my.ko ..." INITRD=my.cpio'
	@echo '                  (run, shell) yours, see Documentation/firmware-guide/acpi/paravirq.rst'
	@echo '  HYPERVISOR=baremetal  (run, shell) two partitions of our own hypervisor'
	@echo '  HYPERVISOR=qemu-pair  (run, shell) two QEMUs with a channel between their guests'
	@echo '  KERNEL=7.3      another Linux than 6.12 for all guests: 7.3 or 6.1'
	@echo '  KERNEL_SRC=DIR  a Linux tree of yours of that version, copied and never changed'
	@echo '  QEMU_SRC=DIR    a QEMU tree of yours, 10.0 or 10.2, likewise'
	@echo '  JOBS=N          build with N processes, default: one per CPU'
	@echo
	@echo 'Times are those of two idle cores. The first run needs root to install Debian'
	@echo 'packages. Where ccache is installed, builds use it.'

deps:
	@scripts/prepare-deps

linux-source: deps
	@$(if $(KERNEL_SRC),:,scripts/fetch-sources linux)

qemu-source: deps
	@$(if $(QEMU_SRC),:,scripts/fetch-sources qemu)

$(KERNELS) $(DEBUG_KERNELS) $(BENCH_KERNELS): linux-source
	@scripts/build-linux $@
	@scripts/mkinitrd $@$(FOR)

# One after the other: they share a tree, and each build takes all processors.
kernels: linux-source
	@for kernel in $(KERNELS); do \
		scripts/build-linux $$kernel && scripts/mkinitrd $$kernel$(FOR) || exit; \
	done

qemu: qemu-source
	@scripts/build-qemu

tables: deps
	@mkdir -p build
	@$(MAKE) -s -C firmware-tables O=../build/tables

# In Debian's QEMU as it is.
baremetal: deps
	@$(MAKE) -s -C hypervisor/baremetal O=$(CURDIR)/build/baremetal
	@scripts/fetch-sources debian_qemu

# Of what is not Debian's as it is, only our own files are compiled.
demo:
	@scripts/prepare-deps demo
	@$(MAKE) -s -C hypervisor/baremetal O=$(CURDIR)/build/baremetal
	@scripts/fetch-sources debian_qemu
	@scripts/build-stock demo
	@KERNEL= scripts/baremetal --test demo --kernel demo --smp 1 --size 256M --memory 768M

ifeq ($(HYPERVISOR),baremetal)
run:
	@$(MAKE) -j2 slim baremetal
	@scripts/baremetal

shell:
	@$(MAKE) -j2 slim baremetal
	@scripts/baremetal --shell
else ifeq ($(HYPERVISOR),qemu-pair)
run shell:
	@$(MAKE) -j2 slim qemu tables
	@scripts/qemu-pair $(if $(filter shell,$@),--shell)
else
BOOT := scripts/boot --firmware $(FIRMWARE) $(TABLES:%=--tables %) $(MODULES:%=--modules %) \
	$(INITRD:%=--initrd %)

# Kernel and QEMU side by side: each has its times when it keeps one processor busy.
run shell:
	@$(if $(OWN),$(BOOT) --check)
	@$(MAKE) -j2 $(if $(MODULES),modules,slim) qemu tables
	@$(BOOT) $(if $(filter shell,$@),--shell)
endif

# A guest that waits in vain in an emulated host has to fail its test before the host is
# taken for stuck, which starts the test again: it waits 480 s at most.
test:
	@$(MAKE) -j2 kernels qemu tables baremetal
	@$(MAKE) kvm-host $(STOCK_KERNEL)
	@KVM_HOST_TIMEOUT=900 scripts/run-tests $(TESTS)

tables-test: slim qemu tables
	@TABLES=3000 scripts/run-tests tests/71-tables.t

baremetal-test: modules slim baremetal
	@RINGS=$(or $(RINGS),2000000) BOOTS=$(or $(BOOTS),200) \
		scripts/run-tests tests/92-fire-baremetal.t

# Both, whatever the first one finds.
test-debug: TESTS = $(filter-out tests/9%,$(GUEST_TESTS))
test-debug: modules $(STOCK_KERNEL) $(DEBUG_KERNELS) qemu tables
	@status=0; for kernel in $(filter-out modules-%,$(DEBUG_KERNELS)); do \
		echo "guests with the kernel $$kernel:"; \
		GUEST_KERNEL=$$kernel scripts/run-tests $(TESTS) || status=1; \
	done; exit $$status

$(STOCK_KERNELS): linux-source
	@scripts/build-stock $@

# What the package is for: unchanged kernels of Debian's, then whole systems. STOCK="..."
# for some.
test-kernels: linux-source qemu tables baremetal deb
	@scripts/build-deb next
	@scripts/test-kernels $(STOCK)

deb:
	@scripts/build-deb

# With KVM_TESTS="split:tests/..." for some.
kvm-test: kernels $(STOCK_KERNEL) qemu tables kvm-host
	@scripts/run-tests $(KVM_TESTS)

kvm-host: slim qemu tables
	@scripts/kvm-host check

unit: deps tables
	@scripts/run-tests $(filter tests/0% tests/1%,$(TESTS))

bench: $(BENCH_KERNELS) modules qemu baremetal kvm-host
	@scripts/bench
	@scripts/bench-exits
	@scripts/bench-bell
	@scripts/bench-baremetal

fuzz: deps
	@$(MAKE) -C hypervisor/libparavirq fuzz

# Without what is left of the last time: a page may have gone.
docs:
	@scripts/prepare-deps docs
	@rm -rf build/docs
	@sphinx-build -q -n -W --keep-going -d build/docs/.doctrees -c scripts/docs \
		Documentation build/docs
	@echo 'build/docs/virt/paravirq/index.html'

install uninstall:
	@$(MAKE) -C hypervisor/libparavirq $@

check: linux-source qemu-source
	@scripts/prepare-deps hosts
	@scripts/check
	@scripts/check-library

clean:
	rm -rf build/kernel build/qemu build/qemu-user build/tables build/log build/docs build/baremetal \
		build/initrd-* build/libparavirq build/tests

distclean:
	rm -rf build
