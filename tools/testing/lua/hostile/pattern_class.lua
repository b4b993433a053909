-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A character class of megabytes.

return function()
	local p = "[" .. ("a"):rep(20000000) .. "]"
	while true do
		string.find("xxxx", p)
	end
end
