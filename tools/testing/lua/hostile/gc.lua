-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Finalizers that loop.

local function forever()
	while true do
	end
end

return function()
	while true do
		setmetatable({}, { __gc = forever })
		collectgarbage()
	end
end
