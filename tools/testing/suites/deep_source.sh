#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Source text that is too deep: every production of the grammar within every other one, while the kernel's stack is
# measured.

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
check "the module is loaded with testing=1" modprobe lunatik testing=1
# The pairs are distributed over the runs, so that each run is short under emulation.
STEP=$((4 * SLOWER))
for part in 0 1 2 3; do
	MEM=64M lua_checks "$SUITE_DIR/lua/deep_source.lua" "$SUITE_DIR" $part $STEP
done
# Nested functions: the name at the bottom is looked up through all of them.
eval_is "170 nested functions without an end are refused" "expected" \
	'return (select(2, load(("function foo () "):rep(170))):match("expected"))'
eval_is "190 nested functions compile" "function" \
	'return type(load(("function foo () "):rep(190) .. "x = y" .. (" end"):rep(190)))'
eval_is "500 nested functions are too deep" "C stack overflow" \
	'return (select(2, load(("function foo () "):rep(500))):match("C stack overflow"))'
# Threads each of which returns the next thread: dropping the first one drops them all.
mkdir -p /lib/modules/lua
echo 'return function(...) return ... end' >/lib/modules/lua/suite_echo.lua
cat >"$WORK/suite_chain.lua" <<'X'
local lunatik, thread = require("lunatik"), require("thread")
local last
for _ = 1, 500 do
	local t = thread.run(lunatik.runtime("suite_echo"), "echo", last)
	assert(t:join())
	last = t
end
last = nil
collectgarbage()
collectgarbage()
print("dropped")
X
check_output "a chain of threads is dropped" "dropped" lunatik run "$WORK/suite_chain.lua"
eval_is "the machine goes on" "2" 'return 1 + 1'
lunatik unload
finish
