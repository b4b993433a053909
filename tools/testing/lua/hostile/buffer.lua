-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Buffers of pieces: format, gsub, reverse, upper, pack, quoted.

return function()
	local s = ("\0x"):rep(4000000)
	local z = ("x"):rep(8000000)
	while true do
		string.format("%s%s", s, s)
		string.gsub(s, "", "%%%%")
		s:reverse()
		s:upper()
		string.pack("s8z", s, z)
		string.pack("!16c30000000", "")
		string.unpack("z", z .. "\0")
		string.format("%q", s)
	end
end
