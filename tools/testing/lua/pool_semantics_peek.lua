-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of pool_semantics.lua: the function worker.peek itself, called by Lua in each way.

local common = ...
local gives, resumed = common.gives, common.resumed

local function echo(value)
	worker.message({ back = value })
end
gives("a tail call of the function", "x", function()
	echo("x")
	local function tail()
		return worker.peek()
	end
	return tail().back
end)
gives("one with a time-out", "nil timeout", function()
	return worker.peek(1)
end)
gives("pcall of the function", "true nil timeout", pcall, worker.peek, 1)
gives("a coroutine whose body it is", "dead true nil timeout", resumed, worker.peek, 1)
gives("wrap", "nil timeout", coroutine.wrap(worker.peek), 1)
gives("xpcall", "true nil timeout", xpcall, worker.peek, print, 1)
gives("it is the iterator", "3", function()
	local n = 0
	for _ = 1, 3 do
		for value in worker.peek, 1 do
			n = n - 100
		end
		n = n + 1
	end
	return n
end)
gives("it is a metamethod", "true true", function()
	local t = setmetatable({}, {
		__call = function(...)
			return select("#", ...) == 2 and worker.message({})
		end,
		__index = function()
			return worker.message({})
		end,
	})
	return t(1), t.x
end)
gives("its arguments are checked again and are the same", "false true", function()
	local good, err = pcall(worker.peek, -1)
	return good, err:find("bad argument #1 to '", 1, true) ~= nil
end)
gives("all results of an open call", "2", function()
	return select("#", worker.peek(0))
end)
gives("results that are adjusted", "nil timeout nil", function()
	local a, b, c = worker.peek(1)
	return a, b, c
end)
