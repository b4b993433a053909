-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: what synchronises the fibers of one actor (9.5). That locks are no interruption points is in
-- actor_interruption.lua.

local check, folder = ...
local same = check.same
local common = assert(loadfile(folder .. "/lib/actor_fibers.lua"))(check, folder)
local fails, failure, turn, steps = common.fails, common.failure, common.turn, common.steps
local get, set = common.get, common.set
local future = require("future")
local mutex, recursive_mutex = require("mutex"), require("recursive_mutex")
local condition_variable = require("condition_variable")

-- The objects.
do
	local promise, of_promise = future.new()
	for name, object in pairs({
		mutex = mutex.new(),
		recursive_mutex = recursive_mutex.new(),
		condition_variable = condition_variable.new(),
		future = of_promise,
		promise = promise,
	}) do
		same("9.5: the metatable of a " .. name, getmetatable(object), name)
		fails("9.5: other fields of a " .. name, "bad_index index=2", get, object, "x")
		fails("9.5: a " .. name .. " cannot be changed", "EPERM", set, object, "x", 1)
	end
	local lock, other, condition = mutex.new(), recursive_mutex.new(), condition_variable.new()
	for name, fn in pairs({
		["mutex:lock"] = lock.lock,
		["mutex:try_lock"] = lock.try_lock,
		["mutex:unlock"] = lock.unlock,
		["recursive_mutex:lock"] = other.lock,
		["recursive_mutex:try_lock"] = other.try_lock,
		["recursive_mutex:unlock"] = other.unlock,
		["condition_variable:wait"] = condition.wait,
		["condition_variable:notify_one"] = condition.notify_one,
		["condition_variable:notify_all"] = condition.notify_all,
		["future:get"] = of_promise.get,
		["promise:set_value"] = promise.set_value,
		["promise:set_error"] = promise.set_error,
	}) do
		fails("9.5: " .. name .. " needs its object", "EINVAL arg=1", fn, {})
		fails("9.5: " .. name .. " needs one", "EINVAL arg=1", fn)
	end
	promise:set_value()
end

-- 9.5: mutex.
do
	local lock, step = mutex.new(), steps()
	spawn(function()
		step("other")
	end)
	lock:lock()
	same("9.5: a free mutex is locked without a switch", tostring(step), "")
	same("9.5: try_lock fails then", lock:try_lock(), false)
	same("9.5: without a switch", tostring(step), "")
	lock:unlock()
	same("9.5: and locks a free one", lock:try_lock(), true)
	lock:unlock()
	fails("9.5: an unlocked mutex cannot be unlocked", "EPERM", lock.unlock, lock)
	turn()

	step = steps()
	lock:lock()
	for i = 1, 4 do
		spawn(function()
			lock:lock()
			step(i)
			this_fiber.yield()
			step(i)
			lock:unlock()
		end)
	end
	turn()
	same("9.5: those who wait do not run", tostring(step), "")
	lock:unlock()
	same("9.5: unlock does not suspend", tostring(step), "")
	same("9.5: it hands the mutex over at once", lock:try_lock(), false)
	lock:lock()
	same("9.5: first in, first out", tostring(step), "1 1 2 2 3 3 4 4")
	lock:unlock()

	lock:lock()
	spawn(function()
		lock:unlock()
	end):join()
	same("9.5: who unlocks is not checked", lock:try_lock(), true)
	lock:unlock()

	-- Not recursive: the fiber waits for itself until another one unlocks.
	local reached
	local fiber = spawn(function()
		lock:lock()
		lock:lock()
		reached = true
	end)
	turn()
	same("9.5: who locks twice waits", reached, nil)
	lock:unlock()
	fiber:join()
	same("9.5: until another one unlocks", reached, true)
	lock:unlock()
end

-- 9.5: recursive_mutex.
do
	local lock, step = recursive_mutex.new(), steps()
	spawn(function()
		step("other")
	end)
	lock:lock()
	lock:lock()
	same("9.5: the owner locks a recursive mutex again", lock:try_lock(), true)
	same("9.5: that takes no switch", tostring(step), "")
	turn()
	step = steps()
	for i = 1, 3 do
		spawn(function()
			step(lock:try_lock())
			step(failure(lock.unlock, lock))
			lock:lock()
			step(i)
			lock:unlock()
		end)
	end
	turn()
	same("9.5: nobody else does, nor unlocks it", tostring(step), "false EPERM false EPERM false EPERM")
	step = steps()
	lock:unlock()
	lock:unlock()
	turn()
	same("9.5: as long as it is locked", tostring(step), "")
	lock:unlock()
	fails("9.5: its new owner is another fiber", "EPERM", lock.unlock, lock)
	lock:lock()
	same("9.5: first in, first out, here too", tostring(step), "1 2 3")
	same("9.5: a coroutine is its fiber", coroutine.wrap(function()
		lock:lock()
		lock:unlock()
		return failure(lock.unlock, lock)
	end)(), "no error")
	fails("9.5: who does not own it cannot unlock it", "EPERM", lock.unlock, lock)
end

-- 9.5: condition_variable.
do
	local lock, condition, step = mutex.new(), condition_variable.new(), steps()
	fails("9.5: wait needs a mutex", "EINVAL arg=2", condition.wait, condition)
	fails("9.5: no recursive one", "EINVAL arg=2", condition.wait, condition, recursive_mutex.new())
	fails("9.5: which is locked", "EPERM", condition.wait, condition, lock)
	condition:notify_one()
	condition:notify_all()
	for i = 1, 4 do
		spawn(function()
			lock:lock()
			condition:wait(lock)
			step(i)
			step(lock:try_lock())
			lock:unlock()
		end)
	end
	turn()
	same("9.5: a notification that nobody waits for is lost", tostring(step), "")
	same("9.5: wait unlocks the mutex", lock:try_lock(), true)
	condition:notify_one()
	turn()
	same("9.5: who is notified waits for the mutex", tostring(step), "")
	lock:unlock()
	turn()
	same("9.5: and has it then", tostring(step), "1 false")
	condition:notify_one()
	turn()
	same("9.5: notify_one wakes who has waited longest", tostring(step), "1 false 2 false")
	condition:notify_all()
	same("9.5: notify_all does not suspend", tostring(step), "1 false 2 false")
	turn()
	same("9.5: notify_all wakes all", tostring(step), "1 false 2 false 3 false 4 false")
end
do
	-- The interruption comes first.
	local lock, condition, step = mutex.new(), condition_variable.new(), steps()
	local function waiter(name)
		return spawn(function()
			lock:lock()
			local good, err = pcall(condition.wait, condition, lock)
			step(name .. ":" .. (good and "notified" or common.name_of(err)))
			step(lock:try_lock())
			lock:unlock()
			this_fiber.yield()
			step(name .. ":goes on")
		end)
	end
	local one = waiter("one")
	local two = waiter("two")
	turn()
	lock:lock()
	one:interrupt()
	turn()
	same("9.5: who is interrupted waits for the mutex", tostring(step), "")
	condition:notify_one()
	lock:unlock()
	one:join()
	two:join()
	same(
		"9.5: an interruption that comes first takes no notification",
		tostring(step),
		"one:interrupted false two:notified false two:goes on"
	)
	-- The notification comes first.
	step = steps()
	one, two = waiter("one"), waiter("two")
	turn()
	condition:notify_one()
	one:interrupt()
	one:join()
	same("9.5: a notification is not lost to a later interruption", tostring(step), "one:notified false")
	same("9.5: which comes at the next point", one.interruption_caught, true)
	two:interrupt()
	two:join()
	same("9.5: the notification was for one fiber", step[3], "two:interrupted")
	-- While the notified one waits for the mutex.
	step = steps()
	one = waiter("one")
	turn()
	lock:lock()
	condition:notify_one()
	turn()
	one:interrupt()
	turn()
	same("9.5: nor while it waits for the mutex", tostring(step), "")
	lock:unlock()
	one:join()
	same("9.5: which it gets", tostring(step), "one:notified false")
	-- Where interruption is disabled.
	step = steps()
	local deaf = spawn(function()
		this_fiber.disable_interruption()
		lock:lock()
		condition:wait(lock)
		step("notified")
		lock:unlock()
	end)
	turn()
	deaf:interrupt()
	turn()
	same("9.5: wait is not cancelled where interruption is disabled", tostring(step), "")
	condition:notify_all()
	deaf:join()
	same("9.5: there it waits for a notification", tostring(step), "notified")
end
do
	-- A bounded buffer.
	local lock, not_empty, not_full = mutex.new(), condition_variable.new(), condition_variable.new()
	local buffer, sum, most = {}, 0, 0
	local function put(value)
		lock:lock()
		while #buffer >= 3 do
			not_full:wait(lock)
		end
		table.insert(buffer, value)
		most = math.max(most, #buffer)
		not_empty:notify_one()
		lock:unlock()
	end
	local function take()
		lock:lock()
		while #buffer == 0 do
			not_empty:wait(lock)
		end
		local value = table.remove(buffer, 1)
		not_full:notify_one()
		lock:unlock()
		return value
	end
	local fibers = {}
	for i = 1, 5 do
		fibers[i] = spawn(function()
			for j = 1, 40 do
				put((i - 1) * 40 + j)
			end
		end)
		fibers[i + 5] = spawn(function()
			for _ = 1, 40 do
				local value = take()
				sum = sum + value
			end
		end)
	end
	for _, fiber in ipairs(fibers) do
		fiber:join()
	end
	same("9.5: a bounded buffer passes everything on", sum, 200 * 201 // 2)
	same("9.5: and is bounded", most, 3)
end
