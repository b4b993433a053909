-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Comparison metamethods that loop.

local meta = {}

function meta.__lt()
	while true do
	end
end
meta.__le, meta.__eq = meta.__lt, meta.__lt

return function()
	local a, b = setmetatable({}, meta), setmetatable({}, meta)
	while true do
		pcall(function()
			return a < b
		end)
		pcall(function()
			return a == b
		end)
	end
end
