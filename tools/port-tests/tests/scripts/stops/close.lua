-- SPDX-License-Identifier: GPL-2.0-only OR MIT
while true do
	pcall(function()
		local _ <close> = setmetatable({}, {
			__close = function()
				while true do
				end
			end,
		})
		error("x")
	end)
end
