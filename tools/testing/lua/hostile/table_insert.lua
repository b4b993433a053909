-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Insertions at the front of a long table.

return function()
	local t = {}
	while true do
		table.insert(t, 1, true)
	end
end
