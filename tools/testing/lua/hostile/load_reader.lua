-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Source text without an end.

return function()
	while true do
		load(function()
			return "x = 1 "
		end)
	end
end
