-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of ltask: making services, their environment, names.

local folder = ...
local common = assert(loadfile(folder .. "/lib/ltask.lua"))(folder)
local ltask, check, eval = common.ltask, common.check, common.eval
local same, ok, contains, failure = check.same, check.ok, common.contains, common.failure
local a = common.user()

-- A loader whose services run the code that is their first argument.
local LOADER <const> = [[
	local name = ...
	return function(code, ...)
		return assert(load(code, "=" .. name))(...)
	end
]]

-- A new service that runs the code.
local function from(code, ...)
	return ltask.spawn_service({ name = "code", initfunc = LOADER, args = table.pack(code, ...) })
end

-- 5.1, 5.2: making a service.
contains("15.17: no such service", failure(ltask.spawn, "ltask_nosuch"), "ltask_nosuch")
contains("15.17: a service that fails", failure(from, "error('broken')"), "broken")
contains("5.1: the loader says why", failure(ltask.spawn_service, {
	name = "x",
	initfunc = "return nil, 'nothing here'",
}), "nothing here")
do
	-- The root, the logger, this service and `a` are left.
	failure(from, "error('broken')")
	ok("15.17: it is gone", common.soon(function()
		return #require("ltask.system").services() == 4
	end))
end
ok("5.1: spawn waits for the code", common.took(from, "require('ltask').sleep(2) return {}") >= 2)
same("5.2: print logs", eval(a, "return print == ltask.log.info"), true)
same("5.2: a label", eval(a, "return ltask.label()"), "ltask_user")
same("ruling 9: coroutines are there", eval(a, "return type(coroutine)"), "table")
same(
	"5.2: arguments, nils among them",
	ltask.call(from("local n = select('#', ...) return { n = function() return n end }", 1, nil, 3), "n"),
	3
)
do
	local long = ("x"):rep(40)
	local id = ltask.spawn_service({ name = long, initfunc = LOADER, args = { "return { l = require('ltask').label }" } })
	same("1: a label has at most 31 bytes", ltask.call(id, "l"), long:sub(1, 31))
end

-- 5.3: the table of a service.
do
	local id = from("return { f = function() return 1 end, x = 1 }")
	same("5.3: functions are handlers", ltask.call(id, "f"), 1)
	contains("15.22: other values are not", failure(ltask.call, id, "x"), "Unknown request message : x")
	same("15.22: a value registers nothing", eval(a, "return ltask.dispatch({ x = 1 }).x"), nil)
	contains("15.22: a name has one handler", failure(eval, a, "ltask.dispatch({ echo = print })"), "assertion failed!")
	id = from("return nil")
	ok("15.17: a service without handlers has a number", math.type(id) == "integer")
	ok("15.17: and ends", common.soon(function()
		local text = failure(ltask.call, id, "x")
		return text and text:find("dead", 1, true)
	end))
	contains("5.3: a request before it is ready", failure(from, [[
		local ltask = require("ltask")
		ltask.call(ltask.self(), "early")
	]]), "not ready")
end

-- 5.2: require.
do
	local path = os.getenv("TMPDIR") or "/tmp"
	local function write(name, text)
		local file = assert(io.open(("%s/%s.lua"):format(path, name), "w"))
		file:write(text)
		file:close()
	end
	write("ltask_slow", "require('ltask').sleep(2) loaded = (loaded or 0) + 1 return { loaded }")
	write("ltask_circle_a", "return require('ltask_circle_b')")
	write("ltask_circle_b", "return require('ltask_circle_a')")
	write("ltask_broken", "require('ltask').sleep(1) error('broken module')")
	local id = common.user()
	eval(id, "package.path = (...) .. '/?.lua;' .. package.path", path)
	local tasks = {}
	for i = 1, 3 do
		tasks[i] = { eval, id, "local m = require('ltask_slow') return tostring(m), loaded" }
	end
	local first, loads
	for _, res in ltask.parallel(tasks) do
		first = first or res[1]
		loads = res[2]
		same("15.23: all get the same module", res[1], first)
	end
	same("15.23: which is loaded once", loads, 1)
	contains("15.23: a circle", failure(eval, id, "require('ltask_circle_a')"), "circular dependency")
	contains("5.2: a module that fails", failure(eval, id, "require('ltask_broken')"), "broken module")
	contains("5.2: none", failure(eval, id, "require('ltask_none')"), "module 'ltask_none' not found:")
	for _, name in ipairs({ "slow", "circle_a", "circle_b", "broken" }) do
		os.remove(("%s/ltask_%s.lua"):format(path, name))
	end
end

-- 6.5: names.
do
	local found
	ltask.fork(function()
		found = ltask.queryservice("ltask_user")
	end)
	ltask.sleep(1)
	same("6.5: who asks for a name waits", found, nil)
	local one = ltask.uniqueservice("ltask_user")
	same("15.18: a name is for one service", ltask.uniqueservice("ltask_user"), one)
	ltask.sleep(0)
	ok("15.18: who asks for it gets it", common.soon(function()
		return found == one
	end))
	same("15.18: at once when it is there", ltask.queryservice("ltask_user"), one)
	ltask.send(one, "exit")
	ok("ruling 8: the name of a dead service is free", common.soon(function()
		return ltask.uniqueservice("ltask_user") ~= one
	end))
	local code = "kept = 1 error('not yet')"
	local description = { name = "ltask_code", unique = true, initfunc = LOADER, args = { code } }
	local errors = 0
	local tasks = { { ltask.spawn_service, description }, { ltask.spawn_service, description } }
	for _, res in ltask.parallel(tasks) do
		errors = errors + (tostring(res.error):find("not yet", 1, true) and 1 or 0)
	end
	same("15.18: a failure is raised in all that wait", errors, 2)
	description.args = { "return {}" }
	ok("15.18: and another try is made", math.type(ltask.spawn_service(description)) == "integer")
end

-- 7: built-in requests.
do
	local id = common.user()
	ltask.fork(pcall, ltask.call, id, "sleep", 100)
	ltask.fork(pcall, ltask.call, id, "hang")
	ltask.sleep(1)
	local text = ltask.syscall(id, "traceback")
	contains("7.1: a traceback has what sleeps", text, "sleep")
	contains("13.29: and what waits", text, "wait")
	local found = ltask.call(1, "tracelog", 50)
	contains("7.2: the root asks all", found[id].traceback, "stack traceback")
	same("7.2: and knows names", found[ltask.queryservice("ltask_user")].name, "ltask_user")
	ok("7.1: memory is a float", math.type(ltask.syscall(id, "memory")) == "float")
end
contains("1.1: only the root makes services", failure(require("ltask.system").new_service, "x"), "only the root service")
common.finish()
