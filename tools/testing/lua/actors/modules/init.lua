-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A directory module: it answers requests to spawn a module, {reply=, module=}, with the name of the error, or with
-- the address of the actor. The first message that it gets is an address, to which it says who it is; the second one
-- is the folder tools/testing.

local inbox = require("inbox")

inbox:receive():send("init " .. _CONTEXT)
local name_of = assert(loadfile(inbox:receive() .. "/lib/actor_errors.lua"))()
while true do
	local good, request = pcall(inbox.receive, inbox)
	if not good then
		break
	end
	local spawned, address = pcall(function()
		local result = spawn_vm(request.module)
		return result
	end)
	request.reply:send(spawned and address or name_of(address))
	request.reply:close()
end
