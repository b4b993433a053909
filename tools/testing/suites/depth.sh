#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Recursion of every kind: it reaches a useful depth, then gets an error, and the machine continues.

. "$(dirname "$0")/../lib/ktap.sh"

# A million calls, the limit of Lua's own stack, take 110 MB, as in user space.
MEM=256M lua_checks "$SUITE_DIR/lua/depth.lua" "$SUITE_DIR"
check_says "with the default limit, endless calls run out of memory" 1 "not enough memory" \
	lunatik eval 'local function f() return 1 + f() end f()'

eval_is "the machine goes on" "2" 'return 1 + 1'
# The same in a callback, where part of the stack is in use already.
cat >"$WORK/deep_device.lua" <<'EOF'
local function endless()
	return ("x"):gsub("x", endless)
end
require("device").new({
	name = "suite_deep",
	mode = 384,
	read = function(_, _, off)
		if off > 0 then
			return
		end
		local good, err = pcall(endless)
		return tostring(err):match("stack overflow") or "no overflow"
	end,
})
EOF
check "a device with a deep callback runs" lunatik run "$WORK/deep_device.lua"
check_output "a device callback overflows with an error" "stack overflow" within 30 cat /dev/suite_deep
check "and is stopped" lunatik stop deep_device
cat >"$WORK/deep_thread.lua" <<'EOF'
local function endless()
	local good, err = pcall(endless)
	return good or error(err, 0)
end
return function()
	local good, err = pcall(endless)
	print(err)
end
EOF
check "a spawned script recurses" lunatik spawn "$WORK/deep_thread.lua"
check "and ends" wait_until 30 not_running deep_thread
check "with an error of its own" sh -c 'lunatik logs deep_thread | grep -q "stack overflow"'
for i in 1 2 3 4 5 6 7 8; do
	lunatik eval 'local function f() return pcall(f) and error() end for i = 1, 200 do pcall(f) end' >/dev/null 2>&1 &
	pids="$pids $!"
done
failed=0
for pid in $pids; do wait "$pid" || failed=$((failed + 1)); done
check "eight runtimes that recurse at once all end" test "$failed" = 0
finish
