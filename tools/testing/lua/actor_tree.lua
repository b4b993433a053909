-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Actors that spawn each other: how they are shown, and that places of ended actors take no memory. The first argument
-- is "shown"; or "deep" and which of many actors that live at the same time end first, "below" or "above"; or "memory"
-- and the folder tools/testing.

local way, argument = ...
require("actor")
local inbox = require("inbox")

-- Spawns an actor that spawns its successor, and so on.
local function succeed(count, stays)
	spawn_vm("./actor_tree/successor"):send({ count = count, stays = stays, up = inbox })
end

local ways = {}

function ways.shown()
	local deaf, one = spawn_vm("./actor_tree/deaf"), spawn_vm("./actor_tree/one")
	-- While it has the address of this script, somebody could send a message.
	deaf:send({ up = inbox })
	one:send({ deaf = deaf, up = inbox })
	-- Keeps the addresses, so that all of them wait on.
	local kept = { deaf, one, inbox:receive(), inbox:receive() }
	print("complete", #kept)
	inbox:receive()
end

-- All but the lowest one end, in order.
function ways.deep()
	local all = {}
	succeed(300, true)
	for _ = 1, 300 do
		local each = inbox:receive()
		all[each.place] = each.address
	end
	local from, to, step = 2, 300, 1
	if argument == "above" then
		from, to, step = to, from, -1
	end
	for place = from, to, step do
		all[place]:send("end")
		all[place] = nil
	end
	print("complete")
	inbox:receive()
end

function ways.memory()
	local check = dofile(argument .. "/lib/check.lua")
	local testing, time = require("lunatik.testing"), require("time")
	-- How many bytes count, when that has not changed for 200 ms: actors end a moment after their last message.
	local function settled()
		local bytes, same = 0, 0
		while same < 20 do
			time.sleep(0.01)
			collectgarbage()
			collectgarbage()
			same = testing.counted() == bytes and same + 1 or 0
			bytes = testing.counted()
		end
		return bytes
	end
	-- The actor that is left when so many have spawned their successors and ended.
	local function last(count)
		succeed(count)
		return inbox:receive().address
	end
	local left = last(10)
	local few = settled()
	left:send("end")
	left = last(2000)
	local many = settled()
	local why = ("%d bytes, %d before"):format(many, few)
	check.ok("a chain of actors that have ended takes no memory", many <= few + 16384, why)
	left:send("end")
end

ways[way]()
