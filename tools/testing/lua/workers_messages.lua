-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of workers.lua: worker.status, and messages to and from workers.

local common = ...
local shared = require("lunatik")._ENV
local check, answer, await, create = common.check, common.answer, common.await, common.create
local failure, soon, took = common.failure, common.soon, common.took
local same, ok, raises, joined = check.same, check.ok, check.raises, check.joined

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
	ok(
		"it is so with messages unread",
		soon(function()
			return worker.status(m) == "dead"
		end)
	)
	same(
		"which can be received",
		joined(worker.receive(m), worker.receive(m), worker.receive(m), worker.receive(m)),
		"1 2 nil nil"
	)
end
for _, name in ipairs({ "status", "send", "receive", "stop" }) do
	raises(
		name .. " wants a worker",
		("bad argument #1 to 'worker.%s' (worker.state expected, got"):format(name),
		worker[name],
		io.stdout
	)
	raises(name .. " takes no number for one", "(worker.state expected, got number)", worker[name], 5, 6)
end

-- message and send.

do
	local w = create("worker.message(worker.message(1))")
	same("message says that it was sent", joined(worker.receive(w), worker.receive(w)), "1 true")
end
do
	local w = create("worker.message(1); worker.message(worker.message(2, 3, 4))")
	same(
		"only the first value counts",
		joined(worker.receive(w), worker.receive(w), worker.receive(w), worker.receive(w)),
		"1 2 true nil"
	)
	same("no value is none", failure(create("worker.message()")):match("cannot send no value$"), "cannot send no value")
	local e = create("while true do local m = worker.peek(); worker.message(m) if m == 'end' then break end end")
	raises("nor can none be sent", "cannot send no value", worker.send, e)
	same("send says that it was sent", worker.send(e, 1, 2), true)
	same("a false arrives", joined(worker.receive(e), worker.send(e, false), worker.receive(e)), "1 true false")
	same("a nil arrives", joined(worker.send(e, nil), worker.receive(e), worker.status(e)), "true nil running")
	worker.send(e, "end")
	await(e)
	same("to a dead worker nothing is sent", worker.send(e, 1), false)
	raises("what cannot travel is refused even then", "cannot send a function", worker.send, e, print)
end

-- receive.

raises("receive wants a worker", "expected at least one worker", worker.receive)
do
	shared["suite.a"], shared["suite.b"] = nil, nil
	local code =
		"local name, n = ...; for i = 1, n do worker.message(name .. i) end require('lunatik')._ENV['suite.' .. name] = 1 worker.peek()"
	local a, b = create(code, "a", 2), create(code, "b", 1)
	ok(
		"two workers have sent something",
		soon(function()
			return shared["suite.a"] and shared["suite.b"]
		end)
	)
	same("one message comes from each worker that has one", joined(worker.receive(a, b)), "a1 b1")
	same("nil from the others", joined(worker.receive(b, a)), "nil a2")
	shared["suite.a"], shared["suite.b"] = nil, nil
	same("a time-out gives nils and its name", joined(worker.receive(a, b, 10)), "nil nil timeout")
	same("for one worker, too", joined(worker.receive(a, 0)), "nil timeout")
	ok("it takes that long", took(worker.receive, a, b, 200) >= 200)
	raises("it is not negative", "must not be negative", worker.receive, a, -1)
	raises(
		"nor a float",
		"bad argument #2 to 'worker.receive' (worker.state expected, got number)",
		worker.receive,
		a,
		1.0
	)
	raises(
		"nor in the middle",
		"bad argument #2 to 'worker.receive' (worker.state expected, got number)",
		worker.receive,
		a,
		10,
		b
	)
	worker.send(a, 1)
	await(a)
	same("a dead worker does not end a wait", joined(worker.receive(a, b, 20)), "nil nil timeout")
	worker.send(b, 1)
	same("when all are dead there are nils, as many as workers", joined(worker.receive(a, b, a)), "nil nil nil")
	same("without waiting", joined(worker.receive(a, b, 1000)), "nil nil")
	local c = create("for i = 1, 4 do worker.message(i) end")
	ok(
		"its messages are there",
		soon(function()
			return worker.status(c) == "dead"
		end)
	)
	same("a worker that is named twice gives two messages", joined(worker.receive(c, c)), "1 2")
	same("with a place between", joined(worker.receive(c, a, c)), "3 nil 4")
	same("and nothing after that", joined(worker.receive(c, c)), "nil nil")
end
do
	-- The order of errors.
	local w = create("worker.message(1) worker.message(2) error('failed', 0)")
	ok(
		"it fails",
		soon(function()
			return worker.status(w) == "dead"
		end)
	)
	same("messages come before the error", joined(worker.receive(w), worker.receive(w)), "1 2")
	same("then the error", failure(w), "failed")
	same("once", joined(pcall(worker.receive, w)), "true nil")
	shared["suite.sent"] = nil
	local f, m =
		create("error('f', 0)"), create("worker.message('m') require('lunatik')._ENV['suite.sent'] = 1 worker.peek()")
	ok(
		"one fails while another lives",
		soon(function()
			return worker.status(f) == "dead" and shared["suite.sent"]
		end)
	)
	shared["suite.sent"] = nil
	same("a message is not lost for an error", joined(worker.receive(f, m)) .. ", " .. failure(f), "nil m, f")
	worker.stop(m)
	local g, h = create("error('g', 0)"), create("error('h', 0)")
	ok(
		"both fail",
		soon(function()
			return worker.status(g) == "dead" and worker.status(h) == "dead"
		end)
	)
	same("of several errors the first comes first", joined(pcall(worker.receive, g, h)), "false g")
	same("then the next", joined(pcall(worker.receive, g, h)), "false h")
	same("then nothing", joined(worker.receive(g, h)), "nil nil")
end

-- peek.

same(
	"peek takes a time-out",
	answer("worker.message(table.concat({ tostring(worker.peek(5)), select(2, worker.peek(5)) }, ' '))"),
	"nil timeout"
)
ok("a negative one is refused", failure(create("worker.peek(-1)")):find("must not be negative", 1, true) ~= nil)
do
	local w <close> = create("for i = 1, 3 do worker.message(worker.peek()) end")
	for i = 1, 3 do
		worker.send(w, i)
	end
	same("messages are kept, in order", joined(worker.receive(w), worker.receive(w), worker.receive(w)), "1 2 3")
end

-- In coroutines.

same(
	"receive works in a coroutine",
	coroutine.wrap(function()
		return worker.receive(create("worker.message(worker.peek(1) or 'c')"))
	end)(),
	"c"
)
same(
	"peek works in one",
	answer(
		"worker.message(table.concat({ coroutine.wrap(function() return tostring(worker.peek(1)), select(2, worker.peek(1)) end)() }, ' '))"
	),
	"nil timeout"
)
