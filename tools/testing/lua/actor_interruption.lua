-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: suspension and interruption of fibers (9.2). What a condition variable does when it is
-- interrupted is in actor_sync.lua.

local check, folder = ...
local same, ok = check.same, check.ok
local common = assert(loadfile(folder .. "/lib/actor_fibers.lua"))(check, folder)
local failure, turn, steps, calling = common.failure, common.turn, common.steps, common.calling
local inbox, time, future = require("inbox"), require("time"), require("future")
local mutex, recursive_mutex = require("mutex"), require("recursive_mutex")
local condition_variable = require("condition_variable")
local own = assert(loadfile(folder .. "/lib/actors.lua"))(folder).own_address()

-- Those who wait for this future, or until it is over, go on at the end.
local promise, waiting = future.new()
local is_over = false

-- The suspending functions that are interruption points. Each entry makes what a call needs that does not end by
-- itself, and returns the call.
local points = {}

function points.send()
	return function()
		own:send("never received")
	end
end

function points.receive()
	return function()
		inbox:receive()
	end
end

function points.join()
	local target = spawn(function()
		this_fiber.disable_interruption()
		waiting:get()
	end)
	return function()
		target:join()
	end
end

points["time.sleep"] = function()
	return function()
		time.sleep(3600)
	end
end

points["this_fiber.yield"] = function()
	return function()
		while not is_over do
			this_fiber.yield()
		end
	end
end

points["condition_variable:wait"] = function()
	local lock, condition = mutex.new(), condition_variable.new()
	return function()
		lock:lock()
		condition:wait(lock)
	end
end

points["future:get"] = function()
	return function()
		waiting:get()
	end
end

local function in_order(entries)
	local names = {}
	for name in pairs(entries) do
		names[#names + 1] = name
	end
	table.sort(names)
	local i = 0
	return function()
		i = i + 1
		return names[i], entries[names[i]]
	end
end

-- As `failure`, but also where the fiber was interrupted before: pcall itself would raise that.
local function attempt(fn, ...)
	this_fiber.disable_interruption()
	return failure(function(...)
		this_fiber.restore_interruption()
		fn(...)
	end, ...)
end

-- Runs a function in a fiber that was interrupted before, and returns its results.
local function interrupted(fn)
	local fiber
	fiber = spawn(function()
		fiber:interrupt()
		return fn()
	end)
	return fiber:join()
end

-- Fibers that were interrupted where they have disabled it; what they wait for comes at the end. A sleep would have to
-- be waited for, a receiver would get what others send, and a condition variable is in actor_sync.lua.
local left = {}
local endless = { receive = true, ["time.sleep"] = true, ["condition_variable:wait"] = true }

do
	local fiber = spawn(function()
		this_fiber.disable_interruption()
		return inbox:receive()
	end)
	turn()
	fiber:interrupt()
	turn()
	own:send("received")
	same("9.2: receive is not cancelled where interruption is disabled", fiber:join(), "received")
end

for name, make in in_order(points) do
	local fiber, result = calling(make())
	turn()
	fiber:interrupt()
	same("9.2: " .. name .. " is cancelled by an interruption", result(), "interrupted")
	same("9.2: " .. name .. ": who catches it is not ended by it", fiber.interruption_caught, false)

	local call = make()
	same("9.2: " .. name .. " raises an earlier interruption", interrupted(function()
		return attempt(call)
	end), "interrupted")

	call = make()
	this_fiber.forbid_suspend()
	local why = failure(call)
	this_fiber.allow_suspend()
	same("9.2: " .. name .. " is refused where suspension is forbidden", why, "forbid_suspend_block")

	call = make()
	same("9.2: " .. name .. ": that comes before an interruption", interrupted(function()
		this_fiber.forbid_suspend()
		return attempt(call)
	end), "forbid_suspend_block")

	if not endless[name] then
		call = make()
		fiber = spawn(function()
			this_fiber.disable_interruption()
			call()
		end)
		turn()
		fiber:interrupt()
		turn()
		left[name] = fiber
	end
end

-- 9.2: locks are suspending functions, but no interruption points.
for kind, module in in_order({ mutex = mutex, recursive_mutex = recursive_mutex }) do
	local name = "9.2: " .. kind .. ":lock"
	local lock = module.new()
	same(name .. " raises no earlier interruption", interrupted(function()
		local why = attempt(lock.lock, lock)
		lock:unlock()
		return why
	end), "no error")
	this_fiber.forbid_suspend()
	local why = failure(lock.lock, lock)
	this_fiber.allow_suspend()
	same(name .. " is refused where suspension is forbidden, locked or not", why, "forbid_suspend_block")
	same(name .. ": it is not locked then", lock:try_lock(), true)
	local got
	local fiber = spawn(function()
		lock:lock()
		got = "locked"
		lock:unlock()
		this_fiber.yield()
		got = "too far"
	end)
	turn()
	fiber:interrupt()
	turn()
	same(name .. " goes on waiting after an interruption", got, nil)
	lock:unlock()
	fiber:join()
	same(name .. " locks later", got, "locked")
	same(name .. ": the interruption comes at the next point", fiber.interruption_caught, true)
end

-- 9.2: protected calls.
do
	local calls = {
		pcall = function(fn)
			pcall(fn)
		end,
		xpcall = function(fn)
			xpcall(fn, tostring)
		end,
		["coroutine.resume"] = function(fn)
			coroutine.resume(coroutine.create(fn))
		end,
	}
	for name, call in in_order(calls) do
		local step = steps()
		local fiber = spawn(function()
			this_fiber.disable_interruption()
			step("before")
			this_fiber.restore_interruption()
			call(function()
				step("inside")
			end)
			step("after")
		end)
		fiber:interrupt()
		fiber:join()
		same("9.2: " .. name .. " raises an interruption before it calls", tostring(step), "before")
		same("9.2: " .. name .. ": out of itself", fiber.interruption_caught, true)
		fiber = spawn(function()
			call(function()
				fiber:interrupt()
				step("inside")
			end)
			step("after")
		end)
		fiber:join()
		same("9.2: " .. name .. " does not look after it", tostring(step), "before inside after")
		local rounds = 0
		fiber = spawn(function()
			while true do
				call(function()
					rounds = rounds + 1
					time.sleep(3600)
				end)
			end
		end)
		turn()
		fiber:interrupt()
		fiber:join()
		same("9.2: a loop of " .. name .. " cannot swallow an interruption", rounds, 1)
		step = steps()
		this_fiber.forbid_suspend()
		call(function()
			step("inside")
		end)
		this_fiber.allow_suspend()
		same("9.2: " .. name .. " suspends nothing", tostring(step), "inside")
	end
	same("9.2: scope is no interruption point", interrupted(function()
		return scope(function()
			return "inside"
		end)
	end), "inside")
	same("9.2: nor is coroutine.wrap", interrupted(coroutine.wrap(function()
		return "inside"
	end)), "inside")
end

-- 9.2: interrupt.
do
	local step = steps()
	local fiber = spawn(function()
		step("begun")
		this_fiber.yield()
		step("too far")
	end)
	spawn(function()
		step("other")
	end)
	fiber:interrupt()
	fiber:interrupt()
	same("9.2: interrupt does not suspend", tostring(step), "")
	fiber:join()
	same("9.2: who has not begun runs to its first point", step[1] .. #step, "begun" .. (step[2] and 2 or 1))
	ok("9.2: and no further", fiber.interruption_caught)
	fiber:interrupt()
	same("9.2: it is legal after a join", fiber.joinable, false)
	local ended = spawn(function()
		return "result"
	end)
	turn()
	ended:interrupt()
	same("9.2: and after the end, where it changes nothing", ended:join(), "result")
	same("9.2: also for who joins", ended.interruption_caught, false)
	local reached
	local detached = spawn(function()
		pcall(time.sleep, 3600)
		reached = true
	end)
	turn()
	detached:detach()
	detached:interrupt()
	turn()
	same("9.2: a detached fiber is interrupted", reached, true)
	this_fiber.forbid_suspend()
	detached:interrupt()
	this_fiber.allow_suspend()
	ok("9.2: also where suspension is forbidden", true)
	local itself, count = nil, 0
	itself = spawn(function()
		itself:interrupt()
		for _ = 1, 3 do
			if attempt(this_fiber.yield) == "interrupted" then
				count = count + 1
			end
		end
		time.sleep(0)
	end)
	itself:join()
	same("9.2: a fiber interrupts itself, for ever", count, 3)
	same("9.2: until that ends it", itself.interruption_caught, true)
end

-- 9.2: what has completed keeps its result.
do
	local kept, of_kept = future.new()
	local got
	local fiber = spawn(function()
		got = of_kept:get()
		time.sleep(0)
	end)
	turn()
	kept:set_value("value")
	fiber:interrupt()
	fiber:join()
	same("9.2: an operation that has completed delivers", got, "value")
	same("9.2: the interruption comes later", fiber.interruption_caught, true)
	fiber = spawn(function()
		time.sleep(0.001)
		-- On a busy machine, the time may be up in the turns below.
		while true do
			this_fiber.yield()
		end
	end)
	turn()
	-- The time is up, but nobody has looked.
	local begun = time.now()
	while time.now() - begun < 0.01 do
		collectgarbage("step")
	end
	fiber:interrupt()
	fiber:join()
	same("9.2: who sleeps until its time is up is interrupted then or later", fiber.interruption_caught, true)
end

-- Those that are left.
is_over = true
promise:set_value("over")
inbox:close()
for name, fiber in in_order(left) do
	same(
		"9.2: " .. name .. " is not cancelled where interruption is disabled",
		failure(fiber.join, fiber),
		name == "send" and "channel_closed" or "no error"
	)
	same("9.2: " .. name .. ": nor is its fiber ended", fiber.interruption_caught, false)
end
do
	local fiber = spawn(function()
		this_fiber.disable_interruption()
		time.sleep(0.01)
		return "slept"
	end)
	turn()
	fiber:interrupt()
	same("9.2: time.sleep is not cancelled where interruption is disabled", fiber:join(), "slept")
end
