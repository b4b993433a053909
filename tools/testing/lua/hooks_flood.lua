-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Hooks of packets on the loopback device that are busy most of the time. Those of the kind "long" say in the table of
-- all runtimes whether they run, and when they did last.
-- usage: hooks_flood.lua KIND, with the context softirq

local linux, netfilter = require("linux"), require("netfilter")
local nf, shared = linux.nf, require("lunatik")._ENV
local calls = 0

local kinds = {}

-- A part of the slice.
function kinds.long()
	local now = linux.time()
	local till = now + 900000
	shared["suite.runs"] = true
	while now < till do
		now = linux.time()
		shared["suite.last"] = now
	end
	shared["suite.runs"] = false
	return nf.action.ACCEPT
end

function kinds.loops()
	while true do
	end
end

function kinds.allocates()
	local last
	for i = 1, 300 do
		last = { i, last }
	end
	return last and nf.action.ACCEPT
end

function kinds.short()
	return nf.action.ACCEPT
end

-- A closing method that the stop must end, too.
function kinds.closes()
	local _ <close> = setmetatable({}, {
		__close = function()
			while true do
			end
		end,
	})
	return nf.action.ACCEPT
end

local run = kinds[(...)]
for _, point in ipairs({ "LOCAL_IN", "LOCAL_OUT" }) do
	netfilter.register({
		pf = nf.proto.IPV4,
		hooknum = nf.inet[point],
		priority = 0,
		hook = function()
			calls = calls + 1
			return run()
		end,
	})
end

return function()
	return calls
end
