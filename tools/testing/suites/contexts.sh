#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Contexts: what entering a runtime takes, and code that must not sleep.

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
if ! modprobe lunatik testing=1; then
	not_ok "the module is loaded with testing=1"
	finish
fi

folder=/lib/modules/lua
echo 'return function(...) return ... end' >$folder/suite_child.lua

# locks: how often the lock that all runtimes share was taken.
locks() {
	lunatik eval 'return require("lunatik.testing").graph_locks()'
}

# The rest of the stack. With less, each match of a pattern would move to another stack, which takes microseconds.
echo 'print(require("lunatik.testing").stack_left())' >"$WORK/left.lua"
left=$(lunatik run "$WORK/left.lua")
if [ "$KIND" = um ]; then
	check "a script begins with 11 KiB of its stack ($left bytes)" test "${left:-0}" -ge 11264
else
	echo "# a script begins with $left bytes of its stack"
fi

# Entering a runtime that nobody else wants.
eval_is "a thousand calls into a runtime that nobody else wants take no lock of all runtimes" "0" '
	local testing = require("lunatik.testing")
	local child <close> = require("lunatik").runtime("suite_child")
	child:resume()
	local before = testing.graph_locks()
	for i = 1, 1000 do assert(child:resume(i) == i) end
	return testing.graph_locks() - before'
echo 'require("device").new({ name = "suite_contexts", read = function() return "x" end })' >$folder/suite_device.lua
lunatik run suite_device
before=$(locks)
check_output "a device is read a thousand times" "1000" sh -c 'dd if=/dev/suite_contexts bs=1 count=1000 2>/dev/null | wc -c'
after=$(locks)
check "what was counted is the two scripts that count" test $((after - before)) -lt 50
lunatik stop suite_device
eval_is "a stop takes it, so it is counted" "true" '
	local testing = require("lunatik.testing")
	local before = testing.graph_locks()
	require("lunatik").runtime("suite_child"):stop()
	return testing.graph_locks() > before'

# Code that must not sleep.
echo 'return function() return 1 end' >$folder/suite_thread.lua
lua_checks "$SUITE_DIR/lua/contexts.lua" "$SUITE_DIR"
printed=$(lunatik eval 'require("lunatik.testing").atomically(function() for i = 1, 5000 do print(i) end end)' 2>&1)
lost=$(echo "$printed" | sed -n 's/^(\([0-9]*\) lines lost)$/\1/p')
kept=$(echo "$printed" | grep -c '^[0-9]*$')
check "what is printed there is sent afterwards, and what found no room is counted" test $((kept + ${lost:-0})) = 5000
check "much of it was kept" test "$kept" -gt 500
check_output "what is written and fits comes in order" "1
2" lunatik eval 'require("lunatik.testing").atomically(function() print(1) print(2) end)'
check "a loop there ends at its limit" sh -c 'lunatik eval --cpu-limit 200 "require([[lunatik.testing]]).atomically(function() while true do end end)" 2>&1 | grep -q "CPU limit exceeded"'
rm $folder/suite_thread.lua $folder/suite_child.lua $folder/suite_device.lua
finish
