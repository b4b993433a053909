-- SPDX-License-Identifier: GPL-2.0-only OR MIT
while true do
	xpcall(error, function()
		while true do
		end
	end)
end
