-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Recursion through C, again and again to its limit.

return function()
	local function f()
		return (string.gsub("x", "x", f))
	end
	while true do
		pcall(f)
	end
end
