#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The benchmarks of runtimes, messages, hooks and stops run, and notice failures. Their figures are not checked.

. "$(dirname "$0")/../lib/ktap.sh"

bench=$SUITE_DIR/../bench/messages.sh
check "the benchmarks run" within 60 sh -c "$bench -w 30 -m 100 -i 50 >'$WORK/figures'"
figures="round_trip/integer round_trip/string round_trip/table round_trip/text64k one_way/down one_way/up
	fan_in/select fan_in/in_turn chain spawn/in_turn spawn/together spawn/stopped select timeout/median
	timeout/greatest memory processes/start"
for payload in integer table; do
	for figure in pipe pipe_round_trip round_trip down up round_trip_by_pipe down_by_pipe up_by_pipe; do
		figures="$figures processes/$figure/$payload"
	done
done
# The time of answers from another CPU, if there is another one.
[ "$(nproc)" = 1 ] || figures="$figures round_trip/elsewhere"
for figure in $figures; do
	# So few workers may take less memory than others return meanwhile.
	check "$figure is measured" \
		test "$(grep -cE "^measure $figure [0-9]+ (us|KiB|%|ratio) -?[0-9]+\.[0-9]+$" "$WORK/figures")" = 1
done
lunatik status --clear
check "nothing is left of them" test "$(lunatik list --all | tail -n +2 | wc -l)" = 0
check_says "a chain of no links is noticed" 1 "the chain is not as long as it should be" within 20 "$bench" -w 1 chain
check_says "a benchmark that is not there, too" 2 "there is no benchmark nothing" "$bench" nothing
module=$SUITE_DIR/../../build/$KIND/hook-bench/hook_bench.ko
check "the benchmark of hooks runs" within 60 sh -c "'$SUITE_DIR/../bench/hooks.sh' -n 2000 -l $HOOK_LONG_SLICE_MS '$module' >'$WORK/hooks'"
for figure in c/empty lua/empty more/empty c/fields lua/fields more/fields c/lookup lua/lookup more/lookup; do
	check "hook/$figure is measured" test "$(grep -cE "^measure hook/$figure [0-9]+ ns -?[0-9]+\.[0-9]+$" "$WORK/hooks")" = 1
done
for figure in empty fields lookup; do
	check "the rates of $figure are measured" \
		test "$(grep -cE "^measure hook/rate/$figure [0-9]+ ratio [0-9]+\.[0-9]+$" "$WORK/hooks")" = 1
done
check "nothing is left of the hooks" test ! -d /sys/module/hook_bench
stops=$SUITE_DIR/../bench/stops.sh
check "the benchmark of stops runs" within 60 sh -c "$stops -n 3 -w 5 while gc >'$WORK/stops'"
for name in while gc; do
	check "stops of $name are measured" test "$(grep -cE "^stop $name $(nproc) 3( [0-9]+\.[0-9]){3}$" "$WORK/stops")" = 1
done
check_says "a script that is not there is noticed" 2 "there is no hostile script nothing" "$stops" nothing
finish
