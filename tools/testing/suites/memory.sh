#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The memory limit: the script that reaches it gets an error, and nothing else is affected.

. "$(dirname "$0")/../lib/ktap.sh"

name=memory
within 300 lunatik run --mem 8M --name suite/memory "$SUITE_DIR/lua/memory.lua" "$SUITE_DIR" >"$WORK/$name.out" 2>"$WORK/$name.err"
status=$?
lunatik stop suite/memory >/dev/null 2>&1
take_checks memory "$status"

check_says "without a pcall the script fails with that error" 1 "not enough memory" \
	lunatik eval 'local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end'
check_says "a terabyte is an error" 1 "not enough memory" lunatik eval 'return #("x"):rep(1 << 40)'
check_says "--mem holds for this start" 1 "not enough memory" lunatik eval --mem 1M 'return #("x"):rep(2 << 20)'
eval_is "a larger --mem lets more" "83886080" --mem 200M 'return #("x"):rep(80 << 20)'
check_says "the default of 64 MiB holds" 1 "not enough memory" lunatik eval 'return #("x"):rep(65 << 20)'
check_status "a limit too small for Lua itself is an error" 1 lunatik eval --mem 1K 'return 1'
check_status "a limit that is no size is wrong usage" 2 lunatik eval --mem much 'return 1'
echo 'x = ("x"):rep(1 << 20); return function() repeat require("linux").schedule(20) until require("thread").shouldstop() end' >"$WORK/holder.lua"
check "a script with 1 MiB is started" lunatik spawn --mem 4M "$WORK/holder.lua"
used=$(lunatik status holder --json | sed -n 's/.*"memory_used": \([0-9]*\).*/\1/p')
limit=$(lunatik status holder --json | sed -n 's/.*"memory_limit": \([0-9]*\).*/\1/p')
check "status counts its memory" test "${used:-0}" -ge 1048576 -a "${used:-0}" -lt 2097152
check "and shows its limit" test "$limit" = 4194304
within 60 lunatik eval 'pcall(string.rep, "x", 60 << 20); local t = {} while true do t[#t + 1] = {} end' >/dev/null 2>&1
check "another script at its limit does not disturb it" running holder
check "and it is stopped" lunatik stop holder

# Freed memory returns to the kernel: 20 times 32 MiB do not fit at once.
before=$(awk '/MemFree/ { print $2 }' /proc/meminfo)
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	lunatik eval 't = ("x"):rep(32 << 20)' >/dev/null 2>&1 || break
done
check "twenty runtimes of 32 MiB come and go" test "$i" = 20
lost() {
	after=$(awk '/MemFree/ { print $2 }' /proc/meminfo)
	[ $((before - after)) -lt 16384 ]
}
check "and their memory comes back" wait_until 20 lost
finish
