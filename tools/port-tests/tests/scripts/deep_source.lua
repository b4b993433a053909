-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Every production of the grammar within every other one, compiled until it is too deep.

local deep = dofile("../../../testing/lib/deep_source.lua")
local texts, compiled, overflows, wrong = deep.try_all(load, 0, 1)
print(texts == deep.productions ^ 2 * 9, compiled > texts // 3, overflows > texts // 3)
for _, text in ipairs(wrong) do
	print(text)
end
