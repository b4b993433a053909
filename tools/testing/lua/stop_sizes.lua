-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Usage: lunatik run stop_sizes.lua SIZE LIMIT THIN [NAMES]
--
-- Calls every function of every library with arguments of SIZE bytes (see stop_sizes_victim.lua), and stops calls that
-- do not return at once. Prints the calls that took longer than LIMIT milliseconds to stop, and a summary. Each
-- function gets one in THIN of the contents of strings, and the contents that are meant for it. NAMES is a pattern of
-- the functions to call.

local size, limit, thin = math.tointeger((...)), math.tointeger((select(2, ...))), math.tointeger((select(3, ...)))
local wanted = select(4, ...) or ""
local linux, runner, testing = require("linux"), require("lunatik.runner"), require("lunatik.testing")
local shared = require("lunatik")._ENV
local ktime = linux.ktime
local VICTIM <const> = "stop_sizes_victim"
local LIMITS <const> = { mem = 160 << 20 }
-- In nanoseconds: a call that takes at most QUICK need not be stopped; a call that takes longer than PATIENCE is
-- stopped.
local QUICK <const>, PATIENCE <const> = limit * 800000, 400000000
local BEGAN <const> = ktime()

local late, stops, called, greatest, greatest_of = {}, 0, 0, 0, "nothing"

-- Stops the victim. Returns how long its code took to end.
local function stop()
	local before = ktime()
	pcall(runner.stop, VICTIM, 0)
	local gone = ktime() - before
	return testing.stop_latency(VICTIM) or 0, gone
end
local function spawn(path, first, only)
	shared.progress, shared.began, shared.longest, shared.slowest, shared.done = 0, 0, 0, 0, false
	runner.spawn(VICTIM, LIMITS, path, size, thin, first, only)
end
local function note(path, index, latency)
	stops = stops + 1
	if latency > greatest then
		greatest, greatest_of = latency, path .. " " .. index
	end
	return latency > limit * 1000000
end

-- Stops one call several times while it runs. It counts as late only if it is late each time, because other code uses
-- the CPU, too.
local function stop_one(path, index)
	local shortest, wrong = math.maxinteger, false
	for _, wait in ipairs({ 3, 11, 23, 41 }) do
		spawn(path, index, true)
		local ending = ktime() + 500000000
		while shared.began == 0 and ktime() < ending do
			linux.schedule(1)
		end
		linux.schedule(wait)
		local latency = stop()
		if note(path, index, latency) then
			wrong = true
			shortest = math.min(shortest, latency)
		end
	end
	if wrong then
		-- Stops it once more to confirm the result.
		local again = 0
		for _ = 1, 4 do
			spawn(path, index, true)
			linux.schedule(30)
			if stop() > limit * 1000000 then
				again = again + 1
			end
		end
		if again >= 2 then
			late[#late + 1] = path
			print(("late: %s, arguments %d: %.1f ms"):format(path, index, shortest / 1000000))
		end
	end
end

runner.spawn(VICTIM, LIMITS, "list")
while not shared.names do
	linux.schedule(1)
end
pcall(runner.stop, VICTIM, 0)
for path in shared.names:gmatch("[^\n]+") do
	local start = ktime()
	local first = 1
	local skipped = not path:find(wanted)
	called = called + (skipped and 0 or 1)
	while not skipped do
		spawn(path, first)
		local ending = ktime() + PATIENCE
		while not shared.done and ktime() < ending do
			-- A call that takes long is stopped; the script does not wait for all of them.
			local began = shared.began
			if began ~= 0 and ktime() - began > PATIENCE // 4 then
				break
			end
			if began == 0 or ktime() - began < QUICK then
				ending = ktime() + PATIENCE
			end
			linux.schedule(2)
		end
		local done, index = shared.done, shared.progress
		local latency = stop()
		if not done then
			if note(path, index, latency) then
				stop_one(path, index)
			end
			first = index + 1
		end
		-- The call that took longest, of those that have returned.
		if shared.longest > QUICK then
			stop_one(path, shared.slowest)
		end
		if done or first > shared.sets then
			break
		end
	end
	if ktime() - start > 5000000000 then
		print(("%s took %d s"):format(path, (ktime() - start) // 1000000000))
	end
end
print(
	("%d functions, %d stops, %d late; the longest took %.1f ms: %s; all of it %d s"):format(
		called,
		stops,
		#late,
		greatest / 1000000,
		greatest_of,
		(ktime() - BEGAN) // 1000000000
	)
)
