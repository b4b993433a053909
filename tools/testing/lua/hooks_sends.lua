-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A script for hooks that sends numbers to receivers of all kinds: all hooks of it count together.
-- usage: hooks_sends.lua NAME MESSAGES [PLACES [KIND...]], with the context softirq
--
-- The addresses are in the table of all runtimes. Each call of a hook sends so many messages to each receiver. The
-- hooks are `NAME` of lunatik.testing, and so many points of packets, 1 or 2. The function that is left takes a
-- command: "counts" returns how many were sent, were lost, and found no receiver. "send" does what a hook does.
--
-- A call that takes too long is ended anywhere, so only the kernel counts exactly.

local name, messages, places = ...
local kinds = { select(4, ...) }
messages, places = tonumber(messages), tonumber(places or 1)
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
-- The last number that each receiver was sent. One that is lost is not used again.
local numbers = {}
for _, kind in ipairs(kinds) do
	numbers[kind] = 0
end

local function hook()
	for _ = 1, messages do
		for _, kind in ipairs(kinds) do
			local n = numbers[kind] + 1
			numbers[kind] = n
			senders[kind](n)
		end
	end
	return 1
end

testing.hook(name, hook)
local packets = netfilter.register({ hook = hook, pf = 2, hooknum = 1, priority = 1 })
if places == 2 then
	netfilter.register({ hook = hook, pf = 2, hooknum = 3, priority = 1 })
end

return function(command)
	if command == "counts" then
		local stats = packets:stats()
		return stats.sent, stats.lost, stats.undelivered
	elseif command == "send" then
		return hook()
	end
end
