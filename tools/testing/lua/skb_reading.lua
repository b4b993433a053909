-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What can be read of packets of all shapes, and what is refused: outside of the packet, of another call, without the
-- permission to change it.
-- usage: skb_reading.lua FOLDER_OF_THE_TESTS

local folder = ...
package.path = folder .. "/lib/?.lua;" .. package.path
local check = require("check")
local packets = require("packets")
local shapes = require("shapes")

local LOCAL_IN = 1
local MAC, SHAPES, payload, with, shaped = shapes.MAC, shapes.ALL, shapes.payload, shapes.with, shapes.shaped
local udp = packets.udp(packets.ip, 1000, 7001, payload)
local tcp = packets.tcp(packets.ip, 80, 40000, payload)

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
	check.same("a packet has a type", skb:protocol(), 0x0800)
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
