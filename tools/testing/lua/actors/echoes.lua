-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor that sends back what it gets, to the address in its first message.

local inbox = require("inbox")
local home = inbox:receive()
while true do
	local good, value = pcall(inbox.receive, inbox)
	if not good then
		break
	end
	home:send(value .. " echoed")
end
