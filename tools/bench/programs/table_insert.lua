-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: allocating
-- Tables that grow, by position and by key.

local total = 0
for _ = 1, 12 do
	local list = {}
	for i = 1, 200000 do
		list[#list + 1] = i
	end
	local map = {}
	for i = 1, 50000 do
		map["key" .. i] = i
	end
	local stack = {}
	for i = 1, 50000 do
		table.insert(stack, i)
	end
	for _ = 1, 50000 do
		total = total + table.remove(stack)
	end
end
assert(total == 12 * 50000 * 50001 // 2)
