-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Answers each message with its value, until the value is false.

while true do
	local value = worker.peek()
	if value == false then
		break
	end
	worker.message(value)
end
