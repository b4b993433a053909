-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The module thread: starting, joining and stopping. The argument is the folder tools/testing. The scripts it uses
-- are written by the suite.

local check = dofile((...) .. "/lib/check.lua")
local same, ok, raises = check.same, check.ok, check.raises
local linux, lunatik, runner, thread =
	require("linux"), require("lunatik"), require("lunatik.runner"), require("thread")

local function ms_since(start)
	return (linux.ktime() - start) // 1000000
end

-- run -----------------------------------------------------------------------------------------------------

local body = lunatik.runtime("suite_echo", "given")
local t = thread.run(body, "suite_name", 1, 2.0, "three", { four = 4 })
local good, a, b, c, d, e = t:join()
ok("join gives true when the function has returned", good == true, a)
same("the script had its own arguments", a, "given")
same("the function gets those of thread.run: an integer", b, 1)
same("a float", c, 2.0)
same("a string", d, "three")
same("a table", type(e) == "table" and e.four, 4)
same("a second join gives the same", select("#", t:join()), 6)
ok("join after the end returns at once, whatever the time limit", (t:join(0)))
t:stop()
t:stop()
ok("a stop after the end is nothing", (t:join()))
same("task() is nil then", t:task(), nil)
good, a = thread.run(body, "again"):join()
same("a runtime that has ended runs nothing more", good, false)

local raised
for _ = 1, 200 do
	body = lunatik.runtime("suite_nothing")
	thread.run(body, "joined"):join()
	local run, why = pcall(thread.run, body, "again")
	raised = raised or (not run and why or nil)
end
same("who has joined its thread finds none, 200 times", raised, nil)

t = thread.run(lunatik.runtime("suite_fails"), "suite_fails")
good, a = t:join()
same("join gives false when the function has raised an error", good, false)
ok("and the message", tostring(a):find("thread failed", 1, true), a)

body = lunatik.runtime("suite_waits")
t = thread.run(body, "a_long_name_of_a_thread")
local task = t:task()
same("task() has the name, cut to 15 bytes", task.command, "a_long_name_of_")
ok("and numbers", math.type(task.pid) == "integer" and task.pid > 0 and task.tgid == task.pid and task.cpu >= 0)
raises("one runtime has one thread", "has a thread already", thread.run, body, "second")
t:stop()
same("a stopped thread has no task", t:task(), nil)
good, a = thread.run(lunatik.runtime("suite_nothing"), "nothing"):join()
same("a script that has left no function fails in its thread", good, false)
raises("run wants a runtime", "bad argument #1", thread.run, 1, "x")
raises("and a name", "bad argument #2", thread.run, lunatik.runtime("suite_waits"))

-- join ----------------------------------------------------------------------------------------------------

t = thread.run(lunatik.runtime("suite_waits"), "waits")
local start = linux.ktime()
good, a = t:join(50)
ok("join with a time limit gives false", good == false)
same("and says timeout", a, "timeout")
ok("after that time", ms_since(start) >= 50, ms_since(start))
good, a = t:join(0)
same("a limit of 0 does not wait", a, "timeout")
t:stop()
same("a thread that was stopped while it waited returns what it likes", select(2, t:join()), "stopped")

-- The time from the end of a thread to the return of a join, which waits for the end and does not poll.
local late = {}
for i = 1, 21 do
	t = thread.run(lunatik.runtime("suite_when"), "when", i)
	local _, ended = t:join()
	late[i] = (linux.ktime() - ended) // 1000
end
table.sort(late)
print(("# join comes back %d us after the end (median), %d us at most"):format(late[11], late[21]))
ok("join comes back soon after the end of the thread", late[11] < 20000, late[11])

-- Several joins wait for one thread.
local shared = runner.spawn("suite_waits")
local joiners = {}
for i = 1, 5 do
	joiners[i] = thread.run(lunatik.runtime("suite_joins", shared), "joins" .. i)
end
linux.schedule(20)
runner.stop("suite_waits")
for i = 1, 5 do
	same("joiner " .. i .. " of one thread gets its result", select(2, joiners[i]:join(5000)), "stopped")
end

-- A join ends when the waiting script is stopped.
shared = runner.spawn("suite_waits")
local joiner = thread.run(lunatik.runtime("suite_joins", shared), "joins")
linux.schedule(20)
start = linux.ktime()
joiner:stop(10000)
ok("a stop ends a join, within the grace", ms_since(start) < 2000, ms_since(start))
good, a = joiner:join()
ok("with the error interrupted", good == false and tostring(a):find("interrupted", 1, true), a)
ok("the thread that it waited for goes on", shared:task() ~= nil)
runner.stop("suite_waits")

-- Results that refer to the thread that returns them do not travel: the thread would keep itself alive forever.
local function results(t)
	return select("#", t:join()) - 1
end
same("a thread does not return itself", results(thread.run(lunatik.runtime("suite_returns"), "itself")), 0)
same("nor in a table", results(thread.run(lunatik.runtime("suite_returns", "in a table"), "itself")), 0)
local table_of_all = lunatik._ENV
for count = 2, 5 do
	-- Each thread returns the next one, and the last one returns the first. The thread that ends last returns nothing.
	table_of_all.ring_open = nil
	local ring = {}
	for i = 1, count do
		ring[i] = thread.run(lunatik.runtime("suite_ring"), "ring", i, count)
	end
	for i = 1, count do
		table_of_all["ring" .. i] = ring[i]
	end
	table_of_all.ring_open = true
	local returned = 0
	for i = 1, count do
		local joined, other = ring[i]:join()
		returned = returned + (joined and other ~= nil and 1 or 0)
		table_of_all["ring" .. i] = nil
	end
	same("one of a ring of " .. count .. " returns nothing", returned, count - 1)
end
local last = thread.run(lunatik.runtime("suite_started"), "started")
for _ = 1, 50 do
	last = thread.run(lunatik.runtime("suite_echo", "given"), "echo", last, last)
	last = select(4, last:join())
end
same("a thread is handed on by many others, which keep it", select(2, last:join()), "started")

-- current, shouldstop, itself -----------------------------------------------------------------------------

same("there is no current thread in a runtime that was run", thread.current(), nil)
same("and shouldstop is false there", thread.shouldstop(), false)
good, a, b, c = thread.run(lunatik.runtime("suite_itself"), "itself"):join()
same("a thread is its own current one", a, true)
ok("it cannot join itself", tostring(b):find("cannot join itself", 1, true), b)
same("shouldstop is false before a stop", c, false)
