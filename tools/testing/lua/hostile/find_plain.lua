-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A plain search that nearly matches everywhere.

return function()
	local s = ("x"):rep(20000000)
	while true do
		s:find(("x"):rep(10000000) .. "y", 1, true)
	end
end
