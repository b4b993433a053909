-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A pattern that takes forever.

return function()
	while true do
		string.find(("a"):rep(40), ("a?"):rep(40) .. ("a"):rep(40))
	end
end
