-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Sends commands to a worker, and gets answers.
--
--	lunatik run worker_commands.lua

-- Stopped at the end of the script, however that comes.
local adder <close> = worker.create("./worker_adder")

worker.send(adder, "START")
print(worker.receive(adder))
for _, numbers in ipairs({ { 1, 2, 3 }, { 10, 20 } }) do
	-- What the worker gets is a copy.
	worker.send(adder, { numbers = numbers })
	local answer = worker.receive(adder)
	print(("sum of %s is %d"):format(table.concat(answer.numbers, " "), answer.sum))
end
worker.send(adder, "STOP")
print(worker.receive(adder))
