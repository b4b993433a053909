# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Functions for all suites: checks that print KTAP lines, and bounded waits. Sourced by busybox sh, in the guest.
#
#	. "$(dirname "$0")/../lib/ktap.sh"
#	check "one and one is two" test $((1 + 1)) = 2
#	finish

SUITE_DIR=$(cd "$(dirname "$0")/.." && pwd)
WORK=$(mktemp -d /tmp/suite.XXXXXX) || exit 1
KTAP_COUNT=0
KTAP_FAILED=0
# The factor by which operations may take longer: emulated machines and KASAN are slow.
KIND=$(sed -n "s/^KIND=\([a-z]*\).*/\1/p" /etc/machine 2>/dev/null)
case $KIND in
um | '') SLOWER=${SLOWER:-1} ;;
umdebug | umlockdep | qemu | debian) SLOWER=${SLOWER:-4} ;;
*) SLOWER=${SLOWER:-15} ;;
esac
# The parameter hook_slice_ms of the module: an emulated machine does as much in this time as others do in 1 to 2 ms.
case $KIND in
qemu | debian) HOOK_SLICE_MS=$((SLOWER * 2)) ;;
*) HOOK_SLICE_MS=$SLOWER ;;
esac
# The same parameter for suites that are not about it: four times as long, and 8 ms at least. Then no call that ends by
# itself is ended because the host took the CPU away.
HOOK_LONG_SLICE_MS=$((HOOK_SLICE_MS > 2 ? HOOK_SLICE_MS * 4 : 8))
# The factor for the duration of stress tests; 10 for a soak test.
STRESS=${STRESS:-1}

# stressed NUMBER: prints NUMBER times STRESS, at least 1.
stressed() {
	awk -v number="$1" -v stress="$STRESS" 'BEGIN { number = int(number * stress); print (number < 1 ? 1 : number) }'
}

# soaking: whether there is time for long tests that show little more.
soaking() {
	awk -v stress="$STRESS" 'BEGIN { exit !(stress >= 2) }'
}

echo "TAP version 14"

# ok NAME
ok() {
	KTAP_COUNT=$((KTAP_COUNT + 1))
	echo "ok $KTAP_COUNT - $1"
}

# not_ok NAME [WHY]: WHY may have several lines.
not_ok() {
	KTAP_COUNT=$((KTAP_COUNT + 1))
	KTAP_FAILED=$((KTAP_FAILED + 1))
	echo "not ok $KTAP_COUNT - $1"
	if [ -n "$2" ]; then
		printf '%s\n' "$2" | head -n 20 | sed 's/^/# /'
	fi
}

# skip NAME WHY
skip() {
	KTAP_COUNT=$((KTAP_COUNT + 1))
	echo "ok $KTAP_COUNT - $1 # SKIP $2"
}

# check NAME COMMAND...: passes when the command succeeds.
check() {
	name=$1
	shift
	if said=$("$@" 2>&1); then
		ok "$name"
	else
		not_ok "$name" "status $?: $*
$said"
	fi
}

# check_fails NAME COMMAND...: passes when the command fails.
check_fails() {
	name=$1
	shift
	if said=$("$@" 2>&1); then
		not_ok "$name" "succeeded: $*
$said"
	else
		ok "$name"
	fi
}

# check_status NAME STATUS COMMAND...: passes when the command ends with exactly this status.
check_status() {
	name=$1
	wanted=$2
	shift 2
	said=$("$@" 2>&1)
	got=$?
	if [ "$got" = "$wanted" ]; then
		ok "$name"
	else
		not_ok "$name" "status $got instead of $wanted: $*
$said"
	fi
}

# check_output NAME TEXT COMMAND...: passes when the command succeeds and prints exactly this text.
check_output() {
	name=$1
	wanted=$2
	shift 2
	got=$("$@" 2>"$WORK/stderr")
	status=$?
	if [ "$status" = 0 ] && [ "$got" = "$wanted" ]; then
		ok "$name"
	else
		not_ok "$name" "status $status: $*
expected: $wanted
printed: $got
$(cat "$WORK/stderr")"
	fi
}

# check_says NAME STATUS TEXT COMMAND...: passes when the command ends with this status and its standard error contains
# this text.
check_says() {
	name=$1
	wanted=$2
	text=$3
	shift 3
	"$@" >"$WORK/stdout" 2>"$WORK/stderr"
	status=$?
	if [ "$status" = "$wanted" ] && grep -qF -- "$text" "$WORK/stderr"; then
		ok "$name"
	else
		not_ok "$name" "status $status instead of $wanted, or no \"$text\" in the error: $*
$(cat "$WORK/stderr")"
	fi
}

# kernel_memory: prints the KiB that the kernel uses for itself.
kernel_memory() {
	awk '/^(Slab|VmallocUsed|KernelStack|Percpu)/ { sum += $2 } END { print sum }' /proc/meminfo
}

# wait_until SECONDS COMMAND...: runs the command repeatedly until it succeeds; fails after that time.
wait_until() {
	waits_until=$(($(uptime_seconds) + $1 * SLOWER))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ "$(uptime_seconds)" -le "$waits_until" ] || return 1
		usleep 20000
	done
}

# uptime_seconds: whole seconds since the machine was started.
uptime_seconds() {
	IFS=. read -r seconds rest </proc/uptime
	echo "$seconds"
}

# within SECONDS COMMAND...: runs the command and kills it after that time.
within() {
	seconds=$(($1 * SLOWER))
	shift
	timeout -s KILL "$seconds" "$@"
}

# eval_is NAME TEXT CODE [ARGS...]: passes when the code, evaluated in the kernel, gives these results.
eval_is() {
	name=$1
	wanted=$2
	shift 2
	check_output "$name" "$wanted" within 60 lunatik eval "$@"
}

# running NAME
running() {
	lunatik list | grep -qxF "$1"
}

not_running() {
	! running "$1"
}

# gone PID: whether the process has ended, even if nobody has waited for it yet.
gone() {
	state=$(sed -n 's/.*) \([A-Z]\) .*/\1/p' "/proc/$1/stat" 2>/dev/null)
	[ -z "$state" ] || [ "$state" = Z ]
}

# lua_checks FILE [ARGS...]: runs a Lua file in the kernel. Each line "ok NAME" or "not ok NAME" that it prints is a
# check. MEM is its memory limit.
lua_checks() {
	file=$1
	shift
	label=$(basename "$file" .lua)
	within 300 lunatik run --mem "${MEM:-64M}" --name "suite/$label" "$file" "$@" >"$WORK/$label.out" 2>"$WORK/$label.err"
	status=$?
	lunatik stop "suite/$label" >/dev/null 2>&1
	take_checks "$label" "$status"
}

# take_checks LABEL STATUS: counts the checks in the output of a run.
take_checks() {
	while IFS= read -r line; do
		case $line in
		"ok "*) ok "$1: ${line#ok }" ;;
		"not ok "*)
			line=${line#not ok }
			not_ok "$1: ${line%% # *}" "${line#* # }"
			;;
		*) echo "# $line" ;;
		esac
	done <"$WORK/$1.out"
	if [ "$2" = 0 ]; then
		ok "$1: runs to its end"
	else
		not_ok "$1: runs to its end" "status $2
$(cat "$WORK/$1.err")"
	fi
}

# finish: prints the plan, leaves nothing running, and ends the suite.
finish() {
	lunatik shutdown >/dev/null 2>&1
	rm -rf "$WORK"
	echo "1..$KTAP_COUNT"
	[ "$KTAP_FAILED" = 0 ]
	exit
}

lunatik load >/dev/null 2>&1
lunatik shutdown >/dev/null 2>&1
lunatik status --clear >/dev/null 2>&1
