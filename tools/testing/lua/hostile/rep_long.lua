-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A long string, again and again.

return function()
	local s = ("x"):rep(1000000)
	while true do
		s:rep(20, ",")
	end
end
