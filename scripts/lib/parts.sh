# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
#
# Steps, whose progress the user sees while waiting for them, and parts, which run in the background. It is sourced by
# common.sh.
#
#	beside bindgen "building bindgen" "$CACHE/bindgen.log" build_bindgen
#	run_step "installing packages" "$CACHE/apt.log" 0 apt-get install ...
#	await_part bindgen
#
# A part that fails ends the steps of all scripts between the one that has started it and those that wait.

declare -A part_pids part_starts part_whats part_logs
# The children of this shell: processes of steps, and process groups of parts as negative numbers.
part_processes=() part_processes_owner='' parts_owner=''

# end_running: ends the children of this shell when it ends early. Without it, a build goes on after Ctrl-C.
end_running() {
	local pid
	for pid in "${part_processes[@]}"; do kill -- "$pid" 2>/dev/null || true; done
	[ "$parts_owner" != "$BASHPID" ] || rm -rf "$PARTS"
}

started() {
	# A part inherits the list of its parent's children, which are not its own.
	[ "$part_processes_owner" = "$BASHPID" ] || part_processes=() part_processes_owner=$BASHPID
	part_processes+=("$1")
	trap end_running EXIT
}

ended() {
	local pid left=()
	for pid in "${part_processes[@]}"; do [ "$pid" = "$1" ] || left+=("$pid"); done
	part_processes=("${left[@]}")
}

# beside NAME WHAT LOG COMMAND...: starts COMMAND, which may be a function, with its output in LOG.
beside() {
	local name=$1
	if [ -z "${PARTS:-}" ]; then
		PARTS=$(mktemp -d "${TMPDIR:-/tmp}/lunatik-parts.XXXXXX")
		export PARTS
		parts_owner=$BASHPID
	fi
	mkdir -p "$(dirname "$3")"
	part_whats[$name]=$2 part_logs[$name]=$3 part_starts[$name]=$SECONDS
	# A process group of its own can be ended as a whole.
	set -m
	run_part "$@" >"$3" 2>&1 </dev/null &
	set +m
	part_pids[$name]=$!
	started "-$!"
}

# run_part NAME WHAT LOG COMMAND...: runs in the part's process.
run_part() {
	local status
	export IN_PART=yes
	# errexit holds in the command only if the same statement does not test its status.
	set +e
	(
		set -e
		"${@:4}"
	)
	status=$?
	if [ $status != 0 ]; then
		printf '%s\n%s\n' "$2" "$3" >"$PARTS/$1.failed"
		# Only the first failure is reported: the link is created once.
		ln "$PARTS/$1.failed" "$PARTS/failed" 2>/dev/null
	fi
	return $status
}

# stop_for_failed_part: ends this script if a part has failed. The first script that notices reports the part; parts do
# not, because nobody would see it.
stop_for_failed_part() {
	local lines
	[ -n "${PARTS:-}" ] && [ -e "$PARTS/failed" ] || return 0
	if [ -z "${IN_PART:-}" ] && ln "$PARTS/failed" "$PARTS/told" 2>/dev/null; then
		mapfile -t lines <"$PARTS/failed"
		[ ! -t 2 ] || printf '\r\033[K' >&2
		say "${lines[0]} failed; the end of ${lines[1]}:"
		tail -n 30 "${lines[1]}" | sed 's/^/    /' >&2
	fi
	# Some programs must not be ended halfway: apt-get.
	[ -n "${unbreakable:-}" ] || exit 1
}

# await_part NAME: waits for a part, and shows how long that takes.
await_part() {
	local pid=${part_pids[$1]} what=${part_whats[$1]} start=${part_starts[$1]} status=0
	follow "$what" "$pid" "${part_logs[$1]}" 0 "$start"
	wait "$pid" || status=$?
	ended "-$pid"
	unset "part_pids[$1]"
	[ $status = 0 ] || {
		stop_for_failed_part
		die "$what was ended (status $status)" "run it again"
	}
	[ "$shown" = 0 ] || say "$what: done in $((SECONDS - start)) s"
}

# run_step WHAT LOG STEPS COMMAND...: runs COMMAND with its output in LOG, and shows the progress.
run_step() {
	local what=$1 log=$2 steps=$3 pid status=0 start=$SECONDS
	shift 3
	mkdir -p "$(dirname "$log")"
	: >"$log"
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	started "$pid"
	follow "$what" "$pid" "$log" "$steps" "$start"
	wait "$pid" || status=$?
	ended "$pid"
	if [ $status != 0 ]; then
		say "$what failed (status $status); the end of $log:"
		tail -n 30 "$log" | sed 's/^/    /' >&2
		return $status
	fi
	[ "$shown" = 0 ] || say "$what: done in $((SECONDS - start)) s"
}

# follow WHAT PID LOG STEPS START: shows the progress of a process until it ends: a percentage if the number of its steps
# (lines with a capital letter after spaces) is known, otherwise the time. Sets `shown` to 0 if there was no time to show
# any.
follow() {
	local what=$1 pid=$2 log=$3 steps=$4 start=$5 begin=$SECONDS lines note
	shown=0
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.2
		stop_for_failed_part
		[ $((SECONDS - begin - shown)) -ge "$([ -t 2 ] && echo 2 || echo 10)" ] || {
			[ $shown = 0 ] && [ $((SECONDS - begin)) -ge 2 ] || continue
		}
		shown=$((SECONDS - begin))
		note="$((SECONDS - start)) s"
		if [ "$steps" -gt 0 ]; then
			lines=$(grep -c '^ \+[A-Z]' "$log") || true
			lines=$((lines * 100 / steps))
			[ $lines -lt 99 ] || lines=99
			note="$lines %, $note"
		fi
		if [ -t 2 ]; then
			printf '\r\033[Klunatik: %s … %s' "$what" "$note" >&2
		else
			say "$what … $note"
		fi
	done
	[ $shown = 0 ] || [ ! -t 2 ] || printf '\r\033[K' >&2
}
