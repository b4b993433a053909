-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Collections of weak tables whose entries keep each other.

return function()
	local t = setmetatable({}, { __mode = "k" })
	local key = {}
	local first = key
	for _ = 1, 100000 do
		local value = {}
		t[key], key = value, value
	end
	while true do
		collectgarbage()
		t[first] = t[first]
	end
end
