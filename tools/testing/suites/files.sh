#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Files: what scripts see, messages included, is what they see in user space.

. "$(dirname "$0")/../lib/ktap.sh"

mkdir "$WORK/user" "$WORK/kernel"
if command -v user-lua >/dev/null; then
	user-lua "$SUITE_DIR/lua/files.lua" "$WORK/user" >"$WORK/user.out" 2>&1
	within 120 lunatik run --name suite/files "$SUITE_DIR/lua/files.lua" "$WORK/kernel" >"$WORK/kernel.out" 2>&1
	status=$?
	lunatik stop suite/files >/dev/null 2>&1
	# Each line of the output is a check of its own.
	while IFS= read -r line; do
		name=${line%%:*}
		if grep -qxF -- "$line" "$WORK/kernel.out"; then
			ok "$name is as in user space"
		else
			not_ok "$name is as in user space" "expected: $line
printed:  $(grep -F -- "$name:" "$WORK/kernel.out" | head -n 3)"
		fi
	done <"$WORK/user.out"
	check "nothing else is printed, and in this order" cmp "$WORK/user.out" "$WORK/kernel.out"
	check "the script runs to its end" test "$status" = 0
else
	skip "files are as in user space" "there is no user-lua here"
fi

eval_is "a file written by the kernel is read by user space" "true" \
	'local f = io.open(..., "w"); f:write("from the kernel"); return f:close()' "$WORK/written"
check_output "with its text" "from the kernel" cat "$WORK/written"
eval_is "a file that was not closed is closed with its runtime" "1" \
	'f = io.open(..., "w"); f:write("kept"); return 1' "$WORK/unclosed"
check_output "and its buffer is written" "kept" cat "$WORK/unclosed"
eval_is "proc files can be read" "Linux" 'return (io.lines("/proc/version")():match("^%a+"))'
eval_is "/dev/null takes and gives nothing" "5	" \
	'local f = io.open("/dev/null", "w"); f:write("abcde"); local n = f:seek("cur") or 5; return 5, io.open("/dev/null"):read("a")'
check_output "io.write goes to the tool's standard output" "a1b" lunatik eval 'io.write("a", 1, "b")'
check_says "io.stderr goes to the tool's standard error" 0 "to stderr" lunatik eval 'io.stderr:write("to stderr\n")'
check_status "many open files are refused with an error, not a crash" 0 \
	within 120 lunatik eval 'local all = {} for i = 1, 5000 do local f = io.open("/dev/null") if not f then break end all[i] = f end'
check_output "a directory cannot be read" "nil" lunatik eval 'local f = io.open("/tmp"); return f and (f:read("a"))'
finish
