#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Usage: tools/bench/programs.sh [-n ROUNDS] [PROGRAM...]
#
# Runs in the guest. Each program runs in the kernel and in user space in turn, ROUNDS times each (7), so that what
# slows the machine for a while slows both. Prints a line "program NAME CLASS KERNEL_NS USER_NS" for each pair.

bench=$(cd "$(dirname "$0")" && pwd)
rounds=7
while getopts n: option; do
	case $option in
	n) rounds=$OPTARG ;;
	*) sed -n '4s/^# //p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- $(cd "$bench/programs" && ls | sed 's/\.lua$//')

command -v user-lua >/dev/null || { echo "bench: there is no user-lua here" >&2; exit 4; }
lunatik load || exit

in_kernel() {
	lunatik run --name "bench/$1" "$bench/measure.lua" "$bench" "$1"
	status=$?
	lunatik stop "bench/$1" 2>/dev/null
	return $status
}

in_user_space() {
	user-lua "$bench/measure.lua" "$bench" "$1"
}

for program; do
	class=$(sed -n 's/^-- kind: //p' "$bench/programs/$program.lua")
	[ -n "$class" ] || { echo "bench: no program $program" >&2; exit 2; }
	round=0
	while [ $round -lt "$rounds" ]; do
		kernel=$(in_kernel "$program") || exit 1
		user=$(in_user_space "$program") || exit 1
		echo "program $program $class $kernel $user"
		round=$((round + 1))
	done
done
