#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# actors: what is printed of fibers, and how actors end whose fibers wait for each other. Each check is named after the
# section of the conformance list that it is for.

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1

# program NAME: writes a script from standard input, in which the first lines have been written already.
program() {
	{
		echo 'require("actor")'
		echo 'local time, mutex, future = require("time"), require("mutex"), require("future")'
		cat
	} >"$WORK/$1.lua"
}
# output NAME: what it prints, errors included, in one line.
output() {
	within 30 lunatik run --name "suite/$1" "$WORK/$1.lua" 2>&1 | tr '\n' '|'
}
# prints NAME TEXT / prints_no NAME TEXT: whether the text is in it.
prints() {
	output "$1" | grep -qF -- "$2"
}
prints_no() {
	! prints "$@"
}

# 9.1: errors that nobody gets.
program detached <<-'LUA'
	local fiber = spawn(function()
		local function inner()
			error("of a detached fiber")
		end
		inner()
	end)
	fiber:detach()
	this_fiber.yield()
	print("goes on")
LUA
check "9.1: the error of a detached fiber is printed" prints detached "of a detached fiber"
check "9.1: with a traceback" prints detached "in local 'inner'|"
check "9.1: the others go on" prints detached "goes on|"
check "9.1: so does the script" lunatik run --name suite/detached "$WORK/detached.lua"
program late <<-'LUA'
	local fiber = spawn(function()
		error("too late")
	end)
	this_fiber.yield()
	print("ended")
	fiber:detach()
	print("detached")
LUA
check "9.1: who is detached after its end is printed then" \
	sh -c "lunatik run --name suite/late $WORK/late.lua >$WORK/out 2>$WORK/err; grep -q 'too late' $WORK/err"
program collected <<-'LUA'
	spawn(function()
		error("of a lost fiber")
	end)
	this_fiber.yield()
	collectgarbage()
	print("collected")
LUA
check "9.1: the error of a fiber whose object is collected is printed" prints collected "of a lost fiber"
program joined <<-'LUA'
	local fiber = spawn(function()
		error("of a joined fiber")
	end)
	print("caught", pcall(fiber.join, fiber))
	fiber = nil
	collectgarbage()
LUA
check "9.1: who joins gets the error" prints joined "caught	false	"
check "9.1: then it is not printed" prints_no joined "failed: "
program interrupted <<-'LUA'
	local fiber = spawn(function()
		time.sleep(3600)
	end)
	this_fiber.yield()
	fiber:detach()
	fiber:interrupt()
	this_fiber.yield()
	fiber = spawn(function()
		time.sleep(3600)
	end)
	this_fiber.yield()
	fiber:interrupt()
	fiber = nil
	this_fiber.yield()
	collectgarbage()
	print("the end")
LUA
check_output "9.1: who is ended by an interruption is not printed" "the end|" output interrupted
program held <<-'LUA'
	fiber = spawn(function()
		error("of a fiber that is held")
	end)
	this_fiber.yield()
	print("not yet")
LUA
check "9.1: at the latest, the end of the actor prints it" prints held "of a fiber that is held"
program object <<-'LUA'
	spawn(function()
		error(setmetatable({}, { __tostring = function()
			return "an object"
		end }))
	end):detach()
	spawn(function()
		error(setmetatable({}, { __tostring = error }))
	end):detach()
	this_fiber.yield()
	print("the end")
LUA
check "9.1: errors that are objects are printed" prints object "failed: an object"
check "9.1: also those without a text" prints object "(error object is a table value)"
check "9.1: none of them ends the script" prints object "the end|"

# 9.5, 7: fibers that wait for each other.
program main_waits <<-'LUA'
	local lock = mutex.new()
	scope_cleanup_push(function()
		print("cleans up")
	end)
	lock:lock()
	pcall(lock.lock, lock)
	print("too far")
LUA
check_says "7: a main fiber that nothing can wake ends the script" 1 "possible deadlock" \
	lunatik run --name suite/main_waits "$WORK/main_waits.lua"
check "7: no pcall prevents that" prints_no main_waits "too far"
program cycle <<-'LUA'
	local one, two
	one = spawn(function()
		two:join()
	end)
	two = spawn(function()
		one:join()
	end)
LUA
check "7: fibers that join each other are reported" prints cycle "possible deadlock: nothing can wake 2 of the fibers"
program promise <<-'LUA'
	local promise, of_promise = future.new()
	promise = nil
	print("broken", pcall(of_promise.get, of_promise))
LUA
check "9.5: before that, garbage is collected: a promise breaks" prints promise "broken	false	Broken promise"
program kept <<-'LUA'
	local promise, of_promise = future.new()
	setmetatable({ promise }, { __gc = print })
	promise = nil
	print("broken", pcall(of_promise.get, of_promise))
LUA
check "9.5: also one that waits for another finalizer" prints kept "broken	false	Broken promise"
program condition <<-'LUA'
	local lock, condition = mutex.new(), require("condition_variable").new()
	for _ = 1, 3 do
		spawn(function()
			lock:lock()
			condition:wait(lock)
		end)
	end
	this_fiber.yield()
	condition:notify_one()
LUA
check "7: those who wait for a condition do not keep the actor" prints condition "possible deadlock: nothing can wake 2 of the fibers"
program nobody_waits <<-'LUA'
	spawn(function()
		time.sleep(0.01)
		print("slept")
	end)
LUA
check_output "7: who sleeps does" "slept|" output nobody_waits

# 7: memory.
program memory <<-'LUA'
	local fiber = spawn(function()
		scope_cleanup_push(function()
			print("cleans up")
		end)
		local list = {}
		while true do
			list[#list + 1] = ("x"):rep(100000) .. #list
		end
	end)
	print("caught", pcall(fiber.join, fiber))
LUA
check_says "7: a fiber that uses up the memory ends the script" 1 "not enough memory" \
	lunatik run --mem 4M --name suite/memory "$WORK/memory.lua"
check "7: without cleaning up, and nobody catches that" \
	sh -c "! lunatik run --mem 4M --name suite/memory $WORK/memory.lua 2>&1 | grep 'cleans up\|caught'"

# 9.2: a stop, which ends what an interruption does not.
program stopped <<-'LUA'
	local lock, other = mutex.new(), require("recursive_mutex").new()
	local condition = require("condition_variable").new()
	lock:lock()
	local function waiter(name, fn)
		spawn(function()
			scope_cleanup_push(function()
				time.sleep(0.001)
				print(name .. " cleans up")
			end)
			fn()
		end)
	end
	spawn(function()
		other:lock()
		time.sleep(3600)
	end)
	waiter("mutex", function()
		lock:lock()
	end)
	waiter("recursive", function()
		other:lock()
	end)
	waiter("condition", function()
		local own = mutex.new()
		own:lock()
		condition:wait(own)
	end)
	waiter("future", function()
		promise, of_promise = future.new()
		of_promise:get()
	end)
	waiter("coroutine", function()
		coroutine.wrap(function()
			scope_cleanup_push(function()
				print("coroutine inside cleans up")
			end)
			time.sleep(3600)
		end)()
	end)
	waiter("disabled", function()
		this_fiber.disable_interruption()
		time.sleep(0.1)
		print("disabled slept")
		this_fiber.restore_interruption()
		time.sleep(3600)
	end)
	waiter("spawner", function()
		scope_cleanup_push(function()
			spawn(function()
				scope_cleanup_push(function()
					print("late cleans up")
				end)
				time.sleep(3600)
			end)
		end)
		time.sleep(3600)
	end)
	scope_cleanup_push(function()
		time.sleep(0.001)
		print("main cleans up")
	end)
	this_fiber.yield()
	print("begun")
	while true do
		pcall(time.sleep, 3600)
	end
LUA
lunatik run --name suite/stopped "$WORK/stopped.lua" >"$WORK/stopped" 2>&1 &
pid=$!
check "ruling 7: fibers wait in all ways" wait_until 10 grep -q "begun" "$WORK/stopped"
check "ruling 7: a stop ends them" within 10 lunatik stop --grace 5000 suite/stopped
wait $pid
for name in mutex recursive condition future coroutine "coroutine inside" disabled spawner late main; do
	check "ruling 7: $name cleans up" grep -q "^$name cleans up" "$WORK/stopped"
done
check "ruling 7: disabled interruption is respected" grep -q "^disabled slept" "$WORK/stopped"
grep "cleans up" "$WORK/stopped" >"$WORK/order"
check_output "ruling 7: the main fiber is the last one" "main cleans up" tail -n 1 "$WORK/order"

# Permissions: what runs after a failure may do no more than what ran before.
program pledged <<-'LUA'
	local fiber = spawn(function()
		assert(pledge("~fs", "seal"))
		scope_cleanup_push(function()
			print("handler", pcall(io.open, "/etc/passwd"))
		end)
		error("failed")
	end)
	pcall(fiber.join, fiber)
	print("main", io.open("/etc/passwd") ~= nil)
LUA
check "pledge: a fiber's handlers have its permissions" prints pledged 'handler	false	permission "fs:read" denied'
check "pledge: other fibers have theirs" prints pledged "main	true|"

check "the module can be unloaded" within 30 lunatik unload
check "and loaded again" lunatik load
finish
