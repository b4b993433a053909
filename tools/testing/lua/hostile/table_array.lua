-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Tables that grow as arrays.

return function()
	while true do
		local t = {}
		for i = 1, 2000000 do
			t[i] = i
		end
	end
end
