-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: the model, spawn_vm, its options and effects, and the names of the modules (sections 1, 2.1,
-- 2.2, 4.6, and the first ruling). The table `subprocess` has checks of its own: actor_process_options.lua.

local check, folder = ...
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)
local actor, inbox, testing = require("actor"), require("inbox"), require("lunatik.testing")
local same, ok = check.same, check.ok
local failure, user, eval, collect = common.failure, common.user, common.eval, common.collect
local spawn_vm = actor.spawn_vm

-- Pools of scripts that were here before may still be about to go.
local function pools_are(count)
	return common.soon(function()
		return testing.pool().pools == count
	end)
end
ok("the only pool is that of all scripts", pools_are(1))

-- Ruling 1: names.
for _, name in ipairs({
	"spawn_vm",
	"spawn_context_threads",
	"spawn",
	"scope",
	"scope_cleanup_push",
	"scope_cleanup_pop",
}) do
	same("ruling 1: actor." .. name, type(actor[name]), "function")
	same("ruling 1: a script has the global " .. name, _G[name], actor[name])
end
same("ruling 1: actor.this_fiber", type(actor.this_fiber), "table")
same("ruling 1: a script has the global this_fiber", _G.this_fiber, actor.this_fiber)
for _, name in ipairs({ "inbox", "mutex", "recursive_mutex", "condition_variable", "future", "time" }) do
	ok("ruling 1: there is a module " .. name, pcall(require, name))
end
do
	local names = eval(
		user(),
		[[
			local wrong = {}
			for _, name in ipairs({ "spawn_vm", "spawn_context_threads", "spawn", "scope", "scope_cleanup_push",
				"scope_cleanup_pop", "this_fiber" }) do
				if _G[name] == nil or _G[name] ~= actor[name] then
					wrong[#wrong + 1] = name
				end
			end
			return table.concat(wrong, " ")
		]]
	)
	same("ruling 1: an actor has these globals", names, "")
end

-- 1: the model.
do
	local a, b = user(), user()
	eval(a, "shared = 1; _G.shared_too = 2")
	same("1: globals are private", eval(b, "return shared or _G.shared_too"), nil)
	same("1: also those of the actor that has spawned", _G.shared_too, nil)
	local list = { 1 }
	eval(a, "local list = ...; list[1] = 2", list)
	same("1: values are copied", list[1], 1)
	eval(a, "kept.counts, running = {}, 0")
	local overlaps = eval(
		a,
		[[
			local overlaps, fibers = 0, {}
			for i = 1, 8 do
				fibers[i] = spawn(function()
					for _ = 1, 20 do
						running = running + 1
						overlaps = overlaps + running - 1
						linux.schedule()
						running = running - 1
						time.sleep(0.0001)
					end
				end)
			end
			for _, fiber in ipairs(fibers) do
				fiber:join()
			end
			return overlaps
		]]
	)
	same("1: one fiber of an actor executes at a time", overlaps, 0)
end

-- 2.1: options.
for _, wrong in ipairs({ 1, true, print, coroutine.create(print) }) do
	same("2.1: an argument of type " .. type(wrong), failure(spawn_vm, wrong), "EINVAL arg=1")
end
same("2.1: nil as argument", failure(spawn_vm, nil), "EINVAL arg=1")
same("2.1: no argument", failure(spawn_vm), "EINVAL arg=1")
same("2.1: the empty string", failure(spawn_vm, ""), "invalid_module_name")
same("2.1: no module", failure(spawn_vm, {}), "invalid_module_name")
same("2.1: an empty module", failure(spawn_vm, { module = "" }), "invalid_module_name")
for _, wrong in ipairs({ 1, false, {}, print }) do
	same("2.1: a module of type " .. type(wrong), failure(spawn_vm, { module = wrong }), "EINVAL arg=module")
end
do
	local address = spawn_vm("/actors/code")
	address:send({ folder = folder })
	same("2.1: a string is the module", eval(address, "return 'here'"), "here")
	same("2.1: so is the field", eval(user(), "return 'here'"), "here")
end
for _, wrong in ipairs({ "no", 0, {}, print }) do
	local address = user({ inherit_context = wrong })
	ok(
		"2.1: inherit_context of type " .. type(wrong) .. " is ignored",
		eval(address, "return true") and testing.pool().pools == 1
	)
end
for _, hint in ipairs({ 2, 1.5, "safe", "other", true, {}, -1, 0 }) do
	local address = user({ inherit_context = false, concurrency_hint = hint })
	same(
		("2.1: the hint %s is as 'safe'"):format(type(hint) == "table" and "{}" or tostring(hint)),
		eval(address, "return failure(spawn_context_threads, 0)"),
		nil
	)
	address:close()
end
same(
	"2.1: the hint 1 is not",
	eval(user({ inherit_context = false, concurrency_hint = 1 }), "return failure(spawn_context_threads, 0)"),
	"ENOTSUP"
)
for _, key in ipairs({ "inherit_context", "new_master" }) do
	for _, value in ipairs({ true, false }) do
		local options = { module = "/actors/code", subprocess = {}, [key] = value }
		same(("2.1: subprocess with %s = %s"):format(key, value), failure(spawn_vm, options), "EINVAL arg=1")
	end
end
do
	-- Whether it was ignored shows in the master's part, too.
	local address = user({ new_master = "yes" })
	same(
		"2.1: new_master of another type is ignored",
		failure(spawn_vm, { module = "/actors/no", new_master = true }):match("^%S+"),
		"module_not_found"
	)
	same(
		"2.1: new_master from another than the master",
		eval(address, "return failure(user, { new_master = true })"),
		"EPERM"
	)
	same(
		"2.2: options come before the module",
		eval(address, "return failure(spawn_vm, { module = '/actors/nosuch', new_master = true })"),
		"EPERM"
	)
	same("2.1: new_master false is for everybody", eval(address, "return failure(user, { new_master = false })"), nil)
	same("2.1: so is one of another type", eval(address, "return failure(user, { new_master = 1 })"), nil)
end
for _, wrong in ipairs({ "yes", true, 1 }) do
	local address = user({ subprocess = wrong })
	same("2.1: subprocess of type " .. type(wrong) .. " is ignored", eval(address, "return 'here'"), "here")
end
collect()
ok("2.2: contexts of actors that are gone are gone", pools_are(1))

-- 2.2: effects, in order.
same("2.2: a module that is not found raises in the caller", failure(spawn_vm, "/actors/nosuch"), "module_not_found")
for _, name in ipairs({ "/actors/nosuch", "nosuch", "" }) do
	local before = testing.pool().pools
	failure(spawn_vm, { module = name, inherit_context = false })
	same("2.2: no context is made for module '" .. name .. "'", testing.pool().pools, before)
end
do
	local good, err = pcall(spawn_vm, "/actors/modules/broken")
	same("2.2: a syntax error raises in the caller", good, false)
	same("2.2: it is an error object", type(err), "table")
	same("2.2: of the category lua", type(err) == "table" and err.category:name(), "lua")
	failure(spawn_vm, { module = "/actors/modules/broken", inherit_context = false })
	ok("2.2: its context does not stay", pools_are(1))
	ok("2.2: a file that cannot be read raises, too", failure(spawn_vm, "/actors/modules/folder"))
end
do
	local address = user({ inherit_context = false })
	same("2.2: a context of its own is made", testing.pool().pools, 2)
	same("2.2: and runs the actor", eval(address, "return 1 + 1"), 2)
	address:close()
end
do
	local address = user()
	eval(address, "local home = ...; function ended(why) home:send(why) end", inbox)
	eval(address, "return 1")
	address:close()
	same("2.2: an actor begins with one sender", inbox:receive(), "no_senders")
end
do
	local order = {}
	local fiber = actor.spawn(function()
		order[#order + 1] = "fiber"
	end)
	local address = spawn_vm("/actors/code")
	order[#order + 1] = "spawner"
	fiber:join()
	same("2.2: spawn_vm does not suspend", table.concat(order, " "), "spawner fiber")
	address:close()
	actor.this_fiber.forbid_suspend()
	local why = failure(user)
	actor.this_fiber.allow_suspend()
	same("2.2: only the message to it would", why, "forbid_suspend_block")
	actor.this_fiber.forbid_suspend()
	why = failure(spawn_vm, "/actors/code")
	actor.this_fiber.allow_suspend()
	same("2.2: so it can be called where one must not suspend", why, nil)
	local spawned
	fiber = actor.spawn(function()
		spawned = spawn_vm("/actors/code")
	end)
	fiber:interrupt()
	fiber:join()
	ok("2.2: it is no interruption point", spawned)
end

-- 4.6: no links.
do
	local address = user()
	local watched = spawn_vm("/actors/fails")
	same("4.6: a sender learns of the failure of an actor", failure(watched.send, watched, 1), "channel_closed")
	same("4.6: nobody else is told", eval(address, "return 'well'"), "well")
	eval(address, "kept.home = ...; function ended() error('fails') end", inbox)
	address:close()
	same("4.6: or who waits for messages of it", failure(inbox.receive, inbox), "no_senders")
end
