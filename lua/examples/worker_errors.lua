-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Receives from a worker that fails: first what it sent, then its error.
--
--	lunatik run worker_errors.lua

local divider = worker.create("./worker_divider", 10, { 1, 2, 0, 5 })

while true do
	local ok, result = pcall(worker.receive, divider)
	if not ok then
		-- An error that is a text begins with the file and the line that it comes from.
		print("the worker has failed: " .. result:gsub("^.-:%d+: ", ""))
		break
	elseif result == nil then
		print("the worker has ended")
		break
	end
	print("result: " .. result)
end
