-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Finalizers that raise an error and create the next finalizer.

local meta = {}

function meta.__gc()
	setmetatable({}, meta)
	error("again")
end

return function()
	setmetatable({}, meta)
	while true do
		collectgarbage("step")
	end
end
