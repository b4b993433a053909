# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2154 # kdir is set by the script that sources this
#
# The compilers of the module for an installed kernel, which cannot be rebuilt: the kernel's own compilers for code that
# it shares with the module, and any new enough one for the rest. It is sourced after common.sh; $kdir is the kernel's
# build folder.

# The oldest clang and bindgen that Linux 7.3 takes.
OLDEST_CLANG=17
OLDEST_BINDGEN=0.71.1

# setting NAME: prints the value of CONFIG_NAME in the configuration of the kernel in $kdir.
setting() { sed -n "s/^CONFIG_$1=//p" "$kdir/include/config/auto.conf" 2>/dev/null | tr -d '"'; }

# major NAME: prints the first number of the version in CONFIG_NAME.
major() {
	local version
	version=$(setting "$1")
	echo $((${version:-0} / 10000))
}

# installed_gcc: prints the kernel's GCC, or one of the same major version, if there is one.
installed_gcc() {
	local wanted candidate found=''
	wanted=$(major GCC_VERSION)
	for candidate in "gcc-$wanted" "x86_64-linux-gnu-gcc-$wanted" gcc; do
		[ "$("$candidate" -dumpversion 2>/dev/null | cut -d. -f1)" = "$wanted" ] || continue
		found=${found:-$candidate}
		[ "$("$candidate" --version | head -n 1)" != "$(setting CC_VERSION_TEXT)" ] || found=$candidate
	done
	echo "$found"
}

clang_major() { "$1" --version 2>/dev/null | sed -n 's/.*clang version \([0-9]*\)\..*/\1/p' | head -n 1; }

# any_clang: prints a clang that can compile Lua for a kernel of GCC, if there is one.
any_clang() {
	local candidate found
	for candidate in "clang-$LLVM_MAJOR" clang clang-{40..17}; do
		found=$(clang_major "$candidate")
		[ "${found:-0}" -ge "$OLDEST_CLANG" ] || continue
		echo "$candidate"
		return 0
	done
}

# any_bindgen: prints a bindgen that is new enough: ours, or the machine's.
any_bindgen() {
	local found
	if [ -x "$(bindgen_program)" ]; then
		bindgen_program
	else
		found=$(bindgen --version 2>/dev/null | sed -n 's/^bindgen //p')
		[ -z "$found" ] || ! printf '%s\n%s\n' "$OLDEST_BINDGEN" "$found" | sort -V -C || echo bindgen
	fi
}

# libclang_folder CLANG: prints the folder in which bindgen finds that version's libclang.
libclang_folder() { (cd "$("$1" -print-resource-dir)/../.." && pwd); }

# check_installed: stops with what is missing and how to get it.
check_installed() {
	local have wanted
	[ -d "$kdir" ] || die "there is no folder $kdir" \
		"install the headers of the running kernel (Debian: apt-get install linux-headers-$(uname -r)) or name another one with KDIR="
	[ -e "$kdir/Makefile" ] && [ -e "$kdir/include/config/auto.conf" ] ||
		die "$kdir is not a configured kernel build folder" \
			"KDIR must name the folder that /lib/modules/VERSION/build leads to"
	[ "$(setting MODULES)" = y ] || die "that kernel has no loadable modules" "use a kernel with CONFIG_MODULES=y"
	[ "$(setting RUST)" = y ] || die "that kernel was built without Rust (CONFIG_RUST), and this module is written in Rust" \
		"use a kernel with CONFIG_RUST=y, 7.3 or newer; make demo needs none: it runs in a virtual machine"
	wanted=$(setting RUSTC_VERSION_TEXT)
	have=$(rustc --version)
	[ "$wanted" = "$have" ] || die "that kernel was built by '${wanted:-an unknown rustc}', and this machine's is '$have'; they must be the same" \
		"install that rustc (rustup toolchain install VERSION) and make it the default, or rebuild the kernel"
	[ -e "$kdir/rust/libkernel.rmeta" ] || [ -e "$kdir/rust/kernel.o" ] || [ -e "$kdir/rust/libkernel.rlib" ] ||
		die "$kdir lacks the compiled kernel crate (rust/libkernel.rmeta)" \
			"install the Rust part of that kernel's headers, or point KDIR to its full build folder"
	if [ "$(setting CC_IS_GCC)" = y ]; then
		wanted=$(major GCC_VERSION)
		[ -n "$(installed_gcc)" ] || die "that kernel was built with GCC $wanted, which is missing" "apt-get install gcc-$wanted"
		[ -n "$(any_clang)" ] || die "that kernel was built with GCC, which cannot compile Lua: clang $OLDEST_CLANG or newer does that, and is missing" \
			"apt-get install clang libclang-dev"
	else
		wanted=$(major CLANG_VERSION)
		command -v "clang-$wanted" >/dev/null || die "that kernel was built with clang-$wanted, which is missing" \
			"apt-get install clang-$wanted lld-$wanted llvm-$wanted"
	fi
}

# installed_make: sets the array `build` to the kernel's make with the right compilers.
installed_make() {
	local clang
	if [ "$(setting CC_IS_GCC)" = y ]; then
		clang=$(any_clang)
		build=(make -C "$kdir" CC="$(installed_gcc)" LUNATIK_CLANG="$clang")
	else
		clang=clang-$(major CLANG_VERSION)
		build=(make -C "$kdir" LLVM="-$(major CLANG_VERSION)")
	fi
	build+=(BINDGEN="$(any_bindgen)")
	LIBCLANG_PATH=$(libclang_folder "$clang")
	export LIBCLANG_PATH
}
