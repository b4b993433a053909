-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Workers: what each function does, and what becomes of values, errors and lives. The argument is the folder
-- tools/testing.

local folder = ...
local check = dofile(folder .. "/lib/check.lua")
local linux = require("linux")
local shared = require("lunatik")._ENV
local same, ok, raises = check.same, check.ok, check.raises

-- A worker that runs this code.
local function create(code, ...)
	return worker.create("./worker_code", code, ...)
end

local function said(...)
	local results = table.pack(...)
	for i = 1, results.n do
		results[i] = tostring(results[i])
	end
	return table.concat(results, " ", 1, results.n)
end

-- What the first message of a worker with this code is.
local function answer(code, ...)
	return worker.receive(create(code, ...))
end

-- What receiving raises.
local function failure(w)
	local good, err = pcall(worker.receive, w)
	return good and "no error" or err
end

-- Returns when the worker is dead and drained; errors count as that.
local function await(w)
	while worker.status(w) == "running" do
		pcall(worker.receive, w)
	end
	while select(2, pcall(worker.receive, w)) ~= nil do
	end
end

local function took(fn, ...)
	local begun = linux.ktime()
	fn(...)
	return (linux.ktime() - begun) // 1000000
end

-- Returns whether the condition became true within some seconds.
local function soon(condition)
	local w <close> = create("while true do worker.peek() end")
	local ending = linux.ktime() + 20 * 1000000000
	while not condition() do
		if linux.ktime() > ending then
			return false
		end
		-- Waits a while.
		worker.receive(w, 5)
	end
	return true
end

-- The table.

local names = {}
for name, value in pairs(worker) do
	names[#names + 1] = name .. ":" .. type(value)
end
table.sort(names)
local outside = "create:function limits:function receive:function send:function status:function stop:function"
same("outside of workers the table has six functions", table.concat(names, " "), outside)
same("it can be required", require("worker"), worker)
same("workers have two more", answer([[
	local names = {}
	for name in pairs(worker) do
		names[#names + 1] = name
	end
	table.sort(names)
	worker.message(table.concat(names, " "))
]]), "create limits message peek receive send status stop")

-- create: the order of its checks.

raises("a path is a string", "bad argument #1 to 'create' (string expected, got no value)", function()
	worker.create()
end)
raises("a table is none", "(string expected, got table)", worker.create, {})
ok("a number is taken for one", failure(worker.create(5)):find("no script 5: there is no file /lib/modules/lua/5.lua", 1, true) ~= nil)
local function limited(pledges, ...)
	return coroutine.wrap(function(...)
		for _, spec in ipairs(pledges) do
			pledge(spec)
		end
		return pcall(worker.create, ...)
	end)(...)
end
same("without fs:read it fails first", said(limited({ "~fs:read", "~load" }, "hello", print)), "false permission \"fs:read\" denied for 'hello'")
same("then without load", said(limited({ "~load" }, "hello", print)), "false permission denied: 'load' pledge required")
same("then for what cannot travel", said(limited({}, "hello", print)), "false cannot send a function")
same("one path that may be read is enough", said(limited({ "fs:read=" .. folder .. "/lua/worker_code.lua" }, "./worker_code", "")):match("^true worker"), "true worker")
same(
	"another one is not",
	said(limited({ "fs:read=" .. folder .. "/lua/workers.lua" }, "./worker_code", "")),
	"false permission \"fs:read\" denied for './worker_code'"
)
same(
	"nor is load then asked for",
	said(limited({ "fs:read=" .. folder .. "/lua/workers.lua", "~load" }, "./worker_code", "")),
	"false permission \"fs:read\" denied for './worker_code'"
)
for _, name in ipairs({ "", "/etc/passwd", "a/../b", "../x", "./../x", "a//b", "x\0y" }) do
	raises(("%q is no name"):format(name), "bad argument #1 to 'worker.create' (a script name must not", worker.create, name)
end
ok("no limit but the system's is needed to name a missing file", failure(worker.create("suite_nosuch")):find("no script suite_nosuch", 1, true) ~= nil)
same("a name may end in .lua", answer("worker.message('ran')"), worker.receive(worker.create("./worker_code.lua", "worker.message('ran')")))
ok("an error in the syntax is received", failure(worker.create("suite_syntax")):find("suite_syntax.lua:1:", 1, true) ~= nil)
for kind, value in pairs({ ["a function"] = print, ["a userdata"] = io.stdout, ["a coroutine"] = coroutine.create(print) }) do
	raises(kind .. " is no argument", "cannot send " .. kind, create, "", value)
	raises(kind .. " in a table is none", "cannot send " .. kind .. " (at .handlers[3])", create, "", { handlers = { 1, 2, value } })
end
do
	local w <close> = create("worker.peek()")
	raises("a worker is no argument", "cannot send a userdata", create, "", w)
	raises("nor a message", "cannot send a userdata (at .w)", worker.send, w, { w = w })
end

-- Arguments.

same("arguments arrive, with all nils", answer("worker.message({ select('#', ...), said = tostring((select(4, ...))) })", nil, 1, nil, "x", nil)[1], 5)
same(
	"as they were",
	answer("local a, b, c, d = ...; worker.message(table.concat({ tostring(a), tostring(b), c.x, d }, ' '))", nil, false, { x = 7 }, "y\0z"),
	"nil false 7 y\0z"
)
same("peek does not see them", answer("worker.message(worker.peek(10) == nil)", 1, 2, 3), true)

-- status.

do
	local w = create("worker.peek()")
	same("a worker that waits runs", worker.status(w), "running")
	worker.send(w, 1)
	await(w)
	same("one that has returned is dead", worker.status(w), "dead")
	local f = create("error('x')")
	await(f)
	same("so is one that has failed", worker.status(f), "dead")
	local m = create("worker.message(1) worker.message(2)")
	ok("it is so with messages unread", soon(function()
		return worker.status(m) == "dead"
	end))
	same("which can be received", said(worker.receive(m), worker.receive(m), worker.receive(m), worker.receive(m)), "1 2 nil nil")
end
for _, name in ipairs({ "status", "send", "receive", "stop" }) do
	raises(name .. " wants a worker", ("bad argument #1 to 'worker.%s' (worker.state expected, got"):format(name), worker[name], io.stdout)
	raises(name .. " takes no number for one", "(worker.state expected, got number)", worker[name], 5, 6)
end

-- message and send.

same("message says that it was sent", answer("worker.message(worker.message(1))") == 1, true)
do
	local w = create("worker.message(1); worker.message(worker.message(2, 3, 4))")
	same("only the first value counts", said(worker.receive(w), worker.receive(w), worker.receive(w), worker.receive(w)), "1 2 true nil")
	same("no value is none", failure(create("worker.message()")):match("cannot send no value$"), "cannot send no value")
	local e = create("while true do local m = worker.peek(); worker.message(m) if m == 'end' then break end end")
	raises("nor can none be sent", "cannot send no value", worker.send, e)
	same("send says that it was sent", worker.send(e, 1, 2), true)
	same("a false arrives", said(worker.receive(e), worker.send(e, false), worker.receive(e)), "1 true false")
	same("a nil arrives", said(worker.send(e, nil), worker.receive(e), worker.status(e)), "true nil running")
	worker.send(e, "end")
	await(e)
	same("to a dead worker nothing is sent", worker.send(e, 1), false)
	raises("what cannot travel is refused even then", "cannot send a function", worker.send, e, print)
end

-- receive.

raises("receive wants a worker", "expected at least one worker", worker.receive)
do
	shared["suite.a"], shared["suite.b"] = nil, nil
	local code = "local name, n = ...; for i = 1, n do worker.message(name .. i) end require('lunatik')._ENV['suite.' .. name] = 1 worker.peek()"
	local a, b = create(code, "a", 2), create(code, "b", 1)
	ok("two workers have sent something", soon(function()
		return shared["suite.a"] and shared["suite.b"]
	end))
	same("one message comes from each worker that has one", said(worker.receive(a, b)), "a1 b1")
	same("nil from the others", said(worker.receive(b, a)), "nil a2")
	shared["suite.a"], shared["suite.b"] = nil, nil
	same("a time-out gives nils and its name", said(worker.receive(a, b, 10)), "nil nil timeout")
	same("for one worker, too", said(worker.receive(a, 0)), "nil timeout")
	ok("it takes that long", took(worker.receive, a, b, 200) >= 200)
	raises("it is not negative", "must not be negative", worker.receive, a, -1)
	raises("nor a float", "bad argument #2 to 'worker.receive' (worker.state expected, got number)", worker.receive, a, 1.0)
	raises("nor in the middle", "bad argument #2 to 'worker.receive' (worker.state expected, got number)", worker.receive, a, 10, b)
	worker.send(a, 1)
	await(a)
	same("a dead worker does not end a wait", said(worker.receive(a, b, 20)), "nil nil timeout")
	worker.send(b, 1)
	same("when all are dead there are nils, as many as workers", said(worker.receive(a, b, a)), "nil nil nil")
	same("without waiting", said(worker.receive(a, b, 1000)), "nil nil")
	local c = create("for i = 1, 4 do worker.message(i) end")
	await(create(""))
	ok("its messages are there", soon(function()
		return worker.status(c) == "dead"
	end))
	same("a worker that is named twice gives two messages", said(worker.receive(c, c)), "1 2")
	same("with a place between", said(worker.receive(c, a, c)), "3 nil 4")
	same("and nothing after that", said(worker.receive(c, c)), "nil nil")
end
do
	-- The order of errors.
	local w = create("worker.message(1) worker.message(2) error('failed', 0)")
	ok("it fails", soon(function()
		return worker.status(w) == "dead"
	end))
	same("messages come before the error", said(worker.receive(w), worker.receive(w)), "1 2")
	same("then the error", failure(w), "failed")
	same("once", said(pcall(worker.receive, w)), "true nil")
	local f, m = create("error('f', 0)"), create("worker.message('m') worker.peek()")
	ok("one fails while another lives", soon(function()
		return worker.status(f) == "dead"
	end))
	ok("a message is not lost for an error", soon(function()
		local good, x, y = pcall(worker.receive, f, m, 0)
		return good and x == nil and y == "m" or not good and x == "f" and worker.receive(m) == "m" or "lost"
	end))
	worker.stop(m)
	local g, h = create("error('g', 0)"), create("error('h', 0)")
	ok("both fail", soon(function()
		return worker.status(g) == "dead" and worker.status(h) == "dead"
	end))
	same("of several errors the first comes first", said(pcall(worker.receive, g, h)), "false g")
	same("then the next", said(pcall(worker.receive, g, h)), "false h")
	same("then nothing", said(worker.receive(g, h)), "nil nil")
end

-- peek.

same("peek takes a time-out", answer("worker.message(table.concat({ tostring(worker.peek(5)), select(2, worker.peek(5)) }, ' '))"), "nil timeout")
ok("a negative one is refused", failure(create("worker.peek(-1)")):find("must not be negative", 1, true) ~= nil)
do
	local w <close> = create("for i = 1, 3 do worker.message(worker.peek()) end")
	for i = 1, 3 do
		worker.send(w, i)
	end
	same("messages are kept, in order", said(worker.receive(w), worker.receive(w), worker.receive(w)), "1 2 3")
end

-- The handle.

do
	local w <close> = create("worker.peek()")
	ok("a handle shows itself", tostring(w):match("^worker: 0x%x+$") ~= nil)
	same("it is a userdata", type(w), "userdata")
	ok("it cannot be indexed", not pcall(function()
		return w.x
	end))
	ok("nor called", not pcall(function()
		return w()
	end))
	same("its metatable is its own", getmetatable(w), false)
end

-- Values.

local function back(value)
	local w <close> = create("worker.message(worker.peek())")
	worker.send(w, value)
	return worker.receive(w)
end
for _, value in ipairs({ 0, -1, math.maxinteger, math.mininteger, 1.5, -0.0, 2.0, math.huge, -math.huge, 0 / 0, true, "", "x", "a\0b", ("y"):rep(100000) }) do
	same(("%s %s arrives"):format(math.type(value) or type(value), ("%q"):format(value):sub(1, 20)), back(value), value)
end
same("a minus zero stays one", 1 / back(-0.0), -math.huge)
do
	local t = back({ [1] = "a", [2.5] = "b", [true] = "c", [math.mininteger] = "d", x = { y = { "z" } }, [{ 1 }] = "e" })
	same("tables have all keys", said(t[1], t[2.5], t[true], t[math.mininteger], t.x.y[1]), "a b c d z")
	local key
	for k in pairs(t) do
		key = type(k) == "table" and k or key
	end
	same("tables among them", t[key], "e")
	local meta = setmetatable({ 1 }, {
		__index = function()
			return "meta"
		end,
		__pairs = error,
		__len = error,
	})
	local plain = back(meta)
	same("metatables are passed over", said(plain[1], plain.x, getmetatable(plain)), "1 nil nil")
	local inner = { 1 }
	local both = { inner, inner, key = inner }
	both.self = both
	both = back(both)
	ok("references and cycles survive", both[1] == both[2] and both.key == both[1] and both.self == both)
	local function nested(levels)
		local t = {}
		for _ = 2, levels do
			t = { t }
		end
		return t
	end
	local function depth(t)
		local levels = 0
		while t do
			levels, t = levels + 1, t[1]
		end
		return levels
	end
	same("100 levels arrive", depth(back(nested(100))), 100)
	raises("101 are refused by the sender", "cannot send tables nested deeper than 100", back, nested(101))
	raises("as arguments, too", "cannot send tables nested deeper than 100", create, "", nested(101))
	local w = create("worker.message(worker.peek())")
	raises("a message is all or nothing", "cannot send a function (at .y)", worker.send, w, { 1, 2, y = print })
	same("so nothing was sent", said(worker.receive(w, 20)), "nil timeout")
	worker.stop(w)
end

-- Errors in a worker.

same("an error has its place", failure(create("error('here')")), "worker:1: here")
same("a number is a number", failure(create("error(5)")), 5)
same("a table stays one", failure(create("error({ code = 7, list = { 1, 2 } })")).list[2], 2)
same("one that cannot travel is shown", failure(create("error(setmetatable({ print }, { __tostring = function() return 'shown' end }))")), "shown")
ok("or named", failure(create("error({ print })")):match("^table: 0x") ~= nil)
ok("a userdata is shown", failure(create("error(io.stdout)")):match("^file %(0x") ~= nil)
same("a failing __tostring is no harm", failure(create("error(setmetatable({ print }, { __tostring = error }))")), "(error object cannot be shown)")
same("no error value is one", failure(create("error()")), "<no error object>")
ok("memory has an end", failure(create("local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end")):find("not enough memory", 1, true) ~= nil)
same("results are dropped", said(worker.receive(create("return 1, 2, print"))), "nil")

-- Lives.

do
	-- A handle that is collected.
	shared["suite.go"] = nil
	create([[
		local shared = require("lunatik")._ENV
		shared["suite.collected"] = 1
		while not shared["suite.go"] do worker.peek(5) end
	]])
	ok("a worker without a handle runs", soon(function()
		return shared["suite.collected"] == 1
	end))
	shared["suite.collected"], shared["suite.go"] = nil, 1

	shared["suite.peeked"] = nil
	create([[
		local ok, err = pcall(worker.peek)
		require("lunatik")._ENV["suite.peeked"] = err:gsub("^.-: ", "") .. " " .. tostring(worker.message(1))
	]])
	ok("when its handle is collected, peek and message say so", soon(function()
		collectgarbage()
		return shared["suite.peeked"] == "parent closed false"
	end))
	shared["suite.peeked"] = nil
end
do
	-- stop.
	local w = create("while true do end")
	same("a loop is stopped", said(worker.stop(w)), "")
	same("and is dead", worker.status(w), "dead")
	same("which is no error", said(pcall(worker.receive, w)), "true nil")
	same("it can be stopped again", said(worker.stop(w)), "")
	local p = create("worker.message(1); local ok, err = pcall(worker.peek); worker.message(err:match('interrupted')); while true do end")
	worker.receive(p)
	worker.stop(p, 200)
	same("a wait ends first", said(worker.receive(p), worker.receive(p)), "interrupted nil")
	local q = create("while true do pcall(worker.peek) end")
	ok("no grace is short", took(worker.stop, q, 0) < 5000)
	raises("a negative one is refused", "must not be negative", worker.stop, q, -1)
	local closed
	do
		local c <close> = create("while true do end")
		closed = c
	end
	same("the end of a block stops a worker", worker.status(closed), "dead")
	pcall(function()
		local c <close> = create("while true do end")
		closed = c
		error("out")
	end)
	same("an error, too", worker.status(closed), "dead")
end

-- Permissions.

same("a worker may what its parent may", answer("worker.message(io.open('/etc/passwd') ~= nil)"), true)
same("no more than its creator", select(2, limited({ "~fs:write" }, "./worker_code", "worker.message(tostring(select(2, pcall(io.open, '/tmp/never', 'w'))))")) and true, true)
do
	local _, w = limited({ "~fs:write", "~env" }, "./worker_code", [[
		local said = {}
		local function try(...)
			local good, err = pcall(...)
			said[#said + 1] = good and tostring(err) or err:gsub("^.-:%d+: ", "")
		end
		try(io.open, "/tmp/never", "w")
		try(pledge, "env=HOME")
		try(pledge, "env")
		try(pledge, "exec")
		try(os.getenv, "HOME")
		try(pledge, "~rcu")
		try(require("rcu").table)
		try(pledge, "fs:read=/nosuch")
		try(io.open, "/etc/passwd")
		try(worker.create, "hello")
		worker.message(table.concat(said, "\n"))
	]])
	same(
		"narrower goes, wider does not",
		worker.receive(w),
		table.concat({
			'permission "fs:write" denied for \'/tmp/never\'',
			'permission "env" was rejected',
			'permission "env" was rejected',
			"true",
			'permission "env" denied for \'HOME\'',
			"true",
			'permission "rcu" denied',
			"true",
			'permission "fs:read" denied for \'/etc/passwd\'',
			"permission \"fs:read\" denied for 'hello'",
		}, "\n")
	)
	local snapshot = coroutine.wrap(function()
		local w = create("worker.peek() worker.message(pcall(require('rcu').table))")
		pledge("~rcu")
		worker.send(w, 1)
		return worker.receive(w)
	end)()
	same("what counts is what was so when it was created", snapshot, true)
end
ok("byte code is refused", failure(create("load(string.dump(function() end), 'x', 'b')()")) ~= "no error")
same("globals are not inherited", answer("worker.message(suite_global == nil)"), true)

-- Bounded queues.

same("the limits have defaults", said(worker.limits().messages, worker.limits().bytes), "1024 1048576")
for _, bad in ipairs({ { messages = 0 }, { messages = -1 }, { messages = 1.5 }, { messages = "5" }, { messages = 65537 }, { bytes = 0 }, { bytes = (16 << 20) + 1 } }) do
	local name, value = next(bad)
	raises(("%s = %s is refused"):format(name, tostring(value)), ("field '%s' must be an integer from 1 to "):format(name), worker.limits, bad)
end
raises("limits are a table", "(table expected, got number)", worker.limits, 5)
do
	same("limits are set one by one", said(worker.limits({ messages = 2 }).messages, worker.limits().bytes), "2 1048576")
	local w = create([[
		worker.message("ready")
		worker.peek()
		for i = 1, 10 do worker.message(i) end
		worker.message("end")
	]])
	worker.receive(w)
	worker.limits({ messages = 1024 })
	worker.send(w, "go")
	local got = {}
	repeat
		got[#got + 1] = worker.receive(w)
	until got[#got] == "end"
	same("a sender that waits loses nothing", table.concat(got, " "), "1 2 3 4 5 6 7 8 9 10 end")

	worker.limits({ messages = 1 })
	local r = create([[
		local ktime = require("linux").ktime
		worker.message("ready")
		local begun = ktime()
		repeat until ktime() - begun > 50000000
		local got = {}
		repeat
			got[#got + 1] = worker.peek()
		until got[#got] == "end"
		worker.message(table.concat(got, " "))
	]])
	worker.receive(r)
	for i = 1, 5 do
		worker.send(r, i)
	end
	worker.send(r, "end")
	same("the other way, too", worker.receive(r), "1 2 3 4 5 end")

	local dying = create("worker.message(1) local ktime = require('linux').ktime local begun = ktime() repeat until ktime() - begun > 50000000")
	worker.receive(dying)
	worker.send(dying, 1)
	same("a wait ends when the worker does", worker.send(dying, 2), false)

	worker.limits({ messages = 1024, bytes = 100 })
	local big = create("local m = worker.peek(); worker.message(#m); m = nil; worker.message(#worker.peek())")
	worker.send(big, ("x"):rep(1000))
	worker.send(big, ("x"):rep(2000))
	same("what is larger than the limit goes alone", said(worker.receive(big), worker.receive(big)), "1000 2000")
	worker.limits({ bytes = 1 << 20 })
	raises("16 MiB are too much for any", "cannot send more than 16 MiB", worker.send, create("worker.peek()"), ("x"):rep(16 << 20))
end

-- Nested workers.

local nested = [[
	local code, level = ...
	if level == 5 then
		worker.message("deep")
	else
		local w = worker.create("./worker_code", code, code, level + 1)
		worker.message(level .. " " .. worker.receive(w))
	end
]]
same("workers have workers", worker.receive(create(nested, nested, 1)), "1 2 3 4 deep")
ok("an error goes up", failure(create([[
	local w = worker.create("./worker_code", "error('below', 0)")
	worker.receive(w)
]])):match("^below$") ~= nil)

-- In coroutines.

same("receive works in a coroutine", coroutine.wrap(function()
	return worker.receive(create("worker.message(worker.peek(1) or 'c')"))
end)(), "c")
same("peek works in one", answer("worker.message(coroutine.wrap(function() return select(2, pcall(worker.peek, 1)) end)() == nil)"), true)

-- Finalizers.

do
	shared["suite.final"] = nil
	local w = create([[
		local shared = require("lunatik")._ENV
		local own = worker
		setmetatable({}, { __gc = function()
			shared["suite.final"] = table.concat({ tostring(own.message(1)), tostring(select(2, pcall(own.peek, 1))) }, " ")
		end })
		worker.message("last")
	]])
	same("what is sent last is received", worker.receive(w), "last")
	ok("a finalizer at the end sends nothing, and waits for nothing", soon(function()
		return tostring(shared["suite.final"]):find("^false .*interrupted$")
	end), tostring(shared["suite.final"]))
	shared["suite.final"] = nil
end
print("# " .. collectgarbage("count") // 1 .. " KiB at the end")
