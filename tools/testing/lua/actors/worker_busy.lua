-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Makes an actor, and computes without an end: nobody tells the actor of a stop.

require("actor")
local inbox = require("inbox")
if _CONTEXT == "worker" then
	inbox:receive():send("begun")
	scope_cleanup_push(function()
		print("actor cleans up")
	end)
	while true do
		this_fiber.yield()
	end
end
spawn_vm("."):send(inbox)
worker.message(inbox:receive())
while true do
end
