-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: the public reference of spawn_vm and channels, sentence by sentence, by the global functions.
-- This file is also the module of its actors.
--
--	what the reference says                                            the checks
--	spawn_vm creates an actor and returns a tx-channel                 "creates"
--	the actor has _CONTEXT='worker', and its submodules do not         "context"
--	more VMs than threads in one pool: VMs are stolen, work is fair    "stealing"
--	each VM in a new pool with one thread: messages balance the load   "balancing"
--	module is the entry point; '.' is one                              "module"
--	inherit_context is true unless given, and false makes a pool       "inherit"
--	the new pool starts with one thread                                "inherit"
--	several VMs run on the same thread and alternate                   "alternate"
--	an integer concurrency_hint suggests; threads must be added        "hint"
--	"safe" is the default and assumes nothing                          "hint"
--	only the master may change what belongs to the process             "master"
--	new_master hands that on, for ever                                 "master"
--	send sends a message                                               "send"
--	addresses of others and of oneself are sent as clones              "address"
--	detach, kill and child_pid are only for actors in user space       "kinds"
--
-- What it says about actors in user space (the parameter `subprocess`, and what detach, kill and child_pid do) is the
-- next step.

local inbox = require("inbox")

-- What an actor does: answers the first message.
local work = {}

function work.tell(request)
	request.home:send({ context = _CONTEXT, submodule = require("actors.context").context, mark = _G.mark })
end

-- Computes in `request.steps` steps, and tells how many of them each CPU has done.
function work.compute(request)
	local linux, done = require("linux"), {}
	for _ = 1, request.steps do
		local ending = linux.ktime() + 1000000
		while linux.ktime() < ending do
			local cpu = linux.cpu()
			done[cpu] = (done[cpu] or 0) + 1
		end
		this_fiber.yield()
	end
	request.home:send(done)
end

-- Takes jobs until nobody can send one.
function work.jobs(request)
	local sum = 0
	while true do
		local good, job = pcall(inbox.receive, inbox)
		if not good then
			break
		end
		sum = sum + job
		request.home:send({ done = job, name = request.name, sum = sum })
	end
end

function work.threads(request)
	local good, err = pcall(spawn_context_threads, request.count)
	request.home:send({ good = good, code = not good and err.code })
end

function work.hand_on(request)
	local good, err = pcall(spawn_vm, { module = ".", new_master = true })
	request.home:send({ good = good, code = not good and err.code })
end

function work.forward(request)
	request.home:send(request.other)
end

function work.sum(request)
	local sum = 0
	for _ = 1, request.count do
		sum = sum + inbox:receive()
	end
	request.home:send(sum)
end

if _CONTEXT == "worker" then
	local request = inbox:receive()
	work[request.work](request)
	return
end

local check, folder = ...
local linux, testing, time = require("linux"), require("lunatik.testing"), require("time")
local same, ok = check.same, check.ok

local function ask(address, request)
	request.home = inbox
	address:send(request)
	return inbox:receive()
end

_G.mark = "of this VM"
do
	local channel = spawn_vm(".")
	same("creates: the result is a tx-channel", getmetatable(channel), "tx-channel")
	local answer = ask(channel, { work = "tell" })
	same("creates: another VM answers", answer.mark, nil)
	same("context: it executes with 'worker'", answer.context, "worker")
	same("context: which its submodules do not see", answer.submodule, "")
	same("module: a string or a field", ask(spawn_vm({ module = "." }), { work = "tell" }).context, "worker")
	same("module: another file", getmetatable(spawn_vm("/actors/modules/sibling")), "tx-channel")
end

-- Whether the condition becomes true within some time.
local function soon(condition)
	local ending = linux.ktime() + 20000000000
	while not condition() and linux.ktime() < ending do
		time.sleep(0.001)
	end
	return condition()
end
local function pools()
	return testing.pool().pools
end
do
	-- The pool of an actor that has ended ends a moment later.
	collectgarbage()
	soon(function()
		return pools() == 1
	end)
	ask(spawn_vm({ module = "." }), { work = "tell" })
	same("inherit: nothing is made unless asked", pools(), 1)
	ask(spawn_vm({ module = ".", inherit_context = true }), { work = "tell" })
	same("inherit: nor with true", pools(), 1)
	local channel = spawn_vm({ module = ".", inherit_context = false })
	same("inherit: false makes a pool", pools(), 2)
	same("inherit: that works", ask(channel, { work = "tell" }).context, "worker")
end

-- The shares that the CPUs have had of the work of `count` actors, the smallest of two first, and how many have
-- worked.
local function compute(count, options)
	for _ = 1, count do
		spawn_vm(options):send({ work = "compute", steps = 20, home = inbox })
	end
	local sums, finished = {}, 0
	for _ = 1, count do
		finished = finished + 1
		for cpu, steps in pairs(inbox:receive()) do
			sums[cpu] = (sums[cpu] or 0) + steps
		end
	end
	local all, least, cpus = 0, math.huge, 0
	for _, steps in pairs(sums) do
		all, least, cpus = all + steps, math.min(least, steps), cpus + 1
	end
	return cpus > 1 and least / all or 0, finished
end
do
	local share, finished
	local tries = 0
	repeat
		share, finished = compute(3 * linux.numcpus(), { module = "." })
		tries = tries + 1
	until share > 0.02 or tries == 100 or linux.numcpus() == 1
	same("stealing: more VMs than threads all do their work", finished, 3 * linux.numcpus())
	ok("stealing: each thread does a part of it", share > 0.02 or linux.numcpus() == 1, share)
	local _, others = compute(4, { module = ".", inherit_context = false, concurrency_hint = 1 })
	same("balancing: each VM in a pool of its own does its work", others, 4)
end
do
	local channels, sums = {}, {}
	for name = 1, 3 do
		channels[name] = spawn_vm({ module = ".", inherit_context = false, concurrency_hint = 1 })
		channels[name]:send({ work = "jobs", name = name, home = inbox })
	end
	-- Round-robin first; then whoever has answered gets the next job.
	local sent, done = 0, 0
	for name = 1, 3 do
		sent = sent + 1
		channels[name]:send(sent)
	end
	while done < 60 do
		local answer = inbox:receive()
		done = done + 1
		sums[answer.name] = answer.sum
		if sent < 60 then
			sent = sent + 1
			channels[answer.name]:send(sent)
		end
	end
	same("balancing: messages distribute the jobs", sums[1] + sums[2] + sums[3], 60 * 61 // 2)
end
do
	-- All in one pool of one thread.
	local root = spawn_vm({ module = "/actors/code", inherit_context = false, concurrency_hint = 1 })
	root:send({ folder = folder })
	root:send({
		code = [[
			local home, count = ...
			local all = {}
			for i = 1, count do
				all[i] = user()
				-- Each lets the others run in every step.
				tell(all[i], "for i = 1, 50 do time.sleep(0) end")
			end
			local sum = 0
			for i = 1, count do
				sum = sum + eval(all[i], "return 1")
			end
			home:send(sum)
		]],
		arguments = { n = 2, inbox, 10 },
	})
	same("alternate: VMs share one thread", inbox:receive(), 10)
end
do
	local hinted = { module = ".", inherit_context = false, concurrency_hint = 4 }
	same(
		"hint: with an integer, threads can be added",
		ask(spawn_vm(hinted), { work = "threads", count = 3 }).good,
		true
	)
	local safe = { module = ".", inherit_context = false, concurrency_hint = "safe" }
	same("hint: also with 'safe'", ask(spawn_vm(safe), { work = "threads", count = 1 }).good, true)
	safe.concurrency_hint = nil
	same("hint: which is the default", ask(spawn_vm(safe), { work = "threads", count = 1 }).good, true)
	hinted.concurrency_hint = 1
	same("hint: 1 is one thread", ask(spawn_vm(hinted), { work = "threads", count = 1 }).code, 95)
end
do
	same("master: an actor is none", ask(spawn_vm("."), { work = "hand_on" }).code, 1)
	local heir = spawn_vm({ module = ".", new_master = true })
	local good, err = pcall(spawn_vm, { module = "/actors/code", new_master = true })
	same("master: the first VM is one, until it hands that on", not good and err.code, 1)
	same("master: then the other one is", ask(heir, { work = "hand_on" }).good, true)
	good, err = pcall(spawn_vm, { module = "/actors/code", new_master = true })
	same("master: the role never comes back", not good and err.code, 1)
end
do
	local first, second = spawn_vm("."), spawn_vm(".")
	second:send({ work = "sum", count = 3, home = inbox })
	local clone = ask(first, { work = "forward", other = second })
	ok("address: that of another actor travels", clone == second)
	ok("address: as a clone", not rawequal(clone, second))
	clone:send(1)
	second:send(2)
	local own = ask(spawn_vm("."), { work = "forward", other = inbox })
	clone:close()
	second:send(3)
	same("send: messages arrive by each of them", inbox:receive(), 6)
	same("address: one's own travels as a channel", getmetatable(own), "tx-channel")
	local received
	local fiber = spawn(function()
		received = inbox:receive()
	end)
	own:send("to myself")
	fiber:join()
	same("send: one can send to oneself", received, "to myself")
	for _, name in ipairs({ "detach", "kill", "child_pid" }) do
		local good, err = pcall(function()
			return own[name]
		end)
		same(("kinds: an actor in the kernel has no %s"):format(name), not good and err.code, 8)
	end
end
