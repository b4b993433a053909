-- SPDX-License-Identifier: GPL-2.0-only OR MIT
local function make()
	setmetatable({}, {
		__gc = function()
			make()
			while true do
			end
		end,
	})
end
make()
while true do
	collectgarbage()
end
