-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Waits for another runtime that loops.

local lunatik = require("lunatik")

return function()
	local child <close> = lunatik.runtime("hostile/while")
	while true do
		pcall(child.resume, child)
	end
end
