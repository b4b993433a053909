-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Hooks that check the packets that they get, and change them. Each port is one check; what is found is printed, and so
-- in the log. `done N` says that the check of port N is over.
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

-- UDP that has come to this machine: functions of (skb, payload).
local on_udp = {
	[7001] = function(skb, payload)
		local ip, udp, view = skb.ip, skb.udp, skb:data()
		check.same("the addresses", check.joined(ip.saddr, ip.daddr), check.joined(LOCALHOST, LOCALHOST))
		check.same("the size", #skb, ip.tot_len)
		check.same("the type", skb:protocol(), 0x0800)
		check.same("the hook", skb:hook(), LOCAL_IN)
		check.same("the device", skb:ifindex(), 1)
		check.same("the length", udp.len, 8 + #payload)
		check.same("a view", view:getstring(28), payload)
		check.same("in machine order", ntoh16(view:getuint16(22)), 7001)
		check.same("the MAC header of the loopback device", skb:data("mac"):getstring(0, 14), ("\0"):rep(12) .. "\8\0")
		check.same("the bytes are found", view:find(payload), 28)
		check.same("the header has a right checksum", view:checksum(0, ip.ihl * 4), 0)
		check.raises("there are no new objects", "not in atomic context", function()
			return load("return 1")
		end)
		kept.view, kept.header, kept.copy = view, ip, skb:copy()
	end,
	[7002] = function(skb)
		check.raises("a view of another packet", "closed object", kept.view.getbyte, kept.view, 0)
		check.raises("a header", "closed object", function()
			return kept.header.ttl
		end)
		check.raises("a copy", "skb is not set", kept.copy.mark, kept.copy)
		check.same("a mark", skb:mark(77), 77)
		check.same("a priority", skb:priority(3), 3)
		skb.ip.ttl = 7
		skb:checksum()
	end,
	[7003] = function(skb, payload)
		skb:replace(28, #payload, "changed")
		skb.udp.len, skb.ip.len = 15, 35
		skb:checksum()
	end,
	[7004] = function(skb)
		local size = #skb
		skb:resize(20000)
		skb.udp.len, skb.ip.len = 20000 - 20, 20000
		skb:checksum()
		check.same("it has grown", #skb, 20000)
		kept.size = size
	end,
	[7005] = function(skb)
		local copy = skb:copy()
		copy:data():setstring(28, "copy")
		check.ok("a copy is another packet", copy:payload():find("^copy") and not skb:payload():find("^copy"))
		for _ = 1, 3 do
			skb:copy()
		end
		check.raises("there are four", "too many skb copies", skb.copy, skb)
	end,
	[7006] = function(skb)
		for _, at in ipairs({ -1, #skb, 1 << 40, math.mininteger }) do
			check.raises("outside", "out of bounds", skb:data().getbyte, skb:data(), at)
		end
		check.raises("the kernel relies on it", "read only", function()
			skb.ip.proto = 6
		end)
		check.raises("and on its headers", "out of bounds", skb.resize, skb, 27)
	end,
}
-- What the next hook sees.
local then_on_udp = {
	[7002] = function(skb)
		check.same("the mark stays", skb:mark(), 77)
		check.same("and the field", skb.ip.ttl, 7)
		check.same("in a right header", skb:data():checksum(0, 20), 0)
	end,
	[7003] = function(skb)
		check.same("what was replaced", skb:payload(), "changed")
	end,
	[7004] = function(skb)
		check.same("what has grown", #skb, 20000)
		-- Shown, it would be longer than the blocks of memory that a hook gets.
		check.ok("by zeros", skb:data():getstring(kept.size) == ("\0"):rep(20000 - kept.size))
	end,
}
local function udp(functions, is_last)
	return function(skb)
		local port = skb.udp and skb.udp.dport
		local fn = functions[port]
		local payload = fn and skb:payload()
		if fn and not kept[fn] then
			kept[fn] = true
			local good, message = pcall(fn, skb, payload)
			check.ok("port " .. port, good, message)
		end
		if is_last and on_udp[port] and not kept[port] then
			kept[port] = true
			print("done " .. port)
		end
		return ACCEPT
	end
end
netfilter.register({ hook = udp(on_udp), pf = IPV4, hooknum = LOCAL_IN, priority = FILTER })
netfilter.register({ hook = udp(then_on_udp, true), pf = INET, hooknum = LOCAL_IN, priority = FILTER + 1 })

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
	if not kept.reset then
		kept.reset = true
		print("done 7100")
	end
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
			seen[point] = true
			check.ok("fields are read at " .. point, sum > 0)
			check.same("there is a MAC header at " .. point, pcall(skb.data, skb, "mac"), has_mac)
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
		view:setstring(28, ("changed "):rep(125))
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
