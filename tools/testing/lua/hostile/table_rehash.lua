-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Tables that grow by hash.

return function()
	while true do
		local t = {}
		for i = 1, 600000 do
			t[i * 4096] = i
		end
	end
end
