-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: futures, and time (9.5).

local check, folder = ...
local same, ok, joined = check.same, check.ok, check.joined
local common = assert(loadfile(folder .. "/lib/actor_fibers.lua"))(check, folder)
local fails, failure, turn, steps, calling = common.fails, common.failure, common.turn, common.steps, common.calling
local time, future = require("time"), require("future")

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
