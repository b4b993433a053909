-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Steps of the collector.

return function()
	local t = {}
	for i = 1, 300000 do
		t[i] = { i }
	end
	while true do
		collectgarbage("step", 1000000)
	end
end
