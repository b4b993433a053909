-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A script for hooks that sends numbers to receivers of all kinds: all hooks of it count together.
-- usage: hooks_sends.lua NAME MESSAGES [PLACES [KIND...]], with the context softirq
--
-- The addresses are in the table of all runtimes. Each call of a hook sends so many messages to each receiver. The
-- hooks are `NAME` of lunatik.testing and, if PLACES is more than 0, so many points of packets. The function that is
-- left takes a command: "counts" returns how many were sent to each receiver, and then to all of them: sent, lost,
-- undelivered. "send" does what a hook does.

local name, messages, places = ...
local kinds = { select(4, ...) }
messages, places = tonumber(messages), tonumber(places or 0)
local testing, netfilter = require("lunatik.testing"), require("netfilter")
local shared = require("lunatik")._ENV
local send = require("worker").send

local address, channel, service, receiver = shared["suite.address"], shared["suite.channel"], shared["suite.service"],
	shared["suite.worker"]
local buffer = require("mtmsg").newbuffer("suite/" .. name)
local senders = {
	mailbox = function(n)
		return address:send({ n = n, text = "mailbox" })
	end,
	actor = function(n)
		return channel:send({ n = n, text = "actor" })
	end,
	service = function(n)
		return service:send("message", n, { text = "service" })
	end,
	worker = function(n)
		return send(receiver, n)
	end,
	buffer = function(n)
		return buffer:addmsg(n, "buffer", n / 2)
	end,
}
if #kinds == 0 then
	kinds = { "mailbox", "actor", "service", "worker", "buffer" }
end
-- The last number that each receiver gets; those that are lost are not used again.
local numbers, sent, lost = {}, 0, 0
for _, kind in ipairs(kinds) do
	numbers[kind] = 0
end

local function hook()
	for _ = 1, messages do
		for _, kind in ipairs(kinds) do
			local n = numbers[kind] + 1
			numbers[kind] = n
			if senders[kind](n) then
				sent = sent + 1
			else
				lost = lost + 1
			end
		end
	end
	return 1
end

testing.hook(name, hook)
local first
for place = 1, places do
	local packets = netfilter.register({ hook = hook, pf = 2, hooknum = place == 1 and 1 or 3, priority = place })
	first = first or packets
end

return function(command)
	if command == "counts" then
		local stats = first and first:stats() or {}
		return numbers[kinds[1]], sent, lost, stats.sent, stats.lost, stats.undelivered
	elseif command == "send" then
		return hook()
	end
end
