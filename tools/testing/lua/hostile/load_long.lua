-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A long program.

return function()
	local text = ("a=b;"):rep(1000000)
	while true do
		load(text)
	end
end
