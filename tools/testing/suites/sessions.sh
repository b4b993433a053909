#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Sessions that end while their requests come and go: each script that was started for a session ends with it.

. "$(dirname "$0")/../lib/ktap.sh"
cd "$WORK" || exit 1

ROUNDS=${ROUNDS:-$((8 / SLOWER + 2))}

none_is_left() { ! lunatik status | grep -q '^\(eval\|repl\)'; }

for seed in 1 2 3 4; do
	lunatik eval "$(cat "$SUITE_DIR/lua/requests.lua")" $seed >requests$seed
done
check "there are requests" test "$(wc -c <requests1)" -gt 3000
exec 6<>/dev/lunatik
cat requests1 >&6
check "they are worked on" wait_until 10 sh -c '[ "$(lunatik status | grep -c ^eval)" -ge 10 ]'
exec 6<&-
check "and end with their session" wait_until 10 none_is_left

# The writer is killed, or closes the device, while scripts end by themselves and others begin.
round=0
while [ $round -lt $ROUNDS ]; do
	round=$((round + 1))
	pids=
	for seed in 1 2 3 4; do
		# Some hold the file open for a while.
		sh -c "exec 6<>/dev/lunatik; cat requests$seed >&6; exec usleep \$((($round * 7 + $seed) % 13 * 1000))" 2>/dev/null &
		pids="$pids $!"
	done
	usleep $((round % 11 * 2000))
	[ $((round % 2)) = 0 ] || kill -KILL $pids 2>/dev/null
	wait
done
if wait_until 20 none_is_left; then
	ok "after $ROUNDS times four sessions nothing is left running"
else
	not_ok "after $ROUNDS times four sessions nothing is left running" "$(lunatik status)"
fi
check "no request thread is left" wait_until 20 sh -c '! cat /proc/[0-9]*/comm | grep -q lunatik_request'
check "the module can be unloaded" within 60 lunatik unload
check "and loaded again" lunatik load
finish
