-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of ltask: what the script does that starts the services. It is no service. The argument is the folder
-- tools/testing.

local folder = ...
local check = dofile(folder .. "/lib/check.lua")
local bootstrap = require("ltask.bootstrap")
local linux = require("linux")
local same, ok, raises = check.same, check.ok, check.raises

local function failure(fn, ...)
	local good, err = pcall(fn, ...)
	return not good and err or nil
end

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

-- A system with a service that runs the code that it is sent, and one without a name, which keeps it.
local function start(core)
	return bootstrap.start({ core = core, root = { bootstrap = {
		{ name = "ltask_user", unique = true },
		{ name = "ltask_user" },
	} } })
end

-- 4.1: functions that start replaces.
local replaced = { "init", "init_timer", "init_socket", "new_service", "init_root", "post_message", "run", "deinit" }
for _, name in ipairs({ "pushlog", "log_sender", "mainthread_wait", table.unpack(replaced) }) do
	raises("4.1: " .. name .. " says that it is not supported", name .. " is not supported: ", bootstrap[name], {})
end
do
	local ptr, size = bootstrap.pack(1, nil, { 2 }, setmetatable({}, { __pairs = function()
		return next, { 3 }, nil
	end }))
	local one, none, two, three = bootstrap.unpack(ptr, size)
	same("4.1: values are packed", check.joined(one, none, two[1], three[1]), "1 nil 2 3")
	bootstrap.remove(ptr, size)
	ok("4.1: and removed", not pcall(bootstrap.unpack_remove, ptr, size))
	raises("4.1: the module ltask says that this is no service", "this script is no service", function()
		require("ltask").call(1, "x")
	end)
end

-- 4.3: numbers.
for _, key in ipairs({ "worker", "queue", "queue_sending", "max_service", "external_queue" }) do
	for _, value in ipairs({ "8", 8.0, 1.5, true, {} }) do
		raises(("4.3: %s = %s"):format(key, value):gsub("0x%x+", ""), ("." .. key .. " should be an integer"), start,
			{ [key] = value })
	end
end
for _, wrong in ipairs({ { queue = 1 }, { queue = -5 }, { queue = 65537 }, { queue = math.mininteger },
	{ max_service = 65537 }, { max_service = 0 }, { external_queue = -1 }, { external_queue = math.maxinteger } }) do
	local key, value = next(wrong)
	raises(("4.3: %s = %d"):format(key, value), ("." .. key .. " should be an integer from "), start, wrong)
end
raises("4.2: core must be a table", ".core should be a table", start, 5)

local core = { queue = 5, max_service = 1000, external_queue = 3 }
local context = start(core)
same("4.3: the queue is rounded up", core.queue, 8)
same("4.3: and the number of services", core.max_service, 1024)
same("4.3: and the queue for messages from outside", core.external_queue, 4)
same("4.3: defaults are told", core.queue_sending, 4096)

-- bootstrap.call.
local function call(...)
	return bootstrap.call(context, "ltask_user", ...)
end
do
	same("call: values go there and back", check.joined(call("echo", 1, nil, "x", 2.5, nil)), "1 nil x 2.5 nil")
	same("call: their number, too", select("#", call("echo", nil, nil)), 2)
	same("call: and none", select("#", call("echo")), 0)
	local t = {}
	t.self = t
	local got, again = call("echo", t, t)
	ok("call: identity is kept", got.self == got and got == again)
	ok("call: C functions travel", call("echo", string.rep) == string.rep)
	got = call("echo", setmetatable({ hidden = 1 }, { __pairs = function()
		return next, { 3 }, nil
	end }))
	ok("call: __pairs is called", got[1] == 3 and got.hidden == nil)
	local id = bootstrap.call(context, 1, "queryservice", "ltask_user")
	same("call: by number", bootstrap.call(context, id, "echo", 4), 4)
	same("call: the sender is 0", call("eval", "return ltask.current_session().from"), 0)
	call("sleep", 2)
	ok("call: an answer may take its time", true)

	local err = failure(call, "fail", "oops")
	same("call: an error is an object", type(err), "table")
	ok("call: with its text", tostring(err):find("^oops\nstack traceback:\n\t%( service:" .. id), tostring(err))
	same("call: and its fields", failure(call, "fail", { code = 42 }).code, 42)
	err = failure(call, "nosuch")
	ok("call: unknown requests", tostring(err):find("^Unknown request message : nosuch"), tostring(err))
	for _, dead in ipairs({ 0, 12345, -1, 1 << 32, math.maxinteger }) do
		raises(("call: the service %d is dead"):format(dead), ("is dead"), bootstrap.call, context, dead, "x")
	end
	raises("call: what cannot travel", "Only light C function can be serialized", call, "echo", function() end)
	raises("call: a wrong context", "bad argument", bootstrap.call, {}, 1, "x")
	raises("call: a wrong service", "bad argument", bootstrap.call, context, {}, "x")
	same("call: it goes on", call("echo", 5), 5)
	same("call: inside a coroutine", coroutine.wrap(call)("echo", 6), 6)
	same("call: where Lua cannot yield", select(2, string.gsub("x", "x", function()
		return call("echo", "y")
	end)), 1)

	-- A service that computes, and so takes no messages.
	local busy = bootstrap.call(context, 1, "spawn", "ltask_user")
	call("eval", [[
		ltask.send(..., "eval", "ltask.send(" .. ltask.self() .. ", 'eval', 'kept.begun = true') while true do end")
	]], busy)
	ok("call: a service computes", soon(function()
		return call("eval", "return kept.begun")
	end))
	raises("call: then its queue is full", ("{service:%d} is busy"):format(busy), call, "eval", [[
		while true do
			ltask.send(..., "echo")
		end
	]], busy)
	raises("call: for the script, too", ("{service:%d} is busy"):format(busy), bootstrap.call, context, busy, "echo")

	-- Services that end while they are asked.
	local asked = bootstrap.call(context, 1, "spawn", "ltask_user")
	err = failure(bootstrap.call, context, asked, "eval", "ltask.quit() ltask.wait({})")
	same("call: a service quits", tostring(err):match("^[^\n]*"), "Service has been quit.")
	-- A request that comes before its end is answered by that.
	ok("call: then it is dead", soon(function()
		return tostring(failure(bootstrap.call, context, asked, "x")):find("is dead", 1, true)
	end))
	asked = bootstrap.call(context, 1, "spawn", "ltask_user")
	err = failure(bootstrap.call, context, asked, "eval", [[
		setmetatable(ltask.dispatch({}), { __index = function() error("crashes", 0) end })
		ltask.send(ltask.self(), "nosuch")
		ltask.wait({})
	]])
	ok("call: a service crashes", tostring(err):find("crashes", 1, true), tostring(err))
	local count = 0
	for i = 1, 1000 do
		count = count + call("echo", i) - i + 1
	end
	same("call: a thousand times", count, 1000)
end

-- 3.9: messages from outside.
do
	local send = bootstrap.external_sender(context)
	local function received()
		return call("eval", "return #(kept.external or {})")
	end
	ok("3.9: without a receiver they are dropped", send("lost"))
	local id = bootstrap.call(context, 1, "queryservice", "ltask_user")
	call("handle", "external", [[return function(...)
		kept.external = kept.external or {}
		table.insert(kept.external, table.pack(ltask.current_session().from, ...))
	end]])
	bootstrap.call(context, 1, "external_forward", id)
	ok("3.9: a message is sent", send(1, nil, { "x" }, nil) == true)
	ok("3.9: the service receives it", soon(function()
		return received() == 1
	end))
	same("3.9: with all values, from the root", call("eval", [[
		local got = kept.external[1]
		return got.n .. " " .. got[1] .. " " .. got[2] .. " " .. tostring(got[3]) .. " " .. got[4][1]
	]]), "5 1 1 nil x")
	local sent, refused = 0, 0
	for _ = 1, 100000 do
		if send("flood") then
			sent = sent + 1
		else
			refused = refused + 1
		end
	end
	same("3.9: each message was sent or refused", sent + refused, 100000)
	ok("3.9: more than there are places were refused", refused > 0)
	ok("3.9: none that was sent is lost", soon(function()
		return received() == sent + 1
	end), ("%d of %d"):format(received(), sent + 1))
	ok("3.9: then there is room again", send("after"))
	raises("3.9: only a sender sends them", "bootstrap.external_sender", bootstrap.call, context, 1, "external", "x")
	-- The queue of the service is short: messages that it has no room for wait in the root.
	local busy = bootstrap.call(context, 1, "spawn", "ltask_user")
	bootstrap.call(context, busy, "handle", "external", [[return function(i)
		kept[#kept + 1] = i
	end]])
	bootstrap.call(context, 1, "external_forward", busy)
		for i = 1, 200 do
		while not send(i) do
			linux.schedule(1)
		end
	end
	ok("3.9: messages to a service keep their order", soon(function()
		return bootstrap.call(context, busy, "eval", "return #kept") == 200
	end))
	local order = bootstrap.call(context, busy, "eval", "return kept")
	local ordered = 0
	for i = 1, 200 do
		ordered = ordered + (order[i] == i and 1 or 0)
	end
	same("3.9: all of them", ordered, 200)
	bootstrap.call(context, 1, "external_forward", id)
	raises("3.9: what cannot travel is refused", "Only light C function can be serialized", send, function() end)
	for _ = 1, 10 do
		pcall(send, function() end)
	end
	ok("3.9: and takes no place", soon(function()
		return send("again")
	end))
	bootstrap.call(context, 1, "external_forward", id, "echo")
	ok("3.9: the request can have another name", send("named"))
end

-- The end.
do
	local send = bootstrap.external_sender(context)
	call("eval", "ltask.send(1, 'quit_ltask')")
	bootstrap.wait(context)
	raises("call: after the end", "{service:1} is dead", bootstrap.call, context, 1, "x")
	raises("3.9: after the end", "the services have ended", send, "x")
	context = start()
	raises("3.9: there is no queue by default", "No external message queue", bootstrap.external_sender, context)
	local err = failure(bootstrap.call, context, "ltask_user", "eval", "ltask.send(1, 'quit_ltask') ltask.wait({})")
	ok("call: the system ends meanwhile", tostring(err):find("Service has been quit.", 1, true), tostring(err))
	bootstrap.wait(context)
	-- What is made for this script may do what the script may; and a function asks where it is called.
	context = start()
	pledge("~fs:write")
	local confined = bootstrap.call(context, 1, "spawn", "ltask_user")
	call("eval", "assert(io.open('/tmp/ltask_outside', 'w')):close() os.remove('/tmp/ltask_outside')")
	err = failure(call, "eval", [[
		return ltask.call(..., "eval", "return (...)('/tmp/ltask_outside', 'w')", io.open)
	]], confined)
	ok("call: confined", tostring(err):find('permission "fs:write" denied', 1, true), tostring(err))
	bootstrap.call(context, "ltask_user", "eval", [[
		ltask.timeout(5, function()
			ltask.send(1, "quit_ltask")
		end)
	]])
	err = failure(bootstrap.call, context, 1, "queryservice", "nosuch")
	ok("call: the root ends meanwhile", tostring(err):find("quit", 1, true), tostring(err))
	bootstrap.wait(context)
end
