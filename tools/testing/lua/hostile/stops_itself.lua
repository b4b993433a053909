-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Stops itself, and continues.

local runner = require("lunatik.runner")

return function()
	while true do
		pcall(runner.stop, "hostile/stops_itself", 60000)
	end
end
