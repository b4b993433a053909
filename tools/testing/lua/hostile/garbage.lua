-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Garbage without an end.

return function()
	while true do
		local _ = { {}, {}, tostring({}) }
	end
end
