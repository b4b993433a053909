-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Runs a script of this folder as a worker, beside some workers that compute, and sends back each message that has a
-- field "back". The arguments are the number of workers that compute, the name of the script, and its arguments.

local computing, name = math.tointeger((...)), (select(2, ...))
local schedule = require("linux").schedule

local busy = {}
for i = 1, computing do
	busy[i] = worker.create("./worker_code", "while true do end")
end
worker.limits({ messages = 1 })
local w = worker.create("./" .. name, select(3, ...))
while true do
	local message = worker.receive(w)
	if message == nil then
		break
	elseif message.back ~= nil then
		worker.send(w, message)
	else
		-- The sender of the next message finds no room.
		schedule(1)
	end
end
for _, computes in ipairs(busy) do
	worker.stop(computes)
end
