-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A replacement function that loops.

return function()
	string.gsub("x", "x", function()
		while true do
		end
	end)
end
