-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Usage: lunatik run -c softirq -p fields.lua
--
-- The counterpart of read_fields() in hooks.c: five fields of two headers.

local nf = require("linux.nf")
local ACCEPT <const> = nf.action.ACCEPT
local packets, fields = require("percpu").counter("bench.packets"), 0

require("netfilter").register({
	hook = function(skb)
		local ip, udp = skb.ip, skb.udp
		if ip and udp then
			packets:add()
			fields = fields + ip.saddr + ip.daddr + ip.protocol + udp.sport + udp.dport
		end
		return ACCEPT
	end,
	pf = nf.proto.INET,
	hooknum = nf.inet.LOCAL_IN,
	priority = nf.ip.pri.FILTER,
})
