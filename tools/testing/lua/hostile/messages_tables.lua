-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Messages of large tables, of empty ones that were large, and of very many, made and read in turn.

return function()
	local send = require("lunatik.testing").time_messages
	local elements, many, empty = {}, {}, {}
	for i = 1, 300000 do
		elements[i] = i
		empty[i] = i
	end
	for i = 1, 300000 do
		empty[i] = nil
	end
	for i = 1, 50000 do
		many[i] = { i }
	end
	while true do
		pcall(send, 1, elements, elements)
		pcall(send, 1, empty, empty)
		pcall(send, 1, many, many)
	end
end
