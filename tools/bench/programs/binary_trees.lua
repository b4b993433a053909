-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: allocating
-- Small tables that come and go: binary trees.

local function make(depth)
	if depth == 0 then
		return { false, false }
	end
	return { make(depth - 1), make(depth - 1) }
end

local function count(tree)
	return tree[1] and 1 + count(tree[1]) + count(tree[2]) or 1
end

local long_lived = make(14)
for depth = 4, 14, 2 do
	local rounds = 1 << (17 - depth)
	local nodes = 0
	for _ = 1, rounds do
		nodes = nodes + count(make(depth))
	end
	assert(nodes == rounds * ((1 << (depth + 1)) - 1))
end
assert(count(long_lived) == (1 << 15) - 1)
