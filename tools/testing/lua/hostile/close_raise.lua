-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Closing methods that raise an error in place of the error that ends them.

local function raise()
	error("again")
end

local function f(depth)
	local _ <close> = setmetatable({}, { __close = raise })
	if depth > 0 then
		f(depth - 1)
	end
	while depth == 0 do
		pcall(error)
	end
end

return function()
	while true do
		pcall(f, 100)
	end
end
