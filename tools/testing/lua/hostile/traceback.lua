-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Tracebacks of deep stacks, with modules by the hundred thousand.

return function()
	for i = 1, 200000 do
		package.loaded[i] = math
	end
	local function f(n)
		if n == 0 then
			return debug.traceback()
		end
		return (f(n - 1))
	end
	while true do
		f(10000)
	end
end
