-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Headers of packets of all shapes: their fields, extension headers, fragments, and headers that lie.
-- usage: skb_headers.lua FOLDER_OF_THE_TESTS

local folder = ...
package.path = folder .. "/lib/?.lua;" .. package.path
local check = require("check")
local packets = require("packets")
local shapes = require("shapes")

local IPV6 = 0x86dd
local MAC, SHAPES, payload, with, shaped = shapes.MAC, shapes.ALL, shapes.payload, shapes.with, shapes.shaped
local udp = packets.udp(packets.ip, 1000, 7001, payload)
local tcp = packets.tcp(packets.ip, 80, 40000, payload)
local tcp6 = packets.tcp(packets.ipv6, 80, 40000, payload)

-- Headers.
for name, shape in pairs(SHAPES) do
	local after, _, clone = with(MAC .. tcp, shaped(shape, { mac = 14 }), function(skb)
		local ip, header = skb.ip, skb:header("tcp")
		check.same(name .. ": addresses are numbers", ip.saddr, 0x0a000001)
		check.same(name .. ": fields have short names", ip.dst, 0x0a000002)
		check.same(
			name .. ": all fields of IP",
			check.joined(ip.version, ip.ihl, ip.tos, ip.tot_len, ip.id, ip.frag_off, ip.ttl, ip.protocol),
			check.joined(4, 5, 0, #tcp, 0x1234, 0, 64, 6)
		)
		check.same(name .. ": of TCP", header.sport, 80)
		check.same(name .. ": numbers are unsigned", header.ack_seq, 0xfffefdfc)
		check.same(
			name .. ": flags are bits",
			check.joined(header.fin, header.syn, header.rst, header.psh, header.ack_flag, header.urg, header.doff),
			"0 0 0 1 1 0 5"
		)
		local others = check.joined(skb.ipv6, skb.udp, skb.icmp, skb.icmpv6)
		check.same(name .. ": there is no other header", others, "nil nil nil nil")
		ip.ttl, ip.tos, ip.src = 3, 0x1fc, 0xc0a80001
		header.dport, header.syn, header.psh, header.window = 443, 1, 0, -1
		check.same(name .. ": a field was written", ip.ttl, 3)
		check.same(name .. ": and its neighbour was not", ip.protocol, 6)
		check.same(name .. ": bits alone", header.flags, 0x12)
		skb:checksum()
	end)
	local bytes = after:sub(15)
	check.same(name .. ": fields are in the packet", bytes:sub(9, 9) .. bytes:sub(13, 16), "\3\xc0\xa8\0\1")
	check.same(name .. ": in network order", bytes:sub(23, 24), (">I2"):pack(443))
	check.ok(name .. ": the checksums are right", packets.are_sums_right(bytes))
	check.same(name .. ": the payload is the same", bytes:sub(41), payload)
	check.same(name .. ": and the clone", clone or MAC .. tcp, MAC .. tcp)
end
with(udp, {}, function(skb)
	local ip = skb.ip
	check.raises("a field has a name of the kernel", "ip header has no field 'dport'", function()
		return ip.dport
	end)
	check.raises("which is a string", "the name of a field of the ip header expected", function()
		return ip[1]
	end)
	check.raises("a value is a number", "number expected, got nil", function()
		ip.ttl = nil
	end)
	check.raises("there are kinds of headers", "invalid option 'sctp'", skb.header, skb, "sctp")
	check.same("one that is not there is nil", skb:header("ipv6"), nil)
	check.same("udp has four fields", check.joined(skb.udp.source, skb.udp.dest, skb.udp.len), "1000 7001 808")
end)
local after6 = with(tcp6, { protocol = IPV6, transport = 40 }, function(skb)
	local ip = skb.ipv6
	check.same("IPv6 has an address of bytes", ip.saddr, "\xfd" .. ("\0"):rep(14) .. "\1")
	check.same(
		"and numbers",
		check.joined(ip.version, ip.tclass, ip.flow, ip.payload_len, ip.nexthdr, ip.hop_limit),
		check.joined(6, 0xab, 0x12345, #tcp6 - 40, 6, 64)
	)
	ip.daddr, ip.flow_lbl, ip.priority, ip.hop_limit = ("\xfe"):rep(16), 0x54321, 0x1f, 9
	check.same("which are written", check.joined(ip.flow, ip.tclass), check.joined(0x54321, 0x1f))
	check.same("so are the bytes", ip.dst, ("\xfe"):rep(16))
	check.raises("an address has its size", "must have 16 bytes", function()
		ip.saddr = "x"
	end)
	check.same("its payload", skb:payload(), payload)
	skb:checksum()
end)
check.ok("the checksum over IPv6 is right", packets.are_sums_right(after6))
with(packets.ip(1, "\8\0\0\0" .. (">I2I2"):pack(77, 3) .. "ping"), {}, function(skb)
	check.same("ICMP", check.joined(skb.icmp.type, skb.icmp.code, skb.icmp.id, skb.icmp.sequence), "8 0 77 3")
	check.same("its payload", skb:payload(), "ping")
	check.same("is not of IPv6", skb.icmpv6, nil)
end)
with(packets.ipv6(58, "\x80\0\0\0" .. (">I2I2"):pack(77, 3)), { protocol = IPV6, transport = 40 }, function(skb)
	check.same("ICMPv6", check.joined(skb.icmpv6.type, skb.icmpv6.id, skb.icmp), "128 77 nil")
	check.same("a payload may be empty", skb:payload(), "")
	local view = skb:payload("data")
	check.same("as a view, too", check.joined(#view, tostring(view)), "0 ")
	check.raises("which has no string", "out of bounds", view.getstring, view, 0)
end)

-- Extension headers of IPv6, and fragments.
local function extended(next, extensions, more)
	local udp_alone = packets.udp(packets.ipv6, 1000, 7001, "hello"):sub(41)
	return packets.ipv6(0, udp_alone, { next = next, extensions = extensions, payload_len = more })
end
local HOP = "\x3c\0\1\4\0\0\0\0"
local DESTINATION = "\x11\1\1\12" .. ("\0"):rep(12)
with(extended(0, HOP .. DESTINATION), { protocol = IPV6, transport = 48 }, function(skb)
	check.same("extension headers are skipped", skb.udp.dport, 7001)
	check.same("so is what they are of the payload", skb:payload(), "hello")
	check.raises("the kernel has looked at them", "read only", function()
		skb:data():setbyte(41, 3)
	end)
	check.raises("and at the type of the next", "read only", function()
		skb.ipv6.nexthdr = 17
	end)
	skb:data():setstring(40, HOP)
	skb.udp.dport = 5
	check.same("what is behind them is written", skb.udp.dport, 5)
end)
for name, found in pairs({
	["that lies about its length"] = extended(0, "\x11\xff\1\4\0\0\0\0"),
	["that is cut off"] = extended(0, "\x11"):sub(1, 41),
	["that are too many"] = extended(0, ("\0\0\1\4\0\0\0\0"):rep(200)),
	["that ends the packet"] = extended(59, ""),
}) do
	with(found, { protocol = IPV6, transport = 40 }, function(skb)
		local behind = check.joined(skb.udp, skb.tcp, skb:payload())
		check.same("behind a header " .. name .. " is nothing", behind, "nil nil nil")
		check.same("but there is one before", skb.ipv6.version, 6)
		pcall(skb.checksum, skb)
	end)
end
local function fragment6(offset)
	return extended(44, "\x11\0" .. (">I2I4"):pack(offset, 1))
end
with(fragment6(0x0001), { protocol = IPV6, transport = 40 }, function(skb)
	check.same("the first fragment has a header", skb.udp.dport, 7001)
	skb:checksum()
end)
with(fragment6(0x0fa8), { protocol = IPV6, transport = 40 }, function(skb)
	check.same("a later one has none", check.joined(skb.udp, skb:payload()), "nil nil")
	skb:checksum()
end)
with(packets.udp(packets.ip, 1, 2, "x", { frag_off = 0x2000 }), {}, function(skb)
	check.same("the first fragment of IPv4 has a header", skb.udp.dport, 2)
end)
with(packets.udp(packets.ip, 1, 2, "x", { frag_off = 0x00b9 }), {}, function(skb)
	check.same("a later one has none", check.joined(skb.udp, skb:payload(), skb.ip.ihl), "nil nil 5")
	skb:checksum()
end)

-- Headers that lie.
local function lies(name, bytes, expected, options)
	with(bytes, options or {}, function(skb)
		local found = check.joined(skb.ip and "ip" or "-", skb.udp and "udp" or "-", skb.tcp and "tcp" or "-")
		check.same(name, check.joined(found, skb:payload()), expected)
		pcall(skb.checksum, skb)
	end)
end
lies("a header of no bytes", packets.udp(packets.ip, 1, 2, "x", { ihl = 0 }), "- - - nil")
lies("one that is too long", packets.udp(packets.ip, 1, 2, "x", { ihl = 15 }), "- - - nil")
lies("half a header", udp:sub(1, 19), "- - - nil")
lies("no packet at all", "", "- - - nil")
lies("half a header of UDP", udp:sub(1, 27), "ip - - nil", { transport = 20 })
lies("a packet that is shorter than it says", udp:sub(1, 40), "ip udp - " .. udp:sub(29, 40))
lies("longer", packets.udp(packets.ip, 1, 2, "abcdef", { tot_len = 30, len = 10 }), "ip udp - ab")
lies("a datagram that is longer than it says", packets.udp(packets.ip, 1, 2, "abcdef", { len = 10 }), "ip udp - ab")
lies("shorter", packets.udp(packets.ip, 1, 2, "abcdef", { len = 9999 }), "ip udp - abcdef")
lies("shorter than its header", packets.udp(packets.ip, 1, 2, "abcdef", { len = 3 }), "ip udp - abcdef")
lies("without room for a header", packets.udp(packets.ip, 1, 2, "abcdef", { tot_len = 24 }), "ip - - nil")
lies("of less than its header", packets.udp(packets.ip, 1, 2, "ab", { tot_len = 3 }), "ip udp - ab")
lies("TCP with a header of no bytes", packets.tcp(packets.ip, 1, 2, "abc", { doff = 0 }), "ip - tcp nil")
lies("with one that is too long", packets.tcp(packets.ip, 1, 2, "abc", { doff = 15 }), "ip - tcp nil")
lies("a packet of another type", udp, "- - - nil", { protocol = 0x1234 })
for _, lying in ipairs({
	packets.udp(packets.ip, 1, 2, "abcdef", { tot_len = 9999 }),
	packets.udp(packets.ip, 1, 2, "abcdef", { tot_len = 10 }),
	packets.udp(packets.ip, 1, 2, "abcdef", { tot_len = 24 }),
	packets.udp(packets.ip, 1, 2, "abcdef", { len = 9999 }),
	packets.udp(packets.ip, 1, 2, "abcdef", { len = 7 }),
	packets.tcp(packets.ip, 1, 2, "abcdef", { doff = 4 }),
	packets.tcp(packets.ip, 1, 2, "abcdef", { doff = 15 }),
}) do
	local after = with(lying, {}, function(skb)
		check.raises("a checksum needs headers that do not lie", "out of bounds", skb.checksum, skb)
	end)
	check.same("and changes nothing else", after, lying)
end
