-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Deep input for the parser, again and again.

return function()
	local deep = {
		"x = " .. ("("):rep(100000),
		("do "):rep(100000),
		"x = " .. ("{"):rep(100000),
		"x = " .. ("-"):rep(100000) .. "1",
		"return " .. ("function() return "):rep(10000),
		"x = " .. ("a.."):rep(100000) .. "a",
	}
	while true do
		for _, text in ipairs(deep) do
			load(text)
		end
	end
end
