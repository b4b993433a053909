-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Hooks of a machine that forwards, for IPv4 and IPv6. Datagrams to port 7 get other bytes and more of them, and their
-- answers get the former ones; connections to port 7100 are reset. `done NAME` says that this was done.
-- usage: lunatik run -c softirq skb_path.lua

local netfilter, nf = require("netfilter"), require("linux.nf")
local ACCEPT, DROP = nf.action.ACCEPT, nf.action.DROP
local MORE = 16

local said = {}
local function say(what, skb)
	local name = what .. (skb.ip and " over IPv4" or " over IPv6")
	if not said[name] then
		said[name] = true
		print("done " .. name)
	end
end

-- Sets the length fields to the size of the packet.
local function set_lengths(skb)
	local ip, ipv6, udp = skb.ip, skb.ipv6, skb.udp
	if ip then
		ip.tot_len = #skb
	else
		ipv6.payload_len = #skb - 40
	end
	if udp then
		udp.len = #skb - (ip and 20 or 40)
	end
end

local function invert(skb)
	local payload = skb:payload("data")
	local last = #payload - 1
	payload:setbyte(last, ~payload:getbyte(last))
end

local function change(skb)
	local udp = skb.udp
	if not udp then
		return ACCEPT
	end
	if udp.dport == 7 then
		invert(skb)
		skb:resize(#skb + MORE)
		set_lengths(skb)
		skb:checksum()
		say("changed", skb)
	elseif udp.sport == 7 then
		skb:resize(#skb - MORE)
		set_lengths(skb)
		invert(skb)
		skb:checksum()
		say("changed back", skb)
	end
	return ACCEPT
end
netfilter.register({ hook = change, pf = nf.proto.INET, hooknum = nf.inet.FORWARD, priority = nf.ip.pri.FILTER })

local function reset(skb)
	local tcp = skb.tcp
	if not tcp or tcp.dport ~= 7100 then
		return ACCEPT
	end
	local answer = skb:copy()
	answer:resize(skb.ip and 40 or 60)
	local mac, header = answer:data("mac"), answer.tcp
	local ip = answer.ip or answer.ipv6
	local from, to = mac:getstring(0, 6), mac:getstring(6, 6)
	mac:setstring(0, to)
	mac:setstring(6, from)
	ip.src, ip.dst = ip.dst, ip.src
	header.sport, header.dport = header.dport, header.sport
	header.seq, header.ack_seq, header.doff, header.flags = 0, tcp.seq + 1, 5, 0x14
	set_lengths(answer)
	answer:checksum()
	answer:forward()
	return DROP
end
netfilter.register({ hook = reset, pf = nf.proto.INET, hooknum = nf.inet.FORWARD, priority = nf.ip.pri.FILTER + 1 })
