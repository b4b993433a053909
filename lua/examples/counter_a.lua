-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Counts events in the table that all runtimes share; counter_b.lua collects the count.
--
--	lunatik spawn counter_a.lua
--	lunatik run counter_b.lua
--	lunatik run counter_b.lua
--	lunatik stop counter_a
--
-- The two scripts share no Lua value. `rcu.add` is atomic: any number of scripts may count at once, on all
-- CPUs, and no event is lost.

local linux = require("linux")
local lunatik = require("lunatik")
local rcu = require("rcu")
local thread = require("thread")

local shared = lunatik._ENV

return function()
	while not thread.shouldstop() do
		for _ = 1, 100 do
			rcu.add(shared, "example.events", 1)
		end
		linux.schedule(1)
	end
end
