-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor of the benchmark `actors`. Its first message may have an address in the field `home`, to which it sends
-- whatever it receives then. It ends when nobody can send to it any more.

local inbox = require("inbox")
local home = inbox:receive().home
while home do
	local good, value = pcall(inbox.receive, inbox)
	if not good or not pcall(home.send, home, value) then
		break
	end
end
