-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: plain
-- Calls of functions: Fibonacci numbers by plain recursion.

local function fib(n)
	if n < 2 then
		return n
	end
	return fib(n - 1) + fib(n - 2)
end
assert(fib(34) == 5702887)
