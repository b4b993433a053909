-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Waits for two workers at once, and takes what comes from either as it comes.
--
--	lunatik run worker_select.lua

local slow = worker.create("./worker_ticks", 2, 50)
local fast = worker.create("./worker_ticks", 5, 10)
local ticks = { slow = {}, fast = {} }

while true do
	-- Of two that both have sent something, both values are here. If only one has, the other one is nil.
	local from_slow, from_fast = worker.receive(slow, fast)
	if from_slow == nil and from_fast == nil then
		-- Both have ended, and all was received.
		break
	end
	ticks.slow[#ticks.slow + 1] = from_slow
	ticks.fast[#ticks.fast + 1] = from_fast
end
print("slow: " .. table.concat(ticks.slow, " "))
print("fast: " .. table.concat(ticks.fast, " "))
