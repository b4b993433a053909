-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A function that receives from all given workers at once until they are dead and all messages are received. It calls
-- `take` with each message and the index of its worker. Messages must not be nil or false.

return function(workers, take)
	local received
	repeat
		received = false
		local values = table.pack(worker.receive(table.unpack(workers)))
		for place = 1, #workers do
			local value = values[place]
			if value then
				received = true
				take(place, value)
			end
		end
	until not received
end
