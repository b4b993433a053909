-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures user-space actors: messages between this script and a process, and the start of processes, beside messages
-- of the same size between two processes over a pipe. Arguments: the number of messages, and of processes that start.
--
-- The pipe and the actor are measured in turn, so that what slows the machine for a while slows both. A figure is the
-- median of the rounds.

local messages, lives = ...
local actor = require("actor")
local inbox = require("inbox")
local ktime = require("linux").ktime

local ROUNDS <const> = 7

-- What is sent, and the bytes of its frame, which are also those of a message in the pipe.
local payloads = {
	{ name = "integer", size = 16, value = 1234 },
	{ name = "table", size = 254, value = {} },
}
for i = 1, 10 do
	local members = payloads[2].value
	members[("name%d"):format(i - 1)] = i
	members[("text%d"):format(i - 1)] = ("%06d"):format(i)
end

local function measure(name, unit, value)
	worker.message({ name = "processes/" .. name, unit = unit, value = value })
end

-- Microseconds since `begun` for each of `count`.
local function time(begun, count)
	return (ktime() - begun) / count / 1000
end

local function median(values)
	table.sort(values)
	return values[(#values + 1) // 2]
end

local function same(a, b)
	if type(a) ~= "table" then
		return a == b
	end
	for key, value in pairs(a) do
		if b[key] ~= value then
			return false
		end
	end
	return true
end

local function start()
	return actor.spawn_vm({ module = "./processes_member", subprocess = { stderr = "share" } })
end

local peer = start()
peer:send({ home = inbox })

local function receive(value)
	if not same(value, inbox:receive()) then
		error("a message is wrong")
	end
end

local kinds = {}

function kinds.round_trip(value, count)
	peer:send({ task = "echo", count = count + 1 })
	peer:send(value)
	receive(value)
	local begun = ktime()
	for _ = 1, count do
		peer:send(value)
		inbox:receive()
	end
	return time(begun, count)
end

function kinds.down(value, count)
	peer:send({ task = "sink", count = count })
	local begun = ktime()
	for _ = 1, count do
		peer:send(value)
	end
	receive(value)
	return time(begun, count)
end

function kinds.up(value, count)
	peer:send({ task = "source", count = count + 1 })
	peer:send(value)
	receive(value)
	local begun = ktime()
	for _ = 1, count do
		inbox:receive()
	end
	return time(begun, count)
end

local function pipe(size, count)
	peer:send({ task = "pipe", size = size, count = count })
	local answer = inbox:receive()
	assert(type(answer.both) == "number", answer.both)
	return answer.both, answer.one
end

local function compare(payload, count)
	local times, ratios = {}, {}
	local function note(list, name, value)
		list[name] = list[name] or {}
		table.insert(list[name], value)
	end
	for _ = 1, ROUNDS do
		local both, one = pipe(payload.size, count)
		note(times, "pipe_round_trip", both)
		note(times, "pipe", one)
		for kind, run in pairs(kinds) do
			local value = run(payload.value, count)
			note(times, kind, value)
			note(ratios, kind, value / (kind == "round_trip" and both or one))
		end
	end
	for name, values in pairs(times) do
		measure(name .. "/" .. payload.name, "us", median(values))
	end
	for name, values in pairs(ratios) do
		measure(name .. "_by_pipe/" .. payload.name, "ratio", median(values))
	end
end

for _, payload in ipairs(payloads) do
	compare(payload, messages // ROUNDS + 1)
end
peer:close()

-- They wait until all have started, so that the end of one takes no time from the start of the next.
local started, starts = {}, {}
for i = 1, lives do
	local begun = ktime()
	started[i] = start()
	starts[i] = time(begun, 1)
end
for _, channel in ipairs(started) do
	channel:send({ home = inbox })
	channel:close()
end
measure("start", "us", median(starts))
