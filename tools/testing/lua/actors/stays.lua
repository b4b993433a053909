-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor that stays, in the way that its first message says: {keep=} is an address that it keeps while it receives,
-- {send_to=} one that it sends to; with {deaf=true} it receives nothing more, with {way="memory"} or {way="cpu"} it
-- reaches a limit. With {cleanup=true} it prints a line when it ends.

local inbox, time = require("inbox"), require("time")
local request = inbox:receive()

if request.cleanup then
	scope_cleanup_push(function()
		time.sleep(0.001)
		print("cleaned up")
	end)
end
if request.way == "memory" then
	local all = {}
	while true do
		all[#all + 1] = { #all }
	end
elseif request.way == "cpu" then
	while true do
	end
elseif request.deaf then
	time.sleep(1000000)
elseif request.send_to then
	request.send_to:send("nobody takes this")
end
inbox:receive()
-- The address must last until here.
print(request.keep)
