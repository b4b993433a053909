-- SPDX-License-Identifier: GPL-2.0-only OR MIT
local function nest(n)
	while true do
		pcall(coroutine.wrap(nest), n + 1)
	end
end
nest(1)
