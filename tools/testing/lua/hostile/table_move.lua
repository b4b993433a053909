-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Moves within a table without an end.

return function()
	table.move({}, 1, math.maxinteger - 1, 2)
end
