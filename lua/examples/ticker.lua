-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Ticks in a kernel thread of its own until it is stopped.
--
--	lunatik spawn ticker.lua 500		every 500 milliseconds; 1000 if not told
--	lunatik logs -f ticker			what it prints; Ctrl-C ends the looking, not the ticking
--	lunatik status ticker
--	lunatik stop ticker

local linux = require("linux")
local thread = require("thread")

local period = math.tointeger(tonumber((...) or 1000))
assert(period and period > 0, "the period must be a whole number of milliseconds")

-- A spawned script returns the function that becomes its thread.
return function()
	local begun = linux.ktime()
	local ticks = 0
	while not thread.shouldstop() do
		ticks = ticks + 1
		print(("tick %d after %.1f s"):format(ticks, (linux.ktime() - begun) / 1e9))
		-- A stop ends this sleep at once.
		linux.schedule(period)
	end
	print(("stopped after %d ticks"):format(ticks))
end
