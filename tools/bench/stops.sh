#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Usage: tools/bench/stops.sh [-n STOPS] [-w WARM_UP] [-b BUSY] [NAME...]
#
# Runs in the guest. Stops each script of tools/testing/lua/hostile STOPS (100) times, each time after about
# WARM_UP (20) milliseconds, and prints lines "stop NAME CPUS STOPS MEDIAN PERCENTILE_99 GREATEST", in microseconds.
# BUSY (0) other scripts compute meanwhile. The exit status is not 0 when one was not stopped.

testing=$(cd "$(dirname "$0")/../testing/lua" && pwd)
stops=100 warm_up=20 busy=0
while getopts n:w:b: option; do
	case $option in
	n) stops=$OPTARG ;;
	w) warm_up=$OPTARG ;;
	b) busy=$OPTARG ;;
	*) sed -n '4s/^# //p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))

# The driver measures with lunatik.testing.
lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit
# The scripts are read from memory, not from the share of the host.
hostile=/lib/modules/lua/hostile
work=$(mktemp -d)
trap 'rm -rf "$work" "$hostile"' EXIT
mkdir -p "$hostile"
cp "$testing"/hostile/*.lua "$hostile" && cp "$testing/stops.lua" "$work" || exit
[ $# -gt 0 ] || set -- "$hostile"/*.lua

# The host supplies memory that a machine has never used, page by page. In User Mode Linux that takes long compared with
# the measured times.
fill_memory() {
	mkdir "$work/memory" && mount -t tmpfs -o size=99% none "$work/memory" || return
	kilobytes=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo)
	dd if=/dev/zero of="$work/memory/zeros" bs=1M count=$((kilobytes * 97 / 102400)) 2>/dev/null &&
		umount "$work/memory"
}
if grep -q 'User Mode Linux' /proc/cpuinfo; then
	fill_memory || exit
fi

number=0
while [ "$number" -lt "$busy" ]; do
	number=$((number + 1))
	lunatik spawn --name "busy$number" hostile/while || exit
done

for name; do
	name=$(basename "$name" .lua)
	if [ ! -e "$hostile/$name.lua" ]; then
		echo "stops.sh: there is no hostile script $name" >&2
		exit 2
	fi
	figures=$(lunatik run --name driver "$work/stops.lua" "$stops" "hostile/$name" "$warm_up" figures) || exit 1
	lunatik stop driver || exit 1
	echo "stop $name $(nproc) $figures"
done
