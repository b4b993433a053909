#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Usage: tools/bench/run.sh [-n ROUNDS] [-o FILE] [PROGRAM...]
#
# Runs in the guest. Each program runs in the kernel and in user space in turn, ROUNDS times each (7), so that
# what slows the machine for a while slows both. Prints the shortest times, for whatever else a machine does
# only ever adds to them, their ratio, and as its spread the least, the median and the greatest ratio of the
# pairs; writes the same to FILE as JSON. The exit status is 1 when a program misses its target.

bench=$(cd "$(dirname "$0")" && pwd)
rounds=7
json=/tmp/bench.json
while getopts n:o: option; do
	case $option in
	n) rounds=$OPTARG ;;
	o) json=$OPTARG ;;
	*) sed -n '5s/^# //p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- $(cd "$bench/programs" && ls | sed 's/\.lua$//')

command -v user-lua >/dev/null || { echo "bench: there is no user-lua here" >&2; exit 4; }
lunatik load || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

in_kernel() {
	lunatik run --name "bench/$1" "$bench/measure.lua" "$bench" "$1"
	status=$?
	lunatik stop "bench/$1" 2>/dev/null
	return $status
}

in_user_space() {
	user-lua "$bench/measure.lua" "$bench" "$1"
}

# evaluate PROGRAM KIND: one line of the table, from the measured nanoseconds; the same is added to the JSON.
evaluate() {
	sort -n "$work/kernel" >"$work/kernel.sorted"
	sort -n "$work/user" >"$work/user.sorted"
	paste "$work/kernel" "$work/user" | awk '{ print $1 / $2 }' | sort -n >"$work/ratios"
	awk -v program="$1" -v kind="$2" -v json="$work/json" '
		FNR == 1 { file++ }
		{ value[file, FNR] = $1; n = FNR }
		function median(f) { return n % 2 ? value[f, (n + 1) / 2] : (value[f, n / 2] + value[f, n / 2 + 1]) / 2 }
		END {
			target = kind == "float" ? 3.5 : kind == "allocating" ? 1.0 : 1.05
			ratio = value[1, 1] / value[2, 1]
			verdict = ratio <= target ? "met" : "missed"
			printf "%-14s %-10s %8.1f ms %8.1f ms %6.2f  %5.2f %5.2f %5.2f  %6.2f  %s\n", program, kind,
				value[1, 1] / 1e6, value[2, 1] / 1e6, ratio, value[3, 1], median(3), value[3, n], target, verdict
			printf "{\"program\": \"%s\", \"kind\": \"%s\", \"kernel_ns\": %.0f, \"user_ns\": %.0f, \"ratio\": %.4f, \"pairs\": {\"least\": %.4f, \"median\": %.4f, \"greatest\": %.4f}, \"target\": %.2f, \"met\": %s}\n",
				program, kind, value[1, 1], value[2, 1], ratio, value[3, 1], median(3), value[3, n], target, verdict == "met" ? "true" : "false" >>json
		}' "$work/kernel.sorted" "$work/user.sorted" "$work/ratios"
}

printf '%-14s %-10s %11s %11s %6s  %-17s  %6s  %s\n' PROGRAM KIND KERNEL USER RATIO 'PAIRS FROM - TO' TARGET VERDICT
for program; do
	kind=$(sed -n 's/^-- kind: //p' "$bench/programs/$program.lua")
	[ -n "$kind" ] || { echo "bench: no program $program" >&2; exit 2; }
	: >"$work/kernel"
	: >"$work/user"
	round=0
	while [ $round -lt "$rounds" ]; do
		in_kernel "$program" >>"$work/kernel" || exit 1
		in_user_space "$program" >>"$work/user" || exit 1
		round=$((round + 1))
	done
	evaluate "$program" "$kind"
done
missed=$(grep -c '"met": false' "$work/json")
{
	echo "["
	sed '$!s/$/,/; s/^/  /' "$work/json"
	echo "]"
} >"$json"
echo
echo "$rounds rounds each; $missed of $# missed the target. As JSON: $json"
[ "$missed" = 0 ]
