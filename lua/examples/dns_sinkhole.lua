-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Sends those astray who ask for blocked names: answers of name servers that come to this machine, or pass through it,
-- say that such a name has the address 0.0.0.0, and no addresses of other types.
--
--	lunatik run -c softirq -p dns_sinkhole.lua
--	lunatik run dns_blocklist.lua block ads.example
--	lunatik stop dns_sinkhole

local nf = require("linux.nf")
local blocklist = require("blocklist")
local ACCEPT <const> = nf.action.ACCEPT

local SERVER <const> = 53
local HEADER <const> = 12
-- A name, its type and its class: no question is longer.
local LONGEST_QUESTION <const> = 255 + 4
local IS_ANSWER <const> = 0x8000
local TYPE_A <const> = 1
-- No error, an answer, recursion was wanted and done.
local FLAGS <const> = 0x8180
-- The name is that at offset 12 of the message, type A, class IN; for 60 seconds; 4 bytes: the address.
local RECORD <const> = (">I2I2I2I4s2"):pack(0xc00c, TYPE_A, 1, 60, "\0\0\0\0")

-- Returns the name in a message's question, its type, and where the question ends; nothing if it is malformed.
local function question(message)
	local labels, at = {}, HEADER + 1
	local length = message:byte(at)
	while length ~= 0 do
		-- More than 63 is a pointer, which can lead in circles. Questions do not need it.
		if not length or length > 63 then
			return
		end
		labels[#labels + 1] = message:sub(at + 1, at + length)
		at = at + 1 + length
		length = message:byte(at)
	end
	if #message < at + 4 then
		return
	end
	return table.concat(labels, "."), (">I2"):unpack(message, at + 1), at + 4
end

local function sink(skb)
	local udp = skb.udp
	if not udp or udp.sport ~= SERVER then
		return ACCEPT
	end
	local payload = skb:payload("data")
	if #payload < HEADER then
		return ACCEPT
	end
	-- Only the beginning: who knows how long the rest is.
	local message = payload:getstring(0, math.min(#payload, HEADER + LONGEST_QUESTION))
	local _, flags, questions = (">I2I2I2"):unpack(message)
	if flags & IS_ANSWER == 0 or questions ~= 1 then
		return ACCEPT
	end
	local name, kind, finish = question(message)
	if not name or not blocklist.has(name) then
		return ACCEPT
	end
	-- The id and the question stay. Our record, if the type of the question is ours, takes the place of all others.
	local record = kind == TYPE_A and RECORD or ""
	payload:setstring(2, (">I2I2I2I2I2"):pack(FLAGS, 1, kind == TYPE_A and 1 or 0, 0, 0))
	local start = #skb - #payload + finish
	skb:replace(start, #skb - start, record)
	skb.udp.len = 8 + finish + #record
	if skb.ip then
		skb.ip.len = #skb
	else
		skb.ipv6.payload_len = #skb - 40
	end
	skb:checksum()
	return ACCEPT
end

for _, hooknum in ipairs({ nf.inet.LOCAL_IN, nf.inet.FORWARD }) do
	require("netfilter").register({
		hook = sink,
		pf = nf.proto.INET,
		hooknum = hooknum,
		priority = nf.ip.pri.FILTER,
	})
end
