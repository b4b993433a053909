# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2034 # used by those who source this
#
# Debian's own kernel, and the compilers that it was built with, in a folder of the cache. It is sourced after
# lib/common.sh, never run.

# The suite whose compilers have built the kernel of SOURCE_SUITE.
DEBIAN_SUITE=${SOURCE_SUITE%-backports}
# What the headers' package does not bring. Lua's own files are compiled by clang, because GCC refuses floats in software.
DEBIAN_LLVM=19
DEBIAN_PACKAGES=(
	gcc-14 make rustc rust-src bindgen "clang-$DEBIAN_LLVM" "lld-$DEBIAN_LLVM" "llvm-$DEBIAN_LLVM"
	"libclang-$DEBIAN_LLVM-dev" bc flex bison libelf-dev libssl-dev dwarves python3 xz-utils zstd kmod cpio patch perl
)

# debian_release: the release of the newest kernel of the series that the suite has: 7.3.4+deb13-amd64.
debian_release() {
	local found=$DEBIAN/release
	if [ ! -e "$found" ]; then
		mkdir -p "$DEBIAN"
		debian_packages | sort -V | tail -n 1 >"$found.$$"
		[ -s "$found.$$" ] || die "Debian's $SOURCE_SUITE no longer has a kernel $KERNEL_SERIES for amd64" \
			"set KERNEL_SERIES in scripts/lib/common.sh to a series it has"
		mv "$found.$$" "$found"
	fi
	cat "$found"
}

# The releases that the suite has, one on a line.
debian_packages() {
	local state=$CACHE/apt
	apt-cache -o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache" -o Dir::Etc::SourceList="$state/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null pkgnames "linux-headers-$KERNEL_SERIES." |
		sed -n "s/^linux-headers-\($KERNEL_SERIES\.[0-9]*+deb[0-9]*-amd64\)$/\1/p"
}

DEBIAN=$CACHE/debian
DEBIAN_ROOT=$DEBIAN/root

# debian_kernel RELEASE: the folder with the kernel for machines.
debian_kernel() { echo "$DEBIAN/kernel-$1"; }

# What drives the virtual machine, and what the suites use.
DEBIAN_MODULES=(
	virtio_pci virtio_console virtio_blk virtio_net 9pnet_virtio 9p ext4 overlay
	veth dummy tun bridge br_netfilter 8021q ipv6 nf_conntrack nf_tables nft_ct nf_tables_bridge af_packet efivarfs
)

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -- "$@"; fi
}

# in_debian COMMAND...: runs it in the root, which sees the project at its own path, and the folder of the processes. Its
# mounts are seen by nobody else, and end with it.
in_debian() {
	as_root unshare --mount --propagation private -- sh -c '
		root=$1 repo=$2
		shift 2
		mkdir -p "$root$repo" && mount --bind "$repo" "$root$repo" && mount -t proc proc "$root/proc" &&
			mount --bind /dev "$root/dev" && mount -t tmpfs tmpfs "$root/tmp" || exit
		exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin LC_ALL=C.UTF-8 HOME=/root "$@"' - "$DEBIAN_ROOT" "$REPO" "$@"
}

# bootstrap TARGET FORMAT PACKAGE...: a system with these packages, of both suites.
bootstrap() {
	local target=$1 format=$2 mirror
	shift 2
	# The set-up has written where the kernel's source came from.
	mirror=$(awk '{ print $(NF - 2); exit }' "$CACHE/apt/sources.list")
	as_root mmdebstrap --quiet --variant=minbase --mode=root --components=main --format="$format" \
		--dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*/changelog*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/lib/modules/*/kernel/drivers/gpu/*' \
		--include="$(IFS=,; echo "$*")" "$DEBIAN_SUITE" "$target" \
		"deb $mirror $DEBIAN_SUITE main" "deb $mirror $SOURCE_SUITE main"
}

# The kernel's make, with what Debian's package of the headers sets for modules.
debian_make() {
	in_debian make -C /tree ARCH=x86 CROSS_COMPILE=x86_64-linux-gnu- CC=x86_64-linux-gnu-gcc-14 HOSTCC=gcc-14 \
		LUNATIK_CLANG="clang-$DEBIAN_LLVM" "$@"
}
