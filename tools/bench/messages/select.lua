-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures the time of a receive from many workers of which one answers, including the answer itself. Arguments: the
-- number of workers, and the number of receives.

local workers, count = ...
local ktime = require("linux").ktime
workers, count = assert(math.tointeger(workers)), assert(math.tointeger(count))

local all = {}
for i = 1, workers do
	all[i] = worker.create("./echo")
	worker.send(all[i], i)
end
for i = 1, workers do
	assert(worker.receive(all[i]) == i)
end

-- The step over the workers, so that the answering workers are distributed among the others.
local STEP = 389
local place = 0
local begun = ktime()
for i = 1, count do
	place = (place + STEP) % workers
	worker.send(all[place + 1], i)
	local values = { worker.receive(table.unpack(all)) }
	if values[place + 1] ~= i then
		error("the answer is missing, or in the wrong place")
	end
end
local took = ktime() - begun
for i = 1, workers do
	worker.send(all[i], false)
end
for i = 1, workers do
	assert(worker.receive(all[i]) == nil, "there are more answers than messages")
end
worker.message({ name = "select", unit = "us", value = took / count / 1000 })
