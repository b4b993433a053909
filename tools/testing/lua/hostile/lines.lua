-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A coroutine that asks for the lines of the function that waits for it, on another stack.

return function()
	local long = load("local call = ...\n" .. ("x = 1\n"):rep(60000) .. "call() return x")
	local main = coroutine.running()
	local function deep(levels)
		while levels == 0 do
			pcall(debug.getinfo, main, 1, "L")
		end
		local _ = ("x"):gsub("x", function()
			deep(levels - 1)
		end)
	end
	long(coroutine.wrap(function()
		deep(20)
	end))
end
