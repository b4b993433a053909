#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# ltask: random spawns, calls, timers, failures and ends of services, and stops of whole systems. No call hangs, nothing
# stays, and memory does not grow. SECONDS_OF_STRESS says how long it lasts; every round has another seed.
#
# leaks: services that end at random must give back what they took

. "$(dirname "$0")/../lib/ktap.sh"

SECONDS_OF_STRESS=${SECONDS_OF_STRESS:-$(stressed 10)}
SEED=${SEED:-1}
lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1

# services COUNT: whether so many services live, the roots included.
services() {
	[ "$(lunatik list --all | grep " service " | grep -vc " failed ")" = "$1" ]
}
# soak STEPS: runs a system of twelve services until one is done.
soak() {
	round=$((round + 1))
	within 60 lunatik run --name suite/soak "$SUITE_DIR/lua/ltask_soak.lua" $((SEED + round)) 12 "$1" >"$WORK/soak" 2>&1
}
# cut MS: stops a system in the middle.
cut_off() {
	round=$((round + 1))
	lunatik run --name suite/cut "$SUITE_DIR/lua/ltask_soak.lua" $((SEED + round)) 12 100000 >"$WORK/cut" 2>&1 &
	wait_until 10 sh -c 'lunatik list --all | grep -q "ltask_soak_serv"' || return 1
	lunatik eval "require('linux').schedule($1)" >/dev/null
	within 10 lunatik stop suite/cut
	wait $!
	wait_until 10 services 0
}
# rounds SECONDS FIRST: both, in turn, for so long. The first one has this number.
rounds() {
	round=$2
	end=$(($(date +%s) + $1))
	while [ "$(date +%s)" -lt $end ]; do
		if ! soak 200; then
			not_ok "round $round ends" "$(lunatik list --all | head -n 20; tail -n 5 "$WORK/soak")"
			return 1
		fi
		if [ "$(grep -c "done$" "$WORK/soak")" -lt 1 ]; then
			not_ok "round $round: somebody is done" "$(tail -n 5 "$WORK/soak")"
			return 1
		fi
		if ! cut_off $((round * 37 % 300)); then
			not_ok "round $round is stopped in the middle" "$(lunatik list --all | head -n 20)"
			return 1
		fi
	done
}
check "for a while" rounds 3 0
check "all services are gone" wait_until 10 services 0
lunatik status --clear
half=$(((SECONDS_OF_STRESS + 1) / 2))
check "for $half s" rounds $half 1000
lunatik status --clear
middle=$(kernel_memory)
check "for $half s more" rounds $half 2000
check "all services are gone again" wait_until 10 services 0
lunatik status --clear
case $KIND in
um | umlockdep | qemu | '')
	# The kernel keeps some memory for the next round, so the first half is the standard for the second.
	memory_is_back() { [ $(($(kernel_memory) - middle)) -lt 2048 ]; }
	check "kernel memory has not grown" wait_until 20 memory_is_back
	echo "# kernel memory: $middle KiB after the first half, $(kernel_memory) KiB after the second"
	;;
*) skip "kernel memory has not grown" "KASAN keeps freed memory; a search for leaks follows" ;;
esac
check "the module can be unloaded" within 30 lunatik unload
finish
