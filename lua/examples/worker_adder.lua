-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A worker: does as it is told, one message after another. Started by worker_commands.lua.

while true do
	local command = worker.peek()
	if command == "START" then
		worker.message("begun")
	elseif command == "STOP" then
		worker.message("stopped")
		break
	else
		local sum = 0
		for _, number in ipairs(command.numbers) do
			sum = sum + number
		end
		worker.message({ numbers = command.numbers, sum = sum })
	end
end
