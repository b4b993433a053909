-- SPDX-License-Identifier: GPL-2.0-only OR MIT
local function f(...)
	return f(...)
end
f(1, 2)
