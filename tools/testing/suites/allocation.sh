#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Every allocation in turn fails: no crash, no leak, only "not enough memory".

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
if ! modprobe lunatik testing=1; then
	not_ok "the module is loaded with testing=1"
	finish
fi
lua_checks "$SUITE_DIR/lua/allocation.lua" "$SUITE_DIR"

# The start of a runtime, with limits from nothing to enough.
limit=1
while [ $limit -le 100 ]; do
	lunatik eval --mem "${limit}K" 'return 1' >"$WORK/limits" 2>&1
	status=$?
	[ $status -le 1 ] || break
	limit=$((limit + 1))
done
check "a runtime with any limit up to 100 KiB works or is refused" test $status -le 1
eval_is "and others start as ever" "1" 'return 1'

# The kernel's own failures, on kernels that can inject them.
failslab=/sys/kernel/debug/failslab
if [ -d $failslab ]; then
	echo Y >$failslab/task-filter
	echo 5 >$failslab/probability
	echo -1 >$failslab/times
	echo 0 >$failslab/verbose
	echo N >$failslab/ignore-gfp-wait
	i=0
	while [ $i -lt 100 ]; do
		sh -c 'echo 1 >/proc/self/make-it-fail; exec lunatik eval "local t = {} for i = 1, 1000 do t[i] = {i} end return #t"' >"$WORK/fail" 2>&1
		status=$?
		case $status in
		0 | 1 | 4 | 126 | 127 | 13[0-9]) ;;
		*) echo "status $status: $(cat "$WORK/fail")" >>"$WORK/others" ;;
		esac
		i=$((i + 1))
	done
	echo 0 >$failslab/probability
	check "a hundred clients whose allocations fail at random end with a status of the tool" sh -c '! cat "$1" 2>/dev/null' - "$WORK/others"
	eval_is "and then all is well" "1" 'return 1'
else
	skip "allocations of the kernel fail at random" "this kernel has no failslab"
fi

lunatik unload
lunatik load
finish
