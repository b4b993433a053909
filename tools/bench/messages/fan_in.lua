-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- How long each message takes that many workers send to one, which asks all of them at once ("select") or one after
-- the other ("in_turn").
-- Arguments: how many workers, how many messages from each.

local workers, each = ...
local ktime = require("linux").ktime
workers, each = assert(math.tointeger(workers)), assert(math.tointeger(each))

local function start()
	local all = {}
	for i = 1, workers do
		all[i] = worker.create("./source", each)
	end
	for i = 1, workers do
		assert(worker.receive(all[i]) == "ready")
	end
	return all
end

local function report(name, took, got, sum)
	assert(got == workers * each, "messages are missing")
	assert(sum == workers * (each * (each + 1) // 2), "the messages are not what was sent")
	worker.message({ name = "fan_in/" .. name, unit = "us", value = took / got / 1000 })
end

do
	local all = start()
	local got, sum = 0, 0
	local begun = ktime()
	for i = 1, workers do
		worker.send(all[i], "go")
	end
	while got < workers * each do
		local values = { worker.receive(table.unpack(all)) }
		for i = 1, workers do
			local value = values[i]
			if value then
				got, sum = got + 1, sum + value
			end
		end
	end
	report("select", ktime() - begun, got, sum)
end

do
	local all = start()
	local got, sum = 0, 0
	local begun = ktime()
	for i = 1, workers do
		worker.send(all[i], "go")
	end
	for _ = 1, each do
		for i = 1, workers do
			got, sum = got + 1, sum + worker.receive(all[i])
		end
	end
	report("in_turn", ktime() - begun, got, sum)
end
