-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A walk over a table that was emptied.

return function()
	local t = {}
	for i = 1, 1000000 do
		t["k" .. i % 400000] = i
	end
	for k in pairs(t) do
		t[k] = nil
	end
	while true do
		next(t)
	end
end
