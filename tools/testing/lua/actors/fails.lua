-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor whose main fiber fails at once, although it has an inbox and another fiber.

local inbox, time = require("inbox"), require("time")
require("actor").spawn(function()
	time.sleep(3600)
	inbox:receive()
end)
error("an actor fails")
