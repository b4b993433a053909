-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Collects what counter_a.lua has counted, and sets the count back to zero. See there.

local lunatik = require("lunatik")
local rcu = require("rcu")

local shared = lunatik._ENV

-- Takes the whole count without losing an event that is counted at this very moment: the exchange fails,
-- and is tried again, if the count is no longer the one that was read.
local function collect()
	while true do
		local count = shared["example.events"] or rcu.add(shared, "example.events", 0)
		if rcu.cas(shared, "example.events", count, 0) then
			return count
		end
	end
end

local count = collect()
local total = rcu.add(shared, "example.total", count)
print(count .. " events since the last time, " .. total .. " in all")
