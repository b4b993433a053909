-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Error objects that loop when they are shown.

local function forever()
	while true do
	end
end

return function()
	error(setmetatable({}, { __tostring = forever, __name = "x" }))
end
