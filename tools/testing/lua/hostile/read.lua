-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Endless reading.

return function()
	while true do
		local file = io.open("/dev/zero")
		pcall(file.read, file, "l")
		pcall(file.read, file, 30000000)
	end
end
