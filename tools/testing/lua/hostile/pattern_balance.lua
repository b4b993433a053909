-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A balanced match over a long string.

return function()
	local s = ("("):rep(20000000)
	while true do
		string.find(s, "%b()")
	end
end
