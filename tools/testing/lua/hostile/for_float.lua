-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A numeric loop over floats, which never comes to its end.

return function()
	for _ = 1.0, math.huge do
	end
end
