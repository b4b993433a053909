-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Workers: the functions of the module, and the handling of values, errors and ends. The argument is the folder
-- tools/testing. The checks are in workers_*.lua beside this file, which get the common functions as an argument.

local folder = ...
local linux = require("linux")
local common = { folder = folder, check = dofile(folder .. "/lib/check.lua") }

-- A worker that runs this code.
local function create(code, ...)
	return worker.create("./worker_code", code, ...)
end
common.create = create

-- Returns the first message of a worker with this code.
function common.answer(code, ...)
	return worker.receive(create(code, ...))
end

-- Returns the error that receiving raises.
function common.failure(w)
	local good, err = pcall(worker.receive, w)
	return good and "no error" or err
end

-- Returns when the worker is dead and its messages are drained; an error counts as that.
function common.await(w)
	while worker.status(w) == "running" do
		pcall(worker.receive, w)
	end
	while select(2, pcall(worker.receive, w)) ~= nil do
	end
end

-- Milliseconds that a call takes.
function common.took(fn, ...)
	local begun = linux.ktime()
	fn(...)
	return (linux.ktime() - begun) // 1000000
end

-- Returns whether the condition became true within some seconds.
function common.soon(condition)
	local w <close> = create("while true do worker.peek() end")
	local ending = linux.ktime() + 20 * 1000000000
	while not condition() do
		if linux.ktime() > ending then
			return false
		end
		-- Waits a while.
		worker.receive(w, 5)
	end
	return true
end

-- Returns the results of pcall(worker.create, ...) after these pledges.
function common.limited(pledges, ...)
	return coroutine.wrap(function(...)
		for _, spec in ipairs(pledges) do
			pledge(spec)
		end
		return pcall(worker.create, ...)
	end)(...)
end

for _, part in ipairs({ "create", "messages", "values", "ends", "permissions", "limits" }) do
	assert(loadfile(("%s/lua/workers_%s.lua"):format(folder, part)))(common)
end
print("# " .. collectgarbage("count") // 1 .. " KiB at the end")
