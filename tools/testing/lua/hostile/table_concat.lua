-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Concatenations of a table of strings, in a buffer that grows.

return function()
	local t = {}
	for i = 1, 200000 do
		t[i] = ("x"):rep(100)
	end
	while true do
		table.concat(t)
	end
end
