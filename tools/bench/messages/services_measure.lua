-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures services of ltask, from one of them.

local ltask = require("ltask")
local ktime = require("linux").ktime

local S = {}
local PARALLEL <const> = 100
local token = {}

local function make(count)
	local ids = {}
	for i = 1, count do
		ids[i] = ltask.spawn("services_echo")
	end
	return ids
end

local function finish(ids)
	for _, id in ipairs(ids) do
		ltask.send(id, "exit")
	end
end

local function call(id, count)
	for i = 1, count do
		if ltask.call(id, "echo", i) ~= i then
			error("an answer is wrong")
		end
	end
end

local function send(id, count)
	-- The receiver waits before the first one is sent, and the answer to that comes after the last one.
	ltask.fork(ltask.call, id, "await", 0)
	for _ = 1, count do
		ltask.send(id, "count")
	end
	ltask.call(id, "await", count)
end

local function life(_, count)
	for _ = 1, count do
		local id = ltask.spawn("services_echo")
		ltask.call(id, "exit")
	end
end

local function parallel(ids, rounds)
	for _ = 1, rounds do
		local tasks = {}
		for i, id in ipairs(ids) do
			tasks[i] = { ltask.call, id, "echo", i }
		end
		local answers = 0
		for _, res in ltask.parallel(tasks) do
			answers = answers + (res[1] and 1 or 0)
		end
		assert(answers == #ids, "an answer is missing")
	end
end

function S.home()
	ltask.wakeup(token)
end

local function ring(ids, rounds)
	ltask.send(ids[1], "pass", rounds * #ids, ltask.self())
	ltask.wait(token)
end

-- KiB of the whole machine that are free, files aside.
local function free()
	local sum = 0
	for line in io.lines("/proc/meminfo") do
		local name, value = line:match("^(%w+):%s*(%d+)")
		if name == "MemFree" or name == "Cached" or name == "Buffers" then
			sum = sum + tonumber(value)
		end
	end
	return sum
end

function S.measure(calls, lives, members, idle)
	local figures = {}
	local function measure(name, unit, count, fn, subject)
		fn(subject, 10)
		local begun = ktime()
		fn(subject, count)
		figures[#figures + 1] = { name = "services/" .. name, unit = unit, value = (ktime() - begun) / count / 1000 }
	end
	local one = make(1)
	measure("call", "us", calls, call, one[1])
	measure("send", "us", calls, send, one[1])
	measure("life", "us", lives, life, nil)
	local several = make(PARALLEL)
	measure("parallel", "us", calls // PARALLEL, parallel, several)
	local all = make(members)
	for i, id in ipairs(all) do
		ltask.call(id, "follow", all[i % members + 1])
	end
	local hops = 10 * members
	ring(all, 1)
	local begun = ktime()
	ring(all, 10)
	figures[#figures + 1] = { name = "services/ring", unit = "us", value = (ktime() - begun) / hops / 1000 }
	local before = free()
	local idlers = make(idle)
	figures[#figures + 1] = { name = "services/memory", unit = "KiB", value = (before - free()) / idle }
	for _, ids in ipairs({ one, several, all, idlers }) do
		finish(ids)
	end
	return figures
end

return S
