-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of ltask: workers, and services that are bound to one of them. The second argument is the number of
-- workers of the system, if it has a pool of its own.

local folder, workers = ...
local common = assert(loadfile(folder .. "/lib/ltask.lua"))(folder)
local ltask, check, eval = common.ltask, common.check, common.eval
local same, ok, contains, failure = check.same, check.ok, common.contains, common.failure
local linux, testing = require("linux"), require("lunatik.testing")

-- 3.2: the pool. That of a former system may still be about to go.
local function pools_are(count)
	return common.soon(function()
		return testing.pool().pools == count
	end)
end
if workers then
	ok("3.2: a number that is not the usual one gives the system a pool", pools_are(2))
else
	ok("3.2: the pool is that of all scripts", pools_are(1))
	workers = linux.numcpus()
end
do
	local id = ltask.worker_id()
	same("3.6: a worker has a number", math.type(id), "integer")
	ok("3.6: from 0 to one less than there are", id >= 0 and id < workers, id)
end

-- Numbers that no worker has.
local beyond = workers
contains("3.6: a number that no worker has", failure(ltask.worker_bind, beyond), "Invalid worker id " .. beyond)
contains("3.6: nor a negative one", failure(ltask.worker_bind, -1), "Invalid worker id -1")
contains("3.6: nor a huge one", failure(ltask.worker_bind, 1 << 40), "Invalid worker id " .. (1 << 40))
contains("3.6: it is an integer", failure(ltask.worker_bind, 0.5), "number has no integer representation")

-- Binding. Other workers have nothing to do meanwhile, and would help.
local bound = [[
	local n, rounds, length = ...
	ltask.worker_bind(n)
	ltask.sleep(0)
	local elsewhere = 0
	for i = 1, rounds do
		local at = ltask.counter() + length
		while ltask.counter() < at do
			elsewhere = elsewhere + (ltask.worker_id() == n and 0 or 1)
		end
		ltask.sleep(i % 2)
		elsewhere = elsewhere + (ltask.worker_id() == n and 0 or 1)
	end
	return elsewhere
]]
for n = 0, workers - 1 do
	local tasks, elsewhere = {}, 0
	for i = 1, 4 do
		-- Some use more than a slice.
		tasks[i] = { eval, common.user(), bound, n, 20, i == 1 and 0.02 or 0.0005 }
	end
	for _, res in ltask.parallel(tasks) do
		elsewhere = elsewhere + (res[1] or 1000)
	end
	same("3.6: bound services are executed by their worker alone: " .. n, elsewhere, 0)
	for _, task in ipairs(tasks) do
		ltask.call(task[2], "exit")
	end
end
do
	local a = common.user()
	same("3.6: binding returns nothing", eval(a, "return select('#', ltask.worker_bind(0))"), 0)
	same("3.6: neither does taking it back", eval(a, "return select('#', ltask.worker_bind())"), 0)
	eval(a, "ltask.worker_bind(0)")
	contains("3.6: a wrong number", failure(eval, a, "ltask.worker_bind(...)", beyond), "Invalid worker id " .. beyond)
	same("3.6: changes nothing", eval(a, bound, 0, 1, 0), 0)
	if workers > 1 then
		same("3.6: a service that computes goes to its worker, too", eval(a, [[
			local n = (ltask.worker_id() + 1) % ...
			ltask.worker_bind(n)
			local ending = ltask.counter() + 5
			while ltask.worker_id() ~= n and ltask.counter() < ending do
			end
			return ltask.worker_id() == n
		]], workers), true)
		-- A free service leaves the worker that another one occupies where Lua cannot yield.
		eval(a, "ltask.worker_bind(0) ltask.sleep(0) ltask.worker_bind(nil)")
		local busy = common.user()
		eval(busy, "ltask.worker_bind(0)")
		ltask.send(busy, "forever")
		local seen = {}
		ok("3.6: a service that is bound no longer goes elsewhere", common.soon(function()
			seen[eval(a, "return ltask.worker_id()")] = true
			return seen[1] or seen[2]
		end))
	end
end

-- Services that go from worker to worker.
do
	local hop = [[
		local workers, seed = ...
		local elsewhere = 0
		for i = 1, 200 do
			local n = i % 5 ~= 0 and (seed * 7 + i * i) % workers or nil
			ltask.worker_bind(n)
			ltask.sleep(0)
			if i % 9 == 0 then
				ltask.sleep(1)
			end
			elsewhere = elsewhere + (n and ltask.worker_id() ~= n and 1 or 0)
		end
		return elsewhere
	]]
	local tasks, elsewhere = {}, 0
	for i = 1, 20 do
		tasks[i] = { eval, common.user(), hop, workers, i }
	end
	for _, res in ltask.parallel(tasks) do
		elsewhere = elsewhere + (res[1] or 1000)
	end
	same("3.6: services change their worker at any time", elsewhere, 0)
	for _, task in ipairs(tasks) do
		ltask.call(task[2], "exit")
	end
end

-- 6.5: binding at creation.
do
	local last = workers - 1
	local code = [[
		local first = ...
		local ltask = require("ltask")
		local S = { first = ltask.worker_id() }
		return function() return { ids = function()
			ltask.sleep(1)
			return S.first, ltask.worker_id()
		end } end
	]]
	local id = ltask.spawn_service({ name = "bound", initfunc = code, worker_id = last })
	same("6.5: a service is bound when it is made", check.joined(ltask.call(id, "ids")), check.joined(last, last))
	local text = failure(ltask.spawn_service, { name = "bound", initfunc = code, worker_id = beyond })
	contains("6.5: to a worker that there is", text, "Invalid worker id " .. beyond)
	text = failure(ltask.spawn_service, { name = "bound", unique = true, initfunc = code, worker_id = -1 })
	contains("6.5: unique ones, too", text, "Invalid worker id -1")
	id = ltask.spawn_service({ name = "bound", unique = true, initfunc = code, worker_id = 0 })
	same("6.5: the name is free after that", check.joined(ltask.call(id, "ids")), "0 0")
end

-- 3.4, 15.29: endless loops on one worker.
do
	local a, b = common.user(), common.user()
	eval(a, "ltask.worker_bind(0)")
	eval(b, "ltask.worker_bind(0)")
	for _ = 1, 3 do
		local loop = common.user()
		eval(loop, "ltask.worker_bind(0)")
		ltask.send(loop, "forever")
	end
	local time = common.took(function()
		for i = 1, 20 do
			ltask.call(a, "echo", i)
			ltask.call(b, "echo", i)
		end
	end)
	ok("15.29: services in endless loops delay others and do not stop them", time < 200, time)
	time = common.took(eval, a, "for _ = 1, 10 do ltask.sleep(1) end")
	ok("15.29: nor their timers", time >= 10 and time < 200, time)
end
common.finish()
