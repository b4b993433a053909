-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Does random things to random packets. Whatever a script does, the machine survives, clones keep their bytes, and a
-- packet that the kernel goes on with keeps what the kernel relies on.
-- usage: skb_fuzz.lua FOLDER_OF_THE_TESTS SEED SECONDS

local folder, seed, seconds = ...
package.path = folder .. "/lib/?.lua;" .. package.path
local check = require("check")
local packets = require("packets")
local testing = require("lunatik.testing")
local ktime = require("linux").ktime
local random = math.random
math.randomseed(math.tointeger(seed))

local INTEGERS = { 0, 1, 6, 9, 12, 14, 19, 20, 28, 39, 40, 41, 60, 1000, 65535, 65536, -1, -14, -20 }
for _, far in ipairs({ 1 << 31, 1 << 32, math.mininteger, math.maxinteger }) do
	INTEGERS[#INTEGERS + 1] = far
end
local NAMES = {}
local fields = "version ihl tos tot_len frag_off ttl proto saddr daddr payload_len nexthdr hop_limit flow sport dport"
for name in (fields .. " seq ack_seq doff flags window len check type checksum id"):gmatch("%S+") do
	NAMES[#NAMES + 1] = name
end
local NUMBERS = { "byte", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "number", "float", "double" }
local KINDS = { "ip", "ipv6", "tcp", "udp", "icmp", "icmpv6" }

local function pick(list)
	return list[random(#list)]
end
local function integer()
	return random(3) == 1 and pick(INTEGERS) or random(0, 120)
end
local function bytes(longest)
	local made = {}
	for at = 1, random(0, longest) do
		made[at] = string.char(random(0, 255))
	end
	return table.concat(made)
end

-- A packet, most often one that makes sense.
local function make()
	local body, protocol = bytes(random(3) == 1 and 3000 or 60), 0x0800
	local packet
	local kind = random(8)
	if kind == 1 then
		packet = packets.udp(packets.ip, 1, 2, body)
	elseif kind == 2 then
		packet = packets.tcp(packets.ip, 1, 2, body, { words = ("\1"):rep(4 * random(0, 10)) })
	elseif kind == 3 then
		packet, protocol = packets.tcp(packets.ipv6, 1, 2, body), 0x86dd
	elseif kind == 4 then
		local last = pick({ "", "\17\0\0\1\0\0\0\1", "\17\0\0\8\0\0\0\1", "\17\9\0\0" })
		local extensions = ("\60\0\1\4\0\0\0\0"):rep(random(0, 3)) .. last
		packet = packets.ipv6(17, bytes(60), { next = pick({ 0, 17, 44, 51, 59, 60 }), extensions = extensions })
		protocol = 0x86dd
	elseif kind == 5 then
		local options = ("\1"):rep(4 * random(0, 10))
		packet = packets.udp(packets.ip, 1, 2, body, { options = options, frag_off = pick({ 0, 0x2000, 0x0001 }) })
	elseif kind == 6 then
		packet = packets.ip(1, "\8\0\0\0\0\1\0\2" .. body)
	elseif kind == 7 then
		packet, protocol = bytes(100), pick({ 0x0800, 0x86dd, 0x0806, 0x8100, 0x88cc })
	else
		packet, protocol = "\0\1\8\0\6\4\0\1" .. ("a"):rep(20) .. body, 0x0806
	end
	for _ = 1, random(4) == 1 and random(8) or 0 do
		local at = random(#packet)
		packet = packet:sub(1, at - 1) .. string.char(random(0, 255)) .. packet:sub(at + 1)
	end
	return random(6) == 1 and packet:sub(1, random(0, #packet)) or packet, protocol
end

local function view_of(skb)
	return random(3) == 1 and skb:payload("data") or skb:data(pick({ "net", "mac" }))
end

-- What is done to a packet.
local ACTIONS = {
	function(skb)
		local view = view_of(skb)
		return view["get" .. pick(NUMBERS)](view, integer())
	end,
	function(skb)
		local view = view_of(skb)
		view["set" .. pick(NUMBERS)](view, integer(), integer())
	end,
	function(skb)
		return view_of(skb):getstring(integer(), integer())
	end,
	function(skb)
		return #tostring(view_of(skb))
	end,
	function(skb)
		view_of(skb):setstring(integer(), bytes(100))
	end,
	function(skb)
		-- What is there already.
		local view, at = view_of(skb), random(0, 60)
		view:setstring(at, view:getstring(at, random(60)))
	end,
	function(skb)
		return view_of(skb):checksum(integer(), integer())
	end,
	function(skb)
		return view_of(skb):find(bytes(3), integer())
	end,
	function(skb)
		return view_of(skb):compare(integer(), bytes(100))
	end,
	function(skb)
		local header = skb:header(pick(KINDS))
		return header[pick(NAMES)]
	end,
	function(skb)
		skb[pick(KINDS)][pick(NAMES)] = integer()
	end,
	function(skb)
		skb:resize(integer())
	end,
	function(skb)
		skb:replace(integer(), random(4) == 1 and integer() or random(0, 20), bytes(40))
	end,
	function(skb)
		skb:checksum()
	end,
	function(skb)
		return skb:mark(random(2) == 1 and integer() or nil)
	end,
	function(skb)
		return skb:payload()
	end,
	function(skb)
		skb:forward()
	end,
}

local rounds, worked, failed, broken = 0, 0, 0, {}
local until_then = ktime() + math.tointeger(seconds) * 1000000000
while ktime() < until_then do
	local packet, protocol = make()
	local has_mac = random(4) > 1
	local whole = has_mac and packets.MAC .. (">I2"):pack(protocol) .. packet or packet
	local is_ingress = random(6) == 1
	local is_ip = protocol ~= 0x0806
	local options = {
		mac = has_mac and 14 or nil,
		at_mac = has_mac and random(3) == 1,
		linear = random(2) == 1 and random(0, 100) or nil,
		piece = random(300, 3000),
		protocol = protocol,
		transport = protocol == 0x86dd and 40 or 20,
		clone = random(2) == 1,
		check = random(4) == 1 and pick({ 6, 16 }) or nil,
		gso_size = random(6) == 1 and random(100) or nil,
		family = is_ingress and 5 or 2,
		hook = is_ingress and 0 or 1,
		read_only = random(10) == 1,
	}
	local copy
	local after, _, clone = testing.packet(function(skb)
		for _ = 1, random(20) do
			local target = skb
			if random(3) == 1 then
				copy = random(3) > 1 and copy or select(2, pcall(skb.copy, skb))
				target = type(copy) == "userdata" and copy or skb
			end
			if pcall(pick(ACTIONS), target) then
				worked = worked + 1
			else
				failed = failed + 1
			end
		end
	end, whole, options)
	rounds = rounds + 1
	if clone and clone ~= whole then
		broken[#broken + 1] = "a clone was changed"
	end
	if options.read_only and after ~= whole then
		broken[#broken + 1] = "a packet was changed without permission"
	end
	local now = has_mac and after:sub(15) or after
	local is_sound = #packet >= 40 and packet:byte() >> 4 == (protocol == 0x86dd and 6 or 4)
	if not is_ingress and is_ip and is_sound and #now >= 20 then
		local guarded = protocol == 0x86dd and 7 or 10
		if protocol == 0x0800 and (packet:byte() & 15) >= 5 and now:byte() ~= packet:byte() then
			broken[#broken + 1] = "the length of the header was changed"
		elseif now:byte() >> 4 ~= packet:byte() >> 4 then
			broken[#broken + 1] = "the version was changed"
		elseif (protocol == 0x86dd or (packet:byte() & 15) >= 5) and now:byte(guarded) ~= packet:byte(guarded) then
			broken[#broken + 1] = "the protocol was changed"
		end
	end
end
check.same("nothing was changed that must not be", table.concat(broken, "\n", 1, math.min(#broken, 5)), "")
check.ok("many things worked", worked > rounds, worked)
check.ok("and many were refused", failed > rounds, failed)
print(("%d packets, %d things worked, %d were refused"):format(rounds, worked, failed))
