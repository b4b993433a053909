-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor that spawns another one in its own context, and waits for messages while one of its fibers sleeps.

local inbox = require("inbox")

local request = inbox:receive()
request.up:send(inbox)
spawn_vm("../three"):send(request)
spawn(function()
	require("time").sleep(1000000)
end)
inbox:receive()
