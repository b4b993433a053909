-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A C function as comparator, and a long table.

return function()
	local t = {}
	while true do
		for i = 1, 300000 do
			t[i] = i * 7919 % 300007
		end
		table.sort(t, math.ult)
		table.sort(t)
	end
end
