-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Tokens of megabytes.

return function()
	local name, comment, blank = ("x"):rep(10000000), "--" .. ("x"):rep(10000000), (" "):rep(10000000)
	while true do
		load(name)
		load(comment)
		load(blank)
		load("x = [[" .. name .. "]]")
		load("x = '" .. name .. "'")
	end
end
