-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Ends a coroutine of another thread, and nothing else there: each coroutine has an id of its own.
--
--	lunatik run interrupt_coroutine.lua

local llthreads = require("llthreads2.ex")
local mtint = require("mtint")
local mtmsg = require("mtmsg")

local from_thread = mtmsg.newbuffer()

local thread = llthreads.new(function(buffer)
	local int = require("mtint")
	local to_parent = require("mtmsg").buffer(buffer)
	local task = coroutine.create(function()
		to_parent:addmsg(int.id())
		while true do
		end
	end)
	local ok, err = coroutine.resume(task)
	-- The thread goes on here, when its coroutine was interrupted.
	return coroutine.status(task), ok, err
end, from_thread:id())
thread:start()

mtint.interrupt(from_thread:nextmsg())
local ok, status, resumed, err = thread:join()
assert(ok and status == "dead" and not resumed and err == mtint.error.interrupted)
print("the coroutine is " .. status .. ", its thread has gone on")
