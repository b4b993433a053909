-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Recursion, again and again to the end of the stack.

return function()
	local function f()
		return 1 + f()
	end
	while true do
		pcall(f)
	end
end
