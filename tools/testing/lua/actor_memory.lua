-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Actors without memory: in each operation, all allocations fail from the n-th on, for each n. Either the operation
-- raises an error, and the actor works as before, or the actor ends. No waiter is forgotten, and other actors are not
-- harmed.

local check, folder = ...
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)
local check_all = assert(loadfile(folder .. "/lib/actor_memory.lua"))(check, common)

-- What an actor does with failing allocations. `other` is an actor that runs code.
local OPERATIONS <const> = {
	send = "other:send({ code = '' })",
	["send a table"] = "other:send({ code = 'return 1', arguments = { n = 2, { 1, 2, { 3 } }, ('x'):rep(100) } })",
	["send an address"] = "other:send({ code = '', arguments = { n = 1, inbox } })",
	["send in a fiber"] = "spawn(function() other:send({ code = '' }) end):join()",
	receive = [[
		other:send({
			code = "local home = ... spawn(function() home:send('answer') end):detach()",
			arguments = { n = 1, inbox },
		})
		local answer = inbox:receive()
		if answer ~= "answer" then
			error("the answer is " .. tostring(answer))
		end
	]],
	["spawn and join"] = "spawn(function() this_fiber.yield() end):join()",
	interrupt = "local f = spawn(function() time.sleep(3600) end) this_fiber.yield() f:interrupt() f:join()",
	sleep = "time.sleep(0.0001)",
	["sleep in a fiber"] = "spawn(function() time.sleep(0.0001) end):join()",
	["sleep in a coroutine"] = "coroutine.wrap(function() time.sleep(0.0001) end)()",
	mutex = [[
		local m = require("mutex").new()
		m:lock()
		local f = spawn(function()
			m:lock()
			m:unlock()
		end)
		this_fiber.yield()
		m:unlock()
		f:join()
	]],
	["condition variable"] = [[
		local m, c, woken = require("mutex").new(), require("condition_variable").new(), false
		local f = spawn(function()
			m:lock()
			while not woken do
				c:wait(m)
			end
			m:unlock()
		end)
		this_fiber.yield()
		woken = true
		c:notify_all()
		f:join()
	]],
	future = [[
		local p, f = require("future").new()
		local g = spawn(function()
			return f:get()
		end)
		this_fiber.yield()
		p:set_value(1)
		g:join()
	]],
	scope = "scope(function() scope_cleanup_push(function() this_fiber.yield() end) end)",
	spawn_vm = "user():close()",
	["spawn_vm in a context of its own"] = "user({ inherit_context = false }):close()",
	["a module"] = "require('actors.context') package.loaded['actors.context'] = nil",
	["an error"] = [[
		local good, err = pcall(inbox.receive, {})
		if good or tostring(err) == "" then
			error("no error")
		end
	]],
	collect = "local m = setmetatable({}, { __gc = function() end }) m = nil collectgarbage()",
}

local received_nil = common.flag("nil")
check_all(OPERATIONS)
check.same("receive never returns nil", common.flags[received_nil], nil)
