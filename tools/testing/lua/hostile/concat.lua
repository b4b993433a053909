-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Concatenations of long strings.

return function()
	local s = ("x"):rep(10000000)
	while true do
		local _ = s .. s .. s
	end
end
