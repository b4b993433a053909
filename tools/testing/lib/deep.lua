-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A function that calls another function without arguments inside a number of nested calls, and returns its first
-- result.

local function deep(calls, fn)
	if calls == 0 then
		return (fn())
	end
	return (deep(calls - 1, fn))
end

return deep
