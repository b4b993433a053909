-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Loops of string.pack and unpack.

return function()
	while true do
		string.unpack("i4", string.pack("i4", 1))
	end
end
