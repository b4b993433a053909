#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Stops of scripts whose hooks are called all the time, on all CPUs: the code ends at once, the command is back within a
# second, packets go on. Hundreds of starts and stops leave nothing (STRESS).
#
# leaks: scripts that are stopped in a flood free what they have

. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/network.sh"
. "$(dirname "$0")/../lib/hooks.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 hook_slice_ms="$HOOK_SLICE_MS" || exit 1
set_up "the loopback device is up" network_loopback root
MODULE=/lib/modules/lua/suite_hooks_flood.lua
mkdir -p /lib/modules/lua
cp "$SUITE_DIR/lua/hooks_flood.lua" $MODULE
STOPS=${STOPS:-$(stressed $((200 / SLOWER)))}

set_up "a sink" network_server root packets sink udp 127.0.0.1:9
# Both CPUs send, until the flood is ended.
packets flood udp 127.0.0.1:9 --seconds 3600 --threads 2 >/dev/null &
flood=$!

# hundredths: the time since the start, in units of 10 ms.
hundredths() {
	sed 's/\.\([0-9]*\) .*/\1/' /proc/uptime
}
: >"$WORK/times"
for kind in long loops allocates short closes; do
	for round in 1 2 3; do
		lunatik run -c softirq suite_hooks_flood $kind || not_ok "stop: a script is started, $kind"
		usleep 50000
		begun=$(hundredths)
		check "stop: the command stops it, $kind, $round" within 20 lunatik stop suite_hooks_flood
		echo $((($(hundredths) - begun) * 10)) >>"$WORK/times"
		check "stop: it is gone, $kind, $round" not_running suite_hooks_flood
	done
done
sort -n "$WORK/times" >"$WORK/sorted"
median=$(sed -n 8p "$WORK/sorted")
longest=$(tail -n 1 "$WORK/sorted")
echo "# the command is back after $median ms (median), $longest ms at most"
check "stop: the command is back within $SLOWER s" test "$median" -le $((1000 * SLOWER))
check "stop: never later than after $((5 * SLOWER)) s" test "$longest" -le $((5000 * SLOWER))

# stops CPU COUNT KIND...: starts and stops scripts, and shows the times.
stops() {
	stops_cpu=$1
	shift
	taskset "$stops_cpu" lunatik run --name suite/stops "$SUITE_DIR/lua/hooks_stops.lua" "$@" >"$WORK/stops" 2>"$WORK/error"
	check "stop: $1 starts and stops in a flood, from CPU $((stops_cpu - 1))" test $? = 0
	read -r called cut p50 p99 most <"$WORK/stops"
	read -r back50 back99 back_most <<-END
		$(tail -n 1 "$WORK/stops")
	END
	cat "$WORK/error"
	echo "# of $1 scripts, ${called:=0} were called, and ${cut:=0} calls cut short, after $p50, $p99, $most us;" \
		"the stop returned after ${back50:=9999999}, $back99, $back_most us (median, p99, maximum)"
	check "stop: many scripts were called meanwhile" test "$called" -gt $(($1 / 4))
	check "stop: half of the stops return within 250 ms" test "$back50" -le $((250000 * SLOWER))
}
for cpu in 1 2; do
	stops $cpu "$STOPS" long loops allocates short closes
done
stops 1 $((STOPS / 2)) long
check "stop: some have cut calls short" test "$cut" -gt 0
check "stop: half of those ended within 25 ms" test "$p50" -le $((25000 * SLOWER))
check "stop: the flood goes on" kill -0 $flood
kill $flood
wait $flood 2>/dev/null
check "stop: packets pass" pings
check_output "stop: no script is left" "" lunatik list
lunatik run -c softirq suite_hooks_flood long
packets flood udp 127.0.0.1:9 --seconds 2 --threads 2 >/dev/null &
flood=$!
usleep 300000
check "unload: the module goes in a flood, within 10 s" within 10 lunatik unload
check "unload: the flood goes on" kill -0 $flood
wait $flood
check "unload: packets pass" pings
rm -f $MODULE
finish
