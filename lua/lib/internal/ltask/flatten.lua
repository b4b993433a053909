-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Copies tables for a message: `pairs` says what is in a table, and so calls `__pairs` where a metatable has it. The
-- chunk gets the values, and returns them with the copies in place of the tables. A table has one copy, also where it
-- contains itself.

local error, pairs, select, type = error, pairs, select, type
local unpack = table.unpack

-- The encoder allows as many.
local MOST <const> = 100

local copies = {}

local function copy(value, depth)
	if type(value) ~= "table" then
		return value
	end
	local new = copies[value]
	if new then
		return new
	end
	if depth > MOST then
		error(("cannot send tables nested deeper than %d"):format(MOST), 0)
	end
	new = {}
	copies[value] = new
	for k, v in pairs(value) do
		new[copy(k, depth + 1)] = copy(v, depth + 1)
	end
	return new
end

local values, count = { ... }, select("#", ...)
for i = 1, count do
	values[i] = copy(values[i], 1)
end
return unpack(values, 1, count)
