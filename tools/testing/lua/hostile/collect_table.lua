-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Full collections of one big table.

return function()
	local t = {}
	for i = 1, 1000000 do
		t[i * 3] = i
	end
	while true do
		collectgarbage()
	end
end
