#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Starting and stopping scripts: names, arguments, errors, outcomes.

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
loop='return function() while not require("thread").shouldstop() do require("linux").schedule(10) end end'
echo "$loop" >loop.lua
echo 'print(...)' >args.lua
echo 'return ...' >results.lua
echo 'local x = nil
local function inner() return x.field end
inner()' >fails.lua
echo 'return 1 +' >syntax.lua
# A script that stays because it has a device; several of them stay under several names.
echo 'require("device").new({ name = "resident" .. require("linux").random(1 << 48) })' >resident.lua
echo 'return function(...) print("thread", ...) end' >finishes.lua
echo 'return function() require("linux").schedule(1) error("thread failed") end' >throws.lua

# Run.
check_output "what a script prints while it runs appears" "a	b c	-x" lunatik run args.lua a "b c" -x
check_output "its results are printed as print does" "a	b" lunatik run results.lua a b
check "a script that stays is run" lunatik run resident.lua
check "it is listed" running resident
check_says "running it again is refused" 1 "resident is already running" lunatik run resident.lua
check_status "with status 1" 1 lunatik run resident.lua
check_says "and so is spawning it" 1 "resident is already running" lunatik spawn --name resident loop.lua
check "it is stopped" lunatik stop resident
check "then it is not listed" not_running resident
check "and can run again" lunatik run resident.lua
check "and be stopped by its file name" lunatik stop resident.lua
check_says "stopping what never ran fails" 3 "never is not running" lunatik stop never
check_status "with status 3" 3 lunatik stop never
lunatik run resident.lua
check "several are stopped at once" lunatik stop args resident
lunatik run resident.lua
check_status "of several names those that run are stopped, the others give the status" 3 lunatik stop never resident
check "and the one that ran is gone" not_running resident

# Errors.
check_says "an error gives its message and status 1" 1 "fails.lua:2: attempt to index a nil value" lunatik run fails.lua
check_says "with a traceback" 1 "stack traceback:" lunatik run fails.lua
check_says "that names the functions" 1 "'inner'" lunatik run fails.lua
check "a script that failed is not listed" not_running fails
check_says "a syntax error gives status 1" 1 "syntax.lua:2: unexpected symbol near <eof>" lunatik run syntax.lua
check "a script with a syntax error is not listed" not_running syntax
check_says "a missing script gives status 3" 3 "nowhere" lunatik run nowhere
check_status "a missing file gives status 3" 3 lunatik run ./nowhere.lua
check_says "an error without a value is told" 1 "lunatik:" lunatik eval 'error()'
check_status "a script that fails at once leaves its name free" 1 lunatik run --name free fails.lua
check "for another" lunatik run --name free resident.lua
lunatik stop free

# Names.
mkdir -p /lib/modules/lua/suite/deep
{ cat resident.lua; echo 'print("deep")'; } >/lib/modules/lua/suite/deep/mylua.lua
check_output "a plain name is a file under /lib/modules/lua" "deep" lunatik run suite/deep/mylua
check "a name with lua in its middle stays whole" running suite/deep/mylua
check "and is stopped by it" lunatik stop suite/deep/mylua
check_output "the suffix .lua of a name is dropped once" "deep" lunatik run --name odd.lua.lua suite/deep/mylua
check "so it is odd.lua" running odd.lua
check "stopped as odd.lua.lua" lunatik stop odd.lua.lua
for name in /absolute ../up a/../b '' a//b; do
	check_fails "the name '$name' is refused" lunatik run --name "$name" resident.lua
done
check_fails "a name of 256 bytes is refused" lunatik run --name "$(printf '%0256d' 0)" resident.lua
long=$(printf '%0255d' 0)
check "a name of 255 bytes is fine" lunatik run --name "$long" resident.lua
check "and can be stopped" lunatik stop "$long"
check_output "standard input is a script" "from stdin" sh -c 'echo "print(\"from stdin\")" | lunatik run -'
check "of name stdin" sh -c 'lunatik status stdin | grep -q finished'
check_says "and in messages" 1 "stdin:1:" sh -c 'echo "error(\"x\")" | lunatik run -'
check_fails "a plain name does not leave the folder" lunatik run ../../../etc/passwd

# Spawn.
check "a script is spawned" lunatik spawn loop.lua
check "it is listed" running loop
check_output "its thread has its name" "loop" sh -c 'cat /proc/[0-9]*/comm | grep -x loop'
check "it stops" within 10 lunatik stop loop
check_fails "its thread is gone" sh -c 'cat /proc/[0-9]*/comm | grep -x loop'
check_says "a spawned script must return a function" 1 "a spawned script must return a function" lunatik spawn resident.lua
check "and is not listed" not_running resident
check "a spawned function gets the arguments" lunatik spawn finishes.lua 1 two
check "a function that returns ends its script" wait_until 5 not_running finishes
check_output "its log remains" "thread	1	two" lunatik logs finishes
check "its outcome is finished" sh -c 'lunatik status finishes | grep -q finished'
check "stopping it then succeeds" lunatik stop finishes
check "a function that fails is spawned" lunatik spawn throws.lua
check "it ends" wait_until 5 not_running throws
check "its outcome is failed" sh -c 'lunatik status throws | grep -q failed'
check "with the error" sh -c 'lunatik status throws | grep -q "thread failed"'
check "and the traceback" sh -c 'lunatik status throws | grep -q "stack traceback"'
check "status --clear forgets it" lunatik status --clear
check_status "so that status does not know it" 3 lunatik status throws
check_says "nor can it be stopped" 3 "throws is not running" lunatik stop throws
lunatik spawn throws.lua
wait_until 5 not_running throws
check "the name of a script that failed can be used again" lunatik run --name throws resident.lua
check "then its old outcome is gone" sh -c '! lunatik status throws | grep -q failed'
lunatik stop throws

# Stop.
echo 'return function() while true do end end' >busy.lua
lunatik spawn busy.lua
check "an endless loop is stopped" within 10 lunatik stop busy
check "and gone" not_running busy
echo 'return function() while true do pcall(function() while true do end end) end end' >stubborn.lua
lunatik spawn stubborn.lua
check "one that catches every error is stopped" within 10 lunatik stop stubborn
echo 'return function() while true do require("linux").schedule(100000) end end' >sleeper.lua
lunatik spawn sleeper.lua
check "one that sleeps is stopped" within 10 lunatik stop sleeper
echo 'return function() while true do pcall(require("linux").schedule) end end' >yields.lua
lunatik spawn yields.lua
check "one that gives the processor away for ever is stopped" within 10 lunatik stop yields
echo 'return function()
	local _ <close> = setmetatable({}, { __close = function() local f = io.open("'"$WORK"'/closed", "w") f:write("closed") f:close() end })
	while not require("thread").shouldstop() do require("linux").schedule(1000) end
end' >closes.lua
lunatik spawn closes.lua
check "stop unwinds the script" within 10 lunatik stop closes
check_output "its close variables ran" "closed" cat closed
echo 'setmetatable({}, { __gc = function() local f = io.open("'"$WORK"'/finalized", "w") f:write("gc") f:close() end })' >gc.lua
lunatik run gc.lua
lunatik stop gc
check_output "stop runs finalizers" "gc" cat finalized
lunatik spawn loop.lua
check "stop --grace takes a time" within 10 lunatik stop --grace 5000 loop
check_status "a grace that is no number is wrong usage" 2 lunatik stop --grace soon loop

# From Lua.
cp loop.lua /lib/modules/lua/suite/loop.lua
cp resident.lua /lib/modules/lua/suite/resident.lua
cp results.lua /lib/modules/lua/suite/results.lua
cp fails.lua /lib/modules/lua/suite/fails.lua
eval_is "runner.run starts a script, runner.list shows it" "suite/resident" \
	'local r = require("lunatik.runner"); r.run("suite/resident"); return r.list()'
check "it stays when its starter has ended" running suite/resident
check_says "runner.run refuses it again" 1 "suite/resident is already running" \
	lunatik eval 'require("lunatik.runner").run("suite/resident.lua")'
eval_is "runner.stop stops it" "" 'local r = require("lunatik.runner"); r.stop("suite/resident"); return r.list()'
check_says "runner.stop of what never ran raises" 1 "never is not running" lunatik eval 'require("lunatik.runner").stop("never")'
check_says "runner.run raises the script's error" 1 "attempt to index a nil value" lunatik eval 'require("lunatik.runner").run("suite/fails")'
eval_is "runner.spawn gives a thread" "true	true" '
	local r = require("lunatik.runner")
	local t = r.spawn("suite/loop", 1, 2)
	local task = t:task()
	r.stop("suite/loop")
	return task.command == "loop", math.type(task.pid) == "integer"'
for name in b c a; do lunatik run --name $name resident.lua; done
eval_is "runner.list is sorted" "a, b, c" 'return require("lunatik.runner").list()'
check_output "lunatik list is, too" "a
b
c" lunatik list
eval_is "runner.shutdown stops all" "" 'local r = require("lunatik.runner"); r.shutdown(); return r.list()'
eval_is "runner.startup may be called again" "" 'local r = require("lunatik.runner"); r.startup(); r.startup(); return r.list()'
eval_is "the registry is a table that all share" "true	true	nil" '
	local env = require("lunatik")._ENV
	return env.runtimes ~= nil, env.threads ~= nil, env.runtimes.nothing'

# A script that stops itself, and others.
echo 'require("lunatik.runner").stop("selfish") print("not reached")' >selfish.lua
within 10 lunatik run selfish.lua >self.out 2>&1
check "a script that stops itself ends" wait_until 5 not_running selfish
check_fails "at once" grep -q "not reached" self.out
echo 'return function() require("lunatik.runner").stop("selfthread") print("not reached") end' >selfthread.lua
lunatik spawn selfthread.lua
check "a thread that stops itself ends" wait_until 5 not_running selfthread
check_fails "at once too" sh -c 'lunatik logs selfthread | grep "not reached"'
echo 'require("lunatik.runner").shutdown()' >all.lua
lunatik run resident.lua
within 10 lunatik run all.lua >/dev/null 2>&1
check "a script that shuts all down ends with them" wait_until 5 sh -c '[ -z "$(lunatik list)" ]'
# At the same moment.
for round in 1 2 3 4 5; do
	for i in 1 2 3 4 5 6; do
		(lunatik run --name race resident.lua >/dev/null 2>&1; echo $? >"$WORK/race.$i") &
	done
	wait
	won=$(cat race.* | grep -cx 0)
	check "of six starts of one name exactly one wins (round $round)" test "$won" = 1
	lunatik stop race
done
for i in 1 2 3 4 5 6; do
	(lunatik spawn --name "many$i" loop.lua) &
done
wait
check "six scripts are spawned at once" test "$(lunatik list | wc -l)" = 6
check "shutdown stops them all" within 20 lunatik shutdown
check_output "and returns when they are gone" "" lunatik list
check "a second shutdown has nothing to do" lunatik shutdown

# Child runtimes.
eval_is "a child runtime is resumed with values" "3	x	true" '
	local f = io.open("/lib/modules/lua/suite/child.lua", "w")
	f:write("return function(...) return select(\"#\", ...), ... end") f:close()
	local child = require("lunatik").runtime("suite/child")
	local n, x, t = child:resume("x", true, { 1, { 2 } })
	child:stop()
	return n, x, t'
eval_is "tables are copied deeply" "2	false" '
	local child <close> = require("lunatik").runtime("suite/child")
	local sent = { 1, { 2 } }
	local _, got = child:resume(sent)
	return got[2][1], got == sent'
check_says "what cannot be sent is refused" 1 "function" lunatik eval '
	local child <close> = require("lunatik").runtime("suite/child")
	child:resume({ field = print })'
eval_is "a child is not in the registry" "" '
	local child <close> = require("lunatik").runtime("suite/child")
	return require("lunatik.runner").list()'
eval_is "a child keeps its state between yields" "1	2	finished" '
	local f = io.open("/lib/modules/lua/suite/yields.lua", "w")
	f:write("return function() coroutine.yield(1) coroutine.yield(2) end") f:close()
	local child = require("lunatik").runtime("suite/yields")
	local a, b = child:resume(), child:resume()
	child:resume()
	local status = child:status()
	child:stop()
	return a, b, status == "ready" and "finished" or status'
check_says "a stopped child cannot be resumed" 1 "suite/child was stopped" lunatik eval '
	local child = require("lunatik").runtime("suite/child")
	child:stop()
	child:stop()
	child:resume()'
# Many runtimes that nobody waits for. Their finalizers compute, so that they end more slowly than they are dropped. The
# finalizers count first, because work beyond the grace of finalizers is cut off.
children=$((3000 / SLOWER))
echo 'local rcu, count = require("rcu"), require("lunatik")._ENV["suite.ended"]
kept = setmetatable({}, { __gc = function() rcu.add(count, "gc", 1) for _ = 1, 20000 do end end })' >/lib/modules/lua/suite/counts.lua
eval_is "who drops $children children at once does not wait for them" "true" --mem 300M '
	local lunatik, ktime = require("lunatik"), require("linux").ktime
	local ended = require("rcu").table(8)
	ended.gc = 0
	lunatik._ENV["suite.ended"] = ended
	local kept = {}
	for i = 1, math.tointeger(...) do kept[i] = lunatik.runtime("suite/counts") end
	kept = nil
	local begun = ktime()
	collectgarbage()
	local ms = (ktime() - begun) // 1000000
	return ms < 5000 or ms' $children
ended() { [ "$(lunatik eval 'return require("lunatik")._ENV["suite.ended"].gc')" = "$1" ]; }
check "all of them end, with their finalizers" wait_until 60 ended $children
check "and none is left" wait_until 10 sh -c '! lunatik list --all | grep -q counts'
children=$((500 / SLOWER))
echo 'local path = ...
kept = setmetatable({}, { __gc = function() local f = io.open(path, "a") f:write("x") f:close() end })' >/lib/modules/lua/suite/writes.lua
check "$children children are dropped" lunatik eval 'local kept = {}
	for i = 1, math.tointeger((...)) do kept[i] = require("lunatik").runtime("suite/writes", select(2, ...)) end' $children "$WORK/ended"
check "the module is unloaded at once" within 20 lunatik unload
check_output "after all of them have ended" "$children" stat -c %s "$WORK/ended"
check "it is loaded again" lunatik load
rm -r /lib/modules/lua/suite
finish
