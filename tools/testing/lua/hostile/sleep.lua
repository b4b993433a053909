-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A script that sleeps.

local linux = require("linux")

return function()
	while true do
		linux.schedule(1000000)
	end
end
