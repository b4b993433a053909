-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of ltask: sessions inside a service, and the coroutines of scripts in them.

local folder = ...
local common = assert(loadfile(folder .. "/lib/ltask.lua"))(folder)
local ltask, check, eval = common.ltask, common.check, common.eval
local same, ok, contains, failure = check.same, check.ok, common.contains, common.failure
local a = common.user()

-- 6.2: forks.
do
	local steps = { "0" }
	local function step(n)
		steps[#steps + 1] = n
	end
	ltask.fork(function()
		step("1")
		ltask.fork(step, "3")
	end)
	ltask.fork(step, "2")
	same("15.12: a fork waits for its maker", table.concat(steps, " "), "0")
	ltask.sleep(0)
	same("15.12: forks run in order", table.concat(steps, " "), "0 1 2 3")
	local got
	ltask.fork(function(...)
		got = check.joined(...)
	end, 1, nil, 3, nil)
	ltask.sleep(0)
	same("6.2: a fork gets all arguments", got, "1 nil 3 nil")
end

-- 6.2: wait and wakeup.
same("15.13: nobody waits", select("#", ltask.wakeup({})), 0)
do
	local token, got = {}, nil
	ltask.wakeup(token, "lost")
	ltask.fork(function()
		got = check.joined(ltask.wait(token))
	end)
	ltask.sleep(0)
	same("15.13: what came before is not remembered", got, nil)
	contains("15.13: one waits for a token", failure(ltask.wait, token), "assertion failed!")
	same("6.2: who waits is woken", ltask.wakeup(token, nil, 2, nil), true)
	same("6.2: after the one who wakes", got, nil)
	ltask.sleep(0)
	same("6.2: and gets all values", got, "nil 2 nil")
	local co
	ltask.fork(function()
		co = ltask.current_token()
		got = ltask.wait()
	end)
	ltask.sleep(0)
	ltask.wakeup(co, "own")
	ltask.sleep(0)
	same("6.2: a session is its own token", got, "own")
	ltask.fork(function()
		got = common.first_line(ltask.wait, "name")
	end)
	ltask.sleep(0)
	same("15.14: a wait is interrupted", ltask.interrupt("name", "E!"), true)
	ltask.sleep(0)
	same("15.14: by an error", got, "E!")
	local list = {}
	for i = 1, 3 do
		ltask.fork(function()
			local woken = i .. tostring(ltask.multi_wait("several"))
			list[#list + 1] = woken
		end)
	end
	ltask.sleep(0)
	same("6.2: several wait", ltask.multi_wakeup("several", "!"), true)
	ltask.sleep(0)
	same("6.2: and are woken in order", table.concat(list, " "), "1! 2! 3!")
	same("6.2: nobody else is", ltask.multi_wakeup("several"), nil)
	ltask.fork(function()
		got = common.first_line(ltask.multi_wait, "several")
	end)
	ltask.sleep(0)
	ltask.multi_interrupt("several", "F!")
	ltask.sleep(0)
	same("6.2: or interrupted", got, "F!")
end
do
	local token = {}
	local co = ltask.fork(function()
		local visible = "seen"
		ltask.wait(token)
		return visible
	end)
	ltask.sleep(0)
	same("6.2: thread_info is a table", type(ltask.thread_info(co)), "table")
	ltask.wakeup(token)
end

-- 6.3: parallel tasks.
do
	local trace, order = {}, {}
	local function task(name, ti)
		trace[#trace + 1] = "s" .. name
		if ti then
			ltask.sleep(ti)
		end
		trace[#trace + 1] = "e" .. name
		return name, nil
	end
	local tasks = { { task, 1, 6, id = 1 }, { task, 2, 4, id = 2 }, { task, 3, id = 3 }, { task, 4, 2, id = 4 } }
	for t, res in ltask.parallel(tasks) do
		order[#order + 1] = t.id
		ok("6.3: results are packed", res.n == 2 and res[1] == t.id and res.error == nil)
	end
	same("15.15: tasks start when those before block", table.concat(trace, " "), "s1 s2 s3 e3 s4 e4 e2 e1")
	same("15.15: results come as tasks end", table.concat(order, " "), "3 4 2 1")
	local rounds = 0
	for _ in ltask.parallel({}) do
		rounds = rounds + 1
	end
	same("15.15: no task, no round", rounds, 0)
	for _, res in ltask.parallel({ { error, "oops", 0 } }) do
		same("15.15: an error is an object", tostring(res.error):match("^[^\n]*"), "oops")
		contains("15.15: that can be raised", failure(res.rethrow, res), "oops")
	end
	local each = ltask.parallel({ { ltask.call, a, "hang", id = 1 }, { ltask.sleep, 2 } })
	ok("6.3: a sleep is a time-out", each().id == nil)
end

-- 6.4: requests that are awaited later.
do
	local b = common.user()
	local async = ltask.async()
	for _ = 1, 2 do
		async:request(a, "sleep", 2)
		async:request(b, "sleep", 2)
		local time = common.took(async.wait, async)
		ok("15.16: both are awaited at once", time >= 2 and time < 20, time)
	end
	async:request(a, "fail", "bad")
	async:request(b, "echo", 1)
	contains("15.16: a failure is raised", failure(async.wait, async), "bad")
	same("6.4: once", failure(async.wait, async), nil)
	async:request(a, "sleep", 2)
	ok("12.4: afterwards it waits as before", common.took(async.wait, async) >= 2)
	contains("6.4: nobody there", failure(async.request, async, 12345, "x"), "{service:12345} is dead")
end

-- Ruling 9: coroutines of the script.
do
	local steps = {}
	local co = coroutine.wrap(function()
		coroutine.yield(1)
		local answer = ltask.call(a, "echo", "called")
		steps[#steps + 1] = answer
		ltask.sleep(1)
		coroutine.yield(2)
		return 3
	end)
	same("ruling 9: a coroutine yields to the script", co(), 1)
	ltask.fork(function()
		steps[#steps + 1] = "other"
	end)
	same("ruling 9: a call in it suspends the session", co(), 2)
	same("ruling 9: and others run", table.concat(steps, " "), "other called")
	same("ruling 9: it ends", co(), 3)
	local inner
	local outer = coroutine.create(function()
		inner = coroutine.create(function()
			return ltask.call(a, "eval", "ltask.sleep(1) return 'deep'")
		end)
		return coroutine.resume(inner)
	end)
	same("ruling 9: also two deep", check.joined(coroutine.resume(outer)), "true true deep")
	same("ruling 9: both have ended", coroutine.status(inner) .. coroutine.status(outer), "deaddead")
	local seen, resumed, closed
	local shown = coroutine.create(function()
		ltask.sleep(2)
		return "slept"
	end)
	ltask.timeout(1, function()
		seen = coroutine.status(shown)
		resumed = check.joined(coroutine.resume(shown))
		closed = failure(coroutine.close, shown)
	end)
	same("ruling 9: nobody wakes it too early", check.joined(coroutine.resume(shown)), "true slept")
	same("ruling 9: meanwhile it is normal, as for the script", seen, "normal")
	same("ruling 9: and cannot be resumed by others", resumed, "false cannot resume non-suspended coroutine")
	contains("ruling 9: or closed", closed, "cannot close a normal coroutine")
	contains(
		"ruling 9: not where Lua cannot yield",
		failure(string.gsub, "x", "x", coroutine.wrap(function()
			ltask.sleep(1)
		end)),
		"attempt to yield across a C-call boundary"
	)
	contains("ruling 9: an error passes", failure(coroutine.wrap(function()
		ltask.call(a, "fail", "inner")
	end)), "inner")
end

contains(
	"7: a session that yields by itself fails",
	failure(eval, a, "coroutine.yield()"),
	"attempt to yield from outside a coroutine"
)

-- 10: older names.
do
	same("10: walltime", ltask.walltime() // 100, (ltask.now()))
	local requests = ltask.request({ a, "echo", 1 })({ a, "fail", "no" })
	local good, bad
	for req, resp in requests:select() do
		if resp then
			good = resp[1]
		else
			bad = req.error
		end
	end
	same("10: an answer to a request", good, 1)
	contains("10: an error to one", tostring(bad), "no")
	local late = ltask.request({ a, "hang" })
	for _ in late:select(1) do
		error("not reached")
	end
	same("10: a time-out", late.timeout, true)
end

-- 12.1: no_response and a plain return.
ltask.call(a, "handle", "silent", "return function() ltask.no_response() end")
ltask.fork(pcall, ltask.call, a, "silent")
ltask.sleep(1)
same("12.1: a service that does not answer lives on", ltask.call(a, "echo", 1), 1)
same("12.1: others are answered", eval(a, "return 2"), 2)
common.finish()
