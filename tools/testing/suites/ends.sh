#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Scripts end by themselves when nothing can call them any more; and their outcomes are kept.

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
DIR=/lib/modules/lua/suite
mkdir -p $DIR
state() { lunatik status "$1" 2>/dev/null | awk 'NR == 2 { print $3 }'; }
is() { [ "$(state "$1")" = "$2" ]; }
# stays NAME: the script still runs after everything that could end it has had its turn.
stays() { running "$1" && lunatik eval 'require("linux").schedule(50)' && running "$1"; }

# Nothing left.
echo 'print("hello", ...)' >hello.lua
for round in 1 2 3; do
	check_output "a script that leaves nothing can be run again (round $round)" "hello	$round" lunatik run hello.lua $round
done
check "it is not listed" not_running hello
check "it has finished" is hello finished
check "a stop of it succeeds" lunatik stop hello
check_status "its log is there" 0 lunatik logs hello
check_output "status names it once" 1 sh -c 'lunatik status | grep -c "^hello "'
check "status --clear forgets it" lunatik status --clear
check_status "so it is not known any more" 3 lunatik status hello
check_says "nor its log" 3 "hello is not running" lunatik logs hello
echo 'local t = setmetatable({}, { __gc = function() print("finalized") end })
	local c = setmetatable({}, { __close = function() print("closed") end })
	local _ <close> = c
	print("runs")' >tidy.lua
check_output "it tidies up before run returns" "runs
closed
finalized" lunatik run tidy.lua
echo 'kept = {} for i = 1, 100 do kept[i] = coroutine.wrap(function() coroutine.yield() end) kept[i]() end
	table.insert(kept, io.open("/etc/passwd")) debug.sethook(function() end, "l")
	require("lunatik")._ENV["suite.value"] = 1' >holds.lua
check "coroutines, files, hooks and values in tables keep no script" lunatik run holds.lua
check "so it has finished" is holds finished
lunatik eval 'require("lunatik")._ENV["suite.value"] = nil'
check_output "results come back as ever" "1	x" sh -c 'echo "return 1, [[x]]" >values.lua; lunatik run values.lua'
check "a function that the tool gets keeps nothing" sh -c 'echo "return print" >gives.lua; lunatik run gives.lua'
check "so its script has finished" is gives finished

# How it ended.
echo 'io.stderr:write("before\n") error("why")' >fails.lua
check_says "a script that fails says why" 1 "why" lunatik run fails.lua
check "its outcome is failed" is fails failed
check "with the error and its place" sh -c 'lunatik status fails | grep -q "fails.lua:1: why"'
check "and the traceback" sh -c 'lunatik status fails | grep -q "stack traceback"'
check "its log has the error, too" sh -c 'lunatik logs fails 2>&1 | grep -q "fails.lua:1: why"'
check "and its name is free" sh -c 'echo "print(1)" >fails.lua; lunatik run fails.lua'
check "which replaces the outcome" is fails finished
echo 'x = = 1' >syntax.lua
check_status "one that does not compile fails" 1 lunatik run syntax.lua
check "and is kept as failed" is syntax failed
check_status "one that does not exist" 3 lunatik run suite/nowhere
check_status "has no outcome" 3 lunatik status suite/nowhere
check_status "nor has one that spawn does not find" 3 sh -c 'lunatik spawn suite/nowhere 2>/dev/null; lunatik status suite/nowhere'
echo 'require("device").new({ name = "suite_stopped" }) print("at first")
	warn("@on") local _ = setmetatable({}, { __gc = function() print("at last") end }) kept = _' >stopped.lua
lunatik run stopped.lua >/dev/null
check "one that is stopped" lunatik stop stopped
check "is kept as finished" is stopped finished
check "with what it printed then" sh -c 'lunatik logs stopped | grep -qx "at last"'
check "a second stop succeeds" lunatik stop stopped
for i in $(seq 1 70); do lunatik run --name "many$i" hello.lua; done >/dev/null
check_output "of many the last 64 are kept" 64 sh -c 'lunatik status | grep -c "^many"'
check_status "and the first are forgotten" 3 lunatik status many1
lunatik status --clear

# A device keeps its script, until it is stopped.
echo 'local device = require("device")
local dev
dev = device.new({ name = "suite_once", write = function() dev:stop() end })' >once.lua
check "a script with a device stays" lunatik run once.lua
check "it is listed" stays once
echo >/dev/suite_once
check "with its last device it ends" wait_until 5 is once finished
echo 'local device = require("device")
local first, second
first = device.new({ name = "suite_first", write = function() first:stop() end })
second = device.new({ name = "suite_second", write = function() second:stop() end })' >two.lua
lunatik run two.lua
echo >/dev/suite_first
check "one of two devices is enough to stay" stays two
echo >/dev/suite_second
check "none is not" wait_until 5 is two finished
echo 'local device = require("device")
local function new(n)
	local dev
	dev = device.new({ name = "suite_next" .. n, write = function()
		dev:stop()
		if n < 3 then new(n + 1) end
	end })
end
new(1)' >next.lua
lunatik run next.lua
echo >/dev/suite_next1
check "a callback may replace the last device" stays next
echo >/dev/suite_next2
echo >/dev/suite_next3
check "until it does not" wait_until 5 is next finished
echo 'pcall(require("device").new, { name = "null" })
	local dev <close> = require("device").new({ name = "suite_closed" })' >refused.lua
check "a device that was refused, or is stopped, keeps nothing" lunatik run refused.lua
check "so its script has finished" is refused finished
exec 5>/dev/null
lunatik run once.lua
exec 5>/dev/suite_once
echo >&5
check "an open file of a device that is gone keeps nothing" wait_until 5 is once finished
check_fails "and gives an error" sh -c 'echo >&5'
exec 5>&-

# Workers.
echo 'worker.peek()' >$DIR/waits.lua
echo 'local rcu = require("lunatik")._ENV
w = worker.create("suite/waits")
require("device").new({ name = "suite_tells", write = function(_, _, _) worker.send(w, 1) end }):stop()' >parent.lua
check "a script with a worker that runs" lunatik run parent.lua
check "stays" stays parent
check "is stopped" lunatik stop parent
check "and its worker with it" wait_until 5 sh -c '! lunatik list --all | grep -q suite/waits'
# Scripts that run until the suite releases them.
UNTIL='local env = require("lunatik")._ENV while not env["suite.go"] do require("linux").schedule(5) end'
let_go() { lunatik eval 'require("lunatik")._ENV["suite.go"] = true'; }
hold() { lunatik eval 'require("lunatik")._ENV["suite.go"] = nil'; }
echo "$UNTIL" >$DIR/soon.lua
echo 'for _ = 1, 3 do worker.create("suite/soon") end' >workers.lua
lunatik run workers.lua
check "a script stays for its workers" running workers
let_go
check "and ends with the last of them" wait_until 10 is workers finished
echo 'worker.create("suite/soon") worker.create("suite/soon")' >$DIR/nested.lua
echo 'worker.create("suite/nested")' >above.lua
check "workers of workers count" lunatik run above.lua
check "until they have ended" wait_until 10 is above finished
echo 'error("worker")' >$DIR/bad.lua
echo 'worker.create("suite/bad")' >badworker.lua
lunatik run badworker.lua
check "a worker that fails does not keep it" wait_until 10 is badworker finished

echo 'local w = worker.create("suite/quick") worker.receive(w)' >received.lua
echo 'local t = require("llthreads2.ex").new("return 1") t:start() t:join()' >joined.lua
echo '' >$DIR/quick.lua
for script in received joined; do
	rounds=$((30 / SLOWER + 4))
	again=0
	for i in $(seq 1 $rounds); do lunatik run $script.lua && again=$((again + 1)); done
	check "what was waited for keeps nothing ($script)" test "$again" = "$rounds"
done

# Threads.
hold
echo "t = require('llthreads2.ex').new([[$UNTIL]]) t:start()" >thread.lua
lunatik run thread.lua
check "a script stays for a thread of llthreads2" running thread
let_go
check "and ends with it" wait_until 10 is thread finished
echo 't = require("llthreads2.ex").new("return 1")' >unstarted.lua
lunatik run unstarted.lua
check "one that was not started keeps nothing" is unstarted finished
echo 'return function(ms) require("linux").schedule(ms) end' >$DIR/sleeps.lua
hold
echo "return function() $UNTIL end" >$DIR/held.lua
echo 'local runtime = require("lunatik").runtime("suite/held")
	require("thread").run(runtime, "held")
	kept = runtime' >threadrun.lua
lunatik run threadrun.lua
check "so does a thread of a child runtime" running threadrun
let_go
check "until its function has returned" wait_until 10 is threadrun finished

# Child runtimes, and references.
echo 'local dev
dev = require("device").new({ name = "suite_child", write = function() dev:stop() end })' >$DIR/dev.lua
echo 'child = require("lunatik").runtime("suite/dev")' >childdev.lua
lunatik run childdev.lua
check "a device of a child runtime keeps the script" stays childdev
echo >/dev/suite_child
check "until it is stopped" wait_until 5 is childdev finished
check "the child has ended, too" wait_until 5 sh -c '! lunatik list --all | grep -q suite/dev'
echo 'child = require("lunatik").runtime("suite/sleeps")' >idle.lua
check "a child that only the script could resume keeps nothing" lunatik run idle.lua
check "so both have ended" is idle finished
check "the child, too" wait_until 5 sh -c '! lunatik list --all | grep -q suite/sleeps'
echo 'require("lunatik")._ENV["suite.kept"] = require("lunatik").runtime("suite/sleeps")' >hands.lua
lunatik run hands.lua
check "who hands a child to others has finished" is hands finished
eval_is "and the child is there for them" "0" 'local child = require("lunatik")._ENV["suite.kept"]
	return select("#", child:resume(1))'
lunatik eval 'require("lunatik")._ENV["suite.kept"] = nil'
check "until nobody refers to it" wait_until 5 sh -c '! lunatik list --all | grep -q suite/sleeps'
echo 'local n = 0 return function() n = n + 1 return n end' >$DIR/service.lua
eval_is "a function that is left to be resumed keeps its script" "1	2	ready" '
	local service = require("lunatik.runner").run("suite/service")
	return service:resume(), service:resume(), service:status()'
check "also when nobody refers to it but the registry" stays suite/service
eval_is "where others find it" "3" 'return require("lunatik")._ENV.runtimes["suite/service"]:resume()'
check "until it is stopped" lunatik stop suite/service
cp hello.lua $DIR/hello.lua
eval_is "without one runner.run gives what has ended" "finished	nil" '
	local hello = require("lunatik.runner").run("suite/hello")
	return hello:status(), require("lunatik")._ENV.runtimes["suite/hello"]'
eval_is "again and again" "true" 'for _ = 1, 100 do require("lunatik.runner").run("suite/hello") end return true'
check_says "which cannot be resumed" 1 "suite/hello" lunatik eval 'require("lunatik.runner").run("suite/hello"):resume()'
echo 'local me = require("lunatik")._ENV.runtimes.selfref require("lunatik")._ENV["suite.self"] = me kept = me' >selfref.lua
lunatik run selfref.lua
check "a script without a function is not kept by references to itself" is selfref finished
lunatik eval 'require("lunatik")._ENV["suite.self"] = nil'

# At the same moment: the device disappears, the script is stopped, and it is started again.
rounds=$((20 / SLOWER + 4))
lost=0
for i in $(seq 1 $rounds); do
	lunatik run once.lua || lost=$((lost + 1))
	(echo >/dev/suite_once) 2>/dev/null &
	within 10 lunatik stop once 2>/dev/null || lost=$((lost + 1))
	wait $!
	# If the device was already gone, the shell has created a file in its place.
	[ ! -f /dev/suite_once ] || rm /dev/suite_once
	wait_until 5 not_running once || lost=$((lost + 1))
done
check "a stop at the moment of its end succeeds ($rounds times)" test $lost = 0
check "and the outcome is finished" is once finished
echo 'local n = math.tointeger(...)
for i = 1, n do worker.create("suite/quick") end' >quickly.lua
echo '' >$DIR/quick.lua
lost=0
for i in $(seq 1 $rounds); do
	lunatik run quickly.lua 8 || lost=$((lost + 1))
	wait_until 10 is quickly finished || lost=$((lost + 1))
done
check "workers that end while their script does never leave it behind ($rounds times)" test $lost = 0
for i in 1 2 3 4; do
	(for j in $(seq 1 $rounds); do lunatik run --name same hello.lua; done >/dev/null 2>&1) &
	starters="$starters $!"
done
for pid in $starters; do wait "$pid"; done
check "four who run one name again and again leave it free" lunatik run --name same hello.lua
rm -r $DIR
finish
