-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Single calls that work long, and check every 4096 steps whether they must end.

local many = {}
for i = 1, 100000 do
	many[i] = i
end
local function check(name, count)
	print(name .. ": " .. (count >= 10 and "looks up" or "looks up " .. count .. " times"))
end
check("table.unpack", polls(table.unpack, many))
check("table.pack", polls(table.pack, table.unpack(many)))
check("string.byte", polls(string.byte, ("x"):rep(100000), 1, -1))

-- A table with one free node, which is found last: keys go to nodes by their remainders.
local nodes = 65536
local full = table.create(0, nodes)
for i = 1, nodes - 2 do
	full[nodes * 10 - 10 + i] = true
end
full[(nodes - 1) * 20 + 1] = true
check("a table that is nearly full", polls(rawset, full, (nodes - 1) * 30 + 1, true))
