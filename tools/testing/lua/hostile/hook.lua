-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A debug hook that loops, set again and again in every coroutine.

local function hook()
	while true do
	end
end

local function f(depth)
	while true do
		debug.sethook(hook, "crl", 1)
		pcall(coroutine.wrap(f), depth)
		debug.sethook()
		pcall(coroutine.wrap(f), depth)
	end
end

return function()
	f(0)
end
