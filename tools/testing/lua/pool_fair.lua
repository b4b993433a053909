-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A worker answers while many others compute. The arguments are the folder tools/testing; the number of workers that
-- compute; a number N, where every Nth of them computes where Lua cannot yield (0 for none); and the milliseconds
-- within which an answer must come.

local folder, computing, hostile, limit = ...
computing, hostile, limit = math.tointeger(computing), math.tointeger(hostile), math.tointeger(limit)
local check = dofile(folder .. "/lib/check.lua")
local linux = require("linux")
local pool = require("lunatik.testing").pool
local asks = 50
-- Drainers that were made before stay.
local drainers_before = pool().drainers

local codes = {
	"table.sort({ 3, 2, 1 }, function() while true do end end)",
	"('x'):gsub('x', function() while true do end end)",
}
local busy = {}
local answers = worker.create("./worker_code", "while true do worker.message(worker.peek()) end")
for i = 1, computing do
	local code = hostile > 0 and i % hostile == 0 and codes[i // hostile % 2 + 1] or "while true do end"
	busy[i] = worker.create("./worker_code", "worker.message(1) " .. code)
end
local begun = 0
for i = 1, computing do
	begun = begun + worker.receive(busy[i])
end
check.same("all " .. computing .. " that compute have begun", begun, computing)

-- The nanoseconds that a call takes: the median, the 90th percentile, and the maximum. The maximum means little: the
-- machine's host may deschedule a CPU for a third of a second at any time.
local function took(fn)
	local times = {}
	for i = 1, asks do
		-- So that the answering worker waits, and the others have begun to compute.
		linux.schedule(math.random(1, 3))
		local begin = linux.ktime()
		fn(i)
		times[i] = linux.ktime() - begin
	end
	table.sort(times)
	return times[asks // 2 + 1], times[asks * 9 // 10], times[asks]
end
local right = true
local function ask(i)
	worker.send(answers, i)
	right = worker.receive(answers) == i and right
end
took(ask)
local median, most_of_them, most = took(ask)
-- Other activity of the machine affects this measurement, too.
local sleep_median, most_sleeps, sleep_most = took(function()
	linux.schedule(1)
end)
print(
	("# %d compute, %s of them where Lua cannot yield: an answer takes %.2f ms (at most %.2f), a sleep of 1 ms %.2f (at most %.2f)"):format(
		computing,
		hostile > 0 and computing // hostile or 0,
		median / 1e6,
		most / 1e6,
		sleep_median / 1e6,
		sleep_most / 1e6
	)
)
local drainers = pool().drainers
print("# " .. drainers .. " threads")
local may_be = math.max(16, drainers_before) + (hostile > 0 and computing // hostile or 0)
check.ok("those that can leave their threads do so", drainers <= may_be, drainers)
check.ok("the answers are right", right)
check.ok("they come within " .. limit .. " ms", median < limit * 1000000 + 2 * sleep_median, median .. " ns")
check.ok("and nine of ten not much later", most_of_them < 5 * limit * 1000000 + 2 * most_sleeps, most_of_them .. " ns")
