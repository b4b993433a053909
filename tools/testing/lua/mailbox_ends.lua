-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Workers that know each other's addresses, wait for room in each other's mailboxes, and end, in any order. The
-- arguments are the folder tools/testing, how many rounds, and how many senders are stopped while they wait for room in
-- one mailbox: that more wait than may at a time takes 4097.

local folder, rounds, stopped = (...), math.tointeger((select(2, ...))), math.tointeger((select(3, ...)))
local check = dofile(folder .. "/lib/check.lua")
local same, ok = check.same, check.ok
local testing = require("lunatik.testing")

-- Sends to all others until none of them can receive, and receives now and then.
local CODE = [[
	local testing, random = require("lunatik.testing"), math.random
	local inbox = testing.mailbox(2)
	worker.message(inbox:address())
	local others = worker.peek()
	local alive = #others
	while alive > 0 do
		local at = random(#others)
		local address = others[at]
		if address then
			local sent, reason = address:send({ others[random(#others)], inbox:address(), ("x"):rep(random(200)) })
			if not sent then
				assert(reason == "closed")
				others[at] = false
				alive = alive - 1
			end
			if random(4) == 1 then
				inbox:receive(0)
			end
		end
	end
	worker.message("alone")
]]

local function round(count)
	local workers, addresses = {}, {}
	for i = 1, count do
		workers[i] = worker.create("suite_code", CODE)
	end
	for i = 1, count do
		addresses[i] = worker.receive(workers[i])
	end
	for i = 1, count do
		local others = {}
		for j = 1, count do
			if i ~= j then
				others[#others + 1] = addresses[j]
			end
		end
		worker.send(workers[i], others)
	end
	for _ = 1, count - 1 do
		worker.stop(table.remove(workers, math.random(#workers)))
	end
	local last = workers[1]
	local said = worker.receive(last, 20000)
	worker.receive(last)
	local closed = 0
	for i = 1, count do
		-- The last one is dead, but may not be gone yet.
		local reason
		repeat
			reason = select(2, addresses[i]:send(1, 10000))
		until reason
		closed = closed + (reason == "closed" and 1 or 0)
	end
	return said == "alone" and closed == count
end

collectgarbage()
local good = 0
for i = 1, rounds do
	good = good + (round(i % 6 + 2) and 1 or 0)
end
same("the last of each that send to each other is told that the others are gone", good, rounds)
collectgarbage()
collectgarbage()
local before = testing.counted()
for i = 1, rounds do
	good = good + (round(i % 6 + 2) and 1 or 0)
end
same("again", good, 2 * rounds)
local grown, ending = 0, require("linux").ktime() + 10000000000
repeat
	collectgarbage()
	require("linux").schedule(1)
	grown = testing.counted() - before
until grown < 100000 or require("linux").ktime() > ending
ok("nothing is left of them", grown < 100000, grown)

-- Those that have ended take no place of those that wait.
local inbox, waiting = testing.mailbox(1), require("rcu").table()
inbox:address():send("first")
for _ = 1, stopped, 100 do
	waiting.begun = 0
	local workers = {}
	for i = 1, 100 do
		workers[i] = worker.create(
			"suite_code",
			'local address, waiting = ... require("rcu").add(waiting, "begun", 1) address:send("never")',
			inbox:address(),
			waiting
		)
	end
	while waiting.begun < 100 or testing.pool().busy > 0 or testing.pool().backlog > 0 do
		require("linux").schedule(1)
	end
	for i = 1, 100 do
		worker.stop(workers[i])
	end
end
local late <close> = worker.create(
	"suite_code",
	"local address = ... worker.message({ address:send('early', 50) }) worker.message({ address:send('late') })",
	inbox:address()
)
same("many were stopped while they waited for room; one more may wait", worker.receive(late, 20000)[2], "timeout")
same("for what there is no room until then", select(2, inbox:receive(10000)), "first")
same("then there is some", worker.receive(late, 20000)[1], true)
same("and its message is the next", select(2, inbox:receive(10000)), "late")
