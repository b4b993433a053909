-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Ends a loop that does not end by itself: a thread says who it is, and is interrupted.
--
--	lunatik run interrupt_loop.lua

local llthreads = require("llthreads2.ex")
local mtint = require("mtint")
local mtmsg = require("mtmsg")

local from_thread = mtmsg.newbuffer()

-- A thread has a runtime of its own. What it needs, it gets as arguments, or requires.
local thread = llthreads.new(function(buffer)
	local int = require("mtint")
	require("mtmsg").buffer(buffer):addmsg(int.id())
	local n = 0
	while true do
		n = n + 1
	end
end, from_thread:id())
thread:start()

local id = from_thread:nextmsg()
mtint.interrupt(id)
local ok, err = thread:join()
assert(not ok and err:find(mtint.error.interrupted, 1, true))
print("the thread has ended: " .. err:match("[^\n]*"))
