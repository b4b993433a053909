-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Prints packets for the examples with hooks, one a line: what must become of it, its bytes in hexadecimal, and what it
-- is. `example.org` is blocked.
-- usage: examples_packets.lua FOLDER_OF_THE_TESTS KIND [SEED]
--
-- KIND is "tls" (1 if the packet passes, 0 if not), "dns" (the payload that arrives), or "noise" (nothing is expected).

local folder, kind_of_packets, seed = ...
package.path = folder .. "/lib/?.lua;" .. package.path
local packets = require("packets")

local LOCALHOST = 0x7f000001

local function hex(bytes)
	return bytes == "" and "-" or (bytes:gsub(".", function(byte)
		return ("%02x"):format(byte:byte())
	end))
end

local function ip(protocol, payload)
	return packets.ip(protocol, payload, { saddr = LOCALHOST, daddr = LOCALHOST })
end

local SYN, ACK = 0x02, 0x10
local START = 0xfffffff0 -- The numbers of the sequence wrap around.
local port = 20000

local function tcp(sequence, payload, flags)
	return packets.tcp(ip, port, 8443, payload, { seq = sequence & 0xffffffff, flags = flags or ACK })
end

local function record(content, kind)
	return (">BI2s2"):pack(kind or 22, 0x0301, content)
end

local function message(body, kind)
	return (">Bs3"):pack(kind or 1, body)
end

local function body(extensions)
	return (">I2c32s1s2s1"):pack(0x0303, ("r"):rep(32), ("s"):rep(32), "\x13\x01\x13\x02", "\0") .. extensions
end

local function extension(kind, content)
	return (">I2s2"):pack(kind, content)
end

local function server_name(name)
	return extension(0, (">s2"):pack(("\0") .. (">s2"):pack(name)))
end

-- The ClientHello for a server, or with these extensions.
local function hello(name, extensions)
	return message(body((">s2"):pack(extensions or extension(10, "\0\2\0\29") .. server_name(name))))
end

local function print_tls(what, offset, payload, passes, flags)
	print(passes, hex(tcp(START + 1 + offset, payload, flags)), what)
end

-- Segments of one connection: what, offset in the stream, payload, whether it passes.
local function connection(segments)
	port = port + 1
	print_tls("a connection", -1, "", 1, SYN)
	for _, segment in ipairs(segments) do
		print_tls(table.unpack(segment))
	end
end

local function whole(what, stream, passes)
	connection({ { what, 0, stream, passes } })
end

local function cut(stream, at)
	return stream:sub(1, at), stream:sub(at + 1)
end

local kinds = {}

function kinds.tls()
	local blocked, allowed = record(hello("www.example.org")), record(hello("www.example.com"))
	local split = #blocked - 8
	local first, second = cut(blocked, split)
	local data = record("data", 23)
	connection({ { "an allowed name", 0, allowed, 1 }, { "what comes then", #allowed, data, 1 } })
	connection({ { "a blocked name", 0, blocked, 0 }, { "once more", 0, blocked, 0 }, { "the rest", 9, blocked, 0 } })
	connection({
		{ "one segment of two", 0, first, 1 },
		{ "a blocked name", split, second, 0 },
		{ "again", split, second, 0 },
	})
	connection({
		{ "the second first", split, second, 0 },
		{ "then the first", 0, first, 1 },
		{ "then the second", split, second, 0 },
	})
	connection({
		{ "one segment", 0, first, 1 },
		{ "again", 0, first, 1 },
		{ "otherwise", 0, first:sub(1, -2) .. "X", 0 },
	})
	connection({ { "a segment", 0, first, 1 }, { "one that overlaps", split - 9, blocked:sub(split - 8), 0 } })
	connection({ { "a segment", 0, first, 1 }, { "nothing", split, "", 1 }, { "long ago", -1, "", 0 } })
	-- An allowed message in the last extension of one that is not.
	local both = record(message(body((">s2"):pack(server_name("www.example.org") .. extension(21, allowed)))))
	local head = both:sub(1, -#allowed - 1)
	connection({
		{ "a segment", 0, head, 1 },
		{ "a claim that the connection begins here", #head - 1, "", 1, SYN },
		{ "what is allowed at the beginning alone", #head, allowed, 0 },
	})
	local bytes = {}
	for i = 1, 20 do
		bytes[i] = { "a byte", i - 1, blocked:sub(i, i), 1 }
	end
	bytes[21] = { "the rest", 20, blocked:sub(21), 0 }
	connection(bytes)
	whole("upper case", record(hello("WWW.EXAMPLE.ORG")), 0)
	whole("the domain itself", record(hello("example.org")), 0)
	whole("the end of the name alone", record(hello("notexample.org")), 1)
	whole("a name below an allowed one", record(hello("example.org.example.com")), 1)
	whole("no name", record(hello("", extension(10, "\0\2\0\29"))), 1)
	whole("no extensions", record(message(body(""))), 1)
	whole("data behind it", allowed .. data, 1)
	whole("data behind a blocked one", blocked .. data, 0)
	local half, rest = cut(hello("www.example.org"), 40)
	whole("two records", record(half) .. record(rest), 0)
	half, rest = cut(hello("www.example.com"), 2)
	whole("two records, allowed", record(half) .. record(rest), 1)
	whole("many records", hello("www.example.org"):gsub(".", record), 0)
	-- What is malformed.
	whole("no TLS", "GET / HTTP/1.1\r\n\r\n", 0)
	whole("a byte", "\22", 1)
	whole("zeros", ("\0"):rep(100), 0)
	whole("another message", record(message(body(""), 2)), 0)
	whole("an empty record", record("") .. allowed, 0)
	whole("an endless message", record("\1\xff\xff\xff" .. body("")), 0)
	whole("a message without content", record(message("")), 0)
	whole("a long session", record(message((">I2c32s1"):pack(0, "", ("s"):rep(32)):sub(1, -33) .. "\xff")), 0)
	whole("lists that lead out of it", record(message(body("\xff\xff"))), 0)
	whole("an extension that leads out of it", record(hello("", "\0\0\xff\xff")), 0)
	whole("a name that leads out of it", record(hello("", extension(0, "\0\3\0\xff\xff"))), 0)
	whole("an empty name", record(hello("")), 1)
	whole("dots", record(hello(("."):rep(1000))), 1)
	whole("a name of zeros", record(hello(("\0"):rep(1000))), 1)
	whole("too long", record(message(("x"):rep(5000))), 0)
	whole("too long, and not complete", record(message(("x"):rep(4090))):sub(1, 4096), 0)
	-- Connections that are older than the script.
	port = port + 1
	print_tls("an old connection", 0, blocked, 1)
	print_tls("with data", 1 << 20, data, 1)
end

local function labels(name)
	return (name:gsub("([^.]+)%.?", function(label)
		return ("s1"):pack(label)
	end)) .. "\0"
end

local function answer(name, options)
	options = options or {}
	local counts = (">I2I2I2I2"):pack(options.questions or 1, 1, 0, 0)
	local question = (options.labels or labels(name)) .. (">I2I2"):pack(options.kind or 1, 1)
	local rest = options.rest or (">I2I2I2I4s2"):pack(0xc00c, options.kind or 1, 1, 300, "\192\0\2\1")
	return (">I2I2"):pack(0x1234, options.flags or 0x8580) .. counts .. question .. rest
end

local function sunk(name, kind)
	local record_of_ours = (">I2I2I2I4s2"):pack(0xc00c, 1, 1, 60, "\0\0\0\0")
	local counts = (">I2I2I2I2"):pack(1, kind == 1 and 1 or 0, 0, 0)
	local question = labels(name) .. (">I2I2"):pack(kind, 1)
	return (">I2I2"):pack(0x1234, 0x8180) .. counts .. question .. (kind == 1 and record_of_ours or "")
end

local function print_dns(what, payload, arrives)
	print(hex(arrives or payload), hex(packets.udp(ip, 53, 20000, payload)), what)
end

function kinds.dns()
	print_dns("an address", answer("www.example.org"), sunk("www.example.org", 1))
	print_dns("upper case", answer("wWw.eXample.ORG"), sunk("wWw.eXample.ORG", 1))
	print_dns("another type", answer("example.org", { kind = 28 }), sunk("example.org", 28))
	print_dns("no records", answer("example.org", { rest = "" }), sunk("example.org", 1))
	print_dns("many records", answer("example.org", { rest = ("x"):rep(1000) }), sunk("example.org", 1))
	print_dns("an allowed name", answer("www.example.com"))
	print_dns("a question", answer("www.example.org", { flags = 0x0100 }))
	print_dns("the root", answer(""))
	print_dns("a deep name", answer(("a."):rep(120) .. "example.org"), sunk(("a."):rep(120) .. "example.org", 1))
	-- What is malformed.
	print_dns("no questions", answer("example.org", { questions = 0 }))
	print_dns("two questions", answer("example.org", { questions = 2 }))
	print_dns("a pointer to itself", answer("", { labels = "\xc0\x0c" }))
	print_dns("a pointer behind a label", answer("", { labels = "\7example\xc0\x0c" }))
	print_dns("a reserved label", answer("", { labels = "\x40" .. ("x"):rep(64) .. "\0" }))
	print_dns("a name without end", answer("", { labels = ("\1a"):rep(200) }))
	print_dns("a name that is too long", answer("", { labels = ("\63" .. ("a"):rep(63)):rep(5) .. "\7example\3org\0" }))
	print_dns("a label that leads out of it", answer("www.example.org"):sub(1, 20))
	print_dns("no type", answer("example.org"):sub(1, 12 + #labels("example.org")))
	print_dns("half a header", answer("example.org"):sub(1, 11))
	print_dns("a header", answer("example.org"):sub(1, 12))
	print_dns("nothing", "")
end

-- Packets of both kinds, with random bytes in random places.
function kinds.noise()
	math.randomseed(math.tointeger(tonumber(seed)))
	local random = math.random
	local function some(bytes)
		bytes = bytes:sub(1, random(0, #bytes))
		for _ = 1, random(0, 8) do
			local at = random(1, #bytes + 1)
			bytes = bytes:sub(1, at - 1) .. string.char(random(0, 255)) .. bytes:sub(at + 1)
		end
		return bytes
	end
	for _ = 1, 60 do
		port = port + random(0, 1)
		local stream = some(record(hello("www.example.org")))
		local segment = tcp(START + random(0, 2), stream, random(0, 255))
		-- The header of IP stays, else the kernel does not deliver it.
		local packet = random() < 0.3 and segment:sub(1, 20) .. some(segment:sub(21)) or segment
		print(0, hex(packet), "TCP")
		local datagram = packets.udp(ip, 53, 20000, some(answer("www.example.org")), {
			len = random() < 0.3 and random(0, 65535) or nil,
		})
		print(0, hex(datagram), "UDP")
		print(0, hex(packets.tcp(ip, 20000, 7000 + random(0, 9), "", { flags = random(0, 255) })), "a knock")
	end
end

kinds[kind_of_packets]()
