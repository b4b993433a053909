-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Blocks TLS connections to servers with blocked names: to this machine, or through it. A client names the server in
-- its first message, the ClientHello, which may come in several segments.
--
--	lunatik run -c softirq -p sni_filter.lua [PORT]				443 if not told
--	lunatik run dns_blocklist.lua block ads.example
--	lunatik stop sni_filter
--
-- It does not know the name that an encrypted ClientHello hides, only the one outside.

local nf = require("linux.nf")
local blocklist = require("blocklist")
local ACCEPT <const>, DROP <const> = nf.action.ACCEPT, nf.action.DROP

local PORT <const> = math.tointeger(tonumber((...) or 443))
assert(PORT, "the port is no number")

local HANDSHAKE <const>, CLIENT_HELLO <const>, SERVER_NAME <const> = 22, 1, 0
-- A longer message is blocked. All messages together must find room in the memory of the script.
local LONGEST <const> = 4096
local PLACES <const> = 512
-- Until the next packet of a connection, in seconds. Servers wait less for a ClientHello, and what was dropped is sent
-- again in time. A client that has not answered yet may not exist.
local TIME <const>, TIME_FOR_ANSWER <const> = 150, 5

-- Connections that have not told a name that is allowed: where the stream begins, and its bytes so far.
local streams = require("expiring")("sni_filter", PLACES)

-- Returns the message that a stream of TLS records begins with; nil if there is more to come, false if it is no
-- ClientHello.
local function client_hello(stream)
	local message, at = "", 1
	while #stream >= at + 4 do
		local kind, _, length = (">BI2I2"):unpack(stream, at)
		if kind ~= HANDSHAKE or length == 0 then
			return false
		end
		message = message .. stream:sub(at + 5, at + 4 + length)
		at = at + 5 + length
		if #message >= 4 then
			kind, length = (">BI3"):unpack(message)
			if kind ~= CLIENT_HELLO or length > LONGEST then
				return false
			elseif #message >= 4 + length then
				return message:sub(5, 4 + length)
			end
		end
	end
	return nil
end

-- Returns the name in a ClientHello, or nil if it has none. Raises an error where a length leads out of it.
local function server_name(hello)
	-- Version and random bytes; session, ciphers, compressions.
	local _, _, _, at = (">s1s2s1"):unpack(hello, 2 + 32 + 1)
	if at > #hello then
		return nil
	end
	local extensions = (">s2"):unpack(hello, at)
	at = 1
	while at <= #extensions do
		local kind, content
		kind, content, at = (">I2s2"):unpack(extensions, at)
		if kind == SERVER_NAME then
			local _, _, name = (">I2Bs2"):unpack(content)
			return name
		end
	end
end

-- Returns whether a stream is allowed; nil if it is too early to tell.
local function judge(stream)
	local hello = client_hello(stream)
	if not hello then
		return hello
	end
	local is_good, name = pcall(server_name, hello)
	return is_good and not (name and blocklist.has(name))
end

-- Adds a segment to a stream. Returns nil if there is a gap, or if it changes bytes that were sent before: what the
-- server makes of these is unknown.
local function join(stream, offset, segment)
	local known = stream:sub(offset + 1, offset + #segment)
	if offset > #stream or known ~= segment:sub(1, #known) then
		return nil
	end
	return stream .. segment:sub(#known + 1)
end

local function filter(skb)
	local tcp = skb.tcp
	if not tcp or tcp.dport ~= PORT then
		return ACCEPT
	end
	local ip, ipv6 = skb.ip, skb.ipv6
	local addresses = ip and (">I4I4"):pack(ip.saddr, ip.daddr) or ipv6.saddr .. ipv6.daddr
	local key = addresses .. (">I2I2"):pack(tcp.sport, tcp.dport)
	local known, place, old = streams:get(key)
	local is_first = tcp.syn == 1
	-- The first packet takes a number of the sequence. Bytes begin behind it.
	local sequence = tcp.seq + tcp.syn & 0xffffffff
	if is_first and known == false then
		-- Others have the places. By the time that this is sent again, they have told their names.
		return DROP
	elseif is_first and (not known or #known == 4) then
		known = (">I4"):pack(sequence)
	elseif not known then
		-- The connection is allowed, or older than this script.
		return ACCEPT
	end
	local start, stream = (">I4"):unpack(known), known:sub(5)
	local payload = skb:payload("data")
	local segment = #payload > 0 and payload:getstring(0, math.min(#payload, LONGEST)) or ""
	stream = join(stream, sequence - start & 0xffffffff, segment)
	local is_allowed = false
	if stream then
		is_allowed = judge(stream)
	end
	if is_allowed then
		-- From now on, there is no state, and all is accepted.
		return streams:put(key, nil, nil, place, old) and ACCEPT or DROP
	elseif is_allowed == nil and #stream < LONGEST then
		local new = known:sub(1, 4) .. stream
		if new == known and stream ~= "" then
			return ACCEPT
		end
		-- Two CPUs may have packets of one connection. One of them comes first, the other packet is sent again.
		return streams:put(key, new, is_first and TIME_FOR_ANSWER or TIME, place, old) and ACCEPT or DROP
	end
	-- Without the bytes of this segment: when it is sent again, it is judged again.
	streams:put(key, known, TIME, place, old)
	return DROP
end

for _, hooknum in ipairs({ nf.inet.LOCAL_IN, nf.inet.FORWARD }) do
	require("netfilter").register({
		hook = filter,
		pf = nf.proto.INET,
		hooknum = hooknum,
		priority = nf.ip.pri.FILTER,
	})
end
