-- SPDX-License-Identifier: GPL-2.0-only OR MIT
table.remove(
	setmetatable({}, {
		__len = function()
			return 1 << 60
		end,
	}),
	1
)
