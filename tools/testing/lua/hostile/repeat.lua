-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- An empty loop with its test at the end.

return function()
	repeat
	until false
end
