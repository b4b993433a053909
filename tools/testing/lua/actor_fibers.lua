-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: how fibers begin, run, end and are joined (9.1), and the coroutines of scripts in them (9.4).

local check, folder = ...
local same, ok = check.same, check.ok
local common = assert(loadfile(folder .. "/lib/actor_fibers.lua"))(check, folder)
local fails, failure, turn, steps, collect = common.fails, common.failure, common.turn, common.steps, common.collect
local get, set, joined = common.get, common.set, check.joined
local actor = require("actor")
local time, mutex = require("time"), require("mutex")

-- 9.1: spawn.
same("ruling 1: the global is the module's function", spawn, actor.spawn)
do
	local step = steps()
	local one = spawn(function()
		step("1")
		spawn(function()
			step("3")
		end)
	end)
	local two = spawn(function()
		step("2")
	end)
	step("0")
	same("9.1: a fiber waits until its maker suspends", tostring(step), "0")
	turn()
	same("9.1: ready fibers run first in, first out", tostring(step), "0 1 2 3")
	same("9.1: a fiber has a name as its metatable", getmetatable(one), "fiber")
	fails("9.1: it has no other fields", "bad_index index=2", get, one, "x")
	fails("9.1: nor can it be changed", "EPERM", set, one, "joinable", true)
	ok("9.1: each is an object of its own", one ~= two)
	fails("9.1: join needs a fiber", "EINVAL arg=1", one.join, {})
	fails("9.1: so does detach", "EINVAL arg=1", one.detach)
	fails("9.1: and interrupt", "EINVAL arg=1", one.interrupt, mutex.new())
end
fails("9.1: spawn needs a function", "EINVAL arg=1", spawn)
fails("9.1: nothing else", "EINVAL arg=1", spawn, {})
do
	-- The main fiber, too, takes its turn.
	local step, main = steps(), mutex.new()
	main:lock()
	for i = 1, 3 do
		spawn(function()
			step(i)
			if i == 2 then
				main:unlock()
			end
			this_fiber.yield()
			step(i)
		end)
	end
	main:lock()
	step("main")
	turn()
	same("9.1: the main fiber is one of them", tostring(step), "1 2 3 1 main 2 3")
end

-- 9.1: join.
same("9.1: join returns the results", joined(spawn(function()
	return 1, nil, "three", nil
end):join()), "1 nil three nil")
same("9.1: there may be none", select("#", spawn(function() end):join()), 0)
do
	local step = steps()
	local fiber = spawn(function()
		time.sleep(0.001)
		step("ends")
		return "late"
	end)
	same("9.1: join waits for the end", fiber:join(), "late")
	same("9.1: until then others run", tostring(step), "ends")
	local early = spawn(function()
		return "early"
	end)
	turn()
	same("9.1: who has ended can be joined", early:join(), "early")
	local err = {}
	local failing = spawn(function()
		error(err)
	end)
	local good, got = pcall(failing.join, failing)
	ok("9.1: join raises the error of the fiber", not good and rawequal(got, err))
	failing = spawn(function()
		error("text", 0)
	end)
	turn()
	fails("9.1: also after its end", "text", failing.join, failing)
	fails("9.1: so does an error without a value", "<no error object>", function()
		spawn(function()
			error(nil)
		end):join()
	end)
end
do
	local fiber = spawn(function()
		time.sleep(3600)
		return "never"
	end)
	turn()
	fiber:interrupt()
	same("9.1: who was ended by an interruption has no results", select("#", fiber:join()), 0)
	same("9.1: interruption_caught says so", fiber.interruption_caught, true)
	local other = spawn(function()
		return 1
	end)
	other:interrupt()
	same("9.1: who has no interruption point returns", other:join(), 1)
	same("9.1: interruption_caught is false then", other.interruption_caught, false)
	local catching = spawn(function()
		pcall(time.sleep, 3600)
		return "caught"
	end)
	turn()
	catching:interrupt()
	same("9.1: who catches it returns", catching:join(), "caught")
	same("9.1: interruption_caught is false, too", catching.interruption_caught, false)
	local raised = spawn(error)
	fails("9.1: a function of C is started, too", "<no error object>", raised.join, raised)
end
do
	local fiber = spawn(function()
		time.sleep(0.001)
		return "once"
	end)
	same("9.1: a new fiber is joinable", fiber.joinable, true)
	fails("9.1: interruption_caught cannot be read yet", "EINVAL", get, fiber, "interruption_caught")
	local joiner = spawn(function()
		return fiber:join()
	end)
	this_fiber.yield()
	same("9.1: nobody else can join who is being joined", fiber.joinable, false)
	fails("9.1: to try is an error", "EINVAL arg=1", fiber.join, fiber)
	fails("9.1: to detach it, too", "EINVAL arg=1", fiber.detach, fiber)
	fails("9.1: nor can interruption_caught be read", "EINVAL", get, fiber, "interruption_caught")
	same("9.1: the first one gets the result", joiner:join(), "once")
	same("9.1: joinable is false after that", fiber.joinable, false)
	fails("9.1: it cannot be joined again", "EINVAL arg=1", fiber.join, fiber)
	fails("9.1: nor detached", "EINVAL arg=1", fiber.detach, fiber)
	fiber:interrupt()
	ok("9.1: it can be interrupted", true)
	local itself
	itself = spawn(function()
		local inside = coroutine.wrap(function()
			return failure(itself.join, itself)
		end)
		return failure(itself.join, itself), inside()
	end)
	same("9.1: who joins itself gets EDEADLK", joined(itself:join()), "EDEADLK EDEADLK")
end
do
	-- An interrupted join.
	local lock = mutex.new()
	lock:lock()
	local target = spawn(function()
		lock:lock()
		return "result"
	end)
	local joiner, result = common.calling(target.join, target)
	turn()
	joiner:interrupt()
	same("9.1: join is an interruption point", result(), "interrupted")
	same("9.1: its target is joinable then", target.joinable, true)
	local late = spawn(function()
		target:join()
	end)
	late:interrupt()
	late:join()
	same("9.1: also for who was interrupted before", late.interruption_caught, true)
	same("9.1: the target is joinable then, too", target.joinable, true)
	lock:unlock()
	same("9.1: the next one gets the result", target:join(), "result")
	-- The target ends, and the joiner is interrupted before its turn comes.
	local got
	joiner = spawn(function()
		got = target:join()
		this_fiber.yield()
	end)
	target = spawn(function()
		return "kept"
	end)
	spawn(function()
		joiner:interrupt()
	end)
	joiner:join()
	same("9.2: an interruption does not lose a result", got, "kept")
	same("9.2: it comes at the next point", joiner.interruption_caught, true)
end

-- 9.1: detach.
do
	local ran
	local fiber = spawn(function()
		ran = true
	end)
	fiber:detach()
	same("9.1: detach does not suspend", ran, nil)
	same("9.1: who is detached is not joinable", fiber.joinable, false)
	fails("9.1: it cannot be joined", "EINVAL arg=1", fiber.join, fiber)
	fails("9.1: nor be detached again", "EINVAL arg=1", fiber.detach, fiber)
	fails("9.1: it has no interruption_caught", "EINVAL", get, fiber, "interruption_caught")
	turn()
	same("9.1: it runs", ran, true)
	local results = setmetatable({}, { __mode = "v" })
	local lost = spawn(function()
		local result = {}
		results[1] = result
		return result
	end)
	turn()
	collect()
	ok("9.1: the results of a fiber are kept", results[1] ~= nil)
	lost:detach()
	collect()
	same("9.1: until it is detached", results[1], nil)
	-- Nobody has the object: the fiber goes on.
	local step = steps()
	spawn(function()
		time.sleep(0.001)
		step("on")
	end)
	collect()
	time.sleep(0.01)
	same("9.1: who is collected is detached", tostring(step), "on")
end

-- Many at once.
do
	local fibers, sum = {}, 0
	for i = 1, 500 do
		fibers[i] = spawn(function()
			this_fiber.yield()
			return i
		end)
	end
	for i = 1, 500 do
		sum = sum + fibers[i]:join()
	end
	same("9.1: many fibers", sum, 500 * 501 // 2)
end

-- 9.4: coroutines in fibers.
local function in_fiber(fn)
	return spawn(fn):join()
end
-- Runs a check in the main fiber and in another one.
local function both(name, want, fn)
	same(name .. ", in the main fiber", joined(fn()), want)
	same(name .. ", in another one", joined(in_fiber(fn)), want)
end
both("9.4: coroutines", "1 2 true dead", function()
	local co = coroutine.create(function(a)
		local b = coroutine.yield(a)
		return b
	end)
	local _, first = coroutine.resume(co, 1)
	local good, second = coroutine.resume(co, 2)
	return first, second, good, coroutine.status(co)
end)
both("9.4: coroutine.wrap", "1 nil 2 3", function()
	local co = coroutine.wrap(function(...)
		local values = table.pack(coroutine.yield(...))
		return table.unpack(values, 1, values.n)
	end)
	local a, b = co(1, nil)
	return a, b, co(2, 3)
end)
both("9.4: coroutine.wrap raises errors", "no error", function()
	local err = {}
	local good, got = pcall(coroutine.wrap(function()
		error(err)
	end))
	return not good and got == err and "no error"
end)
both("9.4: coroutine.yield outside a coroutine", "bad_coroutine", function()
	return failure(coroutine.yield, 1)
end)
both("9.4: coroutine.running there", "nil", function()
	return (coroutine.running())
end)
both("9.4: coroutine.isyieldable there", "false true", function()
	return coroutine.isyieldable(), coroutine.wrap(function()
		return coroutine.isyieldable()
	end)()
end)
both("9.4: coroutine.running in a coroutine", "true false running", function()
	local co
	co = coroutine.create(function()
		local own, is_main = coroutine.running()
		return own == co, is_main, coroutine.status(co)
	end)
	return select(2, coroutine.resume(co))
end)
both("9.4: coroutine.close there", "bad_coroutine", function()
	return failure(coroutine.close)
end)
both("9.4: coroutine.close", "true closed dead", function()
	local closed
	local co = coroutine.create(function()
		local _ <close> = setmetatable({}, {
			__close = function()
				closed = "closed"
			end,
		})
		coroutine.yield()
	end)
	coroutine.resume(co)
	local good = coroutine.close(co)
	return good, closed, coroutine.status(co)
end)
both("9.4: a coroutine suspends its fiber", "first other second done", function()
	local step = steps()
	local co = coroutine.wrap(function()
		step("first")
		time.sleep(0.001)
		step("second")
		coroutine.yield()
		return "done"
	end)
	spawn(function()
		step("other")
	end)
	co()
	return tostring(step), co()
end)
both("9.4: three coroutines inside each other, and a pcall", "1 2 3 back", function()
	local step = steps()
	local result = coroutine.wrap(function()
		step(1)
		return coroutine.wrap(function()
			local _, value = pcall(function()
				step(2)
				return coroutine.wrap(function()
					time.sleep(0.001)
					step(3)
					return "back"
				end)()
			end)
			return value
		end)()
	end)()
	return tostring(step), result
end)
both("9.4: other fibers find them busy", "normal normal EPERM EPERM", function()
	local outer, inner
	local lock = mutex.new()
	lock:lock()
	local seen = spawn(function()
		this_fiber.yield()
		local function why(co)
			local good, err = coroutine.resume(co)
			return not good and common.name_of(err)
		end
		local result = table.pack(coroutine.status(outer), coroutine.status(inner), why(outer), why(inner))
		lock:unlock()
		return table.unpack(result)
	end)
	inner = coroutine.create(function()
		lock:lock()
	end)
	outer = coroutine.create(function()
		coroutine.resume(inner)
	end)
	coroutine.resume(outer)
	return seen:join()
end)
both("9.4: coroutine.wrap fails for those, too", "EPERM", function()
	local lock = mutex.new()
	lock:lock()
	local co = coroutine.wrap(function()
		lock:lock()
	end)
	local seen = spawn(function()
		this_fiber.yield()
		local why = failure(co)
		lock:unlock()
		return why
	end)
	co()
	return seen:join()
end)
both("9.4: a coroutine goes from fiber to fiber", "main other", function()
	local step = steps()
	local co = coroutine.create(function()
		step("main")
		coroutine.yield()
		time.sleep(0.001)
		step("other")
	end)
	coroutine.resume(co)
	spawn(function()
		coroutine.resume(co)
	end):join()
	return tostring(step)
end)
same("9.4: coroutines see the fiber's own table", in_fiber(function()
	this_fiber.local_.x = 1
	return coroutine.wrap(function()
		return this_fiber.local_.x
	end)()
end), 1)
do
	local fiber, result = common.calling(coroutine.wrap(function()
		time.sleep(3600)
	end))
	turn()
	fiber:interrupt()
	same("9.4: a fiber is interrupted in its coroutines", result(), "interrupted")
	local co = coroutine.create(function()
		coroutine.yield()
		time.sleep(0)
		return "slept"
	end)
	local first = spawn(function()
		coroutine.resume(co)
		time.sleep(3600)
	end)
	turn()
	first:interrupt()
	first:join()
	same("9.4: the fiber is interrupted, not the coroutine", joined(coroutine.resume(co)), "true slept")
end
do
	-- Where no coroutine can yield, a fiber cannot suspend; the main fiber can.
	local fiber = spawn(function()
		table.sort({ 1, 2, 3 }, function(a, b)
			time.sleep(0.001)
			return a < b
		end)
	end)
	local good, err = pcall(fiber.join, fiber)
	ok("9.4: a fiber cannot suspend in a callback of C", not good and err:find("C%-call boundary"), err)
	ok("9.4: the error names the place", not good and err:find("actor_fibers.lua:%d", 1), err)
	local step, list = steps(), { 2, 1 }
	spawn(function()
		step("other")
	end)
	table.sort(list, function(a, b)
		this_fiber.yield()
		return a < b
	end)
	same("9.4: the main fiber can", tostring(step) .. list[1], "other1")
end
check.raises("9.4: coroutine.resume needs a coroutine", "coroutine", coroutine.resume, 1)
same("9.4: an error in a coroutine ends it", select("#", coroutine.resume(coroutine.create(error))), 2)
