-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Output without an end.

return function()
	while true do
		print("flood")
	end
end
