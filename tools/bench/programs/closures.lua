-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: allocating
-- Closures that are made and called.

local function counter(step)
	local n = 0
	return function()
		n = n + step
		return n
	end
end
local total = 0
for i = 1, 1500000 do
	local count = counter(i)
	count()
	total = total + count()
end
assert(total == 1500000 * 1500001)
