-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Many workers and many messages. The arguments are the folder tools/testing, the number of workers and the number of
-- messages.

local folder, workers, messages = ...
workers, messages = math.tointeger(workers), math.tointeger(messages)
local check = dofile(folder .. "/lib/check.lua")
local receive_all = dofile(folder .. "/lib/receive_all.lua")
local same, ok = check.same, check.ok

-- Many workers.
do
	local all = {}
	for i = 1, workers do
		all[i] = worker.create("./worker_code", "local i = ...; worker.message(i) worker.message(worker.peek() + i)", i)
	end
	local sum, got = 0, 0
	for i = 1, workers do
		worker.send(all[i], i)
	end
	receive_all(all, function(_, value)
		got, sum = got + 1, sum + value
	end)
	same(workers .. " workers at once answer", got, 2 * workers)
	same("each what it was asked", sum, 3 * workers * (workers + 1) // 2)
end

-- Many messages one way and the other.
do
	local w = worker.create("./worker_code", "for i = 1, (...) do worker.message(i) end", messages)
	local expected = 1
	while true do
		local i = worker.receive(w)
		if i ~= expected then
			break
		end
		expected = expected + 1
	end
	same(messages .. " messages come in order", expected - 1, messages)
	same("and no more", worker.receive(w), nil)
end
do
	local w = worker.create(
		"./worker_code",
		"local n = ...; for i = 1, n do if worker.peek() ~= i then error(i) end end worker.message(n)",
		messages
	)
	for i = 1, messages do
		worker.send(w, i)
	end
	same("they go in order", worker.receive(w), messages)
end
do
	local w = worker.create(
		"./worker_code",
		"while true do local m = worker.peek(); if not m then break end worker.message(m) end"
	)
	local good, half = true, messages // 2
	for i = 1, half do
		worker.send(w, { i })
		good = good and worker.receive(w)[1] == i
	end
	worker.send(w, false)
	ok("they go to and fro", good)
	same("until the end", worker.receive(w), nil)
end

-- A chain.
do
	local code = [[
		local code, level, n = ...
		local below = level > 1 and worker.create("./worker_code", code, code, level - 1, n)
		for i = 1, n do
			worker.message(below and worker.receive(below) or i)
		end
	]]
	local n = messages // 100
	local w = worker.create("./worker_code", code, code, 5, n)
	local sum = 0
	for _ = 1, n do
		sum = sum + worker.receive(w)
	end
	same("messages come up through five workers", sum, n * (n + 1) // 2)
end

-- Creation and death.
do
	local dead = 0
	for _ = 1, workers do
		local closed
		do
			local w <close> = worker.create("./worker_code", "worker.peek()")
			closed = w
		end
		dead = dead + (worker.status(closed) == "dead" and 1 or 0)
	end
	same(workers .. " workers come and go", dead, workers)
	dead = 0
	for _ = 1, workers do
		local w = worker.create("./worker_code", "while true do end")
		worker.stop(w)
		dead = dead + (worker.status(w) == "dead" and 1 or 0)
	end
	same("whether they have begun or not, they are dead when they were stopped", dead, workers)
	local counts = require("rcu").table(8)
	counts.ran = 0
	for i = 1, workers do
		worker.create("./worker_code", "require('rcu').add(..., 'ran', 1)", counts)
		if i % 50 == 0 then
			collectgarbage()
		end
	end
	local linux = require("linux")
	local ending = linux.ktime() + 60 * 1000000000
	while counts.ran < workers and linux.ktime() < ending do
		linux.schedule(1)
	end
	same("without handles, too", counts.ran, workers)
end
