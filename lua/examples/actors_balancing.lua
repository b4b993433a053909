-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Load balancing: each actor has a context of its own with one thread, and the script decides which of them gets a
-- job. It gives each job to the actor that has the least to do. Prints what each actor and each CPU has done. The
-- arguments are the numbers of jobs and of actors, 40 and two for each CPU unless they are given.
--
--	lunatik run actors_balancing.lua 40 4

local actor, inbox = require("actor"), require("inbox")
local linux = require("linux")

if _CONTEXT == "worker" then
	-- The first message is the address of the script and this actor's number. The others are jobs, which are numbers:
	-- how long each takes. The last one is false.
	local first = inbox:receive()
	local size = inbox:receive()
	while size do
		local sum = 0
		for i = 1, size * 10000 do
			sum = sum + i
		end
		first.home:send({ number = first.number, size = size, cpu = linux.cpu() })
		size = inbox:receive()
	end
	return
end

local jobs, count = ...
jobs, count = math.tointeger(jobs) or 40, math.tointeger(count) or 2 * linux.numcpus()

-- Who works: the address, the size of the jobs that were given and not done, and what was done.
local workers = {}
for number = 1, count do
	local address = actor.spawn_vm({ module = ".", inherit_context = false, concurrency_hint = 1 })
	address:send({ home = inbox, number = number })
	workers[number] = { address = address, load = 0, jobs = 0, size = 0 }
end

local function least_loaded()
	local best = workers[1]
	for _, worker in ipairs(workers) do
		if worker.load < best.load then
			best = worker
		end
	end
	return best
end

local given = 0
local function give_job()
	if given == jobs then
		return
	end
	given = given + 1
	-- The same sizes in each run.
	local size = given * 7 % 10 + 1
	local worker = least_loaded()
	worker.load = worker.load + size
	-- This fiber waits until the actor takes the job; the others go on.
	actor.spawn(function()
		worker.address:send(size)
	end)
end

-- Each actor has up to two jobs, so that none waits for the script.
for _ = 1, 2 * count do
	give_job()
end
local by_cpu = {}
for _ = 1, jobs do
	local done = inbox:receive()
	local worker = workers[done.number]
	worker.load, worker.jobs, worker.size = worker.load - done.size, worker.jobs + 1, worker.size + done.size
	by_cpu[done.cpu] = (by_cpu[done.cpu] or 0) + done.size
	give_job()
end
for number, worker in ipairs(workers) do
	worker.address:send(false)
	print(("actor %d: %d jobs, size %d"):format(number, worker.jobs, worker.size))
end
for cpu = 0, linux.numcpus() - 1 do
	print(("CPU %d: size %d"):format(cpu, by_cpu[cpu] or 0))
end
