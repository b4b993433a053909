-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A message handler that loops.

local function forever()
	while true do
	end
end

return function()
	while true do
		xpcall(error, forever)
		xpcall(forever, forever)
	end
end
