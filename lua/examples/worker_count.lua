-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Starts a worker and prints what it sends, until it has ended.
--
--	lunatik run worker_count.lua [N]

local last = math.tointeger(... or 10)
local counter = worker.create("./worker_counter", last)

-- nil says that the worker has ended, and that all it sent was received.
local said = worker.receive(counter)
while said ~= nil do
	print("the worker says: " .. said)
	said = worker.receive(counter)
end
print("the worker has ended")
