-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Supervises processes that misbehave (tools/hostile-host), a few at a time, beside actors that go on working. The
-- arguments: a seed for the random numbers, seconds, the factor by which operations may take longer, the folder for the
-- plan and the report, a module that echoes in a process, and the kinds of attacks. The plan is a file that says which
-- program the next process is. Each deviation is printed with "wrong: "; the last line is "done".

local actor, inbox, time, future = require("actor"), require("inbox"), require("time"), require("future")
local descriptors = require("file_descriptor")
local random = math.random
local arguments = { ... }
local seed, seconds, slower = math.tointeger(arguments[1]), tonumber(arguments[2]), tonumber(arguments[3])
local folder, honest = arguments[4], arguments[5]
local kinds = table.move(arguments, 6, #arguments, 1, {})
math.randomseed(seed)

local SLOTS <const> = 3
-- How long anything may take that must happen.
local PATIENCE <const> = 10 * slower
local EPIPE <const>, ESRCH <const>, ECHILD <const>, ETIMEDOUT <const> = 32, 3, 10, 110
local CHANNEL_CLOSED <const> = 15
local ends_at = time.now() + seconds
local counts = {}

local function wrong(...)
	print("wrong: " .. table.concat({ ... }, " "))
end

-- An error as "CATEGORY CODE".
local function name_of(err)
	if type(err) == "table" and err.category then
		return err.category:name() .. " " .. err.code
	end
	return tostring(err)
end
local function is(err, category, code)
	return type(err) == "table" and err.code == code and err.category:name() == category
end

-- Waits until a condition holds; false if it does not in time.
local function wait_for(condition, patience)
	local until_when = time.now() + (patience or PATIENCE)
	while not condition() do
		if time.now() > until_when then
			return false
		end
		time.sleep(0.01)
	end
	return true
end

-- Which program the next processes are.
local function plan(name)
	local file <close> = assert(io.open(folder .. "/plan", "w"))
	assert(file:write(name, "\n"))
end

-- Whether there is a process of this number. The kernel reaps those of actors at once.
local function lives(pid)
	local file <close> = io.open("/proc/" .. pid .. "/comm")
	return file ~= nil
end

local null = assert(descriptors.open("/dev/null", "r+"))

local function options(kind, life)
	local environment = { SEED = tostring(random(1 << 30)), LIFE = tostring(life), REPORT = folder .. "/report" }
	local subprocess = { environment = environment }
	-- What the process gets with its start, and does nothing with.
	if random(2) == 1 then
		environment.LONG = ("x"):rep(random(9000))
		subprocess.stdin, subprocess.stderr = null, null
		subprocess.init = { script = ("-"):rep(random(1 << 18)), arg = null }
	end
	return { module = kind, subprocess = subprocess }
end

-- Reports of actors, each by its slot.
local slots, promises = 0, {}
local function new_slot()
	slots = slots + 1
	local promise, report = future.new()
	promises[slots] = promise
	return slots, report
end
local function take_reports()
	while true do
		local good, report = pcall(inbox.receive, inbox)
		if not good then
			return
		end
		promises[report.slot]:set_value(report)
		promises[report.slot] = nil
	end
end
-- The report of a slot, or nil if there is none in time.
local function await(slot, report)
	if wait_for(function()
		return not promises[slot]
	end) then
		return report:get()
	end
end

-- The processes that are under attack, by the slots of their targets.
local hosts = {}
local function some_host()
	local all = {}
	for _, host in pairs(hosts) do
		all[#all + 1] = host
	end
	return all[1] and all[random(#all)]
end

-- Sends to a process for as long as that works: numbers, addresses and files, first the address of its target. Returns
-- why it works no longer.
local function send_all(host, target, count)
	local number = 0
	while true do
		local value = number
		if number % 3 == 0 then
			value = { target = target, number = number }
		elseif number % 7 == 0 then
			value = { peer = some_host(), number = number }
		elseif number % 8 == 0 then
			value = { file = null, other = null }
		end
		local good, err = pcall(host.send, host, value)
		if not good then
			return err
		end
		number = number + 1
		count.sent = count.sent + 1
		if number % 16 == 0 then
			time.sleep(0.001)
		end
	end
end

-- Ends a process. Returns whether it must be gone.
local function finish(kind, host)
	local how = random(4)
	if how == 1 then
		host:close()
		return false
	elseif how == 2 then
		local good, err = pcall(host.kill, host, 15)
		if not good and not is(err, "system", ESRCH) and not is(err, "generic", ESRCH) then
			wrong(kind, "kill(15) raised", name_of(err))
		end
	end
	local good, err = pcall(host.kill, host)
	if not good then
		wrong(kind, "kill raised", name_of(err))
	end
	return true
end

-- One attack, from the beginning of the process to its end.
local function attack(kind)
	local life = random(100, 1500)
	local is_too_late = kind == "late" and random(2) == 1
	if is_too_late then
		life = 100000 * slower
	end
	local count = counts[kind] or { spawned = 0, refused = 0, sent = 0, received = 0, answers = 0 }
	counts[kind] = count
	local begun = time.now()
	local good, host = pcall(actor.spawn_vm, options(kind, life))
	if not good then
		count.refused = count.refused + 1
		if kind == "late" then
			-- It ends too early, or lives too long.
			if not is(host, "generic", is_too_late and ETIMEDOUT or ECHILD) or time.now() - begun > 5 + PATIENCE then
				wrong("late: spawn_vm raised", name_of(host), "after", time.now() - begun, "s")
			end
		elseif kind ~= "early" then
			wrong(kind, "spawn_vm raised", name_of(host))
		end
		return
	elseif kind == "late" then
		return wrong("late: spawn_vm returned")
	end
	count.spawned = count.spawned + 1
	local pid = host.child_pid
	local slot, report = new_slot()
	local target = actor.spawn_vm("/processes/target")
	target:send({ home = inbox, slot = slot })
	target:send({ command = { peer = host } })
	hosts[slot] = host
	local why
	local sender = actor.spawn(function()
		why = send_all(host, target, count)
	end)
	if count.spawned == 1 or random(2) == 1 then
		-- It ends by itself.
		wait_for(function()
			return not lives(pid)
		end, PATIENCE + life / 1000)
	else
		time.sleep(random() * life / 1000)
	end
	hosts[slot] = nil
	local is_killed = finish(kind, host)
	if not wait_for(function()
		return why
	end) then
		wrong(kind, "a send still waits after the end")
		sender:interrupt()
	elseif not is(why, "system", EPIPE) and not is(why, "emilua.core", CHANNEL_CLOSED) then
		wrong(kind, "a send raised", name_of(why))
	end
	sender:join()
	local err = select(2, pcall(host.send, host, 1))
	if not is(err, "emilua.core", CHANNEL_CLOSED) then
		wrong(kind, "a send over the closed channel raised", name_of(err))
	end
	-- Whoever is not killed ends by itself.
	if not wait_for(function()
		return not lives(pid)
	end, PATIENCE + (is_killed and 0 or life / 1000)) then
		wrong(kind, "process", pid, "still lives")
	end
	target:send({ command = { report = true } })
	local said = await(slot, report)
	if not said then
		return wrong(kind, "its target is silent")
	end
	if said.wrong then
		wrong(kind, "its target has received", said.wrong)
	end
	if said.peer ~= "system " .. EPIPE then
		wrong(kind, "a send to the dead process:", said.peer)
	end
	count.received = count.received + said.received
	count.answers = count.answers + said.answers
end

-- Actors that behave: each asks another, of which the second and the third are in processes.
local pingers = {}
local function ping(name, spawns)
	local slot, report = new_slot()
	local pinger, echo = actor.spawn_vm("/processes/pinger"), actor.spawn_vm(spawns)
	pinger:send({ home = inbox, slot = slot, echo = echo })
	pingers[#pingers + 1] = { slot = slot, report = report, pinger = pinger, name = name, echo = echo }
end
local forever = math.ceil((seconds + 60 * slower) * 1000)
ping("an actor in the kernel", { module = "/processes/echo" })
-- From now on there is somebody who can send to this actor.
local reports = actor.spawn(take_reports)
plan("hostile")
ping("a process of few instructions", options("echo", forever))
plan("honest")
local with_lua = options(honest, forever)
with_lua.subprocess.init = { script = ("-"):rep(1 << 18) }
with_lua.subprocess.stderr = assert(descriptors.open(folder .. "/honest", "w"))
ping("a process with Lua", with_lua)

-- Programs that do not even attach.
for name, code in pairs({ never = ETIMEDOUT, exits = ECHILD }) do
	plan(name)
	local begun = time.now()
	local good, err = pcall(actor.spawn_vm, options(name, 0))
	if good or not is(err, "generic", code) then
		wrong(name, "spawn_vm", tostring(good), name_of(err))
	elseif time.now() - begun > 5 + PATIENCE then
		wrong(name, "spawn_vm took", time.now() - begun, "s")
	end
end
plan("hostile")

-- Each kind once at least, in random order, and again while there is time.
local deck, dealt = {}, 0
local function deal()
	if #deck == 0 then
		table.move(kinds, 1, #kinds, 1, deck)
	end
	dealt = dealt + 1
	return table.remove(deck, random(#deck))
end
local fibers = {}
for i = 1, SLOTS do
	fibers[i] = actor.spawn(function()
		while dealt < #kinds or time.now() < ends_at do
			attack(deal())
			collectgarbage()
		end
	end)
end
for _, fiber in ipairs(fibers) do
	fiber:join()
end

for _, one in ipairs(pingers) do
	local good = pcall(one.pinger.send, one.pinger, { report = true })
	local said = good and await(one.slot, one.report)
	if not said then
		local has_process, pid = pcall(function()
			return one.echo.child_pid
		end)
		wrong("who asks", one.name, "is silent;", has_process and lives(pid) and "the process lives" or "there is no process")
	else
		if said.longest > PATIENCE / 2 or said.rounds < seconds then
			wrong("who asks", one.name, "waited", said.longest, "s, and asked", said.rounds, "times")
		end
		print(string.format("%s: %d answers, the slowest after %.3f s", one.name, said.rounds, said.longest))
	end
end
local names = {}
for kind in pairs(counts) do
	names[#names + 1] = kind
end
table.sort(names)
for _, kind in ipairs(names) do
	local count = counts[kind]
	print(
		string.format(
			"%s: %d spawned, %d refused, %d sent, %d received, %d answered",
			kind,
			count.spawned,
			count.refused,
			count.sent,
			count.received,
			count.answers
		)
	)
end
-- The end of the script must kill these.
for _ = 1, 3 do
	local good, err = pcall(actor.spawn_vm, options("hold", forever))
	if not good then
		wrong("hold: spawn_vm raised", name_of(err))
	end
end
print("done")
reports:interrupt()
inbox:close()
