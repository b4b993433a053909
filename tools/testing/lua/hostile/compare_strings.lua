-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Long strings compared.

return function()
	local a, b = ("x"):rep(20000000), ("x"):rep(19999999) .. "y"
	while true do
		local _ = a < b
		_ = a == b
		_ = rawequal(a, b)
	end
end
