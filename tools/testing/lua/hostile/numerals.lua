-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Long numerals.

return function()
	local s = ("1"):rep(20000000)
	while true do
		tonumber(s)
		tonumber(s, 36)
		pcall(math.abs, s)
	end
end
