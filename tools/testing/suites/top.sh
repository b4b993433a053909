#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# top: tables as text, and the keys on a pseudo terminal.

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
echo 'return function() while true do end end' >busy.lua
echo 'require("device").new({ name = "suite_idle" })' >idle.lua
echo 'require("device").new({ name = "suite_stops" })' >stops.lua
heading='NAME +KIND +STATE +CPU% +TIME +MEMORY +MESSAGES +CALLS/s +RUNS +FAILED +LOST'

check_output "without a runtime there is a heading" "NAME  KIND  STATE  CPU%  TIME  MEMORY  MESSAGES  CALLS/s  RUNS  FAILED  LOST" \
	within 20 lunatik top --interval 10ms
lunatik run --name suite_idle idle.lua
lunatik run --name suite_stops stops.lua
lunatik spawn busy.lua
# column NUMBER NAME OPTIONS...: prints a column of the line of that runtime.
column() {
	number=$1
	line=$2
	shift 2
	lunatik top --interval 300ms "$@" | awk -v name="$line" -v number="$number" '$1 == name { print $number }'
}
check "a script that computes uses more than a tenth of a CPU" sh -c \
	"lunatik top --interval 500ms | awk '\$1 == \"busy\" && \$4 > 10 { found = 1 } END { exit !found }'"
check_output "one that waits none" 0.0 column 4 suite_idle
check_output "--once prints one table, too" 1 sh -c "lunatik top --once -i 10 | grep -Ec '^$heading\$'"
check_output "--batch as many as are wanted" 3 sh -c "lunatik top --batch -n 3 -i 10ms | grep -Ec '^$heading\$'"
check_output "with a line between them" 2 sh -c "lunatik top --batch -n 3 -i 10ms | grep -c '^\$'"
lunatik top --batch -i 10ms >tables &
endless=$!
check "without a count they do not end" wait_until 10 sh -c "[ \$(grep -Ec '^$heading\$' tables) -gt 3 ]"
check_fails "by themselves" gone $endless
kill $endless
wait $endless
check_output "the greatest CPU share comes first" busy sh -c "lunatik top --once -i 300ms | sed -n '2s/ .*//p'"
check_output "or the first name" suite_stops sh -c "lunatik top --once -i 10 --sort name --reverse | sed -n '2s/ .*//p'"
lunatik run --name suite_wide/防火墙 - <<-LUA
	require("device").new({ name = "suite_wide" })
LUA
check "wide names take two places for each character" sh -c \
	"lunatik top --once -i 10 | grep -q '^suite_wide/防火墙  run ' && lunatik list --all | grep -q '^suite_wide/防火墙  run '"
lunatik stop suite_wide/防火墙
check_status "an interval that is too short is wrong usage" 2 lunatik top -i 1
check_status "one that is no time, too" 2 lunatik top -i soon
check_status "and no table at all" 2 lunatik top -n 0
check_status "and an unknown order" 2 lunatik top --sort colour
check "a reader that goes away ends it" within 20 sh -c 'lunatik top --batch -i 10ms | head -n 1'

# On a terminal.
if command -v user-lua >/dev/null; then
	within 200 user-lua "$SUITE_DIR/lib/terminal_top.lua" "$SUITE_DIR" $((5 * SLOWER)) >"$WORK/top.out" 2>"$WORK/top.err"
	take_checks top $?
	check "the script that was not stopped runs on" running suite_idle
	check_fails "the other one does not" running suite_stops
else
	skip "top in a terminal" "user-lua is not built"
fi
lunatik stop --all
lunatik unload
check_says "without the device it says what to do" 4 "lunatik load" lunatik top
lunatik load
finish
