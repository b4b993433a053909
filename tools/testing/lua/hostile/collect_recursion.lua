-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Collections at the end of a deep recursion.

return function()
	local function f(depth)
		if depth == 0 then
			while true do
				collectgarbage()
			end
		end
		return 1 + f(depth - 1)
	end
	f(150000)
end
