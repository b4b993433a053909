-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures actors: messages that are answered, new actors until they have received one, and a ring. Arguments: the
-- number of messages, of actors that are made and end, and of actors in the ring.

local messages, lives, members = ...
require("actor")
local inbox = require("inbox")
local ktime = require("linux").ktime

local function measure(name, unit, value)
	worker.message({ name = "actors/" .. name, unit = unit, value = value })
end

-- Microseconds for each of `count`.
local function time(fn, count)
	fn(10)
	local begun = ktime()
	fn(count)
	return (ktime() - begun) / count / 1000
end

-- The KiB of the machine that are in use, except for files.
local function used()
	local fields = {}
	for line in io.lines("/proc/meminfo") do
		local name, value = line:match("^(%w+):%s+(%d+) kB")
		if name then
			fields[name] = math.tointeger(value)
		end
	end
	return fields.MemTotal - fields.MemFree - fields.Buffers - fields.Cached
end

local function member(first)
	local address = spawn_vm("./actors_member")
	address:send(first)
	return address
end

local echo = member({ home = inbox })
measure(
	"round_trip",
	"us",
	time(function(count)
		for i = 1, count do
			echo:send(i)
			if inbox:receive() ~= i then
				error("an answer is wrong")
			end
		end
	end, messages)
)
echo:close()
measure(
	"life",
	"us",
	time(function(count)
		for _ = 1, count do
			member({})
		end
	end, lives)
)

local before = used()
local first = member({ home = inbox })
local last = first
for _ = 2, members do
	last = member({ home = last })
end
measure("memory", "KiB", (used() - before) / members)
-- Each one sends to the one that was made before it, and the first one to this script.
measure(
	"ring",
	"us",
	time(function(count)
		for i = 1, count do
			last:send(i)
			assert(inbox:receive() == i, "a message is wrong")
		end
	end, 10) / members
)
