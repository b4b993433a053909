#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Usage: tools/bench/hooks.sh [-n CALLS] [-s SECONDS] [-r ROUNDS] MODULE
#
# Runs in the guest. Measures the hooks in C of MODULE, which tools/bench/hooks/build has made. Prints for each, ROUNDS (3)
# times, a line "hook c NAME MEAN LEAST": nanoseconds of a call, of CALLS (1000000); and a line "rate c NAME RATE":
# datagrams a second that are sent over loopback for SECONDS (1) while the hook is registered at local_in. There the name
# "none" is no hook at all. The exit status is not 0 when a hook has not seen what was sent.

calls=1000000 seconds=1 rounds=3
while getopts n:s:r: option; do
	case $option in
	n) calls=$OPTARG ;;
	s) seconds=$OPTARG ;;
	r) rounds=$OPTARG ;;
	*) sed -n '4s/^# //p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 1 ] || { sed -n '4s/^# //p' "$0" >&2; exit 2; }
module=$1

files=/sys/kernel/debug/hook_bench
[ -d /sys/kernel/debug/tracing ] || [ -n "$(ls /sys/kernel/debug)" ] || mount -t debugfs none /sys/kernel/debug || exit
ip link set lo up || exit
sink=$(mktemp)
server=
# shellcheck disable=SC2317 # called by the trap
clean_up() {
	[ -z "$server" ] || kill "$server"
	rmmod hook_bench 2>/dev/null
	rm -f "$sink"
}
trap clean_up EXIT
failed=0

# field NAME: prints the number after NAME= in what is read.
field() {
	sed -n "s/.*\b$1=\([0-9.]*\).*/\1/p"
}

# wait_for_server: it has printed that it is ready; at most 100 times 20 ms.
wait_for_server() {
	tries=0
	until grep -q '^ready' "$sink"; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || return 1
		usleep 20000
	done
}

# rate NAME: floods a sink, and prints how fast.
rate() {
	packets sink udp 127.0.0.1:7 >"$sink" &
	server=$!
	wait_for_server || exit
	sent=$(packets flood udp 127.0.0.1:7 --seconds "$seconds") || exit
	kill "$server" && wait "$server"
	server=
	echo "rate c $1 $(echo "$sent" | field packets_per_s)"
	sent=$(echo "$sent" | field sent)
}

round=0
while [ $round -lt "$rounds" ]; do
	round=$((round + 1))
	rate none
	for hook in empty fields lookup; do
		insmod "$module" hook=$hook family=inet point=local_in || exit
		rate $hook
		seen=$(field packets <$files/counts)
		if [ $hook != empty ] && [ "$seen" -lt "$sent" ]; then
			echo "$hook has seen $seen of $sent packets" >&2
			failed=1
		fi
		echo "$calls" >$files/fire || exit
		echo "hook c $hook $(field mean_ns <$files/fire) $(field least_ns <$files/fire)"
		rmmod hook_bench || exit
	done
done
exit $failed
