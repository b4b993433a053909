-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A pattern as long as its subject, item by item.

return function()
	local s = ("a"):rep(15000000)
	while true do
		string.match(s, s)
	end
end
