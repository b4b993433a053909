-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Walks all functions that a script can reach, and shows that each function that needs a permission is refused without
-- it. The arguments are the folder of this file, a folder to write to, and the name of a script that can be started.

local folder, work, child = ...
local check = dofile(folder .. "/../lib/check.lua")
local needs = dofile(folder .. "/permissions_table.lua")

-- This one preloads others.
require("actor")
local preloaded = {}
for name in pairs(package.preload) do
	preloaded[#preloaded + 1] = name
end
for _, name in ipairs(preloaded) do
	require(name)
end
-- In an actor, which this is now, the table of coroutines is filled when it is first used.
assert(coroutine.running)
local linux, lunatik, rcu = require("linux"), require("lunatik"), require("rcu")
local llthreads, mtint, mtmsg, percpu = require("llthreads2.ex"), require("mtint"), require("mtmsg"), require("percpu")
local runner, device = require("lunatik.runner"), require("device")

-- One object of each kind.
local path = work .. "/file"
io.open(path, "w"):close()
local file <close> = assert(io.open(path))
local shared = rcu.table()
shared.key = 1
local step, walk = pairs(shared)
local runtime <close> = lunatik.runtime(child)
local spawned = runner.spawn(child)
local made <close> = device.new({ name = "permissions" })
local unused = llthreads.new(function() end)
-- Objects of an unrelated runtime.
local foreign <close> = lunatik.runtime("suite/foreign")
local foreign_buffer, foreign_thread = lunatik._ENV["permissions.buffer"], lunatik._ENV["permissions.thread"]
local interruptible = mtint.interruptible(foreign_thread)

-- All functions, by name.
local found, tables = {}, {}
local function visit(name, value)
	if type(value) == "function" then
		found[name] = value
	elseif type(value) == "table" and not tables[value] then
		tables[value] = true
		for key, inner in next, value do
			if type(key) == "string" then
				visit(name .. (name == "" and "" or ".") .. key, inner)
			else
				visit(name .. "[" .. tostring(key) .. "]", inner)
			end
		end
		local metatable = debug.getmetatable(value)
		if metatable then
			visit(name .. " (metatable)", metatable)
		end
	end
end
-- The table of modules is not searched.
tables[package.loaded] = true
for name, module in pairs(package.loaded) do
	if name ~= "_G" then
		visit(name, module)
	end
end
visit("", _G)
visit("file", debug.getmetatable(file))
visit("percpu.counter", debug.getmetatable(percpu.counter("permissions")))
visit("percpu.histogram", debug.getmetatable(percpu.histogram("permissions.values")))
visit("rcu.table", debug.getmetatable(shared))
visit("rcu.walk", debug.getmetatable(walk))
visit("rcu.walk.next", step)
visit("runtime", debug.getmetatable(runtime))
visit("thread handle", debug.getmetatable(spawned))
visit("interruptible", debug.getmetatable(interruptible))
visit("llthreads2 thread", debug.getmetatable(unused))
visit("mtmsg.buffer", debug.getmetatable(mtmsg.newbuffer()))
local made_worker <close> = worker.create(child)
visit("worker handle", debug.getmetatable(made_worker))
visit("device", debug.getmetatable(made))
visit("linux.nf", debug.getmetatable(linux.nf))
visit("linux.nf.next", (pairs(linux.nf)))
visit("string value", debug.getmetatable(""))
for _, value in ipairs({ print, coroutine.create(print), 1, true, {} }) do
	check.ok(type(value) .. " values have no metatable", debug.getmetatable(value) == nil)
end
check.ok("nor has nil", debug.getmetatable(nil) == nil)

local unknown, missing = {}, {}
for name in pairs(found) do
	unknown[#unknown + 1] = not needs[name] and name or nil
end
for name in pairs(needs) do
	missing[#missing + 1] = not found[name] and name or nil
end
check.same("every function is in the table of permissions", table.concat(unknown, ", "), "")
check.same("every function in the table exists", table.concat(missing, ", "), "")

-- Arguments for functions that need a permission.
local arguments = {
	["load"] = { "return 1" },
	["loadfile"] = { path },
	["dofile"] = { path },
	["package.searchers[2]"] = { "nosuch" },
	["package.searchpath"] = { "file", work .. "/?" },
	["io.open"] = { path },
	["io.lines"] = { path },
	["io.input"] = { path },
	["io.output"] = { path },
	["os.remove"] = { work .. "/nosuch" },
	["os.rename"] = { work .. "/nosuch", work .. "/never" },
	["os.getenv"] = { "HOME" },
	["device.new"] = { { name = "permissions2" } },
	["interruptible.__index.interrupt"] = { interruptible },
	["llthreads2.ex.new"] = { print },
	["llthreads2 thread.__index.join"] = { unused },
	["llthreads2 thread.__index.start"] = { unused },
	["mtint.interrupt"] = { foreign_thread },
	["mtmsg.buffer"] = { foreign_buffer },
	["rcu.add"] = { shared, "key", 1 },
	["rcu.cas"] = { shared, "key", 1, 2 },
	["percpu.counter"] = { "permissions" },
	["percpu.histogram"] = { "permissions.values" },
	["rcu.foreach"] = { shared, print },
	["rcu.map"] = { shared, print },
	["rcu.table.__index"] = { shared, "key" },
	["rcu.table.__newindex"] = { shared, "key", 1 },
	["rcu.table.__len"] = { shared },
	["rcu.table.__pairs"] = { shared },
	["rcu.walk.next"] = { walk },
	["lunatik.runtime"] = { child },
	["lunatik.runner.run"] = { "nosuch" },
	["lunatik.runner.spawn"] = { "nosuch" },
	["lunatik.runner.stop"] = { child },
	["runtime.__close"] = { runtime },
	["runtime.__index.resume"] = { runtime },
	["runtime.__index.stop"] = { runtime },
	["worker.create"] = { child },
	["thread.run"] = { runtime, "never" },
	["thread handle.__index.join"] = { spawned },
	["thread handle.__index.stop"] = { spawned },
	["thread handle.__index.task"] = { spawned },
}

-- Calls a function in a coroutine that lacks this permission. The creator of the coroutine keeps it.
local function without(permission, fn, ...)
	local refused = coroutine.create(function(...)
		assert(pledge("~" .. permission))
		return fn(...)
	end)
	return coroutine.resume(refused, ...)
end

local names = {}
for name, permissions in pairs(needs) do
	names[#names + 1] = #permissions > 0 and found[name] and name or nil
end
table.sort(names)
for _, name in ipairs(names) do
	for _, permission in ipairs(needs[name]) do
		local given = arguments[name] or {}
		local ok, err = without(permission, found[name], table.unpack(given))
		local text = ('permission "%s" denied'):format(permission)
		local refused = not ok and tostring(err):find(text, 1, true)
		check.ok(("%s is refused without %s"):format(name, permission), refused, tostring(err))
	end
end

-- Refused operations had no effect.
check.same("the shared table is as it was", shared.key, 1)
check.same("no device was made", io.open("/dev/permissions2"), nil)
check.same("the runtime of no kin lives", foreign:status(), "ready")
check.same("the child lives", runtime:status(), "ready")
check.ok("the thread lives", spawned:task())
check.ok("and stops when that is permitted", pcall(spawned.stop, spawned))
check.ok("and is joined", spawned:join(1000))
