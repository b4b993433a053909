-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: plain
-- Arithmetic and bits on integers in a loop.

local x = 1
for i = 1, 20000000 do
	x = (x * 31 + i) & 0xffffffff
	if x & 1 == 0 then
		x = x ~ (i << 3)
	end
end
assert(math.type(x) == "integer")
