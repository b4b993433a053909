-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Two actors send each other messages. This file is the script and the module of the other actor. The argument is how
-- many times they do so, 3 unless it is given.
--
--	lunatik run actors_pingpong.lua 5

local actor, inbox = require("actor"), require("inbox")

if _CONTEXT == "worker" then
	-- The first message is the address of the script, the last one is false.
	local home = inbox:receive()
	local number = inbox:receive()
	while number do
		home:send("pong " .. number)
		number = inbox:receive()
	end
	return
end

local pong = actor.spawn_vm(".")
-- Whoever gets the inbox gets an address, to which it can send.
pong:send(inbox)
for number = 1, math.tointeger((...)) or 3 do
	print("ping " .. number)
	-- Returns when the other actor has received the message.
	pong:send(number)
	print(inbox:receive())
end
pong:send(false)
