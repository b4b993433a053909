-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Usage: lunatik run stops.lua COUNT NAME WARM_UP [figures]
--
-- Spawns the script NAME and stops it without a grace, COUNT times, each time after WARM_UP milliseconds or a tick of
-- the clock, whichever is longer. This script sleeps meanwhile, so that the other has the machine to itself. Prints how
-- many microseconds the Lua program took to end after the request: the median, the 99th percentile and the maximum; and
-- the longest time until the runtime was gone. With "figures", prints only the number of measured stops and the first
-- three figures.

local linux = require("linux")
local runner = require("lunatik.runner")
local testing = require("lunatik.testing")

local count, name, warm_up, form = math.tointeger((...)), select(2, ...)
warm_up = math.tointeger(warm_up)

local latencies, unmeasured, gone = {}, 0, 0
for i = 1, count do
	runner.spawn(name)
	linux.schedule(math.random(warm_up // 2, warm_up * 3 // 2))
	local before = linux.time()
	runner.stop(name, 0)
	gone = math.max(gone, linux.time() - before)
	local latency = testing.stop_latency(name)
	if latency then
		table.insert(latencies, latency)
	else
		unmeasured = unmeasured + 1
	end
end
table.sort(latencies)

local function percentile(p)
	local ns = latencies[math.max(1, math.ceil(#latencies * p))] or 0
	return ns / 1000
end
if form == "figures" then
	print(string.format("%d %.1f %.1f %.1f", #latencies, percentile(0.5), percentile(0.99), percentile(1)))
	return
end
print(
	string.format(
		"%s: %d stops, p50 %.0f, p99 %.0f, max %.0f us; gone after %.1f ms; unmeasured %d",
		name,
		count,
		percentile(0.5),
		percentile(0.99),
		percentile(1),
		gone / 1e6,
		unmeasured
	)
)
