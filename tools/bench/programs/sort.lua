-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: plain
-- Sorting, with and without a comparison function.

local state = 42
local function random()
	state = (state * 1103515245 + 12345) & 0x7fffffff
	return state
end
for _ = 1, 2 do
	local list = table.create(150000)
	for i = 1, 150000 do
		list[i] = random()
	end
	local copy = table.move(list, 1, #list, 1, {})
	table.sort(list)
	table.sort(copy, function(a, b)
		return a > b
	end)
	assert(list[1] == copy[#copy] and list[#list] == copy[1])
end
