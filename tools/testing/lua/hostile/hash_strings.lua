-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Long strings as keys.

return function()
	local t = {}
	while true do
		t[("x"):rep(20000000)] = true
		t = {}
	end
end
