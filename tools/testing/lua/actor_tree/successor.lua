-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor that spawns its successor, unless it is the last one. It ends then, or with `stays` waits for a message, as
-- the last one does.

local inbox = require("inbox")

local request = inbox:receive()
local place, up = request.count, request.up
if place > 1 then
	request.count = place - 1
	spawn_vm("."):send(request)
end
if place == 1 or request.stays then
	up:send({ place = place, address = inbox })
	inbox:receive()
end
