-- SPDX-License-Identifier: GPL-2.0-only OR MIT
local function again()
	while true do
		pcall(again)
	end
end
again()
