-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of pool_semantics.lua: calls, their arguments and results, loops and iterators.

local common = ...
local gives, wait = common.gives, common.wait
local deep = dofile(common.folder .. "/lib/deep.lua")
local unpack = table.unpack

gives("values and their number", "0 1 3 nil nil nil", function()
	return select("#", wait()), select("#", wait(nil)), select("#", wait(nil, nil, nil)), wait(nil, nil, nil)
end)
gives("a call in an expression", "3", function()
	return wait(1) + wait(2)
end)
gives("a tail call", "4 5", function()
	return wait(4, 5)
end)
gives("arguments of a call", "4", function()
	return select("#", wait(1), wait(2), wait(3, 4))
end)
gives("a table constructor", "4 1 2 3", function()
	local t = { wait(1), wait(2, 9), wait(3, 4) }
	return #t, t[1], t[2], t[3]
end)
gives("variable arguments", "2 1 1", function(...)
	local n = wait(select("#", ...))
	return n, wait(...), (wait(...))
end, 1, nil)
gives("deep in calls", "7", function()
	return deep(100, function()
		return wait(7)
	end)
end)
gives("conditions and loops", "10", function()
	local sum = 0
	for i = wait(1), wait(4), wait(1) do
		if wait(true) then
			sum = sum + wait(i)
		end
	end
	return sum
end)
gives("closures", "3 3", function()
	local n = 0
	local function add()
		wait()
		n = n + 1
		return n
	end
	add()
	add()
	return add(), n
end)
gives("an iterator", "1 2 3 6", function()
	local got, sum = {}, 0
	for i, v in
		function(_, last)
			wait()
			if last < 3 then
				return wait(last + 1, last + 1)
			end
		end,
		nil,
		0
	do
		got[i] = v
		sum = sum + wait(v)
	end
	return got[1], got[2], got[3], sum
end)
gives("an iterator of a coroutine", "1 2 3", function()
	local got = {}
	for v in
		coroutine.wrap(function()
			for i = 1, 3 do
				wait()
				coroutine.yield(wait(i))
				wait()
			end
		end)
	do
		got[#got + 1] = wait(v)
	end
	return unpack(got)
end)
