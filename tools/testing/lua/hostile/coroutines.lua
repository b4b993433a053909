-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Nested coroutines, each of which catches errors and continues.

local function f(depth)
	while true do
		if depth > 0 then
			pcall(coroutine.wrap(f), depth - 1)
		end
	end
end

return function()
	f(100)
end
