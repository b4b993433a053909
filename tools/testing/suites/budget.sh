#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Limits of CPU time: in total and without interruption, for everything that a runtime does.
# alone: measures CPU time, which in User Mode Linux goes on while the host computes something else

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
LIMIT="CPU limit exceeded"
check_says "eval ends at its limit" 1 "$LIMIT" within 20 lunatik eval --cpu-limit 100 'while true do end'
check_says "with a traceback" 1 "stack traceback:" within 20 lunatik eval --cpu-limit 100 'local function f() while true do end end f()'
check_says "that shows where" 1 "command line):2:" within 20 lunatik eval --cpu-limit 100 'local x
while true do end'
check_says "pcall does not help" 1 "$LIMIT" within 20 lunatik eval --cpu-limit 100 'while true do pcall(function() while true do end end) end'
check_says "nor a coroutine" 1 "$LIMIT" within 20 lunatik eval --cpu-limit 100 'while true do coroutine.wrap(function() while true do end end)() end'
check_says "nor recursion through C" 1 "$LIMIT" within 20 lunatik eval --cpu-limit 100 'local function f() return (("x"):gsub("x", f)) end while true do pcall(f) end'
# Calls and returns on both sides of the end of a stack. Each takes less time than the resolution of the kernel's
# figures.
cat >hops.lua <<'L'
local gsub, load, ktime = string.gsub, load, require("linux").ktime
-- Calls a function from the parser for so many milliseconds, that deep in the stack. Returns how often it did.
local function calls(depth, ms)
	local count = 0
	if depth > 0 then
		gsub("x", "x", function()
			count = calls(depth - 1, ms)
		end)
		return count
	end
	local ends = ktime() + ms * 1000000
	load(function()
		count = count + 1
		return ktime() < ends and " " or nil
	end)
	return count
end
-- They are rarest where each needs another stack.
local deepest, least = 0, math.huge
for depth = 0, 40 do
	local count = calls(depth, 4)
	if count < least then
		deepest, least = depth, count
	end
end
print("went on", calls(deepest, 12000))
L
check_says "nor calls from one stack to the next, however short each is" 1 "$LIMIT" within 30 lunatik run --cpu-limit 1000 hops.lua
lunatik stop hops >/dev/null 2>&1
check_says "a pattern that takes for ever ends" 1 "$LIMIT" within 20 lunatik eval --slice 50 'return (("a"):rep(40)):find(("a?"):rep(40) .. ("a"):rep(40))'
eval_is "a sleep uses no CPU time" "0" --cpu-limit 200 'return require("linux").schedule(600)'
eval_is "what stays below is not disturbed" "1" --cpu-limit 10000 --slice 10000 'return 1'
eval_is "closing methods have time to tidy up" "closed" 'return require("lunatik")._VERSION and "closed"'
check_status "a limit of nothing is refused" 2 lunatik eval --cpu-limit 0 'return 1'

# repl: a slice applies to one line, the limit to all lines.
cat >lines <<'L'
print("first")
while true do pcall(function() while true do end end) end
print("last")
L
check_says "a line of repl ends at the slice" 1 "$LIMIT" within 20 sh -c 'lunatik repl --slice 100 <lines'
check_output "after what came before it, and nothing follows" "first" cat "$WORK/stdout"
check_says "at the limit, too" 1 "$LIMIT" within 20 sh -c 'lunatik repl --cpu-limit 100 <lines'
check_output "in the same way" "first" cat "$WORK/stdout"
# Each of these takes half a second.
for i in 1 2 3 4 5 6; do
	echo 'local t = require("linux").ktime() + 500000000 while require("linux").ktime() < t do end'
done >lines
echo 'print("done")' >>lines
check_output "each line has a slice of its own" "done" within 30 sh -c 'lunatik repl --slice 2000 <lines'
check_says "and all together have the limit" 1 "$LIMIT" within 30 sh -c 'lunatik repl --cpu-limit 2000 <lines'
check_output "so that the last is not reached" "" cat "$WORK/stdout"
check_output "waits are not counted" "slept" sh -c \
	'echo "for i = 1, 60 do require(\"linux\").schedule(10) end return \"slept\"" | lunatik repl --slice 300 --cpu-limit 300'
for option in "--cpu-limit 0" "--slice soon" "--mem 1M"; do
	check_status "repl $option is wrong usage" 2 sh -c "lunatik repl $option </dev/null"
done

# Runtimes that stay.
echo 'while true do end' >runaway.lua
check_says "the loading of a script is cut" 1 "$LIMIT" within 20 lunatik run --cpu-limit 100 runaway.lua
check_output "it has failed" "failed" sh -c 'lunatik status --json runaway | grep -o "\"state\": *\"[a-z]*" | sed "s/.*\"//"'
check "the last error is the limit" sh -c "lunatik status runaway | grep -q '$LIMIT'"
echo 'return function() while true do end end' >body.lua
lunatik spawn --cpu-limit 100 body.lua
check "a thread is cut" wait_until 20 not_running body
check "and has failed at the limit" sh -c "lunatik status body | grep -q '$LIMIT'"
echo 'local linux = require("linux") return function() for i = 1, 20 do local n = 0 for i = 1, 100000 do n = n + 1 end linux.schedule(10) end end' >works.lua
lunatik spawn --slice 1000 works.lua
check "a thread that waits now and then is not cut by a slice" wait_until 30 not_running works
check "it has finished" sh -c 'lunatik status works | grep -q finished'
check "status shows the limits" sh -c 'lunatik status --json works | grep -q "\"slice_ms\": *1000"'

# Callbacks. Loading a driver takes time, too.
limit=$((100 * SLOWER))
cat >slow_device.lua <<'L'
local n = 0
require("device").new({
	name = "slow_device",
	mode = 384,
	read = function()
		n = n + 1
		if n % 2 == 1 then
			while true do pcall(function() while true do end end) end
		end
		return "n" .. n
	end,
})
L
check "a driver with a slice starts" lunatik run --slice "$limit" slow_device.lua
check_says "a runaway callback gives its caller ETIME" 1 "Timer expired" within 20 dd if=/dev/slow_device bs=16 count=1
check_output "and the driver goes on" "n2" sh -c "timeout -s KILL $((20 * SLOWER)) dd if=/dev/slow_device bs=16 count=1 2>/dev/null"
check "its last error is the limit" sh -c "lunatik status slow_device | grep -q '$LIMIT'"
lunatik stop slow_device
cat >total_device.lua <<'L'
require("device").new({ name = "total_device", mode = 384, read = function() while true do end end })
L
lunatik run --cpu-limit "$limit" total_device.lua
check_says "at the limit in total the caller gets ETIME, too" 1 "Timer expired" within 20 dd if=/dev/total_device bs=16 count=1
check "and the driver has ended" wait_until 5 not_running total_device
check "as failed" sh -c 'lunatik status total_device | grep -q failed'
# Callbacks that begin and end between two updates of the kernel's figures, in processes that live equally short.
cat >short_device.lua <<'L'
local linux = require("linux")
require("device").new({
	name = "short_device",
	mode = 384,
	read = function()
		local ends = linux.ktime() + 2000000
		while linux.ktime() < ends do
		end
		return ""
	end,
})
L
lunatik run short_device.lua
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
	cat /dev/short_device
	cat /dev/short_device
done
used=$(($(lunatik status --json short_device | sed -n "s/.*\"cpu_ns\": *\([0-9]*\).*/\1/p") / 1000000))
check "short callbacks are counted, too: $used of 100 ms" test "$used" -ge 85
lunatik stop short_device
lunatik run slow_device.lua
cat /dev/slow_device >/dev/null 2>&1 &
reader=$!
wait_until 5 sh -c 'lunatik status slow_device | grep -q running'
kill -KILL $reader
check "a caller without a limit can be killed" wait_until 10 gone $reader
wait $reader 2>/dev/null
lunatik stop slow_device

# From Lua.
mkdir -p /lib/modules/lua
echo 'return function(loops) while loops do end return "done" end' >/lib/modules/lua/budget_child.lua
echo 'while true do end' >/lib/modules/lua/budget_loads.lua
cat >parent.lua <<'L'
local lunatik = require("lunatik")
local child <close> = lunatik.runtime("budget_child", { mem = 8 << 20, cpu = 10000, slice = 100 })
print(pcall(child.resume, child, true))
print(child:resume(false))
print(child:status())
print((select(2, pcall(lunatik.runtime, "budget_loads", { cpu = 100 })):match("^[^\n]*")))
print(pcall(lunatik.runtime, "budget_child", { cpu = -1 }))
local other <close> = lunatik.runtime("budget_child")
print(pcall(other.resume, other, true))
L
within 60 lunatik run --slice 2000 parent.lua >said 2>&1
has() { grep -qF -- "$1" said; }
check "a resume is cut, and the error is the limit" has "false	$LIMIT"
check "the runtime goes on after that" has "done"
check "and is ready" has "ready"
check "a limit of less than nothing is refused" has "field 'cpu' must be a positive integer"
check "loading is cut from Lua" sh -c 'grep -c "CPU limit exceeded" said | grep -q "[2-9]"'
echo "# $(tr '\n' '|' <said)"
check_says "a child has its maker's limits" 1 "$LIMIT" within 20 lunatik eval --cpu-limit 200 'local c = require("lunatik").runtime("budget_child") c:resume(true)'

# Defaults.
lunatik unload >/dev/null 2>&1
modprobe lunatik cpu_limit_ms=100
check_says "the module's parameter is the default" 1 "$LIMIT" within 20 lunatik eval 'while true do end'
lunatik unload >/dev/null 2>&1
modprobe lunatik
finish
