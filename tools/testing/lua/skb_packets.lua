-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Packets of all shapes, as hooks get them, but made by the tests: in pieces, shared with others, of many, with lying
-- headers.
-- usage: skb_packets.lua FOLDER_OF_THE_TESTS

local folder = ...
package.path = folder .. "/lib/?.lua;" .. package.path
local check = require("check")
local packets = require("packets")
local testing = require("lunatik.testing")

local IP, IPV6, ARP = 0x0800, 0x86dd, 0x0806
local LOCAL_IN = 1
local MAC = packets.MAC .. "\x08\x00"

-- Calls a function with a packet, and returns what it returns, and then what has become of the packet.
local function with(bytes, options, fn)
	local results
	local after, summed, clone = testing.packet(function(skb)
		results = table.pack(fn(skb))
	end, bytes, options)
	results[results.n + 1], results[results.n + 2], results[results.n + 3] = after, summed, clone
	return table.unpack(results, 1, results.n + 3)
end

-- The shapes that the bytes of a packet can have.
local SHAPES = {
	linear = {},
	["in pages"] = { linear = 0, piece = 1000 },
	["in small pieces"] = { linear = 28, piece = 97 },
	["shared with a clone"] = { clone = true },
	["in pages and shared"] = { linear = 20, piece = 300, clone = true },
	["as at the egress of a device"] = { at_mac = true },
	["in pages at the egress"] = { at_mac = true, linear = 3, piece = 50 },
}
local function shaped(shape, more)
	local options = {}
	for key, value in pairs(shape) do
		options[key] = value
	end
	for key, value in pairs(more or {}) do
		options[key] = value
	end
	return options
end

local payload = {}
for at = 1, 800 do
	payload[at] = string.char(at * 7 & 0xff)
end
payload = table.concat(payload)
local udp = packets.udp(packets.ip, 1000, 7001, payload)
local tcp = packets.tcp(packets.ip, 80, 40000, payload)
local tcp6 = packets.tcp(packets.ipv6, 80, 40000, payload)

-- Outside of a hook.
local lent, kept_view, kept_header, kept_copy
with(MAC .. udp, { mac = 14 }, function(skb)
	lent, kept_view, kept_header, kept_copy = skb, skb:data(), skb.ip, skb:copy()
end)
local methods = "ifindex vlan data copy checksum forward mark priority protocol hook payload connmark ctinfo"
for method in methods:gmatch("%S+") do
	check.raises("outside of a hook " .. method .. " fails", "skb is not set", function()
		return lent[method](lent)
	end)
end
check.raises("and #", "skb is not set", function()
	return #lent
end)
check.raises("and a header", "skb is not set", function()
	return lent.ip
end)
check.raises("and resize", "skb is not set", lent.resize, lent, 100)
check.raises("and replace", "skb is not set", lent.replace, lent, 0, 1, "x")
check.raises("and a copy", "skb is not set", lent.mark, kept_copy)
check.raises("and a view", "skb is not set", function()
	return #kept_view
end)
-- In another call.
with(MAC .. udp, { mac = 14 }, function(skb)
	check.same("the object of a hook is the same in each call", skb, lent)
	check.raises("a view of another call is closed", "closed object", kept_view.getbyte, kept_view, 0)
	check.raises("and a header", "closed object", function()
		return kept_header.ttl
	end)
	check.raises("and a copy is none", "skb is not set", kept_copy.mark, kept_copy)
	skb:data()
	check.same("a view that was got again is open", kept_view:getbyte(0), 0x45)
end)

-- What a packet says of itself.
with(MAC .. udp, { mac = 14, hook = LOCAL_IN, has_device = true }, function(skb)
	check.same("the size is that from the network header on", #skb, #udp)
	check.same("a packet has a type", skb:protocol(), IP)
	check.same("and a hook", skb:hook(), LOCAL_IN)
	check.same("and a device", skb:ifindex(), 1)
	check.same("and no VLAN", skb:vlan(), nil)
	check.same("its mark is read", skb:mark(), 0)
	check.same("and set", skb:mark(0x1fffffffe), 0xfffffffe)
	check.same("and read again", skb:mark(), 0xfffffffe)
	check.same("so is its priority", skb:priority(7) + skb:priority(), 14)
	check.same("nobody has looked for its connection", skb:ctinfo(), nil)
	check.same("so it has no mark", skb:connmark(), nil)
	check.same("nor can it get one", skb:connmark(5), nil)
	check.same("a key that is nothing is nil", skb.nothing, nil)
	check.same("so is a number", skb[1], nil)
end)
with(udp, {}, function(skb)
	check.same("a packet may have no device", skb:ifindex(), nil)
	check.raises("or no MAC header", "MAC header not set", skb.data, skb, "mac")
	check.raises("so it is not forwarded", "skb has no device", skb.forward, skb)
	check.raises("there are two views", "invalid option 'x'", skb.data, skb, "x")
end)
with(MAC .. udp, { mac = 14, has_device = true }, function(skb)
	check.raises("nor without the device being up", "ENETDOWN", skb.forward, skb)
end)

-- Reading, in each shape.
local function reads(skb, name)
	local view = skb:data()
	check.same(name .. ": the whole view", tostring(view), udp)
	check.same(name .. ": its size", #view, #udp)
	check.same(name .. ": a byte", view:getbyte(9), 17)
	check.same(name .. ": 16 bits", view:getuint16(22), (">I2"):unpack(("=I2"):pack(7001)))
	check.same(name .. ": 64 bits", view:getint64(100), (("=i8"):unpack(udp, 101)))
	check.same(name .. ": a number", view:getnumber(100), (("=i8"):unpack(udp, 101)))
	check.same(name .. ": the last 32 bits", view:getuint32(#udp - 4), (("=I4"):unpack(udp, #udp - 3)))
	check.same(name .. ": a string", view:getstring(28), payload)
	check.same(name .. ": a short one", view:getstring(26, 7), udp:sub(27, 33))
	check.same(name .. ": the last byte", view:getstring(#udp - 1), udp:sub(-1))
	check.same(name .. ": the checksum of the header", view:checksum(0, 20), 0)
	check.same(
		name .. ": of odd bytes",
		view:checksum(31, 501),
		(">I2"):unpack(("=I2"):pack(packets.sum(udp:sub(32, 532))))
	)
	check.same(name .. ": bytes are found", view:find(payload:sub(300, 500)), 28 + 43)
	check.same(name .. ": from an offset on", view:find(payload:sub(300, 500), 28 + 44), 28 + 299)
	check.same(name .. ": or not", view:find("not there"), nil)
	check.same(name .. ": at the end", view:find(udp:sub(-5), #udp - 5), #udp - 5)
	check.ok(name .. ": bytes are the same", view:compare(28, payload))
	check.ok(name .. ": or not", not view:compare(27, payload))
	check.ok(name .. ": or not there", not view:compare(29, payload))
	check.same(name .. ": a MAC view", tostring(skb:data("mac")), MAC .. udp)
	check.same(name .. ": which is independent", view:getbyte(0), 0x45)
	check.same(name .. ": what is behind the headers", skb:payload(), payload)
	check.same(name .. ": as a view", skb:payload("data"):getstring(0, 9), payload:sub(1, 9))
	check.same(name .. ": a header", skb.udp.dport, 7001)
end
for name, shape in pairs(SHAPES) do
	local after = with(MAC .. udp, shaped(shape, { mac = 14 }), function(skb)
		reads(skb, name)
	end)
	check.same(name .. ": reading changes nothing", after, MAC .. udp)
end

-- Out of bounds, whatever is asked for.
local NUMBERS = { "byte", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "number", "float", "double" }
local FAR = { -1, -14, -15, -1 << 31, math.mininteger, 828, 829, 1 << 31, (1 << 32) + 1, math.maxinteger }
for name, shape in pairs(SHAPES) do
	local missed = {}
	local after, _, clone = with(MAC .. udp, shaped(shape, { mac = 14 }), function(skb)
		local view, mac = skb:data(), skb:data("mac")
		local function refused(what, ...)
			local good, message = pcall(view[what], view, ...)
			if good or not tostring(message):find("out of bounds", 1, true) then
				missed[#missed + 1] = what .. " " .. check.joined(message, ...)
			end
		end
		for _, at in ipairs(FAR) do
			for _, number in ipairs(NUMBERS) do
				refused("get" .. number, at)
				refused("set" .. number, at, 1)
			end
			refused("getstring", at)
			refused("getstring", at, 1)
			refused("getstring", 0, at == 828 and 0 or at)
			refused("setstring", at, "x")
			refused("checksum", at)
			refused("checksum", 0, at == 828 and 0 or at)
			if at ~= 828 then
				refused("find", "x", at)
			end
			if at < 0 then
				refused("compare", at, "x")
			end
		end
		refused("getuint16", 827)
		refused("getint32", 825)
		refused("getint64", 821)
		refused("setint64", 821, 1)
		refused("getstring", 1, 828)
		refused("getstring", 1, math.maxinteger)
		refused("getstring", 100, 0)
		refused("getstring", 100, -5)
		refused("setstring", 28, payload .. "x")
		refused("setstring", 28, "")
		check.same(name .. ": the MAC view ends there, too", pcall(mac.getbyte, mac, 842), false)
		check.same(name .. ": and begins before", mac:getbyte(0), 2)
	end)
	check.same(name .. ": whatever is asked for is inside or refused", table.concat(missed, "\n"), "")
	check.same(name .. ": nothing was written", after, MAC .. udp)
	check.same(name .. ": nor in the clone", clone or after, MAC .. udp)
end
with(udp, {}, function(skb)
	local view = skb:data()
	check.raises("an offset is an integer", "number has no integer representation", view.getbyte, view, 0.5)
	check.raises("not a NaN", "number has no integer representation", view.getbyte, view, 0 / 0)
	check.raises("nor an infinity", "number has no integer representation", view.getbyte, view, 1 / 0)
	check.raises("nor a word", "number expected, got string", view.getbyte, view, "x")
	check.same("but a float with such a value", view:getbyte(9.0), 17)
	check.same("or a numeral", view:getbyte("9"), 17)
	check.raises("a view has no size of its own", "cannot resize external memory", view.resize, view, 10)
	check.raises("a needle has a bound", "must have at most 255 bytes", view.find, view, ("x"):rep(256))
	check.same("nothing is everywhere", view:find("", 5), 5)
	check.ok("and the same as nothing", view:compare(5, ""))
	check.same("nothing behind the end either", view:find("x", #udp), nil)
	check.raises("an argument is a view", "skb.data expected, got nil", view.getbyte, nil, 0)
	check.raises("not a packet", "skb.data expected, got skb", view.getbyte, skb, 0)
	check.raises("and not a view", "skb expected, got skb.data", skb.mark, view)
end)

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

-- Without the permission to modify.
local denied = 'permission "netfilter:modify" denied'
local unmodified = with(MAC .. tcp, { mac = 14, has_device = true, read_only = true }, function(skb)
	local view, ip = skb:data(), skb.ip
	local read = check.joined(ip.ttl, view:getbyte(0), skb:mark(), skb:connmark())
	check.same("a packet is read without a permission", read, "64 69 0 nil")
	for name, write in pairs({
		setbyte = function()
			view:setbyte(50, 1)
		end,
		setdouble = function()
			view:setdouble(50, 1)
		end,
		setstring = function()
			view:setstring(50, "x")
		end,
		field = function()
			ip.ttl = 1
		end,
		resize = function()
			skb:resize(100)
		end,
		replace = function()
			skb:replace(50, 1, "x")
		end,
		checksum = function()
			skb:checksum()
		end,
		mark = function()
			skb:mark(1)
		end,
		priority = function()
			skb:priority(1)
		end,
		connmark = function()
			skb:connmark(1)
		end,
		copy = function()
			skb:copy()
		end,
		forward = function()
			skb:forward()
		end,
	}) do
		check.raises("but not changed: " .. name, denied, write)
	end
end)
check.same("so it is the same", unmodified, MAC .. tcp)
