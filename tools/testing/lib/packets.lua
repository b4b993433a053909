-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Makes packets, as strings.

local packets = {}

packets.MAC = "\x02\x00\x00\x00\x00\x01" .. "\x02\x00\x00\x00\x00\x02"

-- The internet checksum of a string.
function packets.sum(bytes)
	local sum = 0
	for at = 1, #bytes, 2 do
		local high, low = bytes:byte(at, at + 1)
		sum = sum + (high << 8 | (low or 0))
	end
	while sum > 0xffff do
		sum = (sum & 0xffff) + (sum >> 16)
	end
	return ~sum & 0xffff
end

local function with_sum(bytes, at, sum)
	return bytes:sub(1, at) .. (">I2"):pack(sum) .. bytes:sub(at + 3)
end

-- An IPv4 packet around a payload of a protocol. Options: saddr, daddr, options, frag_off, tot_len, ihl, check.
function packets.ip(protocol, payload, options)
	options = options or {}
	local extra = options.options or ""
	local header = (">I1I1I2I2I2I1I1I2I4I4"):pack(
		0x40 | (options.ihl or 5 + #extra // 4),
		options.tos or 0,
		options.tot_len or 20 + #extra + #payload,
		0x1234,
		options.frag_off or 0,
		64,
		protocol,
		0,
		options.saddr or 0x0a000001,
		options.daddr or 0x0a000002
	) .. extra
	return with_sum(header, 10, options.check or packets.sum(header)) .. payload
end

-- An IPv6 packet around a payload of a protocol. Options: saddr, daddr, extensions, payload_len.
function packets.ipv6(protocol, payload, options)
	options = options or {}
	local extra = options.extensions or ""
	return (">I4I2I1I1c16c16"):pack(
		0x6ab12345,
		options.payload_len or #extra + #payload,
		options.next or protocol,
		64,
		options.saddr or ("\xfd" .. ("\0"):rep(14) .. "\1"),
		options.daddr or ("\xfd" .. ("\0"):rep(14) .. "\2")
	) .. extra .. payload
end

-- The pseudo header of a packet without extensions.
function packets.pseudo(packet, protocol, length)
	if packet:byte() >> 4 == 4 then
		return packet:sub(13, 20) .. (">I1I1I2"):pack(0, protocol, length)
	end
	return packet:sub(9, 40) .. (">I4I4"):pack(length, protocol)
end

-- UDP with a right checksum, in a packet that `wrap` makes: packets.ip or packets.ipv6.
function packets.udp(wrap, sport, dport, payload, options)
	local udp = (">I2I2I2I2"):pack(sport, dport, options and options.len or 8 + #payload, 0) .. payload
	local sum = packets.sum(packets.pseudo(wrap(17, udp), 17, #udp) .. udp)
	return wrap(17, with_sum(udp, 6, sum == 0 and 0xffff or sum), options)
end

-- TCP, likewise. Options: seq, ack, flags, words (of options), doff.
function packets.tcp(wrap, sport, dport, payload, options)
	options = options or {}
	local words = options.words or ""
	local tcp = (">I2I2I4I4I1I1I2I2I2"):pack(
		sport,
		dport,
		options.seq or 0x01020304,
		options.ack or 0xfffefdfc,
		(options.doff or 5 + #words // 4) << 4,
		options.flags or 0x18,
		0x1000,
		0,
		0
	) .. words .. payload
	local sum = packets.sum(packets.pseudo(wrap(6, tcp), 6, #tcp) .. tcp)
	return wrap(6, with_sum(tcp, 16, sum), options)
end

-- Whether all checksums of a packet of UDP or TCP are right.
function packets.are_sums_right(packet)
	local header, protocol = 40, packet:byte(7)
	if packet:byte() >> 4 == 4 then
		header, protocol = (packet:byte() & 15) * 4, packet:byte(10)
		if packets.sum(packet:sub(1, header)) ~= 0 then
			return false
		end
	end
	local transport = packet:sub(header + 1)
	return packets.sum(packets.pseudo(packet, protocol, #transport) .. transport) == 0
end

return packets
