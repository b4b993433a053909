-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures the time of each of many messages in one direction, between a worker and a worker of its own. Argument: the
-- number of messages.

local count = ...
local ktime = require("linux").ktime
count = assert(math.tointeger(count))

local function report(name, took)
	worker.message({ name = "one_way/" .. name, unit = "us", value = took / count / 1000 })
end

-- To the worker, which reports when it has all messages.
do
	local w = worker.create("./sink", count)
	assert(worker.receive(w) == "ready")
	local send = worker.send
	local begun = ktime()
	for i = 1, count do
		send(w, i)
	end
	local received = worker.receive(w)
	report("down", ktime() - begun)
	assert(received == count, "messages are missing")
end

-- From the worker.
do
	local w = worker.create("./source", count)
	assert(worker.receive(w) == "ready")
	local receive = worker.receive
	local begun = ktime()
	worker.send(w, "go")
	for i = 1, count do
		if receive(w) ~= i then
			error("messages are missing, or not in order")
		end
	end
	report("up", ktime() - begun)
	assert(receive(w) == nil, "there are too many messages")
end
