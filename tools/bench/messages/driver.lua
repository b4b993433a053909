-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Runs one benchmark in a worker, so that everything that it measures is on the pool, and prints each of its figures as
--
--	measure NAME CPUS UNIT VALUE
--
-- Arguments: the benchmark, and its arguments.

local name = ...
local cpus = require("linux").numcpus()

local benchmark <close> = worker.create("./" .. name, select(2, ...))
local printed = 0
while true do
	local figure = worker.receive(benchmark)
	if figure == nil then
		break
	end
	print(("measure %s %d %s %.3f"):format(figure.name, cpus, figure.unit, figure.value))
	printed = printed + 1
end
assert(printed > 0, "the benchmark measured nothing")
