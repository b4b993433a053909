-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A plain search that finds nothing.

return function()
	local s = ("x"):rep(30000000)
	while true do
		s:find("y", 1, true)
		s:find(s .. "y")
	end
end
