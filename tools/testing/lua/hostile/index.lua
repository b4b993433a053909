-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A metamethod that loops.

return function()
	local t = setmetatable({}, {
		__index = function(t, k)
			return rawget(t, k + 1) or pcall(error)
		end,
	})
	while true do
		local _ = t[1]
	end
end
