-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The actor that hooks_sends_receiver.lua makes.

local inbox = require("inbox")
local shared = require("lunatik")._ENV
local count, last = 0, 0
while true do
	local message = inbox:receive()
	if message == "end" then
		break
	end
	count = count + 1
	if message.n <= last or message.text ~= "actor" then
		shared["suite.actor.wrong"] = ("%s after %d: %s"):format(message.n, last, message.text)
	end
	last = message.n
	shared["suite.actor.last"] = last
	shared["suite.actor.count"] = count
end
