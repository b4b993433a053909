-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: plain
-- Reads of tables by position, by name and by key.

local list, map = {}, {}
for i = 1, 1000 do
	list[i] = i
	map["key" .. i] = i
end
local keys = {}
for key in pairs(map) do
	keys[#keys + 1] = key
end
local point = { x = 1, y = 2, z = 3 }
local total = 0
for _ = 1, 8000 do
	for i = 1, #list do
		total = total + list[i] + point.x + point.z
	end
	for i = 1, #keys do
		total = total + map[keys[i]]
	end
end
assert(total == 8000 * (500500 * 2 + 4000))
