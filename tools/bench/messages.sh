#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Usage: tools/bench/messages.sh [-w WORKERS] [-m MESSAGES] [-i IDLE] [NAME...]
#
# Runs in the guest. Runs each benchmark of runtimes and messages once and prints lines "measure NAME CPUS UNIT VALUE".
# WORKERS (1000) is how many take part where there are many, MESSAGES (20000) how many a benchmark sends, IDLE (10000)
# how many wait while memory is measured, which needs 1 GiB. The exit status is not 0 when an answer was wrong.

bench=$(cd "$(dirname "$0")" && pwd)
workers=1000 messages=20000 idle=10000
while getopts w:m:i: option; do
	case $option in
	w) workers=$OPTARG ;;
	m) messages=$OPTARG ;;
	i) idle=$OPTARG ;;
	*) sed -n '4s/^# //p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- round_trip one_way fan_in chain spawn select timeout services actors processes memory

lunatik load || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Each worker reads its script, so the scripts are copied to memory instead of being read from the share of the host.
cp "$bench"/messages/*.lua "$work" || exit

# measure NAME [ARGUMENT...]
measure() {
	lunatik run --mem 600M --name "bench/$1" "$work/driver.lua" "$@" || exit 1
	lunatik stop "bench/$1" || exit 1
}

# share DIVISOR: prints MESSAGES divided by DIVISOR, at least 1.
share() { echo $(((messages + $1 - 1) / $1)); }

for name; do
	case $name in
	round_trip)
		for payload in integer string table; do
			measure round_trip $payload "$messages"
		done
		measure round_trip text64k "$(share 10)"
		;;
	one_way) measure one_way "$((messages * 5))" ;;
	fan_in) measure fan_in "$workers" "$((messages * 5 / workers + 1))" ;;
	chain) measure chain "$workers" "$(share 1000)" ;;
	spawn) measure spawn "$(share 10)" "$(share 100)" ;;
	select) measure select "$workers" "$(share 20)" ;;
	timeout) measure timeout "$(share 100)" ;;
	services) measure services "$((messages * 5))" "$(share 20)" "$workers" "$((idle / 10))" ;;
	actors) measure actors "$((messages * 5))" "$(share 20)" "$idle" ;;
	processes) measure processes "$messages" "$(share 1000)" ;;
	memory) measure memory "$idle" ;;
	*) echo "messages.sh: there is no benchmark $name" >&2; exit 2 ;;
	esac
done
