-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Endless tail calls.

return function()
	local function f()
		return f()
	end
	f()
end
