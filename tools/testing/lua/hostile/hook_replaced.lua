-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Debug hooks replaced at each instruction.

local function hook()
	debug.sethook(function() end, "crl", 1)
	for i = 1, 10 do
		debug.sethook(coroutine.create(function() end), print, "crl", i)
	end
end

return function()
	while true do
		debug.sethook(hook, "crl", 1)
		pcall(error)
	end
end
