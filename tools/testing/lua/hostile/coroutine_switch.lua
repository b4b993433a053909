-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Two coroutines that switch to each other.

return function()
	local co = coroutine.wrap(function()
		while true do
			coroutine.yield()
		end
	end)
	while true do
		co()
	end
end
