# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2034 # used by those who source this
#
# Shared by all scripts: paths, versions, messages, progress, locks. It is sourced, never run.

set -o errexit -o nounset -o pipefail
# Variables for our make must not reach the kernel's make.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/lunatik

# Debian's suite with the kernel and core library sources, and the kernel series
# in it. The suite drops old versions, so the exact one is found at set-up.
SOURCE_SUITE=trixie-backports
KERNEL_SERIES=7.3
BINDGEN_VERSION=0.72.1
LLVM_MAJOR=22
JOBS=${JOBS:-$(nproc)}

export LIBCLANG_PATH=/usr/lib/llvm-$LLVM_MAJOR/lib

# say TEXT: prints one line about the progress. Standard output is only for results.
say() { printf 'lunatik: %s\n' "$*" >&2; }

# die TEXT [HINT]: stops, and says what is wrong and what to do about it.
die() {
	printf 'lunatik: error: %s\n' "$1" >&2
	[ $# -lt 2 ] || printf 'lunatik: to fix it: %s\n' "$2" >&2
	exit 1
}

# is_um KIND: whether machines of this kind are User Mode Linux.
is_um() { [[ $1 = um* ]]; }
# has_checkers KIND: whether its kernel searches for defects: for all of them in debug, for defects of memory in
# umdebug, and for defects of locks and contexts in umlockdep.
has_checkers() { [[ $1 = *debug || $1 = umlockdep ]]; }

# need COMMAND HINT: stops unless COMMAND exists.
need() { command -v "$1" >/dev/null || die "$1 is missing" "$2"; }

# machine_kind KIND: stops unless KIND is one of the six.
machine_kind() {
	case $1 in
	um | umdebug | umlockdep | qemu | debug | debian) ;;
	*) die "there is no machine kind '$1'" "use KIND=um, umdebug, umlockdep, qemu, debug or debian" ;;
	esac
}

# shellcheck source=scripts/lib/parts.sh
. "$REPO/scripts/lib/parts.sh"

# with_lock NAME COMMAND...: runs COMMAND while no other command with NAME runs.
with_lock() {
	local file=$CACHE/$1.lock fd
	shift
	mkdir -p "$CACHE"
	exec {fd}>"$file"
	if ! flock -n "$fd"; then
		say "waiting for another set-up (lock ${file##*/})"
		flock "$fd"
	fi
	# This statement does not test the status, so errexit holds in COMMAND; an exit releases the lock.
	"$@" {fd}>&-
	exec {fd}>&-
}

# recorded_mirror: prints the mirror that scripts/setup has fetched the kernel's source from.
recorded_mirror() { awk '{ print $(NF - 2); exit }' "$CACHE/apt/sources.list"; }

rustc_version() { rustc -vV | sed -n 's/^release: //p'; }

# newest GLOB...: prints the last of the folders in version order, or nothing.
newest() {
	local found
	found=$(for f in "$@"; do [ -d "$f" ] && echo "$f"; done | sort -V | tail -n 1) || true
	echo "$found"
}

kernel_source() { newest "$CACHE/linux-$KERNEL_SERIES"*; }
rust_library() { echo "$CACHE/rust-src-$(rustc_version)/library"; }
bindgen_program() { echo "$CACHE/bindgen-$BINDGEN_VERSION/bin/bindgen"; }

# kernel_fragments KIND: configuration files merged over tinyconfig, in order.
kernel_fragments() {
	case $1 in
	debug) echo "$REPO/scripts/kernel/qemu.config" "$REPO/scripts/kernel/debug.config" ;;
	umdebug | umlockdep) echo "$REPO/scripts/kernel/um.config" "$REPO/scripts/kernel/$1.config" ;;
	*) echo "$REPO/scripts/kernel/$1.config" ;;
	esac
}

kernel_arch() { if is_um "$1"; then echo um; else echo x86_64; fi; }

# kernel_tree KIND: prints the folder of its build. There is one for each kind, kernel version, configuration and
# toolchain, so a change of any of them is a new build.
kernel_tree() {
	local version key
	if [ "$1" = debian ]; then
		# scripts/debian/kernel unpacks this one instead of building it.
		echo "$CACHE/debian/kernel-$(cat "$CACHE/debian/release" 2>/dev/null)"
		return
	fi
	version=$(basename "$(kernel_source)")
	# shellcheck disable=SC2046
	key=$({ cat $(kernel_fragments "$1") | grep -v '^#'
		rustc -vV
		"clang-$LLVM_MAJOR" --version | head -n 1
		echo "$BINDGEN_VERSION"; } | sha256sum | cut -c1-12)
	echo "$CACHE/kernel-$1-${version#linux-}-$key"
}

# kernel_make KIND TREE ARGUMENT...: runs the kernel's make with the settings of that tree.
kernel_make() {
	local kind=$1 tree=$2
	shift 2
	# With frame pointers, the code that returns from signals in processes of User Mode Linux would push one.
	! is_um "$kind" || ! has_checkers "$kind" ||
		set -- "$@" CFLAGS_NO_HARDENING="-fno-PIC -fno-pic -fno-stack-protector -fomit-frame-pointer"
	make -C "$tree" ARCH="$(kernel_arch "$kind")" LLVM="-$LLVM_MAJOR" \
		BINDGEN="$(bindgen_program)" RUST_LIB_SRC="$(rust_library)" "$@"
}
