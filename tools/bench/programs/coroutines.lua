-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: allocating
-- Coroutines: switches, and many short ones.

local total = 0
local generator = coroutine.wrap(function()
	for i = 1, 2000000 do
		coroutine.yield(i)
	end
end)
for _ = 1, 2000000 do
	total = total + generator()
end
for _ = 1, 150000 do
	total = total + coroutine.wrap(function(a)
		return coroutine.yield(a) or 1
	end)(1)
end
assert(total == 2000000 * 2000001 // 2 + 150000)
