-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A firewall rule: drops TCP to a port of this machine, and counts what it drops.
--
--	lunatik run -c softirq -p firewall.lua 8080
--	lunatik eval 'return require("percpu").counter("firewall"):sum()'
--	lunatik stop firewall

local nf = require("linux.nf")
local port = assert(math.tointeger(tonumber((...))), "the port to close is missing")
local dropped = require("percpu").counter("firewall")

local function rule(skb)
	local tcp = skb.tcp
	if tcp and tcp.dport == port then
		dropped:add()
		return nf.action.DROP
	end
	return nf.action.ACCEPT
end

require("netfilter").register({
	hook = rule,
	pf = nf.proto.INET,
	hooknum = nf.inet.LOCAL_IN,
	priority = nf.ip.pri.FILTER,
})
