-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of ltask: how services end, and what those that wait for them get to know. The second argument is the
-- number of services that are made and end.

local folder, rounds = ...
local common = assert(loadfile(folder .. "/lib/ltask.lua"))(folder)
local ltask, check, eval = common.ltask, common.check, common.eval
local same, ok, contains = check.same, check.ok, common.contains
rounds = math.tointeger(rounds) or 200

-- The first lines of the errors of requests that are open when `ending` is done to the service.
local function errors_when(ending)
	local id = common.user()
	local tasks = {
		{ ltask.call, id, "hang" },
		{ ltask.call, id, "sleep", 100000 },
		{ eval, id, "ltask.call(ltask.self(), 'hang')" },
	}
	local lines = {}
	ltask.fork(function()
		ltask.sleep(1)
		ending(id)
	end)
	local begun = ltask.counter()
	for _, res in ltask.parallel(tasks) do
		lines[#lines + 1] = res.error and tostring(res.error):match("^[^\n]*") or "answered"
	end
	return lines, (ltask.counter() - begun) * 100, id
end

-- 5.4: quit.
do
	local lines, time, id = errors_when(function(id)
		ltask.send(id, "exit")
	end)
	for i = 1, 3 do
		same("15.19: who waits for one that quits", lines[i], "Service has been quit.")
	end
	ok("15.19: gets to know at once", time < 50, time)
	-- A request that comes before its end is answered by that.
	ok("5.5: it is dead then", common.soon(function()
		return tostring(common.failure(ltask.call, id, "x")):find(("{service:%d} is dead"):format(id), 1, true)
	end))
	same("5.4: a handler of its own", ltask.syscall(common.user(), "quit"), nil)
	local polite = common.user()
	ltask.call(polite, "handle", "quit", "return function() return 'not yet' end")
	same("5.4: decides", ltask.syscall(polite, "quit"), "not yet")
	same("5.4: so the service goes on", ltask.call(polite, "echo", 1), 1)
end
do
	-- Requests that are in the queue when it ends.
	local id = common.user()
	local tasks = {}
	for i = 1, 5 do
		tasks[i] = { ltask.call, id, "echo", i }
	end
	local code = "ltask.quit() local at = ltask.counter() + 0.02 while ltask.counter() < at do end"
	table.insert(tasks, 1, { ltask.send, id, "eval", code })
	local told = 0
	for _, res in ltask.parallel(tasks) do
		local text = tostring(res.error)
		told = told + ((text:find("has been quit", 1, true) or text:find("is dead", 1, true)) and 1 or 0)
	end
	-- The service has not taken them: it takes one message at a time.
	same("15.19: who is in the queue gets to know, too", told, 5)
end

-- 12.3: other ends.
do
	-- Neither its sessions nor the main loop get memory any more.
	local lines, time = errors_when(function(id)
		ltask.send(id, "eval", "ltask.mem_limit(1) kept.all = {} while true do kept.all[#kept.all + 1] = {} end")
	end)
	same("15.25: memory: all have an answer", #lines, 3)
	ok("15.25: memory: at once", time < 200, time)
	-- The table of handlers fails when the main loop looks for one.
	lines, time = errors_when(function(id)
		eval(id, "setmetatable(ltask.dispatch(), { __index = function() error('the loop fails') end })")
		ltask.send(id, "nosuch")
	end)
	for i = 1, 3 do
		contains("15.25: who waits for one that fails", lines[i], "the loop fails")
	end
	ok("15.25: gets to know at once", time < 50, time)
end

-- 5.5: the dead.
do
	local id = common.user()
	ltask.call(id, "exit")
	ok("5.5: an answer to the dead is dropped", common.soon(function()
		local text = common.failure(ltask.call, id, "echo")
		return text and text:find("dead", 1, true) ~= nil
	end))
	same("5.5: a message to the dead, too", select("#", ltask.send(id, "echo")), 0)
	-- One that asks and ends before it is answered.
	local server, client = common.user(), common.user()
	ltask.send(client, "eval", "ltask.fork(ltask.call, (...), 'sleep', 3) ltask.sleep(0) ltask.quit()", server)
	ltask.sleep(6)
	same("5.5: the answer to one that is gone does no harm", ltask.call(server, "echo", 1), 1)
end

-- 15.28: many.
do
	local seen, wrong = {}, 0
	for _ = 1, rounds do
		local id = common.user()
		wrong = wrong + (seen[id] and 1 or 0)
		seen[id] = true
		ltask.send(id, "exit")
	end
	same("15.28: numbers are unique", wrong, 0)
	ok("15.28: all have ended", common.soon(function()
		return #require("ltask.system").services() < 20
	end))
end

-- 15.29: one that computes for ever does not stop others.
do
	local busy, other = common.user(), common.user()
	ltask.send(busy, "forever")
	same("15.29: others are served while one computes", ltask.call(other, "echo", 1), 1)
	contains("15.29: one can be asked with a time-out", common.failure(ltask.call_timeout, 5, busy, "echo"), "timeout")
end
common.finish()
