# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# What a user or developer types; the work is done by scripts/. `make help` lists it.

# Kbuild reads this file too when `M=` points here without a Kbuild file; there is one.

.DEFAULT_GOAL := $(if $(KDIR),module,help)

# The machine kind: um, umdebug, umlockdep, qemu, debug or debian.
KIND ?=
kind := $(or $(KIND),um)
all_kinds := $(or $(KIND),um umdebug umlockdep qemu debug debian)

# The parts of the benchmarks. They may be goals: `make bench hooks`.
parts := programs messages hooks stops
ONLY ?= $(firstword $(filter $(parts),$(MAKECMDGOALS)))
bench_options := $(if $(ONLY),--only $(ONLY)) $(if $(RUNS),--runs $(RUNS))

.PHONY: help demo test test-all test-soak shell bench bench-compare bench-baseline setup module tool packets install deb check
.PHONY: clean $(parts)

help:
	@echo 'make demo     set up everything, boot a virtual machine and run the examples in it'
	@echo 'make test     run all tests of the host and of the kind um; make test-all: of all kinds;'
	@echo '              make test-soak: of all kinds, ten times as much'
	@echo 'make shell    a shell in a virtual machine with everything loaded, to play in'
	@echo 'make bench    measure the speed: of programs and hooks, compared with user-space Lua and C, of messages and of stops'
	@echo '     bench hooks     only that of hooks; likewise programs, messages, stops'
	@echo '     bench-compare   the same, and say what became slower than the baseline, or than FILE'
	@echo '     bench-baseline  the same on um and qemu, and make that the baseline'
	@echo
	@echo 'make setup    only bring what the build needs: packages, sources, kernels'
	@echo 'make module   build lunatik.ko for a machine, or for the kernel in KDIR'
	@echo 'make tool     build the lunatik command'
	@echo 'make install  install module, command and Lua files for the kernel in KDIR'
	@echo 'make deb      build packages for Debian 13 and its own kernel'
	@echo 'make check    formatting, lints, documents'
	@echo 'make clean    remove what was built here (kernels stay in the cache)'
	@echo
	@echo 'KIND=um       User Mode Linux: starts in half a second (default)'
	@echo 'KIND=umdebug, umlockdep  the same with KASAN and kmemleak, or with lockdep and more'
	@echo 'KIND=qemu     x86_64 as distributions build it, in QEMU'
	@echo 'KIND=debug    the same with KASAN, lockdep, kmemleak and more'
	@echo 'KIND=debian   Debian 13 and its own kernel, in QEMU'
	@echo 'KDIR=...      an installed kernel: /lib/modules/$$(uname -r)/build'

demo:
	@scripts/build-machine $(kind)
	@scripts/demo $(kind)

test:
	@scripts/test $(kind)

test-all:
	@scripts/test $(all_kinds)

test-soak:
	@STRESS=$(or $(STRESS),10) scripts/test $(all_kinds)

shell:
	@scripts/build-machine $(kind)
	@scripts/shell $(kind)

bench:
	@scripts/bench $(bench_options) $(kind)

bench-compare:
	@scripts/bench $(bench_options) --compare $(FILE) $(kind)

bench-baseline:
	@scripts/bench $(bench_options) --baseline $(or $(KIND),um qemu)

$(parts):
	@$(if $(filter bench%,$(MAKECMDGOALS)),:,echo "make: '$@' is a part of the benchmarks: type 'make bench $@'" >&2; exit 2)

setup:
	@scripts/setup $(kind)

ifdef KDIR
module:
	@scripts/build-module installed $(KDIR)
else
module:
	@scripts/build-module $(kind)
endif

tool:
	@scripts/build-tool

# What the examples with hooks are shown with.
packets:
	@scripts/build-tool packets

install: KDIR := $(or $(KDIR),/lib/modules/$(shell uname -r)/build)
install:
	@scripts/install $(KDIR)

deb:
	@scripts/debian/packages

check:
	@scripts/check

clean:
	@rm -rf build tools/target
