-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Sends each message to the address that the first one carries, in the kernel as in a process.

local inbox = require("inbox")
local home = inbox:receive().home
while true do
	local good, value = pcall(inbox.receive, inbox)
	if not good or not pcall(home.send, home, value) then
		return
	end
end
