-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- The utf8 library on long strings.

return function()
	local s = ("x"):rep(20000000)
	local c = "x" .. ("\u{80}"):sub(2):rep(20000000)
	while true do
		utf8.len(s)
		utf8.offset(s, -20000000)
		utf8.offset(s, 19999999)
		utf8.offset(c, 0, #c)
	end
end
