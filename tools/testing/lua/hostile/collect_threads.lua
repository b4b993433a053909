-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Collections of coroutines that were left in a deep recursion.

return function()
	local function f(depth)
		if depth == 0 then
			coroutine.yield()
		end
		return 1 + f(depth - 1)
	end
	while true do
		coroutine.wrap(f)(100000)
		collectgarbage()
	end
end
