-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of ltask: where services are, seen from outside.

local folder = ...
local common = assert(loadfile(folder .. "/lib/ltask.lua"))(folder)
local ltask, check, eval = common.ltask, common.check, common.eval
local same, ok, contains = check.same, check.ok, common.contains

-- 7.1, 7.2: services that wait.
do
	local a = common.user()
	ltask.send(a, "sleep", 100000)
	ltask.send(a, "hang")
	ltask.send(a, "eval", "ltask.call(ltask.self(), 'hang')")
	ltask.sleep(2)
	local text = ltask.syscall(a, "traceback")
	contains("7.1: a session that sleeps", text, "in field 'sleep'")
	contains("7.1: one that waits for a token", text, "Wait : ")
	contains("7.1: one that waits for an answer", text, "Session : ")
	local b = common.user()
	ltask.send(b, "eval", "ltask.call_timeout(100000, ltask.self(), 'hang')")
	ltask.sleep(1)
	contains("7.1: one that waits for an answer with a time-out", ltask.syscall(b, "traceback"), "Session : ")
	ltask.send(b, "eval", [[
		coroutine.wrap(function()
			local function deep()
				ltask.sleep(100000)
				return
			end
			deep()
		end)()
	]])
	ltask.sleep(1)
	contains("7.1: one that waits in a coroutine of the script", ltask.syscall(b, "traceback"), "in local 'deep'")
	ltask.send(b, "exit")
	local entry = ltask.call(1, "tracelog")[a]
	contains("7.2: tracelog asks all services", entry.traceback, "in field 'sleep'")
	ok("7.2: which do not compute", not entry.computes)
	ltask.send(a, "exit")
end

-- Services that compute.
do
	local busy, nested, looks, quiet = common.user(), common.user(), common.user(), common.user()
	ltask.send(busy, "forever")
	ltask.send(nested, "eval", [[
		local co = coroutine.wrap(function()
			local function innermost()
				while true do
				end
			end
			innermost()
		end)
		co()
	]])
	-- The main loop itself.
	eval(looks, "setmetatable(ltask.dispatch(), { __index = function() while true do end end })")
	ltask.send(looks, "nosuch")
	ltask.sleep(2)
	local found
	local took = common.took(function()
		found = ltask.call(1, "tracelog", 20)
	end)
	ok("7.2: three that compute are located within a second", took < 100 * (common.slower or 4), took)
	contains("7.2: one", found[busy].traceback, "ltask_user.lua:4")
	ok("7.2: it computes", found[busy].computes)
	contains("7.2: one in a coroutine", found[nested].traceback, "'innermost'")
	contains("7.2: with those that have resumed it", found[nested].traceback, "user:8: in main chunk")
	contains("7.2: one whose main loop computes", found[looks].traceback, "user:1")
	same("7.2: one that does nothing has an empty traceback", found[quiet].traceback, "")
	-- Again: the first request is over.
	contains("7.2: they are located again", ltask.call(1, "tracelog", 20)[busy].traceback, "ltask_user.lua:4")
	contains("7.2: one that is full, too", (function()
		for _ = 1, 10000 do
			if not pcall(ltask.send, busy, "echo") then
				break
			end
		end
		return ltask.call(1, "tracelog", 20)[busy].traceback
	end)(), "ltask_user.lua:4")
end

-- Only the root may ask.
do
	local system = require("ltask.system")
	contains("7.2: others cannot look into services", common.failure(system.trace, 1, 1), "only the root service may do this")
end
common.finish()
