-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Workers that wait for shared objects: messages of an mtmsg buffer, the end of a thread. They hold no thread of the
-- pool. The arguments are the folder tools/testing and the number of workers.

local folder, count = (...), math.tointeger((select(2, ...)))
local check = dofile(folder .. "/lib/check.lua")
local same, ok = check.same, check.ok
local testing, linux, mtmsg, thread = require("lunatik.testing"), require("linux"), require("mtmsg"), require("thread")

-- The code of each kind of worker. It gets the thread as an argument, and reports when it is about to wait.
local kinds = {
	"require('mtmsg').buffer('suite.waits'):nextmsg()",
	"coroutine.wrap(function() pcall(function() require('mtmsg').buffer('suite.waits'):nextmsg(1000) end) end)()",
	"local thread = ... thread:join()",
	"local thread = ... coroutine.wrap(function() thread:join(1000000) end)()",
	"worker.peek()",
}
local buffer = mtmsg.newbuffer("suite.waits")
local go = require("rcu").table(4)
require("lunatik")._ENV["suite.waits"] = go
go.begun = 0
local runtime = require("lunatik").runtime("suite_waits_thread")
local joined = thread.run(runtime, "waits")
local before = testing.pool().drainers
local all = {}
for i = 1, count do
	all[i] = worker.create(
		"./worker_code",
		"local rcu, go = require('rcu'), require('lunatik')._ENV['suite.waits'] rcu.add(go, 'begun', 1) "
			.. kinds[i % #kinds + 1]
			.. " rcu.add(go, 'done', 1)",
		joined
	)
end
local function settles(key, number)
	local ending = linux.ktime() + 60000000000
	while (go[key] or 0) < number and linux.ktime() < ending do
		linux.schedule(1)
	end
	return go[key]
end
same(count .. " workers begin", settles("begun", count), count)
-- The last of them may not wait yet.
local ending = linux.ktime() + 10000000000
while (testing.pool().busy > 0 or testing.pool().backlog > 0) and linux.ktime() < ending do
	linux.schedule(1)
end
local pool = testing.pool()
same("none of them holds a thread", pool.busy, 0)
ok("so the pool has hardly more than before", pool.drainers - before <= 4 * linux.numcpus())
print(("# %d wait, with %d more threads of the pool"):format(count, pool.drainers - before))

-- Each worker gets what it waits for.
local of_buffer = 0
for i = 1, count do
	of_buffer = of_buffer + (i % #kinds < 2 and 1 or 0)
end
for i = 1, of_buffer do
	while not buffer:addmsg(i) do
		linux.schedule(1)
	end
end
same("each message of the buffer ends one wait", settles("done", of_buffer), of_buffer)
go.ends = true
local with_thread = count - count // #kinds
same("the end of the thread ends those for it", settles("done", with_thread), with_thread)
for i = 1, count do
	if i % #kinds == 4 then
		worker.send(all[i], 1)
	end
end
same("and a message each of the others", settles("done", count), count)
require("lunatik")._ENV["suite.waits"] = nil
