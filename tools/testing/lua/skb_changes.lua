-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Changes of packets of all shapes: bytes, size, checksums, copies; and those that the kernel could not stand.
-- usage: skb_changes.lua FOLDER_OF_THE_TESTS

local folder = ...
package.path = folder .. "/lib/?.lua;" .. package.path
local check = require("check")
local packets = require("packets")
local shapes = require("shapes")

local IP, ARP = 0x0800, 0x0806
local MAC, SHAPES, payload, with, shaped = shapes.MAC, shapes.ALL, shapes.payload, shapes.with, shapes.shaped
local udp = packets.udp(packets.ip, 1000, 7001, payload)
local tcp = packets.tcp(packets.ip, 80, 40000, payload)

-- Writing, in each shape.
for name, shape in pairs(SHAPES) do
	local after, summed, clone = with(MAC .. udp, shaped(shape, { mac = 14 }), function(skb)
		local view = skb:data()
		view:setuint8(28, 0xab)
		view:setbyte(29, -1)
		view:setuint16(30, 0x11234)
		view:setint32(100, -2)
		view:setint64(200, math.mininteger)
		view:setnumber(208, 77.0)
		view:setfloat(300, 0.5)
		view:setdouble(304, 1 / 3)
		view:setstring(#udp - 3, "end")
		skb:data("mac"):setstring(0, "abcdef")
		check.same(name .. ": what was written is read", view:getuint16(30), 0x1234)
		check.same(name .. ": with its sign", view:getint32(100), -2)
		check.same(name .. ": a small float", view:getfloat(300), 0.5)
		check.same(name .. ": a large one", view:getdouble(304), 1 / 3)
		check.same(name .. ": a large number", view:getint64(200), math.mininteger)
	end)
	local function put(bytes, at, new)
		return bytes:sub(1, at) .. new .. bytes:sub(at + #new + 1)
	end
	local expected = put(put(udp, 28, "\xab\xff" .. ("=I2"):pack(0x1234)), 100, ("=i4"):pack(-2))
	expected = put(put(expected, 200, ("=i8i8"):pack(math.mininteger, 77)), 300, ("=fd"):pack(0.5, 1 / 3))
	expected = "abcdef" .. MAC:sub(7) .. put(expected, #udp - 3, "end")
	check.same(name .. ": the packet has what was written", after, expected)
	check.same(name .. ": a clone has not", clone or MAC .. udp, MAC .. udp)
	check.same(name .. ": a checksum is not believed any more", summed, 0)
end
check.same(
	"a new MAC header is none of the checksum's business",
	select(2, with(MAC .. udp, { mac = 14 }, function(skb)
		skb:data("mac"):setbyte(0, 4)
	end)),
	1
)

-- Options of IP, and what the kernel relies on.
local with_options = packets.udp(packets.ip, 1, 2, "abcdef", { options = "\x07\x07\x04\0\0\0\0\0" })
local guarded_after = with(with_options, { transport = 28 }, function(skb)
	local view, ip = skb:data(), skb.ip
	check.same("options are skipped", skb.udp.dport, 2)
	for name, write in pairs({
		["the options"] = function()
			view:setbyte(22, 40)
		end,
		["the length of the header"] = function()
			ip.ihl = 5
		end,
		["the version"] = function()
			ip.version = 6
		end,
		["the protocol"] = function()
			ip.proto = 6
		end,
		["all of it"] = function()
			view:setstring(0, ("x"):rep(28))
		end,
		["what replaces it"] = function()
			skb:replace(20, 8, "")
		end,
		["the same size"] = function()
			skb:replace(20, 2, "xx")
		end,
		["the header behind it"] = function()
			skb:replace(30, 2, "")
		end,
	}) do
		check.raises("the kernel relies on the header: " .. name, "read only", write)
	end
	view:setstring(0, with_options:sub(1, 30))
	ip.version, ip.ihl, ip.protocol = 4, 7, 17
end)
check.same("what is the same may be written", guarded_after, with_options)
for name, shape in pairs(SHAPES) do
	local after = with(MAC .. udp, shaped(shape, { mac = 14 }), function(skb)
		local mac = skb:data("mac")
		check.raises(name .. ": also by the MAC view", "read only", mac.setbyte, mac, 14, 0x46)
		check.raises(name .. ": across headers", "read only", mac.setstring, mac, 10, ("\x46"):rep(30))
		mac:setstring(10, MAC:sub(11) .. udp:sub(1, 30))
	end)
	check.same(name .. ": nothing was written", after, MAC .. udp)
end
local doff_after = with(packets.tcp(packets.ip, 1, 2, "abcdef", { words = "\1\1\1\1\1\1\1\1" }), {}, function(skb)
	local header = skb.tcp
	check.raises("a header of TCP is in the packet", "out of bounds", function()
		header.doff = 15
	end)
	check.raises("and has its fields", "out of bounds", function()
		header.doff = 4
	end)
	check.same("its options are no payload", skb:payload(), "abcdef")
	check.raises("it is not cut off", "out of bounds", skb.resize, skb, 47)
	header.doff = 6
	check.same("with another length", skb:payload(), "\1\1\1\1abcdef")
	skb:replace(40, 4, "")
	skb.ip.tot_len = #skb
	skb:checksum()
	check.same("options are removed", skb:payload(), "abcdef")
end)
check.ok("and the packet is right", #doff_after == 50 and packets.are_sums_right(doff_after))
local arp = "\0\1\8\0\6\4\0\1" .. ("a"):rep(20)
local arp_after = with(arp, { protocol = ARP, family = 3 }, function(skb)
	local view = skb:data()
	check.raises("the kind of an ARP packet stays", "read only", view.setbyte, view, 4, 7)
	check.raises("and its size", "out of bounds", skb.resize, skb, 27)
	view:setbyte(7, 2)
	view:setstring(8, ("b"):rep(20))
end)
check.same("the rest is written", arp_after, arp:sub(1, 7) .. "\2" .. ("b"):rep(20))
with("LLDP", { protocol = 0x88cc, family = 7, hook = 0 }, function(skb)
	check.raises("what the kernel knows nothing of stays", "read only", function()
		skb:data():setbyte(0, 1)
	end)
	check.raises("and keeps its size", "read only", skb.resize, skb, 2)
end)
local free_after = with(MAC .. udp, { mac = 14, family = 5, hook = 0 }, function(skb)
	skb:data():setstring(0, ("x"):rep(20))
	check.same("at the ingress of a device all is written", skb.ip, nil)
	skb:resize(0)
	check.same("and cut off", #skb, 0)
	skb:resize(3)
end)
check.same("what is there then", free_after, MAC .. "\0\0\0")

-- Size.
for name, shape in pairs(SHAPES) do
	local after, summed, clone = with(MAC .. udp, shaped(shape, { mac = 14 }), function(skb)
		local view = skb:data()
		skb:resize(#udp + 1000)
		check.same(name .. ": a packet grows", #view, #udp + 1000)
		check.same(name .. ": by zeros", view:getstring(#udp), ("\0"):rep(1000))
		skb:resize(65535)
		check.same(name .. ": up to its bound", #skb, 65535)
		check.raises(name .. ": not above", "out of bounds", skb.resize, skb, 65536)
		skb:resize(100)
		check.same(name .. ": and shrinks", #view, 100)
		check.raises(name .. ": but for its headers", "out of bounds", skb.resize, skb, 27)
		check.raises(name .. ": never below zero", "out of bounds", skb.resize, skb, -1)
		check.raises(name .. ": nor far above", "out of bounds", skb.resize, skb, math.maxinteger)
		skb:replace(28, 4, "longer than before")
		skb:replace(60, 40, "short")
		skb:replace(#skb, 0, "!")
		skb:replace(30, 2, "NG")
		skb:replace(50, 0, "")
		check.raises(name .. ": what is replaced is in the packet", "out of bounds", skb.replace, skb, 80, 1, "")
		check.raises(name .. ": from the beginning", "out of bounds", skb.replace, skb, -1, 1, "")
		check.raises(name .. ": to the end", "out of bounds", skb.replace, skb, 28, math.maxinteger, "")
		check.raises(name .. ": forward", "out of bounds", skb.replace, skb, 28, -1, "")
		check.raises(name .. ": and what replaces it fits", "out of bounds", skb.replace, skb, 28, 0, ("x"):rep(65535))
		skb.ip.len, skb.udp.len = #skb, #skb - 20
		skb:checksum()
	end)
	local body = payload:sub(5, 72)
	body = "loNGer than before" .. body:sub(1, 60 - 28 - 18) .. "short" .. body:sub(60 - 28 - 18 + 41) .. "!"
	check.same(name .. ": the packet has the new bytes", after:sub(15 + 28), body)
	check.ok(name .. ": and right checksums", packets.are_sums_right(after:sub(15)))
	check.same(name .. ": its MAC header is the same", after:sub(1, 14), MAC)
	check.same(name .. ": no device has checked it", summed, 0)
	check.same(name .. ": the clone is the same", clone or MAC .. udp, MAC .. udp)
end

-- A checksum that is left to the device.
for name, shape in pairs(SHAPES) do
	for what, bytes in pairs({ UDP = udp, TCP = tcp }) do
		local at = what == "UDP" and 6 or 16
		local options = shaped(shape, { mac = 14, check = at })
		local after, summed = with(MAC .. bytes, options, function(skb)
			skb:data():setbyte(100, 1)
			skb.ip.daddr = 0x0a000009
			skb:checksum()
		end)
		local packet = after:sub(15)
		check.same(name .. ": the checksum of " .. what .. " is still left to the device", summed, 3)
		local sum = packets.sum(packets.pseudo(packet, packet:byte(10), #packet - 20))
		check.same(name .. ": which completes it", (">I2"):unpack(packet, 21 + at), ~sum & 0xffff)
		after, summed = with(MAC .. bytes, options, function(skb)
			skb:checksum()
			skb:resize(#bytes + 2)
			skb:resize(#bytes)
		end)
		check.same(name .. ": " .. what .. " of another size is completed before", summed, 0)
		packet = after:sub(15)
		check.ok(name .. ": so it is right", packets.are_sums_right(packet))
	end
end

-- Packets of many.
local gso_after = with(MAC .. tcp, { mac = 14, gso_size = 100, check = 16, clone = true }, function(skb)
	check.raises("a packet of many keeps its size", "GSO skb", skb.resize, skb, 100)
	check.raises("in all ways", "GSO skb", skb.replace, skb, 60, 1, "")
	check.same("is read", skb.tcp.dport, 40000)
	skb.tcp.dport = 7
	check.raises("and written, but for its headers", "read only", function()
		skb.ip.proto = 17
	end)
	skb:checksum()
	local copy = skb:copy()
	check.raises("also a copy", "GSO skb", copy.resize, copy, 100)
	check.raises("whose headers stay, too", "read only", function()
		copy.ip.proto = 17
	end)
end)
check.same("what was written is there", gso_after:sub(14 + 23, 14 + 24), "\0\7")

-- Copies.
for name, shape in pairs(SHAPES) do
	local after = with(MAC .. tcp, shaped(shape, { mac = 14 }), function(skb)
		local copy = skb:copy()
		check.same(name .. ": a copy has the same bytes", tostring(copy:data("mac")), MAC .. tcp)
		local net, mac = copy:data(), copy:data("mac")
		mac:setstring(0, "123456")
		copy.ip.ttl = 1
		copy.tcp.dport = 9
		check.same(name .. ": a copy has headers of its own", check.joined(copy.tcp.dport, skb.tcp.dport), "9 40000")
		check.same(name .. ": and methods", check.joined(#copy, copy:protocol(), copy.nothing), check.joined(#skb, IP, nil))
		copy:resize(28)
		copy.ip.proto, copy.ip.tot_len = 1, 28
		net:setstring(20, "\8\0\0\0" .. ("\0"):rep(4))
		check.same(name .. ": and may become anything", copy.icmp.type, 8)
		check.same(name .. ": which it is not any more", copy.tcp, nil)
		copy:checksum()
		copy:resize(0)
		copy:resize(1000)
		copy:replace(0, 500, "x")
		check.same(name .. ": both views are of it", check.joined(#net, #mac, net:getbyte(0)), "501 515 120")
		local again = copy:copy()
		check.same(name .. ": a copy is copied", tostring(again:data("mac")), tostring(mac))
		skb:copy()
		skb:copy()
		check.raises(name .. ": there are not more than four", "too many skb copies", skb.copy, skb)
	end)
	check.same(name .. ": the packet is the same", after, MAC .. tcp)
end
