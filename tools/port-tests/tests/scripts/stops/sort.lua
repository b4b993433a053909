-- SPDX-License-Identifier: GPL-2.0-only OR MIT
local t = setmetatable({}, {
	__len = function()
		return (1 << 31) - 2
	end,
})
while true do
	pcall(table.sort, t, rawequal)
end
