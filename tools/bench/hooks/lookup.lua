-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Usage: lunatik run -c softirq -p lookup.lua
--
-- The counterpart of look_up() in hooks.c: a table of 1024 addresses, from 10.1.0.0 on, and a counter.

local nf, percpu, rcu = require("linux.nf"), require("percpu"), require("rcu")
local ACCEPT <const> = nf.action.ACCEPT
local FIRST <const> = 0x0a010000

local addresses, packets, found = rcu.table(2048), percpu.counter("bench.packets"), percpu.counter("bench.found")
for i = 0, 1023 do
	addresses[(">I4"):pack(FIRST + i)] = true
end

require("netfilter").register({
	hook = function(skb)
		local ip = skb.ip
		if ip then
			packets:add()
			if addresses[(">I4"):pack(ip.saddr)] then
				found:add()
			end
		end
		return ACCEPT
	end,
	pf = nf.proto.INET,
	hooknum = nf.inet.LOCAL_IN,
	priority = nf.ip.pri.FILTER,
})
