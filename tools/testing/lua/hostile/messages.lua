-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Messages of megabytes.

return function()
	local buffer = require("mtmsg").newbuffer()
	local s = ("x"):rep(15000000)
	while true do
		buffer:addmsg(s)
		buffer:nextmsg(0)
	end
end
