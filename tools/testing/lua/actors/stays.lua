-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor that stays, in the way that its first message says: {keep=} is an address that it keeps while it receives,
-- {send_to=} one that it sends to. With {deaf=true} it receives nothing more. With {cleanup=true} it prints how its wait has ended. With {way="memory"} and
-- {way="cpu"} it reaches a limit.

local inbox = require("inbox")
local request = inbox:receive()

if request.way == "memory" then
	local all = {}
	while true do
		all[#all + 1] = { #all }
	end
elseif request.way == "cpu" then
	while true do
	end
elseif request.deaf then
	require("time").sleep(1000000)
elseif request.send_to then
	request.send_to:send("nobody takes this")
elseif request.cleanup then
	scope_cleanup_push(function()
		print("cleaned up after interrupted")
	end)
end
inbox:receive()
-- The address must last until here.
print(request.keep)
