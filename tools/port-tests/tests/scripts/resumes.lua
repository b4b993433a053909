-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Coroutines that resume each other, and continue after the error that no stack is left.

local threads = {}
for i = 1, 300 do
	local next = i + 1
	threads[i] = coroutine.create(function()
		pcall(function()
			coroutine.yield()
			-- An error is caught here, and the next one is resumed all the same.
			local good, why = coroutine.resume(threads[next])
			error(why, 0)
		end)
		if threads[next] then
			return coroutine.resume(threads[next])
		end
	end)
	coroutine.resume(threads[i])
end
print(coroutine.resume(threads[1]) ~= nil)
