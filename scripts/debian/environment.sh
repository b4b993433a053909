# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2034 # used by the scripts that source this
#
# Debian's own kernel, and the compilers that it was built with, in a folder of the cache. It is sourced after
# lib/common.sh, never run.

# The suite whose compilers have built the kernel of SOURCE_SUITE.
DEBIAN_SUITE=${SOURCE_SUITE%-backports}
# Packages that the headers' package does not depend on. clang compiles Lua's own files, because GCC refuses software
# floats.
DEBIAN_LLVM=19
DEBIAN_PACKAGES=(
	gcc-14 make rustc rust-src bindgen "clang-$DEBIAN_LLVM" "lld-$DEBIAN_LLVM" "llvm-$DEBIAN_LLVM"
	"libclang-$DEBIAN_LLVM-dev" bc flex bison libelf-dev libssl-dev openssl dwarves python3 xz-utils zstd kmod cpio patch perl
)

# debian_release: prints the release of the suite's newest kernel of the series: 7.3.4+deb13-amd64.
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

# debian_packages: prints the suite's releases, one per line.
debian_packages() {
	local state=$CACHE/apt
	apt-cache -o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache" -o Dir::Etc::SourceList="$state/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null pkgnames "linux-headers-$KERNEL_SERIES." |
		sed -n "s/^linux-headers-\($KERNEL_SERIES\.[0-9]*+deb[0-9]*-amd64\)$/\1/p"
}

DEBIAN=$CACHE/debian
DEBIAN_ROOT=$DEBIAN/root

# debian_kernel RELEASE: prints the folder with the kernel for machines.
debian_kernel() { echo "$DEBIAN/kernel-$1"; }

# Drivers for the virtual machine, and modules that the suites use.
DEBIAN_MODULES=(
	virtio_pci virtio_console virtio_blk virtio_net 9pnet_virtio 9p ext4 overlay
	veth dummy tun bridge br_netfilter 8021q ipv6 nf_conntrack nf_tables nft_ct nf_tables_bridge af_packet efivarfs
)

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -- "$@"; fi
}

# in_debian COMMAND...: runs COMMAND with chroot in the root folder, where the project has its own path and /proc is
# mounted. The mounts are private to COMMAND and end with it.
in_debian() {
	as_root unshare --mount --propagation private -- sh -c '
		root=$1 repo=$2
		shift 2
		mkdir -p "$root$repo" && mount --bind "$repo" "$root$repo" && mount -t proc proc "$root/proc" &&
			mount --bind /dev "$root/dev" && mount -t tmpfs tmpfs "$root/tmp" || exit
		exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin LC_ALL=C.UTF-8 HOME=/root "$@"' - "$DEBIAN_ROOT" "$REPO" "$@"
}

# bootstrap TARGET FORMAT PACKAGE...: installs a system with these packages from both suites.
bootstrap() {
	local target=$1 format=$2 mirror
	shift 2
	mirror=$(recorded_mirror)
	as_root mmdebstrap --quiet --variant=minbase --mode=root --components=main --format="$format" \
		--dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*/changelog*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/lib/modules/*/kernel/drivers/gpu/*' \
		--include="$(IFS=,; echo "$*")" "$DEBIAN_SUITE" "$target" \
		"deb $mirror $DEBIAN_SUITE main" "deb $mirror $SOURCE_SUITE main"
}

# debian_make: runs the kernel's make with the settings of Debian's headers package for modules.
debian_make() {
	in_debian make -C /tree ARCH=x86 CROSS_COMPILE=x86_64-linux-gnu- CC=x86_64-linux-gnu-gcc-14 HOSTCC=gcc-14 \
		LUNATIK_CLANG="clang-$DEBIAN_LLVM" "$@"
}
