-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor whose main fiber ends, while another one uses the inbox until a flag is set.

local flags, time = require("lunatik")._ENV, require("time")
local inbox = require("inbox")
spawn(function()
	local home = inbox:receive()
	home:send("used")
	while not flags["suite/imported"] do
		time.sleep(0.001)
	end
	inbox = nil
	collectgarbage()
	collectgarbage()
	home:send("alive")
end)
