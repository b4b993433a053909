-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Many different short strings.

return function()
	while true do
		local t = {}
		for i = 1, 500000 do
			t[i] = "key" .. i
		end
	end
end
