-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A loop that catches the error that ends it.

return function()
	while true do
		pcall(function()
			while true do
			end
		end)
	end
end
