-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- An empty loop.

return function()
	while true do
	end
end
