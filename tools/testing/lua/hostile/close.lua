-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Closing methods that loop.

local function forever()
	while true do
	end
end

return function()
	while true do
		local _ <close> = setmetatable({}, { __close = forever })
	end
end
