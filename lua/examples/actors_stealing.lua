-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Work stealing: many actors share a context with a few threads. A thread that has nothing to do takes the next actor
-- that can run, so the work is shared without a plan. Prints how many steps each CPU has done, and how often actors
-- moved. The arguments are the numbers of actors and of threads, 12 and one for each CPU unless they are given.
--
--	lunatik run actors_stealing.lua 12 2

local actor, inbox = require("actor"), require("inbox")
local linux = require("linux")

local STEPS <const> = 20

-- What an actor does, by the field `role` of its first message.
local roles = {}

-- Begins in a context of its own, adds threads to it, and starts the others there.
function roles.chief(request)
	actor.spawn_context_threads(request.threads - 1)
	for _ = 1, request.actors do
		actor.spawn_vm("."):send({ role = "worker", home = request.home })
	end
end

-- Does its steps, and tells how many of them each CPU has done. After each step, the thread may take another actor.
function roles.worker(request)
	local steps, moves, last = {}, 0, nil
	for _ = 1, STEPS do
		local sum = 0
		for i = 1, 50000 do
			sum = sum + i
		end
		local cpu = linux.cpu()
		steps[cpu] = (steps[cpu] or 0) + 1
		if last and cpu ~= last then
			moves = moves + 1
		end
		last = cpu
		actor.this_fiber.yield()
	end
	request.home:send({ steps = steps, moves = moves })
end

if _CONTEXT == "worker" then
	local request = inbox:receive()
	roles[request.role](request)
	return
end

local actors, threads = ...
actors, threads = math.tointeger(actors) or 12, math.tointeger(threads) or linux.numcpus()
local begun = linux.ktime()
local chief = actor.spawn_vm({ module = ".", inherit_context = false })
chief:send({ role = "chief", actors = actors, threads = threads, home = inbox })

local steps, moves = {}, 0
for _ = 1, actors do
	local report = inbox:receive()
	for cpu, count in pairs(report.steps) do
		steps[cpu] = (steps[cpu] or 0) + count
	end
	moves = moves + report.moves
end
for cpu = 0, linux.numcpus() - 1 do
	print(("CPU %d: %d steps"):format(cpu, steps[cpu] or 0))
end
print(("%d actors moved %d times, in %d ms"):format(actors, moves, (linux.ktime() - begun) // 1000000))
