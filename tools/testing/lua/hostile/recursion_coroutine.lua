-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Recursion in coroutines, each to the end of its stack.

return function()
	local function f()
		return 1 + f()
	end
	while true do
		pcall(coroutine.wrap(function()
			pcall(f)
			f()
		end))
	end
end
