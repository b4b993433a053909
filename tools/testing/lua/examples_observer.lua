-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Observes, behind the hooks of the examples, what they let pass: TCP to port 8443 is counted, and of UDP from port 53
-- the payload is kept, if its checksums are right.
-- usage: lunatik run -c softirq examples_observer.lua FOLDER_OF_THE_TESTS

package.path = (...) .. "/lib/?.lua;" .. package.path
local packets = require("packets")
local nf = require("linux.nf")
local passed = require("percpu").counter("suite.passed")
local shared = require("lunatik")._ENV

local function observe(skb)
	local tcp, udp = skb.tcp, skb.udp
	-- The kernel itself resets connections that it does not know.
	if tcp and tcp.dport == 8443 and tcp.rst == 0 then
		passed:add()
	elseif udp and udp.sport == 53 then
		local payload = skb:payload()
		local hex = payload:gsub(".", function(byte)
			return ("%02x"):format(byte:byte())
		end)
		shared["suite.payload"] = packets.are_sums_right(skb:data():getstring(0)) and (hex == "" and "-" or hex)
			or "wrong checksums"
	end
	return nf.action.ACCEPT
end

require("netfilter").register({
	hook = observe,
	pf = nf.proto.INET,
	hooknum = nf.inet.LOCAL_IN,
	priority = nf.ip.pri.FILTER + 1,
})
