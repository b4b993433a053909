-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A million values passed around.

return function()
	local t = table.pack(string.byte(("x"):rep(200000), 1, -1))
	while true do
		select(-1, table.unpack(t))
	end
end
