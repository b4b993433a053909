-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Full collections of a big heap.

return function()
	local t = {}
	for i = 1, 300000 do
		t[i] = { i }
	end
	while true do
		collectgarbage()
	end
end
