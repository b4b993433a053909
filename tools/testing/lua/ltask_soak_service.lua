-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A service that makes, calls, fails and ends others at random. Every call must end: with a result, or with an error.
-- The argument is a seed for the random numbers.

local seed = ...
local ltask = require("ltask")
math.randomseed(seed)
local random = math.random
local S = {}
-- Services that were heard of; most are gone.
local known = {}

function S.hello(id)
	known[random(1, 8)] = id
end

function S.echo(...)
	return ...
end

function S.slow(ti)
	ltask.sleep(ti)
	return ti
end

function S.fail(value)
	error(value)
end

function S.forward(id, ...)
	return ltask.call(id, ...)
end

function S.bye()
	ltask.quit()
end

-- Ends the service in its main loop.
function S.crash()
	setmetatable(ltask.dispatch(), {
		__index = function()
			error("crashed")
		end,
	})
end

-- The service has no memory left, and ends or not.
function S.starve()
	ltask.mem_limit(math.tointeger(collectgarbage("count") // 1) * 1024 + 4096)
end

function S.swallow(n)
	return #("x"):rep(n)
end

function S.never()
	ltask.no_response()
end

local function some()
	return known[random(1, 8)] or ltask.self()
end

local value = { 1, "two", { three = 3 } }
value.self = value
local things = {
	function()
		return ltask.call(some(), "echo", value, random(1000))
	end,
	function()
		return ltask.call(some(), "echo", ("x"):rep(random(20000)))
	end,
	function()
		return ltask.call(some(), "slow", random(0, 3))
	end,
	function()
		return ltask.call(some(), "fail", value)
	end,
	function()
		return ltask.call(some(), "forward", some(), "echo", 1)
	end,
	function()
		return ltask.call_timeout(random(0, 3), some(), "never")
	end,
	function()
		return ltask.call(some(), "nosuch")
	end,
	function()
		return ltask.call(some(), "swallow", random(100000))
	end,
	function()
		return ltask.send(some(), "hello", ltask.self())
	end,
	function()
		return ltask.send(some(), "hello", some())
	end,
	function()
		for _ = 1, random(50) do
			ltask.send(some(), "echo", value)
		end
	end,
	function()
		return random(4) == 1 and ltask.send(some(), "crash")
	end,
	function()
		return random(4) == 1 and ltask.send(some(), "starve")
	end,
	function()
		return random(8) == 1 and ltask.send(some(), "bye")
	end,
	function()
		local timers = {}
		for i = 1, random(30) do
			timers[i] = ltask.timeout(random(0, 5), function() end)
		end
		for _, timer in ipairs(timers) do
			if random(2) == 1 then
				timer:cancel()
			end
		end
		ltask.sleep(random(0, 2))
	end,
	function()
		local co = coroutine.wrap(function()
			coroutine.yield(pcall(ltask.call, some(), "slow", 1))
			return pcall(ltask.call, some(), "echo", 2)
		end)
		co()
		return co()
	end,
	function()
		for _ in ltask.parallel({
			{ ltask.call, some(), "echo", 1 },
			{ ltask.call, some(), "slow", 1 },
			{ ltask.sleep, 2 },
		}) do
			if random(3) == 1 then
				break
			end
		end
	end,
	function()
		collectgarbage()
	end,
	function()
		return ltask.call(1, "nosuch")
	end,
}

-- The request to do that. It may fail, for others have the service crash, run out of memory or end.
function S.work(steps)
	for _ = 1, steps do
		if random(6) == 1 then
			local ok, id = pcall(ltask.spawn, "ltask_soak_service", random(1 << 30))
			if ok then
				known[random(1, 8)] = id
			end
		else
			pcall(things[random(#things)])
		end
		if random(10) == 1 then
			ltask.sleep(0)
		end
	end
end
return S
