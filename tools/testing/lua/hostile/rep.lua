-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- One byte, 21 million times.

return function()
	while true do
		string.rep("x", 21 * 1024 * 1024)
	end
end
