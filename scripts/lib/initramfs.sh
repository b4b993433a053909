# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
#
# The root file system of the machines: busybox, the module, the command, Lua files.

# The folder in which cargo leaves the programs for the guest.
PROGRAMS=$REPO/tools/target/x86_64-unknown-linux-gnu/release

# quote WORD...: quotes each word so that a POSIX shell reads it back exactly.
quote() {
	local word
	for word in "$@"; do printf " '%s'" "${word//\'/\'\\\'\'}"; done
}

# Lines of gen_init_cpio for the fixed part.
base_list() {
	local name
	for name in bin sbin dev etc proc sys tmp run root share usr usr/local usr/local/bin var lib lib/modules \
		lib/modules/lua; do
		echo "dir /$name 755 0 0"
	done
	echo 'nod /dev/console 600 0 0 c 5 1'
	echo 'nod /dev/null 666 0 0 c 1 3'
	echo "file /bin/busybox $(command -v busybox) 755 0 0"
	busybox --list | grep -vE '^(busybox|lunatik)$' | while read -r name; do
		echo "slink /bin/$name busybox 777 0 0"
	done
	echo 'slink /sbin/modprobe ../bin/busybox 777 0 0'
	echo 'slink /sbin/poweroff ../bin/busybox 777 0 0'
	# Where it is installed on other machines, and the kernel finds it.
	echo 'slink /usr/local/bin/lunatik /bin/lunatik 777 0 0'
	echo "file /init $REPO/scripts/guest/init 755 0 0"
}

# tree_list FOLDER TARGET: every file below FOLDER at TARGET.
tree_list() {
	local file path
	[ -d "$1" ] || return 0
	while IFS= read -r file; do
		path=$2/${file#"$1"/}
		if [ -d "$file" ]; then
			echo "dir $path 755 0 0"
		else
			echo "file $path $file $(stat -Lc %a "$file") 0 0"
		fi
	done < <(find -L "$1" -mindepth 1 | sort)
}

# sign_module TREE FILE: signs the file like that kernel's own modules, for lockdown.
sign_module() {
	[ ! -x "$1/scripts/sign-file" ] || [ ! -e "$1/certs/signing_key.pem" ] ||
		"$1/scripts/sign-file" sha512 "$1/certs/signing_key.pem" "$1/certs/signing_key.x509" "$2"
}

# make_initramfs WORK KIND TREE SHARE STDIN TERMINAL COMMAND...
make_initramfs() {
	local work=$1 kind=$2 tree=$3 share=$4 stdin=$5 terminal=$6 release list rows columns
	shift 6
	list=$work/list
	release=$(cat "$tree/include/config/kernel.release")
	{
		echo "KIND=$kind SHARE=$(quote "$share" | cut -c2-) STDIN=$stdin TERMINAL=$terminal"
		echo "MODULES=$(quote "$(cat "$tree/modules.load" 2>/dev/null | tr '\n' ' ')" | cut -c2-)"
		echo "CHUNKS=$(quote "$work/chunks" | cut -c2-)"
		echo "LEAKS=${leaks:-} STRESS=${STRESS:-1} SYSTEM=${system:-}"
	} >"$work/machine"
	printf 'set --%s\n' "$(quote "$@")" >"$work/command"
	if [ -n "$terminal" ]; then
		read -r rows columns < <(stty size)
		echo "TERM=$(quote "${TERM:-linux}" | cut -c2-) && export TERM; stty rows $rows cols $columns <\$terminal" >"$work/terminal"
	fi
	echo 'root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/sh' >"$work/passwd"
	echo 'root:x:0:
nogroup:x:65534:' >"$work/group"
	# shellcheck disable=SC2016
	echo 'PS1="\w \$ "' >"$work/profile"
	# shellcheck disable=SC2154 # a variable of scripts/vm
	[ -z "$system" ] || printf '%s\n' '[Service]' Type=exec ExecStart=/run/machine/system TimeoutStartSec=infinity >"$work/machine.service"
	{
		base_list
		[ -z "$system" ] || echo "file /etc/system $REPO/scripts/guest/system 755 0 0"
		for name in machine machine.service command terminal passwd group profile; do
			[ ! -e "$work/$name" ] || echo "file /etc/$name $work/$name 644 0 0"
		done
		module_list "$work" "$kind" "$tree" "$release"
		for name in lunatik user-lua hostile-host packets pipe-bench lunatik-host-setup; do
			[ ! -x "$PROGRAMS/$name" ] || echo "file /bin/$name $PROGRAMS/$name 755 0 0"
		done
		tree_list "$REPO/lua/examples" /lib/modules/lua
	} >"$list"
	"$tree/usr/gen_init_cpio" "$list" >"$work/initramfs"
}

# module_list WORK KIND TREE RELEASE: lists the module at the place where modprobe finds it.
module_list() {
	local root=$1/root file=$REPO/build/$2/module/lunatik.ko folder
	folder=lib/modules/$4
	mkdir -p "$root/$folder/updates"
	touch "$root/$folder/modules.order"
	cp "$3/modules.builtin" "$3/modules.builtin.modinfo" "$root/$folder/" 2>/dev/null || true
	if [ -e "$file" ]; then
		cp "$file" "$root/$folder/updates/lunatik.ko"
		sign_module "$3" "$root/$folder/updates/lunatik.ko"
	fi
	# Modules, for a kernel that is not built for machines.
	[ ! -d "$3/modules" ] || cp -r "$3/modules/." "$root/$folder/"
	PATH=$PATH:/sbin:/usr/sbin depmod -b "$root" "$4"
	echo "dir /$folder 755 0 0"
	tree_list "$root/$folder" "/$folder"
}
