-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Calls functions with packets, as hooks get them, but made by the test: in pieces, shared with others, of many. For
-- modules that were loaded with testing=1.

local packets = require("packets")
local testing = require("lunatik.testing")

local shapes = { MAC = packets.MAC .. "\x08\x00" }

-- Calls a function with a packet, and returns what it returns, and then what has become of the packet.
function shapes.with(bytes, options, fn)
	local results
	local after, summed, clone = testing.packet(function(skb)
		results = table.pack(fn(skb))
	end, bytes, options)
	results[results.n + 1], results[results.n + 2], results[results.n + 3] = after, summed, clone
	return table.unpack(results, 1, results.n + 3)
end

-- The shapes that the bytes of a packet can have.
shapes.ALL = {
	linear = {},
	["in pages"] = { linear = 0, piece = 1000 },
	["in small pieces"] = { linear = 28, piece = 97 },
	["shared with a clone"] = { clone = true },
	["in pages and shared"] = { linear = 20, piece = 300, clone = true },
	["as at the egress of a device"] = { at_mac = true },
	["in pages at the egress"] = { at_mac = true, linear = 3, piece = 50 },
}
-- The options of a shape, and more of them.
function shapes.shaped(shape, more)
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
shapes.payload = table.concat(payload)

return shapes
