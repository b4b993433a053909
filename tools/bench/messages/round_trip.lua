-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures the time of a message and its answer, between a worker and a worker of its own. Arguments: the payload, and
-- the number of round trips.

local payload, count = ...
local linux = require("linux")
local ktime, cpu = linux.ktime, linux.cpu
count = assert(math.tointeger(count))

local payloads = {
	integer = 4711,
	string = "sixteen letters!",
	table = { session = 7, command = "get", key = "colour", 1, 2, 3 },
	text64k = ("lunatik "):rep(8192),
}
local value = assert(payloads[payload], "there is no such payload")

local function same(a, b)
	if type(a) ~= "table" or type(b) ~= "table" then
		return a == b and math.type(a) == math.type(b)
	end
	for key in pairs(b) do
		if a[key] == nil then
			return false
		end
	end
	for key, field in pairs(a) do
		if not same(field, b[key]) then
			return false
		end
	end
	return true
end

-- The timed loop does only what every program does with an answer: it checks whether there is one.
local function round_trips(w, n)
	local send, receive = worker.send, worker.receive
	local answer
	local begun = ktime()
	for _ = 1, n do
		send(w, value)
		answer = receive(w)
		if not answer then
			error("an answer is missing")
		end
	end
	local took = ktime() - begun
	assert(same(answer, value), "the answer is not what was sent")
	return took
end

do
	local w = worker.create("./echo")
	round_trips(w, count // 10 + 1)
	local took = round_trips(w, count)
	worker.send(w, false)
	assert(worker.receive(w) == nil, "there are more answers than messages")
	worker.message({ name = "round_trip/" .. payload, unit = "us", value = took / count / 1000 })
end

-- Counts answers from another CPU, in a separate loop because the query takes time.
if payload == "integer" and linux.numcpus() > 1 then
	local w = worker.create("./locate")
	local elsewhere = 0
	for _ = 1, count do
		worker.send(w, value)
		local there = worker.receive(w)
		if there ~= cpu() then
			elsewhere = elsewhere + 1
		end
	end
	worker.send(w, false)
	assert(worker.receive(w) == nil, "there are more answers than messages")
	worker.message({ name = "round_trip/elsewhere", unit = "%", value = elsewhere * 100 / count })
end
