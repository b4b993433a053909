-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Attempts to bypass permissions, all of which must fail. Must be run with only the permission `rcu`, so it cannot load
-- the common checks. The argument is a file that it may not read.

local path = ...
local denied = 'permission "fs:read" denied'

local function report(good, name, why)
	print(good and "ok " .. name or "not ok " .. name .. " # " .. tostring(why):gsub("\n", " | "))
end

local function refused(name, text, fn, ...)
	local ok, err = pcall(fn, ...)
	report(not ok and tostring(err):find(text, 1, true) ~= nil, name, err)
end

local function nothing(name, value)
	report(value == nil, name, value)
end

refused("a file", denied, io.open, path)
refused(
	"a file, in a coroutine",
	denied,
	coroutine.wrap(function()
		return io.open(path)
	end)
)
refused(
	"a file, in a coroutine of a coroutine",
	denied,
	coroutine.wrap(function()
		return coroutine.wrap(io.open)(path)
	end)
)
report(select("#", pledge("fs", "fs:read", "load", "exec")) == 4, "a sealed set answers each grant")
for _, spec in ipairs({ "fs", "load", "~rcu", "runner=x", "nosuch" }) do
	report(pledge(spec) == false, "a sealed set does not take " .. spec)
	report(coroutine.wrap(pledge)(spec) == false, "nor does it in a coroutine: " .. spec)
end
refused("nobody gets all", 'permission "all" cannot be requested from scripts', pledge, "all")

-- Functions behind the guards.
for name, fn in pairs({ load = load, dofile = dofile, loadfile = loadfile, getenv = os.getenv, open = io.open }) do
	nothing(name .. " has no upvalues to take", (debug.getupvalue(fn, 1)))
end
nothing("nor has the searcher of files", (debug.getupvalue(package.searchers[2], 1)))
report(next(debug.getregistry()) == nil, "the registry is empty", next(debug.getregistry()))
nothing("there is no C loader", package.loadlib)
nothing("there is no shell", os.execute)
nothing("nor a pipe to one", io.popen)
-- Code.
refused("text is not loaded", 'permission "load" denied', load, "return 1")
refused("nor in an environment of its own", 'permission "load" denied', load, "return 1", "x", "t", {})
refused("nor piece by piece", 'permission "load" denied', load, function() end)
refused("nor what string.dump gives", 'permission "load" denied', load, string.dump(function() end))
refused("nor a file", 'permission "load" denied', loadfile, path)
refused("nor run", 'permission "load" denied', dofile, path)
refused("nor standard input", 'permission "load" denied', loadfile)
refused("nor required", 'permission "load" denied', require, "hello")
refused("nor searched for", 'permission "load" denied', package.searchers[2], "hello")
package.path = path .. ";./?;/?"
refused("nor on another path", 'permission "load" denied', require, "etc/passwd")
nothing("nor as C, for which there is no searcher", package.searchers[3])
refused("files are not looked for", denied, package.searchpath, "x", path)
package.preload.own = function(name)
	return { name = name, open = io.open }
end
report(require("own").name == "own", "what a script preloads itself is required")
refused("but may not do more", denied, require("own").open, path)
refused("a module that is there is required, its functions ask", 'permission "runner" denied', function()
	return require("lunatik.runner").list()
end)
refused("another runtime is not made", 'permission "runner" denied', require("lunatik").runtime, "hello")

-- Calls through other functions.
local function by(name, text, call)
	local err
	local function try(...)
		local ok
		ok, err = pcall(io.open, path)
		err = not ok and err or "opened"
		return ...
	end
	call(try)
	report(tostring(err):find(text, 1, true) ~= nil, name, err)
end
by("__index", denied, function(try)
	return setmetatable({}, { __index = try }).x
end)
by("__close", denied, function(try)
	local _ <close> = setmetatable({}, { __close = try })
end)
by("__gc", denied, function(try)
	setmetatable({}, { __gc = try })
	collectgarbage()
end)
by("__tostring", denied, function(try)
	return pcall(tostring, setmetatable({}, { __tostring = try }))
end)
by("a hook", denied, function(try)
	debug.sethook(try, "", 1)
	local _ = 1
	debug.sethook()
end)
by("a message handler", denied, function(try)
	xpcall(error, try)
end)
by("string.gsub", denied, function(try)
	return ("x"):gsub("x", function()
		try()
	end)
end)
by("table.sort", denied, function(try)
	table.sort({ 1, 2 }, function()
		try()
		return false
	end)
end)
by("rcu.map", denied, function(try)
	local shared = require("rcu").table()
	shared.x = 1
	require("rcu").map(shared, try)
end)

-- Handles of other runtimes.
local runtimes = require("lunatik")._ENV.runtimes
local victim = runtimes["suite/victim"]
report(victim ~= nil, "with rcu the handle of a runtime is found", victim)
refused("but it is not stopped", "permission \"runner\" denied for 'suite/victim'", victim.stop, victim)
refused("nor resumed", "permission \"runner\" denied for 'suite/victim'", victim.resume, victim)
refused("nor closed", "permission \"runner\" denied for 'suite/victim'", function()
	local _ <close> = victim
end)
refused("nor given a thread", 'permission "thread" denied', require("thread").run, victim, "x")
report(victim:status() == "ready", "it is as it was", victim:status())

-- A finalizer, the last code that runs.
setmetatable({}, {
	__gc = function()
		local ok, err = pcall(io.open, path)
		print(not ok and tostring(err):find(denied, 1, true) and "finalizer refused" or "finalizer let through")
	end,
})
