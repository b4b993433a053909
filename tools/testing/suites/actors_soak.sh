#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Actors: rings, trees and crowds in which everybody spawns, sends, forwards addresses, interrupts and dies at random,
# and stops of actors and of whole scripts. No wait hangs, nothing stays, and memory does not grow. SECONDS_OF_STRESS
# says how long it lasts; every round has another seed.
#
# leaks: actors that end at random must give back what they took

. "$(dirname "$0")/../lib/ktap.sh"

SECONDS_OF_STRESS=${SECONDS_OF_STRESS:-$(stressed 20)}
SEED=${SEED:-1}
lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1

# actors COUNT: whether so many actors live.
actors() {
	[ "$(lunatik list --all | grep " actor " | grep -vc " failed ")" = "$1" ]
}
no_pools() {
	[ "$(lunatik eval 'return require("lunatik.testing").pool().pools')" = 1 ]
}
# soak STEPS: runs a script with twelve actors until none is left. These and those that they spawn are some two hundred,
# and take up to 40 MiB; those that are stopped leave more to the others.
soak() {
	round=$((round + 1))
	within 60 lunatik run --mem 160M --name suite/soak "$SUITE_DIR/lua/actor_soak.lua" $((SEED + round)) 12 "$1" >"$WORK/soak" 2>&1
}
# cut_off MS: stops a script in the middle.
cut_off() {
	round=$((round + 1))
	lunatik run --mem 160M --name suite/cut "$SUITE_DIR/lua/actor_soak.lua" $((SEED + round)) 12 100000 >"$WORK/cut" 2>&1 &
	wait_until 10 sh -c 'lunatik list --all | grep -q " actor "' || return 1
	lunatik eval "require('linux').schedule($1)" >/dev/null
	within 10 lunatik stop suite/cut
	wait $!
	wait_until 10 actors 0
}
# ids: the numbers of the actors that live, one a line.
ids() {
	lunatik status --json | awk '
		$1 == "\"id\":" { id = $2 + 0 }
		$1 == "\"kind\":" { is_actor = $2 == "\"actor\"," }
		$1 == "\"state\":" { lives = $2 != "\"failed\"," }
		/}/ { if (is_actor && lives) print id; is_actor = 0 }'
}
# picked_off: runs a script while the tool stops actors of it, until none is left. Prints how many it has stopped.
picked_off() {
	round=$((round + 1))
	within 60 lunatik run --mem 160M --name suite/picked "$SUITE_DIR/lua/actor_soak.lua" $((SEED + round)) 12 400 \
		>"$WORK/picked" 2>&1 &
	pid=$!
	stopped=0
	while ! gone $pid; do
		for id in $(ids | awk -v round=$round 'NR % 5 == round % 5'); do
			lunatik stop --grace 20 "$id" >/dev/null 2>&1 && stopped=$((stopped + 1))
		done
	done
	echo $stopped
	wait $pid
}
# starved: runs a script that has too little memory. It may fail, and ends in any case.
starved() {
	round=$((round + 1))
	within 60 lunatik run --mem $((1500 + round * 100 % 3000))K --name suite/starved \
		"$SUITE_DIR/lua/actor_soak.lua" $((SEED + round)) 12 100 >"$WORK/starved" 2>&1
	[ $? -le 1 ] && wait_until 10 actors 0
}
# has_results FILE: whether a script has ended by itself, and all its waits as they may.
has_results() {
	grep -q "received; done$" "$1" && ! grep -q "wrong: " "$1"
}
# rounds SECONDS FIRST: all of these, in turn, for so long. The first one has this number.
rounds() {
	round=$2
	end=$(($(date +%s) + $1))
	while [ "$(date +%s)" -lt $end ]; do
		if ! soak 100; then
			not_ok "round $round ends" "$(tail -n 5 "$WORK/soak"; lunatik list --all | head -n 15)"
			lunatik stop suite/soak
			return 1
		fi
		if ! has_results "$WORK/soak"; then
			not_ok "round $round: each wait has its result" \
				"$(grep -A 3 "wrong: " "$WORK/soak"; tail -n 5 "$WORK/soak")"
			return 1
		fi
		if ! cut_off $((round * 37 % 300)); then
			not_ok "round $round is stopped in the middle" "$(lunatik list --all | head -n 20)"
			return 1
		fi
		if grep -q "wrong: " "$WORK/cut"; then
			not_ok "round $round: each wait has its result until then" "$(grep -A 3 "wrong: " "$WORK/cut")"
			return 1
		fi
		if ! picked_off >"$WORK/stopped" || ! has_results "$WORK/picked"; then
			not_ok "round $round goes on when actors are stopped" \
				"$(tail -n 5 "$WORK/picked"; lunatik list --all | head -n 15)"
			lunatik stop suite/picked
			return 1
		fi
		cat "$WORK/stopped" >>"$WORK/all_stopped"
		if ! starved; then
			not_ok "round $round ends without memory" "$(tail -n 5 "$WORK/starved"; lunatik list --all | head -n 15)"
			lunatik stop suite/starved
			return 1
		fi
	done
}
check "for a while" rounds 3 0
check "all actors are gone" wait_until 10 actors 0
check "the tool has stopped some of them" grep -q "[1-9]" "$WORK/all_stopped"
lunatik status --clear
half=$(((SECONDS_OF_STRESS + 1) / 2))
check "for $half s" rounds $half 1000
lunatik status --clear
middle=$(kernel_memory)
check "for $half s more" rounds $half 2000
check "all actors are gone again" wait_until 10 actors 0
check "and their contexts" wait_until 10 no_pools
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
