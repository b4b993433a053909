-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A comparator that loops.

return function()
	table.sort({ 3, 2, 1 }, function()
		while true do
		end
	end)
end
