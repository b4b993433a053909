-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of ltask: what services may do.

local folder = ...
local common = assert(loadfile(folder .. "/lib/ltask.lua"))(folder)
local ltask, check, eval = common.ltask, common.check, common.eval
local same, contains, failure = check.same, common.contains, common.failure

local DENIED <const> = 'permission "fs:write" denied'
-- Returns nil if the code may write files, otherwise the error.
local TRY <const> = "local ok, err = pcall(io.open, '/tmp/suite_ltask', 'w') return not ok and tostring(err) or nil"

local function denied(name, text)
	contains("permissions: " .. name, text, DENIED)
end

local function allowed(name, text)
	same("permissions: " .. name, text, nil)
end

-- A service that runs the code that it is made of.
local LOADER <const> = "local name = ... return function(code) return assert(load(code, '=' .. name))() end"

local function from(code)
	return ltask.spawn_service({ name = "code", initfunc = LOADER, args = { code } })
end

allowed("a service may do what its creator may", eval(common.user(), TRY))

-- A service that has pledged, and all ways to make others.
do
	local a = common.user()
	same("permissions: pledge returns what it does", eval(a, "return pledge('~fs:write')"), true)
	denied("the next session is narrowed", eval(a, TRY))
	denied("a fork", eval(a, ("local r ltask.fork(function() r = (function() %s end)() end) ltask.sleep(0) return r"):format(TRY)))
	denied("a timer", eval(a, ("local r ltask.timeout(0, function() r = (function() %s end)() end) ltask.sleep(1) return r"):format(TRY)))
	denied("a service that it spawns", eval(eval(a, "return ltask.spawn('ltask_user')"), TRY))
	denied("by a call of the root", eval(eval(a, "return ltask.call(1, 'spawn', 'ltask_user')"), TRY))
	denied("by the general form", eval(eval(a, "return ltask.call(1, 'spawn_service', { name = 'ltask_user' })"), TRY))
	denied("by a message of its own making", eval(eval(a, [[
		local id
		ltask.suspend(4242, function(_, _, message)
			id = ltask.unpack_remove(message)
		end)
		ltask.post_message(1, 4242, 1, ltask.pack("spawn", "ltask_user"))
		for _ = 1, 500 do
			if id then
				break
			end
			ltask.sleep(1)
		end
		return id
	]]), TRY))
	denied("a unique one", ltask.call(eval(a, [[
		return ltask.spawn_service({ name = "unique", unique = true, initfunc = ..., args = {
			"return { try = function() " .. select(2, ...) .. " end }",
		} })
	]], LOADER, TRY), "try"))
	denied("one that such a one spawns", eval(eval(eval(a, "return ltask.spawn('ltask_user')"), "return ltask.spawn('ltask_user')"), TRY))
	contains("permissions: it cannot widen", failure(eval, a, "pledge('fs:write')"), 'permission "fs:write" was rejected')
	local child = eval(a, "return ltask.spawn('ltask_user')")
	eval(child, "pcall(pledge, 'fs:write')")
	denied("nor can what it spawns", eval(child, TRY))
	allowed("others are not narrowed", eval(common.user(), TRY))
end

-- A pledge of a session that is not the only one.
do
	local a = common.user()
	local blocked = ltask.async()
	blocked:request(a, "eval", ("ltask.wait('t') kept.text = (function() %s end)() kept.done = true"):format(TRY))
	eval(a, "pledge('~fs:write')")
	denied("a session that has pledged", eval(a, TRY))
	eval(a, "ltask.wakeup('t')")
	blocked:wait()
	allowed("a session that was there keeps what it had", eval(a, "return kept.text"))
	local wide = 0
	for _ = 1, 20 do
		wide = wide + (eval(a, TRY) and 0 or 1)
	end
	same("permissions: but serves no other request", wide, 0)
end

-- Pledges within a session.
do
	local a = common.user()
	denied("the session itself", eval(a, "pledge('~fs:write') " .. TRY))
	a = common.user()
	denied("of a coroutine, the session around it", eval(a, "coroutine.wrap(function() pledge('~fs:write') end)() " .. TRY))
	denied("and later ones", eval(a, TRY))
	a = common.user()
	check.raises("permissions: a wrong pledge is an error", "unknown permission: 'nonsense'", function()
		eval(a, "pledge('~fs:write', 'nonsense')")
	end)
	denied("what came before it holds", eval(a, TRY))
	a = common.user()
	same("permissions: a seal", eval(a, "return select('#', pledge('~fs:write', 'seal'))"), 2)
	same("permissions: prevents changes", eval(a, "return pledge('fs:read')"), false)
	denied("for all sessions", eval(a, TRY))
end

-- A pledge in the code of a service.
do
	local id = from(("pledge('~fs:write') return { try = function() %s end }"):format(TRY))
	denied("a pledge of the main chunk is for all requests", ltask.call(id, "try"))
	contains(
		"permissions: a service that may not load code makes none",
		failure(from, "pledge('~load') return { x = require('ltask').spawn('ltask_user') }"),
		"permission"
	)
end

-- What only the root may do.
do
	local system = require("ltask.system")
	for _, name in ipairs({ "new_service", "mandate", "set_exit_code" }) do
		contains("permissions: system." .. name, failure(system[name], 1), "only the root service may do this")
	end
end
common.finish()
