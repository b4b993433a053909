# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=sh
#
# Hostile hooks in traffic, for the suites hooks_hostile and hooks_points. Sourced after ktap.sh and network.sh.
#
#	survives lo over_loop traffic_of_lo
#	report lo
#
# Traffic is a function. It prints a line of `packets` for each kind, and fails if something is lost.

# The round trip that is expected at most for each hook that packets meet on their way, in us; and the longest that there
# may be where the host takes CPUs away.
ROUND_TRIP=$((25000 * SLOWER))
WORST_ROUND_TRIP=$((200 * ROUND_TRIP))

# What the failing calls of a hook cost at most, in us: 32 ms with slices of 1 ms, and the last call.
MOST_COST=$((34000 * HOOK_SLICE_MS))

# bodies: the names of all hostile bodies that this suite runs: those of hooks_bodies.lua, and on request those of
# hostile/. On slow machines those are thinned out.
own_bodies() {
	sed -n 's/^	\([a-z]*_[a-z_]*\) = .*/\1/p' "$SUITE_DIR/lua/hooks_bodies.lua"
}
other_bodies() {
	for file in "$SUITE_DIR"/lua/hostile/*.lua; do
		basename "$file" .lua
	done
}
thinned() {
	awk -v every="$1" 'NR % every == 0'
}

# survives GROUP BODY TRAFFIC: runs the body at all points of the group, while there is traffic.
survives() {
	group=$1 body=$2 traffic=$3 script=suite/$2
	dmesg -c >/dev/null
	if ! within 20 lunatik run -c softirq --name "$script" "$SUITE_DIR/lua/hooks_hostile.lua" "$SUITE_DIR" "$group" "$body" \
		>"$WORK/start" 2>&1; then
		not_ok "$group: $body is started" "$(cat "$WORK/start")"
		return
	fi
	check "budget, $group: while $body runs, nothing is lost" $traffic
	case $body in
	over_*) printf '%s\n' "$said" | sed -n 's/.* max_us=\([0-9]*\).*/\1/p' >>"$WORK/trips.$group" ;;
	esac
	: >"$WORK/figures"
	case $body in
	# The debug hook that they leave behind ends the function that is resumed, too.
	over_debug_hook | hook) ;;
	*)
		check "resume, $group: $body can be resumed" \
			lunatik eval 'local f = io.open((...), "w") f:write(require("lunatik")._ENV.runtimes[select(2, ...)]:resume(), "\n")' \
			"$WORK/figures" "$script"
		check "budget, $group: the failing calls of $body are over before they cost more" cost_is_bounded
		awk '$2 == $3 && $5 >= 16000 { print $5 }' "$WORK/figures" >>"$WORK/costs.$group"
		;;
	esac
	check "stop, $group: $body is stopped" within 5 lunatik stop "$script"
	dmesg | grep "lunatik: $script: " >"$WORK/told"
	check "errors and output, $group: one line for each hook of $body that was disabled" is_told
	case $body in
	over_debug_hook) ;;
	over_*) check "budget, $group: all hooks of $body were called, and are disabled" all_were_disabled ;;
	fails_*) check "budget, $group: all calls of $body have failed" all_have_failed ;;
	esac
}

# A figure is a line: hook, calls, failures, over-runs, us in all, and those of the longest call. The time is that of a
# clock: it contains what the host of this machine took away, from some hooks more than from others. So the hook counts that
# cost least, if there are some; `report` compares the hooks of all bodies.
cost_is_bounded() {
	awk -v most=$((4 * MOST_COST)) '$4 > 16 { print; bad = 1 }
		$2 == $3 { hooks++; if (!least || $5 < least) least = $5; shown = shown $0 "\n" }
		END { if (hooks > 2 && least > most) { printf "%s", shown; bad = 1 } exit bad || NR == 0 }' "$WORK/figures"
}

is_told() {
	sed 's/^[^l]*//' "$WORK/told" | sort | uniq -d | grep . && return 1
	# Nothing else is in the kernel's log: finalizers are told once, too.
	! grep -vE ': hook [^ ]* was disabled: |: finalizers are not called any more: ' "$WORK/told"
}

# As many lines as hooks; 16 over-runs each, unless their time was over before.
all_were_disabled() {
	cat "$WORK/figures" "$WORK/told"
	[ "$(grep -c ' was disabled: ' "$WORK/told")" = "$(wc -l <"$WORK/figures")" ] &&
		awk '$2 == 0 || $2 != $3 || $4 > 16 { bad = 1 } END { exit bad }' "$WORK/figures"
}

all_have_failed() {
	cat "$WORK/figures"
	awk '$2 == 0 || $2 != $3 { bad = 1 } END { exit bad || NR == 0 }' "$WORK/figures"
}

# spread FILE: the least of its numbers, what 50 and 90 % do not exceed, the greatest, and how many there are.
spread() {
	sort -n "$1" >"$WORK/sorted"
	awk -v count="$(wc -l <"$WORK/sorted")" 'NR == 1 { least = $1 } NR == int(count / 2) + 1 { median = $1 }
		NR == int(count * 0.9) + 1 { most = $1 } END { print least, median, most, $1, NR }' "$WORK/sorted"
}

# report GROUP HOOKS: checks and shows the round trips while hooks took too long, of packets that meet so many hooks; and
# what hooks cost whose calls failed until they were disabled. That is the same for all, unless the host takes the CPU away:
# so the hook counts to which it did so least.
report() {
	[ -e "$WORK/trips.$1" ] || return
	limit=$(($2 * ROUND_TRIP))
	# shellcheck disable=SC2046
	set -- "$1" $(spread "$WORK/trips.$1")
	echo "# $1: the longest round trips of $6 runs of pings, in us: median $3, 90 % at most $4, longest $5"
	check "budget, $1: most of the longest round trips take $limit us at most" test "$3" -le "$limit"
	check "budget, $1: none takes more than $WORST_ROUND_TRIP us" test "$5" -le "$WORST_ROUND_TRIP"
	# shellcheck disable=SC2046
	set -- "$1" $(spread "$WORK/costs.$1")
	echo "# $1: the failing calls of $6 hooks cost, in us for each hook: least $2, median $3, 90 % at most $4, most $5"
	check "budget, $1: the failing calls of a hook cost $MOST_COST us at most" test "$2" -le "$MOST_COST"
}

# all GROUP HOOKS TRAFFIC BODY...: runs all bodies, and reports.
all() {
	all_group=$1 all_hooks=$2 all_traffic=$3
	shift 3
	check "without hooks nothing is lost, $all_group" "$all_traffic"
	for all_body in "$@"; do
		survives "$all_group" "$all_body" "$all_traffic"
	done
	report "$all_group" "$all_hooks"
	check "afterwards nothing is lost, $all_group" "$all_traffic"
}

# pings_of NAMESPACE ADDRESS...
pings_of() {
	pings_from=$1 pings_status=0
	shift
	for address in "$@"; do
		network_in "$pings_from" packets ping "$address" --count 18 --timeout-ms $((2000 * SLOWER)) || pings_status=1
	done
	return $pings_status
}

# The bodies of a suite: BODIES, if they are given. On slow machines a part of them.
every=1
[ "$SLOWER" = 1 ] || every=4
[ "$SLOWER" -lt 10 ] || every=12
