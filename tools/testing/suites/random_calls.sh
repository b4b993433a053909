#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Calls functions of all modules at random, in random places. Whatever they do, the script can be stopped, and the
# machine continues. SEEDS selects the calls: a seed gives the same calls each time, as long as time and memory have no
# influence.

. "$(dirname "$0")/../lib/ktap.sh"

if [ "$SLOWER" -ge 10 ]; then
	SEEDS=${SEEDS:-1 2} time=60
else
	SEEDS=${SEEDS:-1 2 3 4} time=5
fi
lunatik unload >/dev/null 2>&1
lunatik load || exit 1

for seed in $SEEDS; do
	within $((time + 30)) lunatik run --mem 8M --name "suite/calls" "$SUITE_DIR/lua/random_calls.lua" "$seed" "$time" >"$WORK/out" 2>"$WORK/err"
	status=$?
	# The script may end by an error that its calls have caused, such as lack of memory; but it must end.
	case $status in
	0) ok "seed $seed runs to its end" ;;
	1) ok "seed $seed ends" ;;
	*) not_ok "seed $seed ends" "status $status: $(head -n 5 "$WORK/err")" ;;
	esac
	echo "# seed $seed: status $status, $(tail -n 1 "$WORK/out" | cut -c 1-80) programs"
	within 20 lunatik stop suite/calls >/dev/null 2>&1
	lunatik run --mem 8M --name "suite/stopped" "$SUITE_DIR/lua/random_calls.lua" "$seed" 1000 >"$WORK/out" 2>"$WORK/err" &
	stopped=$!
	check "seed $seed runs once more" wait_until 20 running suite/stopped
	usleep $((seed % 10 * 300000))
	within 20 lunatik stop --grace 0 suite/stopped >/dev/null 2>&1
	check "and is stopped" wait_until 20 gone "$stopped"
	wait "$stopped"
	lunatik shutdown
done
lunatik status --clear
check "nothing is left" test "$(lunatik list --all | tail -n +2 | wc -l)" = 0
check "the module can be unloaded" within 60 lunatik unload
check "and loaded again" lunatik load
finish
