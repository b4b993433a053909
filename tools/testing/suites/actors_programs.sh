#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Whole programs with actors: what they print, how they end and are stopped, limits, permissions, exit statuses. Each
# check is named after the section of the conformance list that it is for.

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1
program=$WORK/program
mkdir "$program"
cp -r "$SUITE_DIR/lua/actors" "$program"

# actors COUNT: whether so many actors live.
actors() {
	[ "$(lunatik list --all | grep " actor " | grep -vc " failed ")" = "$1" ]
}

# program NAME: writes a program, a file beside the folder of its actors, from standard input.
program() {
	cat >"$program/$1.lua"
}
# run NAME [ARGS...]: runs it.
run() {
	name=$1
	shift
	within 30 lunatik run --name "suite/$name" "$program/$name.lua" "$@"
}
# run_limited WAY: runs the program whose actor reaches a limit.
run_limited() {
	within 60 lunatik run --mem 16M --cpu-limit 1000 --name suite/limited "$program/limited.lua" "$1"
}
# says NAME TEXT: whether its log has the text.
says() {
	lunatik logs "suite/$1" 2>&1 | grep -qF -- "$2"
}

program entry <<-'LUA'
	require("actor")
	local inbox = require("inbox")
	for _, name in ipairs({ "./actors/modules/sibling", "./actors/modules", ".", "/actors/modules/dir" }) do
		if _CONTEXT == "main" then
			spawn_vm(name):send(inbox)
			print(inbox:receive())
		else
			inbox:receive():send("entry " .. _CONTEXT)
			return
		end
	end
	for _, name in ipairs({ "../x", "./nosuch", "actors" }) do
		local good, err = pcall(function()
			spawn_vm(name)
		end)
		print(good, err.code)
	end
LUA
check_output "2.3: the program's entry is a directory module" "sibling worker
init worker
entry worker
dir/init worker
false	3
false	2
false	1" run entry
eval_is "2.3: a text has no file" \
	"false	24" 'require("actor") local ok, e = pcall(spawn_vm, "./x") return ok, e.code'
eval_is "ruling 1: a script that has not required the module has no such globals" "nil	nil	nil	nil" \
	'return spawn_vm, spawn, this_fiber, _CONTEXT'
for module in inbox mutex recursive_mutex condition_variable future time; do
	eval_is "ruling 1: $module works without it" "true" "return require('$module') ~= nil"
done

# 7, 4.6: errors.
program panics <<-'LUA'
	require("actor")
	local inbox = require("inbox")
	local address = spawn_vm("/actors/fails")
	print(pcall(address.send, address, 1))
LUA
check_says "4.6: an uncaught error is printed" 0 "an actor fails" run panics
check_says "7: with a traceback" 0 "fails.lua:10: in " run panics
check "4.6: the actor is gone" wait_until 10 actors 0
program deadlock <<-'LUA'
	require("actor")
	local mutex = require("mutex").new()
	mutex:lock()
	spawn(function()
		mutex:lock()
	end)
LUA
check_says "7: fibers that wait for each other are reported" 0 "possible deadlock" run deadlock
check "7: and do not keep the script" not_running suite/deadlock
program main_fails <<-'LUA'
	require("actor")
	for _ = 1, 5 do
		local address = spawn_vm("/actors/stays")
		address:send({ cleanup = true })
	end
	error("main fails")
LUA
check_says "7: a script that fails" 1 "main fails" run main_fails
check "7: takes its actors with it" wait_until 10 actors 0
program other_fiber <<-'LUA'
	require("actor")
	spawn(function()
		error("a fiber fails")
	end):detach()
	this_fiber.yield()
	print("goes on")
LUA
check_output "7: an error of a fiber does not end the script" "goes on" run other_fiber
check_says "7: but is printed" 0 "a fiber fails" run other_fiber

# 7: actors live on.
program lives <<-'LUA'
	require("actor")
	spawn_vm("/actors/stays"):send({ cleanup = true, deaf = true })
	-- These two have a sender each, although this script has none.
	local one, two = spawn_vm("/actors/stays"), spawn_vm("/actors/stays")
	one:send({ cleanup = true, keep = two })
	two:send({ keep = one })
	-- Nobody else has the address of this one.
	spawn_vm("/actors/stays"):send({})
LUA
check "7: a script whose chunk has ended" run lives
check "7: has actors that live" wait_until 10 actors 3
check "7: so the script stays" running suite/lives
check "they are listed by their files" sh -c 'lunatik list --all | grep -q "stays .*actor .*blocked"'
check "ruling 7: it is stopped" within 5 lunatik stop suite/lives
check "ruling 7: with its actors" actors 0
check_output "ruling 7: which have cleaned up" 2 sh -c 'lunatik logs suite/lives | grep -c "cleaned up$"'

# A device whose callbacks send and receive.
program callback <<-'LUA'
	require("actor")
	local inbox = require("inbox")
	if _CONTEXT == "worker" then
		for count = 1, math.huge do
			inbox:receive():send(("read %d\n"):format(count))
		end
	end
	local counter = spawn_vm(".")
	require("device").new({ name = "suite_actors", read = function()
		counter:send(inbox)
		return inbox:receive()
	end })
LUA
check "a script with a device" run callback
check_output "its callbacks ask an actor" "read 1" dd if=/dev/suite_actors bs=100 count=1 status=none
check_output "again" "read 2" dd if=/dev/suite_actors bs=100 count=1 status=none
check "it is stopped" within 5 lunatik stop suite/callback
check "with its actor" actors 0

# Ruling 7: a stop.
program stopped <<-'LUA'
	require("actor")
	local inbox, time = require("inbox"), require("time")
	local ways = {
		receive = function()
			inbox:receive()
		end,
		send = function(address)
			address:send(1)
		end,
		sleep = function()
			time.sleep(3600)
		end,
		mutex = function()
			local mutex = require("mutex").new()
			mutex:lock()
			mutex:lock()
		end,
		join = function()
			spawn(function()
				time.sleep(3600)
			end):join()
		end,
		caught = function()
			while true do
				pcall(time.sleep, 3600)
			end
		end,
	}
	-- All of that in fibers of one actor, and in its main fiber what the argument names.
	if _CONTEXT == "worker" then
		local way, home, deaf = inbox:receive(), inbox:receive(), inbox:receive()
		for name, fn in pairs(ways) do
			if name ~= "receive" or way ~= "receive" then
				spawn(function()
					scope_cleanup_push(function()
						time.sleep(0.001)
						print(way .. " fiber " .. name .. " cleans up")
					end)
					fn(deaf)
				end)
			end
		end
		this_fiber.yield()
		home:send("begun")
		scope(function()
			scope_cleanup_push(function()
				time.sleep(0.001)
				print(way .. " main cleans up, inbox " .. (pcall(inbox.receive, inbox) and "open" or "closed"))
			end)
			ways[way](deaf)
		end)
		return
	end
	local begun = 0
	local deaf = spawn_vm("/actors/stays")
	deaf:send({ deaf = true })
	for name in pairs(ways) do
		local address = spawn_vm(".")
		address:send(name)
		address:send(inbox)
		address:send(deaf)
		begun = begun + 1
	end
	for _ = 1, begun do
		assert(inbox:receive() == "begun")
	end
	print("all begun")
	time.sleep(3600)
LUA
lunatik run --name suite/stopped "$program/stopped.lua" >"$WORK/stopped" 2>&1 &
pid=$!
check "ruling 7: actors wait in all ways" wait_until 10 grep -q "all begun" "$WORK/stopped"
check "ruling 7: a stop ends them" within 10 lunatik stop --grace 5000 suite/stopped
wait $pid
check "ruling 7: all" wait_until 10 actors 0
for way in send sleep mutex join caught receive; do
	check "ruling 7: the main fiber in $way cleans up" grep -q "^$way main cleans up, inbox closed" "$WORK/stopped"
	for fiber in send sleep mutex join caught; do
		check "ruling 7: so does a fiber in $fiber beside $way" grep -q "^$way fiber $fiber cleans up" "$WORK/stopped"
	done
done
program finalizes <<-'LUA'
	require("actor")
	local inbox, linux = require("inbox"), require("linux")
	if _CONTEXT == "worker" then
		-- It has more than the 100 ms that finalizers have at least.
		object = setmetatable({}, {
			__gc = function()
				local begun = linux.ktime()
				while linux.ktime() - begun < 400000000 do
				end
				print("has finalized")
			end,
		})
		inbox:receive():send("begun")
		inbox:receive()
		return
	end
	local address = spawn_vm(".")
	address:send(inbox)
	print(inbox:receive())
	require("time").sleep(3600)
LUA
lunatik run --name suite/finalizes "$program/finalizes.lua" >"$WORK/finalizes" 2>&1 &
pid=$!
check "ruling 7: an actor has a finalizer" wait_until 10 grep -q "begun" "$WORK/finalizes"
check "ruling 7: a stop ends it" within 20 lunatik stop --grace 5000 suite/finalizes
wait $pid
check "ruling 7: its finalizer has all of the grace" grep -q "has finalized" "$WORK/finalizes"
program stubborn <<-'LUA'
	require("actor")
	local time = require("time")
	if _CONTEXT == "main" then
		for _ = 1, 3 do
			spawn_vm("."):send("begin")
		end
		print("all begun")
		time.sleep(3600)
	end
	require("inbox"):receive()
	this_fiber.disable_interruption()
	while true do
		pcall(time.sleep, 3600)
		while true do
			pcall(error)
		end
	end
LUA
lunatik run --name suite/stubborn "$program/stubborn.lua" >"$WORK/stubborn" 2>&1 &
pid=$!
check "ruling 7: actors do not end" wait_until 10 grep -q "all begun" "$WORK/stubborn"
check "ruling 7: after the grace they are ended" within 5 lunatik stop --grace 50 suite/stubborn
wait $pid
check "ruling 7: all of them" wait_until 10 actors 0

# What would wait for ever.
program forever <<-'LUA'
	require("actor")
	local inbox = require("inbox")
	-- Two that have each other's address, and one that sends to itself.
	local one, two, own = spawn_vm("/actors/stays"), spawn_vm("/actors/stays"), spawn_vm("/actors/stays")
	one:send({ keep = two })
	two:send({ keep = one })
	own:send({ send_to = own })
LUA
check "3.4: a program whose actors know each other" run forever
check "3.4: nobody counts cycles" actors 3
check "4.2: who sends to itself waits" sh -c '[ "$(lunatik list --all | grep -c "actor .*blocked")" = 3 ]'
check "they are stopped" within 5 lunatik stop suite/forever
check "all of them" wait_until 10 actors 0

# Limits.
program limited <<-'LUA'
	require("actor")
	local inbox = require("inbox")
	local way = ...
	local victim, holder = spawn_vm("/actors/stays"), spawn_vm("/actors/stays")
	victim:send({ keep = inbox, way = way })
	local function try(...)
		local good, err = pcall(...)
		print(good, good or err.code)
	end
	try(victim.send, victim, "queued")
	try(inbox.receive, inbox)
	try(holder.send, holder, { deaf = true })
LUA
for way in memory cpu; do
	check_output "7: who waits for an actor that reaches its limit of $way is told" \
		"false	15
false	16
true	true" run_limited $way
	check "7: and only that one ends" wait_until 10 actors 1
	check "7: $way: the rest is stopped" within 5 lunatik stop suite/limited
done

# A stop of one actor.
program stop_one <<-'LUA'
	require("actor")
	local inbox = require("inbox")
	local victim = spawn_vm("/actors/stays")
	victim:send({ keep = inbox, cleanup = true, deaf = true })
	local function try(...)
		local good, err = pcall(...)
		print(good, good or err.code)
	end
	local fiber = spawn(function()
		try(victim.send, victim, "queued")
	end)
	this_fiber.yield()
	print("waits")
	try(inbox.receive, inbox)
	fiber:join()
LUA
lunatik run --name suite/stop_one "$program/stop_one.lua" >"$WORK/stop_one" 2>&1 &
pid=$!
check "ruling 7: an actor is waited for" wait_until 10 grep -q "waits" "$WORK/stop_one"
check "ruling 7: it is stopped by its name" within 5 lunatik stop "$program/actors/stays"
wait $pid
check "ruling 7: the script goes on" test $? = 0
check_output "ruling 7: who waits for the actor is told, and it has cleaned up" "cleaned up
false	15
false	16
waits" sort "$WORK/stop_one"

# 2.5: system.exit.
program exits <<-'LUA'
	require("actor")
	local how = ...
	scope_cleanup_push(function()
		print("cleans up")
	end)
	print("before")
	if how == "fiber" then
		spawn(function()
			require("system").exit(4)
		end)
		require("time").sleep(60)
	end
	require("system").exit(math.tointeger(how) or 5)
	print("after")
LUA
check_output "2.5: system.exit ends the script at once" "before" run exits 0
check "2.5: with its code, 0" run exits 0
check_status "2.5: or another, which is a failure" 1 run exits 3
check_status "2.5: also from another fiber" 1 run exits fiber

# Permissions.
program permitted <<-'LUA'
	require("actor")
	local inbox = require("inbox")
	local function try(...)
		local good, err = pcall(...)
		print(good, good and err or tostring(err):match("permission.*"))
	end
	local function spawn_and_ask()
		local address = spawn_vm("/actors/opens")
		address:send(inbox)
		return inbox:receive()
	end
	try(spawn_and_ask)
	if ... == "pledge" then
		pledge("~fs:write")
		try(spawn_and_ask)
		pledge("~load")
		try(spawn_and_ask)
	end
LUA
permitted() {
	within 30 lunatik run --name suite/permitted "$@"
}
check_output "an actor may do what the code may that spawns it" 'true	opened
true	permission "fs:write" denied
false	permission "load" denied' permitted "$program/permitted.lua" pledge
check_output "to spawn one needs to load code" 'false	permission "load" denied' \
	permitted -P "fs:read=$program/*" "$program/permitted.lua"
check_output "and to read the file" 'false	permission "fs:read" denied' permitted -P load "$program/permitted.lua"
check_output "not more" 'true	permission "fs:write" denied' \
	permitted -P load -P "fs:read=$program/*" "$program/permitted.lua"

# Actors that other code has: spawned scripts, callbacks, lines of repl, workers, child runtimes.
folder=/lib/modules/lua
cp "$program/actors/echoes.lua" $folder/suite_echoes.lua
cat >$folder/suite_asks.lua <<-'LUA'
	-- A function that asks an actor that it has spawned, and one that has lived before.
	require("actor")
	local inbox = require("inbox")
	local before = spawn_vm("/suite_echoes")
	before:send(inbox)
	return function(value)
		before:send(value)
		local first = inbox:receive()
		local fiber = spawn(function()
			local new = spawn_vm("/suite_echoes")
			new:send(inbox)
			new:send(first)
		end)
		fiber:join()
		return inbox:receive()
	end
LUA
cat >$folder/suite_calls.lua <<-'LUA'
	local ask = require("suite_asks")
	require("device").new({
		name = "suite_actors",
		read = function(_, length, offset)
			return ask("device"):sub(offset + 1, offset + length)
		end,
	})
LUA
cat >$folder/suite_worker.lua <<-'LUA'
	worker.message(require("suite_asks")(worker.peek()))
LUA
cat >$folder/suite_thread.lua <<-'LUA'
	local ask = require("suite_asks")
	return function()
		print(ask("thread"))
	end
LUA
check "a script with a device and actors" within 10 lunatik run suite_calls
check_output "its callback asks actors" "device echoed echoed" \
	within 10 dd if=/dev/suite_actors bs=22 count=1 2>/dev/null
check_output "again" "device echoed echoed" within 10 dd if=/dev/suite_actors bs=22 count=1 2>/dev/null
check "it is stopped" within 5 lunatik stop suite_calls
eval_is "a worker asks actors" "worker echoed echoed" \
	'local w <close> = worker.create("suite_worker") worker.send(w, "worker") return worker.receive(w)'
check_output "a worker that is stopped lets its actors clean up" "fiber cleans up
main cleans up
stopped" run actors/worker_stopped
check "none of them has failed" sh -c '! lunatik list --all | grep -q "worker_actors .*failed"'
# The worker is told first, and is too busy to tell its actor, which learns of the stop by itself.
check_output "an actor stops before its worker has time to tell it" "actor cleans up
stopped" run actors/worker_busy_stopped
check "it has not failed" sh -c '! lunatik list --all | grep -q "worker_busy .*failed"'
eval_is "a function of a child runtime asks actors" "child echoed echoed	again echoed echoed" '
	local child <close> = require("lunatik").runtime("suite_asks")
	return child:resume("child"), child:resume("again")'
check "a spawned script asks actors" within 10 lunatik spawn suite_thread
check "and is told" wait_until 10 sh -c 'lunatik logs suite_thread | grep -q "^thread echoed echoed$"'
check_output "a line of repl asks actors" "repl echoed echoed" within 10 sh -c \
	"printf '%s\n' 'ask = require(\"suite_asks\")' 'print(ask(\"repl\"))' | lunatik repl"
lunatik stop suite_thread >/dev/null 2>&1
check "all these actors are gone" wait_until 10 actors 0
rm -f $folder/suite_*.lua

# The client of a script that is killed.
lunatik run --name suite/stubborn "$program/stubborn.lua" >"$WORK/stubborn" 2>&1 &
pid=$!
check "a client waits for a script with actors" wait_until 10 grep -q "all begun" "$WORK/stubborn"
kill -9 $pid
wait $pid 2>/dev/null
check "when it is killed, the actors end, too" wait_until 10 actors 0

check "the module can be unloaded" within 30 lunatik unload
check "and loaded again" lunatik load
finish
