-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Actors without memory: in each operation, all allocations fail from the n-th on, for each n. Either the operation
-- raises an error, and the actor works as before, or the actor ends. No waiter is forgotten, and other actors are not
-- harmed.

local check, folder = ...
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)
local ok, same = check.ok, check.same
local user, eval = common.user, common.eval

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

-- Runs the operation with all allocations failing from the n-th on. Returns the name of its error, if it has failed,
-- and that of the error of another try.
local TRY <const> = [[
	local other, code, n = ...
	local testing = require("lunatik.testing")
	local chunk = assert(load("local other = ... " .. code, "=operation", "t", _ENV))
	testing.fail_allocation(n, true)
	local good, err = pcall(chunk, other)
	testing.fail_allocation(0)
	local first = not good and name_of(err) or nil
	good, err = pcall(chunk, other)
	return first, not good and name_of(err) or nil
]]
local DEAD <const> = { channel_closed = true, no_senders = true }

-- Whether the error is one for lack of memory.
local function is_memory(name)
	return name:find("emory", 1, true) or name == "ENOMEM"
end

local received_nil = common.flag("nil")
local names = {}
for name in pairs(OPERATIONS) do
	names[#names + 1] = name
end
table.sort(names)
for _, name in ipairs(names) do
	local code = OPERATIONS[name]
	local other = user()
	local n, failed, died, wrong = 0, 0, 0, nil
	repeat
		n = n + 1
		local actor = user()
		local good, first, second = pcall(eval, actor, TRY, other, code, n)
		if not good then
			first = common.name_of(first)
			died = died + 1
			wrong = not DEAD[first] and first or common.gone(actor) ~= "channel_closed" and "it lives"
		elseif first then
			failed = failed + 1
			wrong = not is_memory(first) and first or second and "again: " .. second
		end
		actor:close()
	until good and not first or wrong or n == 1000
	ok(name .. ": its errors are those of memory", not wrong, ("allocation %d: %s"):format(n, wrong))
	ok(name .. ": it has failed, and succeeded", (failed > 0 or died > 0) and n < 1000, n)
	same(name .. ": the other actor is not harmed", eval(other, "return 'well'"), "well")
	print(("# %s: failed %d times, ended the actor %d times"):format(name, failed, died))
	other:close()
end
same("receive never returns nil", common.flags[received_nil], nil)
