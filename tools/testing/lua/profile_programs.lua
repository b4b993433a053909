-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Programs for the suite `profile`: `lunatik spawn profile_programs.lua NAME` runs one of them until it is stopped.

local linux = require("linux")
local shouldstop = require("thread").shouldstop

local function work(count)
	local sum = 0
	for i = 1, count do
		sum = sum + i % 7
	end
	return sum
end

local programs = {}

-- Two functions, one of which computes three times as long.
local function thrice()
	return (work(30000))
end
local function once()
	return (work(10000))
end
function programs.ratio()
	thrice()
	once()
end

-- It waits for nothing but its end.
function programs.sleeps()
	linux.schedule(10000)
end

-- A recursion that computes at its end.
local function recurse(depth)
	if depth > 0 then
		return 1 + recurse(depth - 1)
	end
	return (work(1000))
end
function programs.deep()
	recurse(1000)
end

-- Functions of the libraries: one that attends while it runs, and many calls of one that does not.
local long = ("x"):rep(100000)
function programs.libraries()
	local most = 0
	for _ = 1, 20 do
		long:gsub("x", "y")
	end
	for i = 1, 1000000 do
		most = math.max(i, most, 9)
	end
end

-- A coroutine in a coroutine.
local function inner()
	while true do
		coroutine.yield(work(10000))
	end
end
local function outer()
	local resume = coroutine.wrap(inner)
	while true do
		coroutine.yield(resume())
	end
end
local resume_outer = coroutine.wrap(outer)
function programs.coroutines()
	resume_outer()
end

-- It ends by itself after a second.
local ends = linux.ktime() + 1000000000
function programs.ends()
	work(10000)
	return linux.ktime() > ends
end

-- It fails after a second.
function programs.fails()
	work(10000)
	if linux.ktime() > ends then
		error("this program fails")
	end
end

-- It makes a worker whenever the last one has ended.
function programs.makes()
	local w = worker.create("suite_profile_short")
	worker.receive(w)
end

local program = programs[...]
return function()
	while not shouldstop() and not program() do
	end
end
