-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Receives the numbers from 1 to its argument, and reports how many arrived in order.

local count = ...
local peek = worker.peek

worker.message("ready")
for i = 1, count do
	if peek() ~= i then
		error("messages are missing, or not in order")
	end
end
worker.message(count)
