-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Usage: lunatik run stop_programs.lua LIMIT SLOWER STOPS [NAMES]
--
-- Stops each program of stop_programs_victim.lua STOPS times (2 or 4) while it works. Prints the programs that took
-- longer than LIMIT milliseconds to stop, and a summary. NAMES is a pattern of the programs to run.

local limit, slower = math.tointeger((...)), math.tointeger((select(2, ...)))
local stops, wanted = math.tointeger((select(3, ...))), select(4, ...) or ""
local linux, runner, testing = require("linux"), require("lunatik.runner"), require("lunatik.testing")
local shared = require("lunatik")._ENV
local VICTIM <const> = "stop_programs_victim"
local LIMITS <const> = { mem = 160 << 20 }
-- The milliseconds that a program runs until it is stopped. If each program has only two stops, the next program uses
-- the other two times.
local WAITS <const> = { 10, 70, 150, 310 }

-- Runs the program for `wait` milliseconds and stops it. Returns how long it took to end.
local function stop_after(name, wait)
	shared.went, shared.ended = nil, nil
	runner.spawn(VICTIM, LIMITS, name)
	while not shared.went do
		linux.schedule(1)
	end
	linux.schedule(wait * slower)
	local ended = shared.ended
	pcall(runner.stop, VICTIM, 0)
	return testing.stop_latency(VICTIM) or 0, ended
end

runner.spawn(VICTIM, LIMITS, "list")
while not shared.names do
	linux.schedule(1)
end
pcall(runner.stop, VICTIM, 0)
local count, greatest, greatest_of = 0, 0, "nothing"
for name in shared.names:gmatch("%S+") do
	if name:find(wanted) then
		count = count + 1
		local late = 0
		-- A stop counts as late only if it is late again, because other code uses the CPU, too.
		for stop = 1, stops do
			local wait = WAITS[stops == 4 and stop or stop * 2 - count % 2]
			local latency, ended = stop_after(name, wait)
			if latency > limit * 1000000 then
				late = late + 1
				latency = math.min(latency, (stop_after(name, wait)), (stop_after(name, wait)))
				if latency > limit * 1000000 then
					print(("late: %s after %d ms took %.1f ms"):format(name, wait, latency / 1000000))
				end
			end
			if latency > greatest then
				greatest, greatest_of = latency, name
			end
			if ended then
				print("ended: " .. name .. ": " .. tostring(ended))
			end
		end
	end
end
print(("%d programs; the longest stop took %.1f ms: %s"):format(count, greatest / 1000000, greatest_of))
