# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=sh
#
# For suites in which the kernel's allocators fail for some tasks. They need a kernel with failslab: test -d $FAILSLAB.

FAILSLAB=/sys/kernel/debug/failslab

# start_with_faults COUNT CODE [OPTION...]: starts COUNT scripts with CODE, one after the other. 5 % of the allocations
# of each client fail. Writes their statuses to $WORK/statuses, and statuses that the tool does not define to
# $WORK/others.
start_with_faults() {
	faults_left=$1 faults_code=$2
	shift 2
	for setting in task-filter=Y verbose=0 times=-1 ignore-gfp-wait=N probability=5; do
		echo "${setting#*=}" >"$FAILSLAB/${setting%=*}"
	done
	[ -p "$WORK/script" ] || mkfifo "$WORK/script"
	while [ "$faults_left" -gt 0 ]; do
		# Nothing may fail before the tool runs: a shell whose exec fails may run the program as a script.
		lunatik run --name "suite/fails$faults_left" "$@" - <"$WORK/script" >"$WORK/fail" 2>&1 &
		client=$!
		exec 6>"$WORK/script"
		# It reads its standard input: from here on allocations fail.
		wait_until 60 grep -q '^0 0x0 ' /proc/$client/syscall
		echo 1 >/proc/$client/make-it-fail
		echo "$faults_code" >&6
		exec 6>&-
		wait $client
		status=$?
		case $status in
		0 | 1 | 4 | 13[0-9]) ;;
		*) echo "status $status: $(cat "$WORK/fail")" >>"$WORK/others" ;;
		esac
		echo "$status" >>"$WORK/statuses"
		faults_left=$((faults_left - 1))
	done
	echo 0 >$FAILSLAB/probability
}

# tell_statuses: prints how often each status occurred.
tell_statuses() {
	sort "$WORK/statuses" | uniq -c | sed 's/^ *\([0-9]*\) \(.*\)/# \1 times status \2/'
}
