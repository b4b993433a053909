-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Makes an actor that waits, for a worker to be stopped.

require("actor")
local inbox = require("inbox")
if _CONTEXT == "worker" then
	local home = inbox:receive()
	home:send("begun")
	scope_cleanup_push(function()
		print("main cleans up")
	end)
	spawn(function()
		scope_cleanup_push(function()
			print("fiber cleans up")
		end)
		require("time").sleep(3600)
	end)
	home:send("never taken")
end
spawn_vm("."):send(inbox)
worker.message(inbox:receive())
require("time").sleep(3600)
