-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Talks to a thread that computes and never looks for messages: an interrupt has it call its handler.
--
--	lunatik run interrupt_handler.lua

local llthreads = require("llthreads2.ex")
local mtint = require("mtint")
local mtmsg = require("mtmsg")

local to_thread, from_thread = mtmsg.newbuffer(), mtmsg.newbuffer()

local thread = llthreads.new(function(commands, answers)
	local int, msg = require("mtint"), require("mtmsg")
	commands, answers = msg.buffer(commands), msg.buffer(answers)
	local rounds, done = 0, false
	int.sethook(function()
		local command = commands:nextmsg()
		if command == "how far" then
			answers:addmsg(rounds)
		elseif command == "end" then
			done = true
		end
	end)
	answers:addmsg(int.id())
	while not done do
		rounds = rounds + 1
	end
	return rounds
end, to_thread:id(), from_thread:id())
thread:start()

local id = from_thread:nextmsg()
local last = -1
for _ = 1, 3 do
	to_thread:addmsg("how far")
	mtint.interrupt(id)
	local rounds = from_thread:nextmsg()
	assert(rounds >= last)
	last = rounds
	-- Lets it compute.
	mtmsg.sleep(0.01)
end
to_thread:addmsg("end")
mtint.interrupt(id)
local ok, rounds = thread:join()
assert(ok and rounds >= last)
print("three answers, and an end")
