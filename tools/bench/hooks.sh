#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Usage: tools/bench/hooks.sh [-n CALLS] [-s SECONDS] [-l SLICE] MODULE
#
# Runs in the guest. Measures hooks in Lua beside the same hooks in C of MODULE, which tools/bench/hooks/build has made.
# Prints lines "measure NAME CPUS UNIT VALUE": nanoseconds of a call, of CALLS (300000), the thousand that took least;
# what a hook in Lua takes more than one in C; and how many times as many datagrams a second are sent over loopback, for
# SECONDS (1), with a hook in C at local_in as with one in Lua. SLICE (1) is the milliseconds that a call may take. The
# exit status is not 0 when a hook has not seen what was sent.

calls=300000 seconds=1 slice=1
while getopts n:s:l: option; do
	case $option in
	n) calls=$OPTARG ;;
	s) seconds=$OPTARG ;;
	l) slice=$OPTARG ;;
	*) sed -n '4s/^# //p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 1 ] || { sed -n '4s/^# //p' "$0" >&2; exit 2; }
module=$1
scripts=$(cd "$(dirname "$0")/hooks" && pwd)

files=/sys/kernel/debug/hook_bench
[ -n "$(ls /sys/kernel/debug)" ] || mount -t debugfs none /sys/kernel/debug || exit
ip link set lo up || exit
lunatik unload >/dev/null 2>&1
modprobe lunatik hook_slice_ms="$slice" || exit
work=$(mktemp -d)
sink=$work/sink
server=
# shellcheck disable=SC2317 # called by the trap
clean_up() {
	[ -z "$server" ] || kill "$server"
	lunatik stop bench/hook >/dev/null 2>&1
	! [ -d $files ] || rmmod hook_bench
	rm -rf "$work"
}
trap clean_up EXIT

# field NAME: prints the number after NAME= in what is read.
field() {
	sed -n "s/.*\b$1=\([0-9.]*\).*/\1/p"
}

# measure NAME UNIT EXPRESSION: prints a figure. The expression is of awk.
measure() { echo "measure $1 $(nproc) $2 $(awk "BEGIN { printf \"%.3f\", $3 }")"; }

# wait_for_server: it has printed that it is ready; at most 100 times 20 ms.
wait_for_server() {
	tries=0
	until grep -q '^ready' "$sink"; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || return 1
		usleep 20000
	done
}

# flood: floods a sink. Sets rate, in datagrams a second, and sent.
flood() {
	: >"$sink"
	packets sink udp 127.0.0.1:7 >"$sink" &
	server=$!
	wait_for_server || exit
	report=$(packets flood udp 127.0.0.1:7 --seconds "$seconds") || exit
	kill "$server" && wait "$server"
	server=
	rate=$(echo "$report" | field packets_per_s)
	sent=$(echo "$report" | field sent)
}

# seen_in_c, seen_in_lua: print how many packets the hook has counted. User Mode Linux has a few softirqs in its signal
# handlers, where no hook in Lua is called.
seen_in_c() { field packets <$files/counts; }
seen_in_lua() { echo $(($(lunatik eval 'return require("percpu").counter("bench.packets"):sum()') + $(sum missed))); }

# fire: calls the hooks of local_in. Sets time.
fire() {
	echo "$calls" >$files/fire || exit
	time=$(field least_ns <$files/fire)
}

# sum FIELD: prints the sum of a field of all hooks in Lua.
sum() {
	lunatik eval 'local sum = 0
		for name, runtime in pairs(require("lunatik")._ENV.runtimes) do
			for _, hook in ipairs(name:find("^bench/hook") and runtime:hooks() or {}) do
				sum = sum + hook[(...)]
			end
		end
		return sum' "$1" || exit
}

# begin_c NAME, begin_lua NAME: register a hook. end_c, end_lua: take it off.
begin_c() { insmod "$module" hook="$1" || exit; }
end_c() { rmmod hook_bench || exit; }
begin_lua() {
	insmod "$module" hook=others || exit
	lunatik run -c softirq -p --name bench/hook "$scripts/$1.lua" || exit
}
end_lua() {
	failures=$(sum failures)
	# A host that deschedules the machine makes a few calls too long.
	[ "$failures" -le $(($(sum runs) / 1000)) ] || { echo "$failures of $(sum runs) calls have failed" >&2; exit 1; }
	lunatik stop bench/hook || exit
	rmmod hook_bench || exit
}

# has_seen LANGUAGE PACKETS: whether the hook has seen as many; at most 100 times 20 ms.
has_seen() {
	tries=0
	until [ "$(seen_in_"$1")" -ge "$2" ]; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || return 1
		usleep 20000
	done
}

# run LANGUAGE HOOK: sets rate and time.
run() {
	begin_"$1" "$2"
	flood
	# The empty hook counts nothing.
	[ "$2" = empty ] || has_seen "$1" "$sent" || { echo "$1/$2 has not seen all of $sent packets" >&2; exit 1; }
	fire
	end_"$1"
}

# greatest, least: of the numbers that are read.
greatest() { sort -g | tail -n 1; }
least() { sort -g | head -n 1; }

flood
measure hook/datagram us "1000000 / $rate"
for hook in empty fields lookup; do
	# Whatever else the machine does only slows both down, so the best of a few rounds counts.
	rm -f "$work"/*.rate "$work"/*.time
	for _ in 1 2 3; do
		for language in c lua; do
			run $language $hook
			echo "$rate" >>"$work/$language.rate"
			echo "$time" >>"$work/$language.time"
		done
	done
	c_time=$(least <"$work/c.time") lua_time=$(least <"$work/lua.time")
	measure hook/c/$hook ns "$c_time"
	measure hook/lua/$hook ns "$lua_time"
	measure hook/more/$hook ns "$lua_time - $c_time"
	measure hook/rate/$hook ratio "$(greatest <"$work/c.rate") / $(greatest <"$work/lua.rate")"
done
