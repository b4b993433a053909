-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Long pieces of a long string.

return function()
	local s = ("x"):rep(20000000)
	while true do
		s:sub(2)
		s:match("^(.)(.*)$")
	end
end
