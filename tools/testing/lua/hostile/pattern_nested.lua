-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Nested shortest matches.

return function()
	while true do
		string.find(("a"):rep(100000), (".-"):rep(20) .. "b")
	end
end
