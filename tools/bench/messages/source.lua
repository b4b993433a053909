-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Sends the numbers from 1 to its argument when it is told to.

local count = ...
local message = worker.message

message("ready")
assert(worker.peek() == "go")
for i = 1, count do
	message(i)
end
