-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: allocating
-- Building strings: concatenation, format, concat, rep, reverse.

local length = 0
for round = 1, 40 do
	local parts = {}
	for i = 1, 5000 do
		parts[i] = ("%d:%s;"):format(i, "item" .. round) .. i
	end
	local text = table.concat(parts)
	length = length + #text:upper() + #text:reverse() + #text:sub(2, -2)
	local grown = ""
	for i = 1, 1500 do
		grown = grown .. "abcdefgh"
	end
	length = length + #grown
end
assert(length > 0)
