-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures the time from the creation of a worker until it is gone: for workers that run to their end, one at a time
-- ("in_turn") and a hundred at a time ("together"), and for workers that wait and are stopped ("stopped"). Arguments:
-- the number of workers that run to their end, and the number that are stopped.

local ended, stopped = ...
local ktime = require("linux").ktime
ended, stopped = assert(math.tointeger(ended)), assert(math.tointeger(stopped))
local BATCH = 100

local function finish(w, answer)
	assert(worker.receive(w) == answer, "a worker did not run")
	assert(worker.receive(w) == nil, "a worker did not end")
end

local function in_turn(n)
	local w
	for i = 1, n do
		w = worker.create("./answer", i)
		finish(w, i)
	end
	-- Returns when the runtime is gone, not only its script. The runtimes before it have ended meanwhile.
	worker.stop(w)
	w = nil
	collectgarbage()
end

local function together(n)
	local all = {}
	for from = 1, n, BATCH do
		local to = math.min(from + BATCH - 1, n)
		for i = from, to do
			all[i - from + 1] = worker.create("./answer", i)
		end
		for i = from, to do
			finish(all[i - from + 1], i)
		end
	end
	worker.stop(all[(n - 1) % BATCH + 1])
	all = nil
	collectgarbage()
end

local function stop(n)
	for _ = 1, n do
		local w = worker.create("./idle")
		assert(worker.receive(w) == "ready", "a worker did not run")
		worker.stop(w)
		assert(worker.status(w) == "dead", "a worker was not stopped")
	end
	collectgarbage()
end

local function measure(name, spawn, count)
	spawn(math.min(count, BATCH))
	local begun = ktime()
	spawn(count)
	worker.message({ name = "spawn/" .. name, unit = "us", value = (ktime() - begun) / count / 1000 })
end

measure("in_turn", in_turn, ended)
measure("together", together, ended)
measure("stopped", stop, stopped)
