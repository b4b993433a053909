-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of ltask: full queues, memory, what is counted. The system's queues take 8 messages.

local folder = ...
local common = assert(loadfile(folder .. "/lib/ltask.lua"))(folder)
local ltask, check, eval = common.ltask, common.check, common.eval
local same, ok, contains, failure = check.same, check.ok, common.contains, common.failure
local a = common.user()

-- 3.5: full queues. The service does not receive while it waits for the wake-up of a worker.
do
	local busy = ("{service:%d} is busy"):format(a)
	ltask.send(a, "eval", "require('linux').schedule(200)")
	ltask.sleep(1)
	local sent, text = 0, nil
	for _ = 1, 20 do
		text = failure(ltask.send, a, "echo")
		if text then
			break
		end
		sent = sent + 1
	end
	same("15.20: a queue of 8 takes 7", sent, 7)
	contains("15.20: then it is busy", text, busy)
	contains("3.5: for a call, too", failure(ltask.call, a, "echo"), busy)
	contains("3.5: and for a system request", failure(ltask.syscall, a, "memory"), busy)
	local async = ltask.async()
	contains("3.5: and for one that is awaited later", failure(async.request, async, a, "echo"), busy)
	ok("15.20: the sender goes on, and so does the service", common.soon(function()
		return not failure(ltask.call, a, "echo")
	end))
	-- Answers need no room.
	local answers, tasks = 0, {}
	for i = 1, 6 do
		tasks[i] = { eval, common.user(), "ltask.sleep(2) return 1" }
	end
	for _, res in ltask.parallel(tasks) do
		answers = answers + (res[1] or 0)
	end
	same("3.5: answers always come", answers, 6)
	-- A sender that does not wait for answers is slowed down by a receiver that works.
	local lost = 0
	for i = 1, 500 do
		lost = lost + (failure(ltask.send, a, "echo", i) and 1 or 0)
	end
	same("5: messages to a service that works find room", lost, 0)
end

-- 6.6: memory.
do
	same("15.21: there is no limit at first", eval(a, "return ltask.mem_limit(0)"), 0)
	local text = eval(a, [[
		ltask.mem_limit(math.tointeger(collectgarbage("count") * 1024 // 1) + 200000)
		local ok, err = pcall(string.rep, "x", 1 << 20)
		return tostring(err)
	]])
	contains("15.21: a limit", text, "not enough memory")
	same("15.21: the service goes on", ltask.call(a, "echo", 1), 1)
	ok("15.21: the former limit is returned", eval(a, "return ltask.mem_limit(0)") > 200000)
	same("15.21: and lifted", eval(a, "return #string.rep('x', 1 << 20)"), 1 << 20)
	ok("6.6: objects are counted", eval(a, [[
		local before = ltask.mem_count().table
		local t = {}
		for i = 1, 100 do t[i] = {} end
		return ltask.mem_count().table - before
	]]) >= 100)
end

-- 6.6: times.
do
	local s, cs = ltask.now()
	ok("6.6: seconds and hundredths", math.type(s) == "integer" and cs // 100 == s)
	ok("6.6: of this century", s > 1700000000)
	same("6.6: a counter is a float", math.type(ltask.counter()), "float")
	ok("6.6: that grows", common.took(ltask.sleep, 2) >= 2)
	local used = eval(a, [[
		local before, at = ltask.cpucost(), ltask.counter() + 0.03
		while ltask.counter() < at do end
		return ltask.cpucost() - before
	]])
	ok("6.6: the present slice is in the cost", used > 0.005, used)
	ok("6.6: a sleep costs little", eval(a, [[
		local before = ltask.cpucost()
		ltask.sleep(5)
		return ltask.cpucost() - before
	]]) < 0.02)
	contains("6.6: a backtrace", ltask.backtrace(), "ltask_limits.lua:")
end
common.finish()
