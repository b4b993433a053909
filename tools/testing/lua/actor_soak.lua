-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Actors that spawn, send to, close, interrupt and end each other at random, until none is left. The arguments: a seed
-- for the random numbers, the number of actors that the script spawns, and the number of steps of each of their
-- fibers. What ends otherwise than it may is printed with "wrong: ".
--
-- Every actor has one fiber that receives, and never waits for anything else, and some that do the steps. When they
-- have done all, or failed, the actor ends; so all sends end. This script has an address at each of them, so it has no
-- senders when they are gone.

local actor, inbox, time = require("actor"), require("inbox"), require("time")
local future, mutex = require("future"), require("mutex")
local random = math.random

-- The codes of errors that may end an operation: `interrupted`, `channel_closed`, `no_senders`.
local EXPECTED <const> = { [13] = true, [15] = true, [16] = true }
local PLACES <const> = 8
local MODULE <const> = "."

local function try(fn, ...)
	local good, err = pcall(fn, ...)
	-- Another fiber may have closed an address that is in the message.
	if not good and not (type(err) == "table" and (EXPECTED[err.code] or err.path)) then
		print("wrong: " .. tostring(err))
	end
	return good, err
end

-- Addresses that were heard of; most of them are of the dead.
local known = {}
local function some()
	return known[random(PLACES)] or known[next(known) or 1]
end
local function learn(address)
	local at = random(PLACES)
	if known[at] and random(2) == 1 then
		known[at]:close()
	end
	known[at] = address
end
local function send(address, value)
	if address then
		return try(address.send, address, value)
	end
end

-- A new actor, with its first message, and some addresses.
local function spawn_one(seed, steps, depth, home)
	local options = { module = MODULE }
	if random(4) == 1 then
		options.inherit_context = false
		options.concurrency_hint = random(2)
	end
	local address = actor.spawn_vm(options)
	if not send(address, { seed = seed, steps = steps, depth = depth, home = home }) then
		return nil
	end
	return address
end

if _CONTEXT == "main" then
	local seed, count, steps = ...
	seed, count, steps = math.tointeger(seed), math.tointeger(count), math.tointeger(steps)
	math.randomseed(seed)
	local all = {}
	for i = 1, count do
		all[i] = spawn_one(seed * 1000 + i, steps, 2, inbox)
	end
	-- A ring, a tree, or everybody knows everybody.
	local topology = seed % 3
	for i = 1, count do
		if topology == 0 then
			send(all[i], { learn = all[i % count + 1] })
		elseif topology == 1 then
			send(all[i], { learn = all[i // 2] or inbox })
		else
			for j = 1, count do
				send(all[i], { learn = all[j] })
			end
		end
		send(all[i], { hops = 50 })
	end
	for i = count, 1, -1 do
		all[i] = nil
	end
	local received, err = 0, nil
	repeat
		local good, message = pcall(inbox.receive, inbox)
		if good then
			received = received + 1
			if message.learn then
				-- It is passed on, to whoever was heard of.
				local to = some()
				actor.spawn(function()
					send(to, message)
				end):detach()
				learn(message.learn)
			end
			if received % 64 == 0 then
				collectgarbage()
			end
		else
			err = message
		end
	until err
	if err.code == 16 then
		print(received .. " received; done")
	elseif err.code ~= 15 then
		-- It is not a stop, either.
		print("wrong: " .. tostring(err))
	end
	return
end

local begun, first = pcall(inbox.receive, inbox)
if not begun then
	-- The one that has spawned this actor was interrupted.
	return
end
math.randomseed(first.seed)
local home, depth = first.home, first.depth
local promise, done = future.new()
local lock = mutex.new()
local fibers = {}
local FIBERS <const> = 3
local working = FIBERS

-- What ends the actor. Only the first one counts.
local function finish(err)
	if err then
		pcall(promise.set_error, promise, err)
	else
		pcall(promise.set_value, promise, true)
	end
end

-- Handles a message. It never waits.
local function handle(message)
	if type(message) ~= "table" then
		return
	end
	if message.learn then
		learn(message.learn)
	end
	if message.hops and message.hops > 0 then
		message.hops = message.hops - 1
		local to = some()
		actor.spawn(function()
			send(to, message)
		end):detach()
	end
	if message.reply then
		actor.spawn(function()
			send(message.reply, { echoed = message.echo })
		end):detach()
	end
end

local receiver = actor.spawn(function()
	scope_cleanup_push(function()
		inbox:close()
	end)
	while true do
		local good, message = pcall(inbox.receive, inbox)
		if not good then
			break
		end
		handle(message)
	end
end)

local value = { 1, "two", { three = 3, 3.5, true } }
local steps = {
	function()
		send(some(), value)
	end,
	function()
		send(some(), { ("x"):rep(random(20000)), value, value })
	end,
	function()
		send(some(), { learn = some() })
	end,
	function()
		send(some(), { learn = inbox })
	end,
	function()
		send(home, { learn = inbox })
	end,
	function()
		send(some(), { echo = value, reply = inbox })
	end,
	function()
		send(some(), { hops = 20, learn = some() })
	end,
	function()
		try(time.sleep, random() / 500)
	end,
	function()
		actor.this_fiber.yield()
	end,
	function()
		if depth > 0 and random(3) == 1 then
			learn(spawn_one(random(1 << 30), first.steps // 2, depth - 1, home))
		end
	end,
	function()
		local at = next(known)
		if at then
			known[at]:close()
			known[at] = nil
		end
	end,
	function()
		if random(20) == 1 then
			fibers[random(FIBERS)]:interrupt()
		end
	end,
	function()
		scope(function()
			lock:lock()
			scope_cleanup_push(function()
				lock:unlock()
			end)
			send(some(), value)
		end)
	end,
	function()
		scope(function()
			scope_cleanup_push(function()
				send(some(), { hops = 2 })
			end)
			time.sleep(0)
		end)
	end,
	function()
		local co = coroutine.wrap(function()
			coroutine.yield(send(some(), value))
			return send(some(), { learn = inbox })
		end)
		co()
		co()
	end,
	function()
		local good = pcall(home.send, home, { value, print })
		if good then
			print("wrong: a function was sent")
		end
	end,
	function()
		collectgarbage()
	end,
	function()
		-- Waits that end by an interruption.
		scope(function()
			local fiber = actor.spawn(function()
				send(some(), { ("y"):rep(1000) })
				time.sleep(3600)
			end)
			scope_cleanup_push(function()
				fiber:interrupt()
				fiber:join()
			end)
			if random(2) == 1 then
				actor.this_fiber.yield()
			end
		end)
	end,
	function()
		pcall(spawn_context_threads, 1)
	end,
}
-- Ways to die, which are rare.
local deaths = {
	function()
		finish("dies")
	end,
	function()
		finish()
	end,
	function()
		inbox:close()
	end,
	function()
		require("system").exit()
	end,
	function()
		receiver:interrupt()
	end,
	function()
		scope(function()
			scope_cleanup_push(function()
				error("dies while it cleans up")
			end)
		end)
	end,
	function()
		require("lunatik.testing").fail_allocation(random(30), true)
	end,
	function()
		error("a fiber dies")
	end,
}

for i = 1, FIBERS do
	fibers[i] = actor.spawn(function()
		scope_cleanup_push(function()
			working = working - 1
			if working == 0 then
				finish()
			end
		end)
		for _ = 1, first.steps do
			if random(400) == 1 then
				deaths[random(#deaths)]()
			else
				steps[random(#steps)]()
			end
		end
	end)
end
done:get()
inbox:close()
