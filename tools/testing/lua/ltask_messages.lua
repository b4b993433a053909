-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of ltask: numbers of services, messages, sessions. Each check is named after the section that it is for.

local folder = ...
local common = assert(loadfile(folder .. "/lib/ltask.lua"))(folder)
local ltask, check, eval = common.ltask, common.check, common.eval
local same, ok, contains, failure = check.same, check.ok, common.contains, common.failure
local a, b = common.user(), common.user()

-- 1.1: numbers of services.
ok("1.1: the root is 1, others are greater", a > 1 and b > 1 and a ~= b)
same("1.1: a service knows its number", eval(a, "return ltask.self()"), a)
contains("1.1: nobody calls 0", failure(ltask.call, 0, "x"), "{service:0} is dead")
contains("1.1: nor one that is not there", failure(ltask.call, 12345, "x"), "{service:12345} is dead")
do
	local seen, again = {}, 0
	for _ = 1, 100 do
		local one = common.user()
		again = again + (seen[one] and 1 or 0)
		seen[one] = true
		ltask.send(one, "exit")
	end
	same("1.1: no number is used again", again, 0)
end

-- 1.2: types and sessions.
same("1.2: a request without a session has no answer", select("#", ltask.send(a, "echo", 1)), 0)
same(
	"1.2: sessions count up",
	eval(a, [[
		local first = ltask.current_session().session
		return math.type(first)
	]]),
	"integer"
)
do
	local info = eval(a, "return ltask.current_session()")
	same("1.2: a session knows who asks", info.from, ltask.self())
	same("1.2: and a fork has no asker", eval(a, [[
		local token, from = {}, "none"
		ltask.fork(function()
			from = ltask.current_session().from
			ltask.wakeup(token)
		end)
		ltask.wait(token)
		return from
	]]), nil)
end

-- 1.3: the outcome of sending is known at once, and no other session runs meanwhile.
do
	local order = {}
	ltask.fork(function()
		order[#order + 1] = "fork"
	end)
	ltask.send(a, "echo", 1)
	order[#order + 1] = "sent"
	ltask.sleep(0)
	same("1.3: no session runs while one sends", table.concat(order, " "), "sent fork")
	local reached = false
	local text = failure(table.sort, { 3, 1, 2 }, function(x, y)
		ltask.call(a, "echo", 1)
		reached = true
		return x < y
	end)
	contains("1.3: where Lua cannot yield, a call fails", text, "attempt to yield across a C-call boundary")
	ok("1.3: before anything is sent", not reached)
	same("1.3: the caller goes on", ltask.call(a, "echo", 5), 5)
	local ptr, size = ltask.pack("echo", 1)
	same("1.3: a packed message is delivered", ltask.post_message(a, 0, 1, ptr, size), 1)
	local receipt, back = ltask.post_message(12345, 0, 1, ltask.pack("echo", 1))
	same("1.3: or not, for there is no such service", receipt, 2)
	same("1.3: then it is the sender's", ltask.unpack_remove(back), "echo")
end

-- 1.4: order.
do
	eval(a, "kept.order = {} S.note = nil")
	ltask.call(a, "handle", "note", "return function(n) kept.order[#kept.order + 1] = n end")
	for i = 1, 200 do
		ltask.send(a, "note", i)
	end
	same(
		"1.4: messages come in the order in which they were sent",
		eval(a, [[
			for i, n in ipairs(kept.order) do
				if i ~= n then return i end
			end
			return #kept.order
		]]),
		200
	)
	ltask.call(a, "handle", "begin", [[return function(n, ti)
		kept.begun = (kept.begun or "") .. n
		ltask.sleep(ti)
		kept.ended = (kept.ended or "") .. n
	end]])
	ltask.send(a, "begin", 1, 3)
	ltask.send(a, "begin", 2, 1)
	ltask.call(a, "begin", 3, 6)
	same("1.4: requests begin in the order in which they arrive", eval(a, "return kept.begun"), "123")
	same("1.4: and end when they end", eval(a, "return kept.ended"), "213")
end

-- 3.4: all that is ready runs before the next message.
same(
	"3.4: forks of forks run before the next message",
	eval(a, [[
		kept.steps = {}
		ltask.fork(function()
			kept.steps[#kept.steps + 1] = "1"
			ltask.fork(function() kept.steps[#kept.steps + 1] = "3" end)
		end)
		ltask.fork(function() kept.steps[#kept.steps + 1] = "2" end)
		ltask.send(ltask.self(), "eval", "kept.steps[#kept.steps + 1] = 'message'")
		ltask.sleep(0)
		return table.concat(kept.steps, " ")
	]]),
	"1 2 3 message"
)

-- 6.1: functions.
same("6.1: results are returned", check.joined(ltask.call(a, "echo", 1, nil, "x", nil)), "1 nil x nil")
same("15.1: trailing nils count as arguments", ltask.call(a, "nargs", 1, nil, nil), 3)
same("15.1: and as results", select("#", ltask.call(a, "eval", "return nil, nil")), 2)
same("15.2: sleep returns nothing", select("#", ltask.sleep(1)), 0)
same("15.2: a fork is a coroutine", type(ltask.fork(function() end)), "thread")
same("15.3: a message to nobody is dropped", select("#", ltask.send(12345, "x")), 0)
contains("15.4: an unknown request", failure(ltask.call, a, "nosuch"), "Unknown request message : nosuch")
contains("15.4: without a name", failure(ltask.call, a), "Unknown request message : nil")
contains("15.4: with a name that is nil", failure(ltask.call, a, nil), "Unknown request message : nil")
same("6.1: a service calls itself", eval(a, "return ltask.call(ltask.self(), 'echo', 7)"), 7)
same("6.1: a system request", math.type(ltask.syscall(a, "memory")), "float")
contains("6.1: an unknown one", failure(ltask.syscall, a, "nosuch"), "Unknown system message : nosuch")
ltask.call(a, "handle", "manual", [[return function()
	local s = ltask.current_session()
	ltask.no_response()
	ltask.timeout(1, function()
		ltask.post_message(s.from, s.session, 2, ltask.pack("by hand", s.session))
	end)
end]])
same("15.26: an answer by hand", (ltask.call(a, "manual")), "by hand")
ltask.call(a, "handle", "raises", [[return function()
	local s = ltask.current_session()
	ltask.no_response()
	ltask.raise_error(s.from, s.session, "by hand")
end]])
same("6.1: an error by hand", common.first_line(ltask.call, a, "raises"), "by hand")
same("6.1: an answer in time", ltask.call_timeout(500, a, "echo", 3), 3)
contains("6.1: and none", failure(ltask.call_timeout, 2, a, "hang"), ("{service:%d} timeout"):format(a))
contains("6.1: one that comes too late", failure(ltask.call_timeout, 1, a, "sleep", 3), "timeout")
ltask.sleep(5)
same("6.1: is dropped", ltask.call(a, "echo", 9), 9)
ltask.call(a, "handle", 42, "return function() return 'integer' end")
same("5.3: a name may be an integer", ltask.call(a, 42), "integer")

-- 3.11: what there is not.
contains("3.11: there is no main thread", failure(ltask.mainthread_run, print), "not supported")
common.finish()
