-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Collections of a big heap by generations.

return function()
	collectgarbage("generational")
	local t = {}
	while true do
		for i = 1, 300000 do
			t[i] = { i }
		end
		collectgarbage()
	end
end
