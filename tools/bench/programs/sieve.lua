-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: plain
-- Reads and writes of one large table: the sieve of Eratosthenes.

local N = 1000000
local flags = table.create(N)
for _ = 1, 14 do
	for i = 2, N do
		flags[i] = true
	end
	for i = 2, 1000 do
		if flags[i] then
			for k = i * i, N, i do
				flags[k] = false
			end
		end
	end
end
local count = 0
for i = 2, N do
	if flags[i] then
		count = count + 1
	end
end
assert(count == 78498)
