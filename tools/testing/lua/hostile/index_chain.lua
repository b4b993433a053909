-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A lookup through the longest chain of tables.

return function()
	local t = {}
	for _ = 1, 1900 do
		t = setmetatable({}, { __index = t })
	end
	while true do
		local _ = t.x
	end
end
