-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- usage: lunatik run hooks_stops.lua COUNT KIND...
--
-- Starts suite_hooks_flood with each KIND in turn and stops it, COUNT times in all, while packets call its hooks.
-- Prints how many scripts were called, and how many calls were cut short, and in microseconds the median, the 99th
-- percentile and the maximum of two times: from the stop until those calls had ended, and until the stop had returned.

local linux, runner = require("linux"), require("lunatik.runner")
local shared = require("lunatik")._ENV

local NAME = "suite_hooks_flood"
local count, kinds = math.tointeger((...)), { select(2, ...) }

local called, ended, returned = 0, {}, {}
for i = 1, count do
	shared["suite.last"], shared["suite.runs"] = 0, false
	local runtime = runner.run(NAME, "softirq", kinds[i % #kinds + 1])
	-- Some are stopped at once.
	linux.schedule(i % 7)
	called = called + (runtime:resume() > 0 and 1 or 0)
	local begun = linux.time()
	runner.stop(NAME)
	returned[i] = linux.time() - begun
	if shared["suite.runs"] then
		ended[#ended + 1] = math.max(shared["suite.last"] - begun, 0)
	end
end

local function figures(times)
	table.sort(times)
	local n = #times
	local function at(share)
		return (times[math.max(1, math.ceil(n * share))] or 0) // 1000
	end
	return at(0.5), at(0.99), at(1)
end
print(called, #ended, figures(ended))
print(figures(returned))
