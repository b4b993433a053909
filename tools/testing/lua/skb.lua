-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Hooks that check the packets that they get, and change them. What they find is printed, and so in the log. `done N`
-- says that all checks of packets to port N have been made.
-- usage: lunatik run -c softirq skb.lua FOLDER_OF_THE_TESTS

local folder = ...
package.path = folder .. "/lib/?.lua;" .. package.path
local check = require("check")
local netfilter = require("netfilter")

local nf = require("linux.nf")
local ACCEPT, DROP, FILTER = nf.action.ACCEPT, nf.action.DROP, nf.ip.pri.FILTER
local INET, NETDEV, IPV4 = nf.proto.INET, nf.proto.NETDEV, nf.proto.IPV4
local LOCAL_IN, LOCAL_OUT = nf.inet.LOCAL_IN, nf.inet.LOCAL_OUT

local LOCALHOST = 0x7f000001
local ntoh16 = function(number)
	return (">I2"):unpack(("=I2"):pack(number))
end

local kept = {}

-- UDP that has come to this machine, by port: steps, each of which checks or changes one packet. A hook has a
-- millisecond, so on a slow machine some are ended: then the next packet has the same step. The second function of a
-- step is for the next hook, which gets what the first has made of the packet.
local on_udp = {
	[7001] = {
		{
			function(skb)
				local ip = skb.ip
				check.same("the addresses", check.joined(ip.saddr, ip.daddr), check.joined(LOCALHOST, LOCALHOST))
				check.same("the size", #skb, ip.tot_len)
			end,
		},
		{
			function(skb)
				local found = check.joined(skb:protocol(), skb:hook(), skb:ifindex())
				check.same("the type, the hook, the device", found, "2048 1 1")
			end,
		},
		{
			function(skb, payload)
				check.same("the length", skb.udp.len, 8 + #payload)
				check.ok("a view", skb:data():getstring(28) == payload)
			end,
		},
		{
			function(skb, payload)
				local view = skb:data()
				check.same("in machine order", ntoh16(view:getuint16(22)), 7001)
				check.same("the bytes are found", view:find(payload:sub(1, 20)), 28)
				check.same("the header has a right checksum", view:checksum(0, 20), 0)
			end,
		},
		{
			function(skb)
				local mac = skb:data("mac"):getstring(0, 14)
				check.same("the MAC header of the loopback device", mac, ("\0"):rep(12) .. "\8\0")
			end,
		},
		{
			function()
				check.raises("no code is loaded", "not in atomic context", load, "return 1")
			end,
		},
		{
			function(skb)
				kept.view, kept.header, kept.copy = skb:data(), skb.ip, skb:copy()
			end,
		},
		{
			function()
				check.raises("a view of another packet", "closed object", kept.view.getbyte, kept.view, 0)
				check.raises("a copy", "skb is not set", kept.copy.mark, kept.copy)
			end,
		},
		{
			function()
				check.raises("a header", "closed object", function()
					return kept.header.ttl
				end)
			end,
		},
	},
	[7002] = {
		{
			function(skb)
				skb:mark(77)
				skb.ip.ttl = 7
				skb:checksum()
			end,
			function(skb)
				check.same("a mark and a field stay", check.joined(skb:mark(), skb.ip.ttl), "77 7")
				check.same("in a right header", skb:data():checksum(0, 20), 0)
			end,
		},
		{
			function(skb)
				check.same("a priority", skb:priority(3), 3)
			end,
		},
	},
	[7003] = {
		{
			function(skb, payload)
				skb:replace(28, #payload, "changed")
				skb.udp.len, skb.ip.len = 15, 35
				skb:checksum()
			end,
			function(skb)
				check.same("what was replaced", skb:payload(), "changed")
			end,
		},
	},
	[7004] = {
		{
			function(skb)
				kept.size = #skb
				skb:resize(20000)
			end,
			function(skb)
				check.same("what has grown", #skb, 20000)
				check.same("by zeros", skb:data():getstring(kept.size, 100), ("\0"):rep(100))
				check.same("to the end", skb:data():getstring(19990), ("\0"):rep(10))
			end,
		},
	},
	[7005] = {
		{
			function(skb)
				local copy = skb:copy()
				copy:data():setstring(28, "copy")
				local good = copy:data():compare(28, "copy") and not skb:data():compare(28, "copy")
				check.ok("a copy is another packet", good)
			end,
		},
		{
			function(skb)
				for _ = 1, 4 do
					skb:copy()
				end
				check.raises("there are four", "too many skb copies", skb.copy, skb)
			end,
		},
	},
	[7006] = {
		{
			function(skb)
				local view = skb:data()
				for _, at in ipairs({ -1, #skb, 1 << 40, math.mininteger }) do
					check.raises("outside", "out of bounds", view.getbyte, view, at)
				end
			end,
		},
		{
			function(skb)
				check.raises("the kernel relies on it", "read only", function()
					skb.ip.proto = 6
				end)
				check.raises("and on its headers", "out of bounds", skb.resize, skb, 27)
			end,
		},
	},
}
local reached, is_made = {}, false
local function step_for(skb)
	local port = skb.udp and skb.udp.dport
	local steps = on_udp[port]
	return steps and steps[reached[port] or 1], port
end
local function first(skb)
	local step = step_for(skb)
	is_made = false
	if step then
		step[1](skb, skb:payload())
		is_made = true
	end
	return ACCEPT
end
local function second(skb)
	local step, port = step_for(skb)
	if step and is_made then
		if step[2] then
			step[2](skb)
		end
		reached[port] = (reached[port] or 1) + 1
		if not on_udp[port][reached[port]] then
			print("done " .. port)
		end
	end
	return ACCEPT
end
netfilter.register({ hook = first, pf = IPV4, hooknum = LOCAL_IN, priority = FILTER })
netfilter.register({ hook = second, pf = INET, hooknum = LOCAL_IN, priority = FILTER + 1 })

-- TCP to port 7100 is reset: the answer is made of a copy, and goes back where the packet has come from.
local function reset(skb)
	local tcp = skb.tcp
	if not tcp or tcp.dport ~= 7100 then
		return ACCEPT
	end
	local answer = skb:copy()
	answer:resize(40)
	local mac, ip, header = answer:data("mac"), answer.ip, answer.tcp
	local from, to = mac:getstring(0, 6), mac:getstring(6, 6)
	mac:setstring(0, to)
	mac:setstring(6, from)
	ip.saddr, ip.daddr, ip.len = ip.daddr, ip.saddr, 40
	header.sport, header.dport = header.dport, header.sport
	header.seq, header.ack_seq, header.doff, header.flags = 0, tcp.seq + 1, 5, 0x14
	answer:checksum()
	answer:forward()
	return DROP
end
netfilter.register({ hook = reset, pf = IPV4, hooknum = LOCAL_IN, priority = FILTER + 2 })

-- What a server on port 7200 says is changed, in packets of any size.
local function rewrite(skb)
	local tcp = skb.tcp
	if tcp and tcp.sport == 7200 then
		local view = skb:data()
		local at = view:find("lunatic")
		while at do
			view:setstring(at, "LUNATIK")
			at = view:find("lunatic", at + 7)
		end
		skb:checksum()
	end
	return ACCEPT
end
netfilter.register({ hook = rewrite, pf = INET, hooknum = LOCAL_OUT, priority = FILTER })

-- All that can be read is read, at all points, and what is written changes nothing.
local seen = {}
local function look(point, has_mac)
	return function(skb)
		local tcp = skb.tcp
		if not tcp or tcp.dport ~= 7300 and tcp.sport ~= 7300 then
			return ACCEPT
		end
		local ip = skb.ip
		local sum = ip.version + ip.ihl + ip.tos + ip.tot_len + ip.id + ip.ttl + ip.protocol + ip.saddr + ip.daddr
		local view, payload = skb:data(), skb:payload()
		tcp.window, ip.ttl = tcp.window, ip.ttl
		if #payload > 0 then
			local at = #view - 1
			view:setbyte(at, view:getbyte(at))
			view:setstring(0, view:getstring(0, 60 < #view and 60 or #view))
		end
		if not seen[point] then
			check.ok("fields are read at " .. point, sum > 0)
			check.same("there is a MAC header at " .. point, pcall(skb.data, skb, "mac"), has_mac)
			seen[point] = true
		end
		if #payload > 5000 and not seen[point .. "/many"] then
			seen[point .. "/many"] = true
			print("many " .. point)
		end
		return ACCEPT
	end
end
local function look_at(name, has_mac, pf, hooknum, dev)
	netfilter.register({ hook = look(name, has_mac), pf = pf, hooknum = hooknum, dev = dev, priority = FILTER + 3 })
end
look_at("PRE_ROUTING", true, IPV4, nf.inet.PRE_ROUTING)
look_at("LOCAL_IN", true, IPV4, LOCAL_IN)
look_at("LOCAL_OUT", false, IPV4, LOCAL_OUT)
look_at("POST_ROUTING", false, IPV4, nf.inet.POST_ROUTING)
look_at("INGRESS", true, NETDEV, nf.netdev.INGRESS, "lo")
look_at("EGRESS", true, NETDEV, nf.netdev.EGRESS, "lo")

-- Echo requests get another payload at each hop.
local function ping(skb)
	local icmp = skb.icmp
	if icmp and icmp.type == 8 and skb.ip.tot_len == 20 + 8 + 1000 then
		local view = skb:data()
		-- The sender finds its clock in the first bytes.
		view:setstring(44, ("changed "):rep(120))
		icmp.checksum = 0
		icmp.checksum = ntoh16(view:checksum(20))
		if not kept.ping then
			kept.ping = true
			print("done ping")
		end
	end
	return ACCEPT
end
netfilter.register({ hook = ping, pf = IPV4, hooknum = nf.inet.PRE_ROUTING, priority = FILTER + 1 })
