-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What hooks send, what they cannot send, and what the same functions do elsewhere.
-- usage: hooks_sends_values.lua FOLDER_OF_THE_TESTS
--
-- The table of all runtimes has the addresses of an actor, a service and a worker.

local folder = ...
package.path = folder .. "/lib/?.lua;" .. package.path
local check = require("check")
local lunatik, linux, worker = require("lunatik"), require("linux"), require("worker")
local testing = require("lunatik.testing")
local bootstrap = require("ltask.bootstrap")
local shared = lunatik._ENV
local same, ok, raises = check.same, check.ok, check.raises

-- Whether the condition becomes true within some seconds.
local function soon(condition)
	for _ = 1, 1000 do
		if condition() then
			return true
		end
		linux.schedule(10)
	end
	return condition()
end

local inbox = testing.mailbox(100)
local channel, service, receiver = shared["suite.channel"], shared["suite.service"], shared["suite.worker"]
local hook <close> = lunatik.runtime("suite_hooks_sends_child", "softirq", inbox:address(), channel, service, receiver)

-- The value that comes next.
local function receive()
	local good, value = inbox:receive(5000)
	return good and value or not good and "nothing" or value
end

-- Values.
local function travels(name, shows)
	same(name .. " is sent", check.joined(hook:resume("value", name)), "true true")
	local value = receive()
	same(name .. " arrives", shows(value), true)
end
local function is(wanted)
	return function(value)
		return value == wanted and math.type(value) == math.type(wanted)
	end
end
travels("nil", is(nil))
travels("boolean", is(false))
travels("integer", is(math.mininteger))
travels("float", is(0.5))
travels("bytes", is("a\0b"))
travels("table", function(t)
	return t[1] == 1 and t[2] == "x" and t.key[1] == true and t[2.5] == false
end)
travels("eight levels", function(t)
	return t[1][1][1][1][1][1][1] ~= nil and t[1][1][1][1][1][1][1][1] == nil
end)
travels("eight tables", function(t)
	return #t[8] == 0
end)
travels("a cycle", function(t)
	return t[1] == t
end)
travels("the same table twice", function(t)
	return t[1] == t[2] and t[1][1] == 1
end)
travels("a table with metamethods", function(t)
	return rawequal(t[1], 1) and getmetatable(t) == nil
end)
travels("as many bytes as there is room for", function(text)
	return #text == 8189
end)

local function refused(name, text)
	local good, message = hook:resume("value", name)
	ok(name .. " is refused", not good and tostring(message):find(text, 1, true), message)
end
refused("nine levels", "cannot send more than 8 tables from a hook")
refused("nine tables", "cannot send more than 8 tables from a hook")
refused("a function", "cannot send a function from a hook")
refused("a coroutine", "cannot send a coroutine from a hook")
refused("an address", "cannot send a userdata from a hook")
refused("an address in a table", "cannot send a userdata from a hook (at .a.b)")
refused("an address as a key", "cannot send a userdata as a key from a hook")
refused("one byte more", "cannot send more than 8192 bytes from a hook")
refused("a megabyte", "cannot send more than 8192 bytes from a hook")
refused("a long table", "cannot send more than 8192 bytes from a hook")
for name, text in pairs({
	no_value = "cannot send no value",
	wrong = "lunatik.testing.address expected, got mtmsg.buffer",
	no_nil = "value expected",
}) do
	local good, message = hook:resume(name)
	ok(name .. " is refused", not good and tostring(message):find(text, 1, true), message)
end
same("what was refused was not sent", inbox:counts(), 0)

-- Buffers.
local function buffer(...)
	return check.joined(hook:resume("buffer", ...))
end
ok("a table is no part of a message in a buffer", buffer():find("parameter type not supported", 1, true), buffer())
ok("a message is no longer than its buffer", buffer(300):find("cannot send more than 240 bytes from a hook", 1, true))
same("a message may have no values", hook:resume("nothing"), true)
local small = require("mtmsg").buffer("suite/small")
ok("it comes", soon(function()
	return small:msgcnt() == 1
end))
same("it has none", select("#", small:nextmsg()), 0)

-- All kinds, and coroutines.
same("all are sent to", check.joined(hook:resume("all", 1 << 40)), "true true true true true")
same("a mailbox", receive(), 1 << 40)
same("a buffer", small:nextmsg(5), 1 << 40)
for _, kind in ipairs({ "actor", "service", "worker" }) do
	ok("one of kind " .. kind, soon(function()
		return shared["suite." .. kind .. ".last"] == 1 << 40
	end))
end
same("a coroutine sends", hook:resume("coroutine"), true)
same("it comes, too", receive(), "a coroutine")

-- Finalizers.
same("a hook makes garbage", hook:resume("garbage", 20), true)
same("and sends", receive(), "garbage")
local finalized, seen = 0, {}
ok("what finalizers send comes", soon(function()
	hook:resume("garbage", 20)
	while true do
		local good, value = inbox:receive(0)
		if not good then
			break
		end
		if value ~= "garbage" then
			finalized = finalized + 1
			seen[value] = true
		end
	end
	return finalized > 100
end))
same("of all of them", #seen, 20)

-- What has no room.
ok("sooner or later there is nothing", soon(function()
	return inbox:receive(100) == nil
end))
local sent = hook:resume("many", 1000)
ok("an outbox is full at some time", sent >= 300 and sent <= 500, sent)
local right = true
for i = 1, sent do
	right = right and receive() == i
end
ok("what was sent comes in order", right)

-- Elsewhere.
local function atomic(what, f, ...)
	local good, message = pcall(testing.atomically, f, ...)
	ok(what .. " is refused where no hook runs", not good and message:find("not in atomic context", 1, true), message)
end
atomic("a mailbox", inbox:address().send, inbox:address(), 1)
atomic("an actor", channel.send, channel, 1)
atomic("a service", service.send, service, 1)
atomic("a worker", worker.send, receiver, 1)
atomic("a buffer", small.addmsg, small, 1)

-- Workers.
do
	local w <close> = worker.create("./worker_code", "worker.message(worker.peek() .. worker.peek()) worker.peek()")
	local address = worker.address(w)
	same("addresses of a worker are equal", address == worker.address(w) and address ~= receiver, true)
	same("it is sent to by an address", worker.send(address, "a"), true)
	same("and by its handle", worker.send(w, "b"), true)
	same("in order", worker.receive(w, 5000), "ab")
	worker.send(w, "end")
	worker.receive(w, 5000)
	ok("to one that has ended nothing is sent", soon(function()
		return worker.send(address, 1) == false
	end))
	raises("an address is no handle", "worker.state expected, got worker.address", worker.receive, address)
	raises("it has no address", "worker.state expected, got worker.address", worker.address, address)
end
do
	local address = worker.address(worker.create("./worker_code", "pcall(worker.peek) pcall(worker.peek)"))
	ok("an address does not keep the parent's end", soon(function()
		collectgarbage()
		return worker.send(address, 1) == false
	end))
end

-- Services.
do
	local text = [[return function()
		return { wait = function() require("linux").schedule(100) end, quit = function() require("ltask").quit() end }
	end]]
	local context = bootstrap.start({
		core = { queue = 8 },
		root = {
			bootstrap = {
				{ name = "one", unique = true, initfunc = text },
				{ name = "keeper", initfunc = text },
			},
		},
	})
	local one = bootstrap.sender(context, "one")
	raises("the root gets no messages", "number of a service expected", bootstrap.sender, context, 1)
	raises("nor what is no service", "number of a service expected", bootstrap.sender, context, -1)
	raises("a context is needed", "ltask.context expected", bootstrap.sender, one, 2)
	same("a request is sent", one:send("wait"), true)
	local count = 0
	while count < 100 and one:send("wait") do
		count = count + 1
	end
	ok("until there are too many", count >= 6 and count <= 8, count)
	local coroutine_of = coroutine.create(print)
	raises("values are those of services", "Unsupport type thread to serialize", one.send, one, "x", coroutine_of)
	ok("it ends when it has room for that", soon(function()
		return (pcall(bootstrap.call, context, "one", "quit"))
	end))
	ok("a service that has ended is dead", soon(function()
		local good, message = pcall(one.send, one, "x")
		return not good and message:find("{service:%d+} is dead")
	end))
	raises("so is one that never was", "{service:1000} is dead", function()
		bootstrap.sender(context, 1000):send("x")
	end)
end

-- Actors.
same("a message to an actor is on its way", channel:send({ n = 1 << 41, text = "actor" }), true)
ok("it comes", soon(function()
	return shared["suite.actor.last"] == 1 << 41
end))
raises("nil is none", "value expected", channel.send, channel, nil)
raises("nor is a function", "cannot send a function", channel.send, channel, print)
-- One that does not receive.
local deaf = shared["suite.deaf"]
local posted = 0
while posted < 1000 and deaf:send(("x"):rep(8192)) do
	posted = posted + 1
end
ok("about a megabyte is on its way to actors", posted > 110 and posted <= 128, posted)
same("more is not sent to others either", channel:send(("x"):rep(8192)), false)
shared["suite.hear"] = true
ok("until it is received", soon(function()
	return channel:send({ n = 1 << 42, text = "actor" })
end))
ok("an actor that has ended receives nothing", soon(function()
	return deaf:send(1) == false
end))
