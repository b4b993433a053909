-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures the time of each message that many workers send to one, which receives from all of them at once ("select")
-- or from one after the other ("in_turn"). Arguments: the number of workers, and the number of messages from each.

local workers, each = ...
local ktime = require("linux").ktime
workers, each = assert(math.tointeger(workers)), assert(math.tointeger(each))

-- Reports the time of each message. `receive` gets the workers, and returns the number of messages and their sum.
local function measure(name, receive)
	local all = {}
	for i = 1, workers do
		all[i] = worker.create("./source", each)
	end
	for i = 1, workers do
		assert(worker.receive(all[i]) == "ready")
	end
	local begun = ktime()
	for i = 1, workers do
		worker.send(all[i], "go")
	end
	local got, sum = receive(all)
	local took = ktime() - begun
	assert(got == workers * each, "messages are missing")
	assert(sum == workers * (each * (each + 1) // 2), "the messages are not what was sent")
	worker.message({ name = "fan_in/" .. name, unit = "us", value = took / got / 1000 })
end

measure("select", function(all)
	local got, sum = 0, 0
	while got < workers * each do
		local values = { worker.receive(table.unpack(all)) }
		for i = 1, workers do
			local value = values[i]
			if value then
				got, sum = got + 1, sum + value
			end
		end
	end
	return got, sum
end)

measure("in_turn", function(all)
	local got, sum = 0, 0
	for _ = 1, each do
		for i = 1, workers do
			got, sum = got + 1, sum + worker.receive(all[i])
		end
	end
	return got, sum
end)
