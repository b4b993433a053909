-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of dns_sinkhole.lua, sni_filter.lua and dns_blocklist.lua: the names that are blocked, in a table that all
-- runtimes share.

local rcu = require("rcu")
local shared = require("lunatik")._ENV

rcu.cas(shared, "blocklist", nil, rcu.table(1024))

local blocklist = { names = shared.blocklist }

-- The longest name that DNS allows, with dots.
local LONGEST <const> = 253

-- Returns whether a name, or a domain that it belongs to, is blocked.
function blocklist.has(name)
	if #name > LONGEST then
		return false
	end
	name = name:lower()
	while name and name ~= "" do
		if blocklist.names[name] then
			return true
		end
		name = name:match("%.(.*)")
	end
	return false
end

return blocklist
