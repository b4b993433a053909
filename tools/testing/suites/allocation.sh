#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Makes every allocation fail in turn: no crash, no leak, only "not enough memory".

. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/faults.sh"

lunatik unload >/dev/null 2>&1
if ! modprobe lunatik testing=1; then
	not_ok "the module is loaded with testing=1"
	finish
fi
lua_checks "$SUITE_DIR/lua/allocation.lua" "$SUITE_DIR"

# The start of a runtime, with limits from too little to enough.
limit=1
while [ $limit -le 100 ]; do
	lunatik eval --mem "${limit}K" 'return 1' >"$WORK/limits" 2>&1
	status=$?
	[ $status -le 1 ] || break
	limit=$((limit + 1))
done
check "a runtime with any limit up to 100 KiB works or is refused" test $status -le 1
eval_is "and others start as ever" "1" 'return 1'

# Failures in the kernel's own allocators, on kernels that can inject them.
if [ -d $FAILSLAB ]; then
	start_with_faults 100 'local t = {} for i = 1, 1000 do t[i] = {i} end'
	check "a hundred clients whose allocations fail at random end with a status of the tool" sh -c '! cat "$1" 2>/dev/null' - "$WORK/others"
	tell_statuses
	eval_is "and then all is well" "1" 'return 1'

	# This shell is the client. From some byte of its request on, all its allocations fail; this tries each byte. The
	# request is that of `lunatik list`, byte for byte.
	exec 7>/proc/self/make-it-fail 8>/dev/null
	echo 100 >$FAILSLAB/probability
	left=0 waiting=0 refused=0 answered=0
	while [ $left -le 4096 ] && [ $answered = 0 ]; do
		exec 6<>/dev/lunatik
		echo $left >$FAILSLAB/space
		echo 1 >&7
		printf '\016\000\000\000\010\000\000\000\001\000\000\000\006\007' 2>&8 >&6
		status=$?
		echo 0 >&7
		if [ $status = 0 ]; then
			timeout $((5 * SLOWER)) dd bs=12 count=1 <&6 >/dev/null 2>&1
			case $? in
			0) answered=1 ;;
			1) refused=$((refused + 1)) ;;
			*) waiting=$((waiting + 1)) ;;
			esac
		fi
		exec 6<&-
		left=$((left + 16))
	done
	echo 0 >$FAILSLAB/probability
	exec 7>&- 8>&-
	check "a client whose request finds no memory does not wait for ever" test $waiting = 0
	echo "# $refused of $((left / 16)) were refused, $waiting had no answer"
	check "since reading fails" test $refused -gt 0
	check "and where there is enough, it is answered" test $answered = 1
	eval_is "and then, too, all is well" "1" 'return 1'
else
	skip "allocations of the kernel fail" "this kernel has no failslab"
fi

# The watcher of the last call of timeout holds the files open, and checks once a second.
wait_until 10 lunatik unload
lunatik load
finish
