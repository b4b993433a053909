-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Mailboxes and their addresses. The arguments are the folder tools/testing and how long the chain is.

local folder, length = (...), math.tointeger((select(2, ...)))
local check = dofile(folder .. "/lib/check.lua")
local same, ok, raises, joined = check.same, check.ok, check.raises, check.joined
local testing, linux, rcu, thread = require("lunatik.testing"), require("linux"), require("rcu"), require("thread")

local function create(code, ...)
	return worker.create("suite_code", 'local testing = require("lunatik.testing") ' .. code, ...)
end
local function collect()
	collectgarbage()
	collectgarbage()
end
-- Whether the condition comes true within ten seconds.
local function soon(condition)
	local ending = linux.ktime() + 10000000000
	while not condition() and linux.ktime() < ending do
		linux.schedule(1)
	end
	return condition()
end

-- One runtime alone.
do
	local inbox = testing.mailbox()
	same("nobody has the address of a new one", joined(inbox:receive()), "nil no senders")
	local address = inbox:address()
	same("nothing comes", joined(inbox:receive(0)), "nil timeout")
	same("nor later", joined(inbox:receive(20)), "nil timeout")
	same("a message is sent", address:send("first"), true)
	address:send({ 2, nil, "x" })
	address:send(nil)
	same("all are there", joined(inbox:counts()), "3 1")
	same("they come in order", joined(inbox:receive()), "true first")
	same("with what was in them", select(2, inbox:receive())[3], "x")
	same("nil is one, too", joined(inbox:receive()), "true nil")
	raises("no value is none", "cannot send no value", address.send, address)
	raises("a function cannot travel", "cannot send a function (at .f)", address.send, address, { f = print })
	same("nothing of it does", joined(inbox:counts()), "0 1")
	address:send("last")
	address = nil
	collect()
	same("what was sent before is received", joined(inbox:receive()), "true last")
	same("then nobody has the address", joined(inbox:receive()), "nil no senders")
	address = inbox:address()
	address:send("unread")
	inbox:close()
	same("what is closed is empty", joined(inbox:counts()), "0 1")
	same("nothing can be received", joined(inbox:receive()), "nil closed")
	same("nor sent", joined(address:send(1)), "nil closed")
end

-- Bounds.
do
	local inbox = testing.mailbox(3)
	local address = inbox:address()
	same("so many messages go in", joined(address:send(1), address:send(2), address:send(3)), "true true true")
	same("no more, where only the sender could make room", joined(address:send(4)), "nil full")
	inbox:receive()
	same("one more then", address:send(4), true)
	inbox = testing.mailbox(100, 1000)
	address = inbox:address()
	local count = 0
	while address:send(("x"):rep(82)) do
		count = count + 1
	end
	same("so many bytes go in", count, 10)
	inbox = testing.mailbox(100, 1000)
	address = inbox:address()
	same("a large one where there is no other", address:send(("x"):rep(100000)), true)
	same("and then none", joined(address:send(1)), "nil full")
	for _, limits in ipairs({ { 0 }, { -1 }, { 65537 }, { 1, 0 }, { 1, (16 << 20) + 1 }, { math.maxinteger }, { "x" } }) do
		raises("a limit of " .. joined(table.unpack(limits)) .. " is none", "bad argument", testing.mailbox, table.unpack(limits))
	end
end

-- Equality, and what is no address.
do
	local inbox, other = testing.mailbox(), testing.mailbox()
	local a, b, c = inbox:address(), inbox:address(), other:address()
	ok("two addresses of a mailbox are equal", a == b and not rawequal(a, b))
	ok("those of others are not", a ~= c and a ~= inbox)
	same("two are counted", joined(inbox:counts()), "0 2")
	a:send({ a, b, c, other = { a } })
	local _, got = inbox:receive()
	ok("they are equal when they have travelled", got[1] == a and got[2] == a and got[3] == c and got.other[1] == b)
	same("copies of an address are one", joined(inbox:counts()), "0 2")
	local shared = rcu.table()
	shared.address = a
	ok("an RCU table gives an equal one", shared.address == b)
	ok("compares them", rcu.cas(shared, "address", b, c) and not rcu.cas(shared, "address", a, b))
	ok("and has replaced it", shared.address == c)
	a, b, got = nil, nil, nil
	collect()
	ok("what a table has given up is gone", soon(function()
		return joined(inbox:counts()) == "0 0"
	end))
	shared.address = inbox:address()
	collect()
	same("what it has is there", joined(inbox:receive(10)), "nil timeout")
	shared.address = nil
	same("and ends a wait", joined(inbox:receive()), "nil no senders")

	raises("an inbox cannot travel", "cannot send a userdata", c.send, c, other)
	raises("nor lie in a table", "shareable", function()
		shared.inbox = other
	end)
	local Address, Inbox = debug.getmetatable(c), debug.getmetatable(other)
	same("the metatable is not to be had", getmetatable(c), false)
	local send, receive, address = Address.__index.send, Inbox.__index.receive, Inbox.__index.address
	for _, wrong in ipairs({ other, shared, io.tmpfile(), "x", 1, {}, print, debug.upvalueid(soon, 1) }) do
		raises("a " .. type(wrong) .. " is no address", "address expected", send, wrong, 1)
	end
	for _, wrong in ipairs({ c, shared, io.tmpfile(), "x", 1, {}, print }) do
		raises("a " .. type(wrong) .. " is no inbox", "inbox expected", receive, wrong)
		raises("and has no address", "inbox expected", address, wrong)
	end
	for _, victim in ipairs({ c, other, rcu.table(), io.tmpfile() }) do
		raises("the metatable of " .. tostring(victim):match("^[%a.]+") .. " stays", "metatable", debug.setmetatable, victim, Address)
	end
	local fake = debug.setmetatable({}, Address)
	raises("a table with the metatable is no address", "address expected", fake.send, fake, 1)
	raises("and cannot be compared as one", "cannot send a function", c.send, c, { fake == c, print })
	ok("it is equal to none", fake ~= c and not Address.__eq(fake, c) and not Address.__eq(c, other))
	raises("an address receives nothing", "inbox expected", receive, c)
	Address.__gc(c)
	raises("one that was collected by force is none", "address expected", send, c, 1)
	same("and does not count", joined(other:counts()), "0 0")
	Inbox.__gc(other)
	raises("likewise an inbox", "inbox expected", receive, other)
end

-- Through three runtimes: each gets an address from the last one, and all send to the first.
do
	local inbox = testing.mailbox()
	local first <close> = create(
		[[
		local code, address = ...
		local inbox = testing.mailbox()
		local second <close> = worker.create("suite_code", code, address, inbox:address())
		address:send({ "first", inbox:address() })
		local _, third = inbox:receive()
		address:send({ "told", third })
		worker.receive(second)
		]],
		[[
		local address, first = ...
		local inbox = require("lunatik.testing").mailbox()
		first:send(inbox:address())
		address:send({ "second", inbox:address(), first, address })
		while true do
			local received, message = inbox:receive()
			if not received then
				return message
			end
			message.to:send({ "answer", message.number, message.to })
		end
		]],
		inbox:address()
	)
	local by = {}
	for _ = 1, 3 do
		local _, message = inbox:receive(10000)
		by[message[1]] = message
	end
	ok("the second has sent", by.second)
	ok("the first, too", by.first and by.told)
	ok("all know each other by the same addresses", by.second[3] == by.first[2] and by.told[2] == by.second[2])
	ok("one's own has come back", by.second[4] == inbox:address())
	local second = by.second[2]
	for i = 1, 100 do
		second:send({ to = inbox:address(), number = i })
	end
	local in_order = 0
	for i = 1, 100 do
		local _, message = inbox:receive(10000)
		in_order = in_order + ((message[2] == i and message[3] == inbox:address()) and 1 or 0)
	end
	same("it answers, in order", in_order, 100)
	worker.stop(first)
	-- It is stopped with its parent, and nobody waits for that.
	ok("when it has ended, that is told", soon(function()
		return select(2, second:send({ to = inbox:address(), number = 1 })) == "closed"
	end))
end

-- Waits.
do
	local w <close> = create([[
		local inbox = testing.mailbox(1)
		worker.message(inbox:address())
		collectgarbage() collectgarbage()
		worker.message({ inbox:receive() })
		worker.message({ inbox:receive() })
	]])
	local address = worker.receive(w)
	address:send("x")
	same("a wait ends with a message", worker.receive(w)[2], "x")
	address = nil
	collect()
	same("or with the last address", worker.receive(w, 10000)[2], "no senders")

	local inbox = testing.mailbox(1)
	local senders = {}
	local before = testing.pool().drainers
	local go = rcu.table()
	for i = 1, 100 do
		senders[i] = create(
			'local address, go, i = ... for n = 1, 3 do require("rcu").add(go, "begun", 1) assert(address:send({ i, n })) end',
			inbox:address(),
			go,
			i
		)
	end
	ok("a hundred want to send", soon(function()
		-- The one that has sent wants to again.
		return (go.begun or 0) == 101
	end))
	ok("none of them holds a thread", soon(function()
		return testing.pool().busy == 0
	end))
	ok("so the pool has hardly more than before", testing.pool().drainers - before <= 4 * linux.numcpus())
	local last, good = {}, 0
	for _ = 1, 300 do
		local _, message = inbox:receive(10000)
		local sender, number = message[1], message[2]
		good = good + (number == (last[sender] or 0) + 1 and 1 or 0)
		last[sender] = number
	end
	same("all is received, that of each sender in order", good, 300)
	worker.receive(table.unpack(senders))
	senders = nil
	collect()
	same("then nothing comes", joined(inbox:receive(10000)), "nil no senders")

	inbox = testing.mailbox(1)
	local late <close> = create(
		'local address = ... address:send(1) worker.message({ address:send(2, 30) }) worker.message({ address:send(3) })',
		inbox:address()
	)
	same("a wait for room may have a time-out", worker.receive(late)[2], "timeout")
	same("what it was for is not there", joined(inbox:receive()), "true 1")
	same("what comes later is", joined(inbox:receive()), "true 3")
	same("and is told", worker.receive(late)[1], true)
	local told <close> = create('local address = ... address:send(1) worker.message({ address:send(2) })', inbox:address())
	ok("one waits for room", soon(function()
		return inbox:counts() == 1
	end))
	inbox:close()
	same("and is told when there will be none", worker.receive(told, 10000)[2], "closed")

	-- Where Lua cannot yield, so that a thread sleeps.
	inbox = testing.mailbox(1)
	local sorted <close> = create(
		[[
		local address, number = ..., 1
		address:send(1)
		table.sort({ 1, 2, 3 }, function()
			number = number + 1
			worker.message({ address:send(number, number == 2 and 20 or nil) })
			return false
		end)
		]],
		inbox:address()
	)
	same("one waits where Lua cannot yield", worker.receive(sorted)[2], "timeout")
	same("the first is received", joined(inbox:receive()), "true 1")
	same("it goes on", worker.receive(sorted)[1], true)
	same("with the next one", joined(inbox:receive()), "true 3")
end

-- What leads back to itself goes with its inbox.
do
	local long = ("x"):rep(50000)
	local function alone()
		local inbox = testing.mailbox()
		local address = inbox:address()
		assert(address:send({ address, long, { inbox:address() } }))
	end
	local function circle()
		local inboxes = {}
		for i = 1, 5 do
			inboxes[i] = testing.mailbox()
		end
		local shared = rcu.table()
		for i, inbox in ipairs(inboxes) do
			local address, other = inbox:address(), inboxes[i % 5 + 1]:address()
			shared["at" .. i] = address
			assert(address:send({ other, shared, long }))
			assert(other:send({ address, shared, long }))
		end
	end
	for name, make in pairs({ alone = alone, ["in a circle"] = circle }) do
		make()
		collect()
		local before, most = testing.counted(), 0
		for _ = 1, 100 do
			make()
			most = math.max(most, testing.counted() - before)
		end
		ok("messages of one " .. name .. " count", most > 100000, most)
		ok("and are gone with it", soon(function()
			collect()
			return testing.counted() - before < 100000
		end), testing.counted() - before)
	end

	-- A chain: the only way to each is a message in the one before.
	local function chain(count)
		local inboxes = {}
		for i = 1, count do
			inboxes[i] = testing.mailbox(2)
			if i > 1 then
				assert(inboxes[i - 1]:address():send(inboxes[i]:address()))
			end
		end
		collect()
		return inboxes
	end
	-- With room for so many objects, which stays.
	chain(length)
	collect()
	local before = testing.counted()
	local inboxes = chain(length)
	ok("each of a chain counts", testing.counted() - before > length * 300, testing.counted() - before)
	same("and has one address", joined(inboxes[length]:counts()), "0 1")
	inboxes[1]:close()
	same("what the first has had is gone", joined(inboxes[2]:counts()), "1 0")
	same("what is left can be received", inboxes[2]:receive(), true)
	inboxes = nil
	ok("all are gone", soon(function()
		collect()
		return testing.counted() - before < 100000
	end), testing.counted() - before)
end

-- A thread's results, a child runtime.
do
	local runtime = require("lunatik").runtime("suite_mailbox_child")
	local inbox = testing.mailbox()
	local joined_thread = thread.run(runtime, "mailbox", inbox:address())
	local _, message = inbox:receive(10000)
	ok("a thread has sent its address", message and message:send("x") == true)
	local results = table.pack(joined_thread:join())
	ok("and returns that of another", results[1] == true and results[2] == inbox:address(), joined(table.unpack(results)))
	runtime, joined_thread, results = nil, nil, nil
	collect()
	ok("the mailbox goes with the runtime", soon(function()
		return joined(message:send("x")) == "nil closed"
	end))
end
