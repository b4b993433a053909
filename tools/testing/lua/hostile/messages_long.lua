-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Messages of the longest strings, made and read in turn.

return function()
	local buffer = require("mtmsg").newbuffer()
	buffer:nonblock(true)
	local long = ("x"):rep(15 << 20)
	while true do
		pcall(buffer.addmsg, buffer, long, 1)
		pcall(buffer.nextmsg, buffer)
	end
end
