-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A function that calls another one, without arguments, from within so many calls, and returns its first result.

local function deep(calls, fn)
	if calls == 0 then
		return (fn())
	end
	return (deep(calls - 1, fn))
end

return deep
