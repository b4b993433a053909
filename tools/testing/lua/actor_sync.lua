-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: what synchronises the fibers of one actor (9.5). That locks are no interruption points is in
-- actor_interruption.lua.

local check, folder = ...
local same, ok, joined = check.same, check.ok, check.joined
local common = assert(loadfile(folder .. "/lib/actor_fibers.lua"))(check, folder)
local fails, failure, turn, steps, calling = common.fails, common.failure, common.turn, common.steps, common.calling
local get, set = common.get, common.set
local time, future = require("time"), require("future")
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

-- 9.5: future.
do
	local promise, of_promise = future.new()
	local results = {}
	for i = 1, 3 do
		spawn(function()
			local text = i .. of_promise:get()
			table.insert(results, text)
		end)
	end
	turn()
	same("9.5: get waits", #results, 0)
	promise:set_value("!")
	same("9.5: set_value does not suspend", #results, 0)
	turn()
	same("9.5: all who wait get the value, in order", table.concat(results, " "), "1! 2! 3!")
	same("9.5: and who asks later", of_promise:get(), "!")
	fails("9.5: a promise is kept once", "promise_already_satisfied", promise.set_value, promise, 2)
	fails("9.5: an error does not replace the value", "promise_already_satisfied", promise.set_error, promise, "no")
	same("9.5: the value stays", of_promise:get(), "!")

	promise, of_promise = future.new()
	fails("9.5: an error must not be nil", "EINVAL arg=2", promise.set_error, promise, nil)
	local err = {}
	local one, result = calling(of_promise.get, of_promise)
	turn()
	promise:set_error(err)
	result()
	local good, got = pcall(of_promise.get, of_promise)
	ok("9.5: get raises the error", not good and rawequal(got, err))
	same("9.5: also in those who have waited", one.joinable, false)
	fails("9.5: an error is given once", "promise_already_satisfied", promise.set_error, promise, err)
	fails("9.5: nor can a value follow", "promise_already_satisfied", promise.set_value, promise, 1)

	promise, of_promise = future.new()
	promise:set_error(false)
	good, got = pcall(of_promise.get, of_promise)
	same("9.5: false is an error", joined(good, got), "false false")
	promise, of_promise = future.new()
	promise:set_value(nil)
	same("9.5: nil is a value", joined(of_promise:get()), "nil")

	-- Broken promises.
	promise, of_promise = future.new()
	local waiting
	waiting, result = calling(of_promise.get, of_promise)
	turn()
	same("9.5: a promise that somebody has is not broken", waiting.joinable, true)
	promise = nil
	common.collect()
	same("9.5: one that is collected is broken for those who wait", result(), "broken_promise")
	fails("9.5: and for those who ask later", "broken_promise", of_promise.get, of_promise)
	promise, of_promise = future.new()
	promise:set_value("kept")
	promise = nil
	common.collect()
	same("9.5: one that was kept is not", of_promise:get(), "kept")
	-- A getter that is interrupted leaves the others.
	promise, of_promise = future.new()
	local first, first_result = calling(of_promise.get, of_promise)
	local _, second_result = calling(of_promise.get, of_promise)
	turn()
	first:interrupt()
	same("9.5: get is interrupted", first_result(), "interrupted")
	promise:set_value(1)
	same("9.5: alone", second_result(), "no error")
end

-- 9.5: time.sleep.
do
	for name, value in pairs({
		["a NaN"] = 0 / 0,
		["minus NaN"] = -(0 / 0),
		["infinity"] = 1 / 0,
		["minus infinity"] = -1 / 0,
		["a negative integer"] = -1,
		["a negative float"] = -0.001,
		["the least integer"] = math.mininteger,
	}) do
		fails("9.5: time.sleep does not take " .. name, "EDOM arg=1", time.sleep, value)
	end
	fails("9.5: nor a large float", "EOVERFLOW", time.sleep, 1e300)
	fails("9.5: nor a large integer", "EOVERFLOW", time.sleep, math.maxinteger)
	fails("9.5: nor what is no number", "EINVAL arg=1", time.sleep, "1")
	fails("9.5: nor nothing", "EINVAL arg=1", time.sleep)
	local step = steps()
	spawn(function()
		step("other")
	end)
	time.sleep(0)
	same("9.5: no time, too, suspends", tostring(step), "other")
	same("9.5: so does minus zero", failure(time.sleep, -0.0), "no error")
	for _, seconds in ipairs({ 0.02, 0.0000000001 }) do
		local begun = time.now()
		time.sleep(seconds)
		local took = time.now() - begun
		ok("9.5: a sleep is not shorter than " .. seconds, took >= seconds - 0.000001, took)
	end
	step = steps()
	local order = {}
	for i, seconds in ipairs({ 0.03, 0.01, 0.02 }) do
		order[i] = spawn(function()
			time.sleep(seconds)
			step(i)
		end)
	end
	for i = 1, 3 do
		order[i]:join()
	end
	same("9.5: who sleeps shorter wakes first", tostring(step), "2 3 1")
	local begun = time.now()
	local fiber = spawn(function()
		time.sleep(1 << 30)
	end)
	turn()
	fiber:interrupt()
	fiber:join()
	same("9.5: a sleep is interrupted", fiber.interruption_caught, true)
	ok("9.5: at once", time.now() - begun < 1000)
	begun = time.now()
	time.sleep(1)
	ok("9.5: integers are seconds, too", time.now() - begun >= 1)
end
