-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Fibers of one actor that do random things with shared objects, and interrupt each other at random: no lock is held
-- twice, none stays locked, and every fiber ends.

local check, folder = ...
local ok = check.ok
local common = assert(loadfile(folder .. "/lib/actor_fibers.lua"))(check, folder)
local time, future = require("time"), require("future")
local mutex, recursive_mutex = require("mutex"), require("recursive_mutex")
local condition_variable = require("condition_variable")

local FIBERS <const>, STEPS <const>, DEPTH <const> = 40, 30, 4
local random = math.random

local Run = {}
Run.__index = Run

function Run.new()
	local run = setmetatable({ locks = {}, held = {}, others = {}, conditions = {}, futures = {}, roots = {} }, Run)
	for i = 1, 3 do
		run.locks[i], run.held[i] = mutex.new(), false
		run.others[i], run.conditions[i] = recursive_mutex.new(), condition_variable.new()
	end
	-- How many fibers have not ended, and what was wrong.
	run.alive, run.wrong = 0, nil
	return run
end

function Run:expect(good, what)
	if not good then
		self.wrong = self.wrong or what
	end
end

-- What each fiber may do. Errors are left to the fiber.
local actions = {}

function actions.yield()
	this_fiber.yield()
end

function actions.sleep()
	time.sleep(random() * 0.001)
end

-- Holds a mutex, and may wait for a condition with it. An interruption must not come between locking and the handler.
function actions.lock(run)
	local i = random(3)
	this_fiber.disable_interruption()
	scope(function()
		run.locks[i]:lock()
		scope_cleanup_push(function()
			run:expect(run.held[i], "a mutex was unlocked by others")
			run.held[i] = false
			run.locks[i]:unlock()
		end)
		run:expect(not run.held[i], "a mutex is held twice")
		run.held[i] = true
		if random(2) == 1 then
			this_fiber.yield()
		end
		if random(3) == 1 then
			run.held[i] = false
			local good, err = pcall(function()
				this_fiber.restore_interruption()
				local _ <close> = setmetatable({}, { __close = this_fiber.disable_interruption })
				run.conditions[i]:wait(run.locks[i])
			end)
			run:expect(good or common.name_of(err) == "interrupted", "a wait fails: " .. tostring(err))
			run:expect(not run.held[i], "a condition was waited for without the mutex")
			run.held[i] = true
		end
	end)
	this_fiber.restore_interruption()
end

function actions.lock_twice(run)
	local lock = run.others[random(3)]
	scope(function()
		lock:lock()
		lock:lock()
		scope_cleanup_push(function()
			lock:unlock()
			lock:unlock()
		end)
		this_fiber.yield()
	end)
end

function actions.notify(run)
	local condition = run.conditions[random(3)]
	if random(2) == 1 then
		condition:notify_one()
	else
		condition:notify_all()
	end
end

function actions.interrupt(run)
	run.roots[random(#run.roots)]:interrupt()
end

function actions.spawn(run, depth)
	local fiber = run:start(depth + 1)
	local way = random(3)
	if way == 1 then
		local result = fiber:join()
		run:expect(result == nil or result == depth + 1, "another fiber's result")
	elseif way == 2 then
		fiber:detach()
	end
end

function actions.coroutine(run, depth)
	local co = coroutine.create(function()
		scope_cleanup_push(this_fiber.yield)
		run:act(depth)
		coroutine.yield()
		run:act(depth)
	end)
	-- It may be left as it is.
	coroutine.resume(co)
	if random(2) == 1 then
		coroutine.resume(co)
	end
end

function actions.promise(run)
	run.futures[random(5)] = table.pack(future.new())
end

function actions.keep(run)
	local pair = run.futures[random(5)]
	if pair and pair[1] then
		pcall(pair[1].set_value, pair[1], 1)
	end
end

-- Breaks a promise, and waits for it.
function actions.break_promise(run)
	local pair = run.futures[random(5)]
	if pair then
		pair[1] = nil
		pcall(pair[2].get, pair[2])
	end
end

function actions.fail()
	if random(20) == 1 then
		error("random failure", 0)
	end
end

local names = {}
for name in pairs(actions) do
	names[#names + 1] = name
end
table.sort(names)

function Run:act(depth)
	actions[names[random(#names)]](self, depth)
end

-- A new fiber that acts.
function Run:start(depth)
	self.alive = self.alive + 1
	return spawn(function()
		scope_cleanup_push(function()
			if random(2) == 1 then
				this_fiber.yield()
			end
			self.alive = self.alive - 1
		end)
		for _ = 1, depth > DEPTH and 1 or random(STEPS) do
			if depth <= DEPTH then
				self:act(depth)
			end
		end
		return depth
	end)
end

-- Runs them all. Fibers that nothing can wake but a notification or a collection get both.
local function run_with(seed)
	math.randomseed(seed)
	local run = Run.new()
	for i = 1, FIBERS do
		run.roots[i] = run:start(1)
	end
	for round = 1, 5000 do
		if run.alive == 0 then
			break
		end
		for i = 1, 3 do
			run.conditions[i]:notify_all()
		end
		if round % 10 == 0 then
			collectgarbage()
		end
		time.sleep(0.0005)
	end
	for i = 1, 3 do
		run:expect(run.locks[i]:try_lock(), "a mutex stays locked")
		run:expect(run.others[i]:try_lock(), "a recursive mutex stays locked")
	end
	for _, fiber in ipairs(run.roots) do
		local good, err = pcall(fiber.join, fiber)
		run:expect(good or err == "random failure", "a fiber fails: " .. tostring(err))
	end
	return run
end

for seed = 1, 20 do
	local mode = collectgarbage(seed % 2 == 0 and "generational" or "incremental")
	local run = run_with(seed)
	collectgarbage(mode)
	ok(
		("9: fibers with random actions, %d"):format(seed),
		run.alive == 0 and not run.wrong,
		run.wrong or ("%d fibers have not ended"):format(run.alive)
	)
end
