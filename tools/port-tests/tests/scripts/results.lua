-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Very many results, of a C function and of a Lua function.

return function()
	local many = table.create(200000)
	for i = 1, 200000 do
		many[i] = i
	end
	local function pass(...)
		return ...
	end
	while true do
		whole(200000, table.unpack, many)
		whole(200000, pass, table.unpack(many))
	end
end
