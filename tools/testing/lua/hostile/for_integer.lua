-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A numeric loop.

return function()
	for _ = 1, math.maxinteger do
	end
end
