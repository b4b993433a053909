-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Threads with runtimes of their own, and interrupts between them. The argument is the folder tools/testing.

local check = dofile((...) .. "/lib/check.lua")
local llthreads = require("llthreads2.ex")
local mtint = require("mtint")
local mtmsg = require("mtmsg")
local same, ok, raises, joined = check.same, check.ok, check.raises, check.joined

-- Runs a function in a thread and returns the outcome.
local function run(fn, ...)
	return joined(llthreads.new(fn, ...):start():join())
end

-- Functions and their arguments.

same(
	"a function runs",
	run(function()
		return "ran"
	end),
	"true ran"
)
same(
	"with its arguments",
	run(function(...)
		return select("#", ...), ...
	end, 1, nil, "x", true, 2.5, nil),
	"true 6 1 nil x true 2.5 nil"
)
same(
	"tables are copied, with identity",
	run(
		function(t)
			return t.a == t.b, t.self == t, t[1], #t.long
		end,
		(function()
			local t = { 5, a = {}, long = ("x"):rep(1000) }
			t.b, t.self = t.a, t
			return t
		end)()
	),
	"true true true 5 1000"
)
same("and so are results", #select(
	2,
	llthreads
		.new(function()
			return { 1, 2, 3 }
		end)
		:start()
		:join()
), 3)
local results = table.pack(llthreads
	.new(function()
		return nil, false, nil
	end)
	:start()
	:join())
same("with their nils", results.n, 4)
ok("a result that cannot travel becomes text", run(function()
	return print
end):match("^true Un%-supported value: function: 0x%x+$") ~= nil)
ok("in a table, too", select(
	2,
	llthreads
		.new(function()
			return { coroutine.create(print) }
		end)
		:start()
		:join()
)[1]:match("^Un%-supported value: thread: 0x%x+$") ~= nil)
for name, value in pairs({ ["function"] = print, userdata = io.stdout, thread = coroutine.create(print) }) do
	raises(
		"an argument that is a " .. name .. " is refused",
		"(function/userdata/thread types un-supported.)",
		llthreads.new,
		print,
		1,
		value
	)
	raises("a function of C cannot be sent, whatever it gets", "unable to dump given function", llthreads.new, print)
	raises("within a table it is refused, too", "cannot send a", llthreads.new, function() end, { value })
end
raises(
	"what is neither function nor text is refused",
	"bad argument #1 to 'new' (function or string expected, got no value)",
	function()
		llthreads.new()
	end
)
global_of_parent = "parent"
same(
	"globals are not those of the parent",
	run(function()
		return tostring(global_of_parent)
	end),
	"true nil"
)
local up = "upvalue"
same(
	"upvalues stay behind",
	run(function()
		local _ = print
		return tostring(up)
	end),
	"true nil"
)
same(
	"the global arg has the arguments",
	run(function()
		return arg.n, arg[0], arg[1], arg[2]
	end, "a", "b"),
	"true 2 =(loadstring) a b"
)
same(
	"all libraries are there",
	run(function()
		return string.format("%d", 7), math.type(1.5), utf8.char(65), type(debug.traceback), type(require("linux"))
	end),
	"true 7 float A function table"
)
same("text is a program, too", run("local a, b = ... return a + b", 1, 2), "true 3")
ok(
	"a mistake in it shows when it is joined",
	run("return 1 +"):find("^false Error from child thread: %(loadstring%):1: unexpected symbol near <eof>") ~= nil,
	run("return 1 +")
)
same(
	"functions travel through threads",
	run(function()
		local threads = require("llthreads2.ex")
		local _, value = threads
			.new(function(x)
				return x * 2
			end, 21)
			:start()
			:join()
		return value
	end),
	"true 42"
)
same(
	"nested functions and constants survive",
	run(function(n)
		local function fib(i)
			return i < 2 and i or fib(i - 1) + fib(i - 2)
		end
		local strings = { "short", ("a long string constant, longer than any short one may be"):upper() }
		return fib(n), strings[1], strings[2], 1e300, math.maxinteger
	end, 15),
	"true 610 short A LONG STRING CONSTANT, LONGER THAN ANY SHORT ONE MAY BE 1e+300 9223372036854775807"
)
check.refused("assert(load(string.dump(function() end)))", "attempt to load a binary chunk")

-- Errors.

local failing = llthreads
	.new(function()
		local function inner()
			error("went wrong")
		end
		inner()
	end)
	:start()
local good, err = failing:join()
same("an error is no success", good, false)
ok("it says where it comes from", err:find("^Error from child thread: ") ~= nil, err)
ok("and the line", err:find("llthreads.lua:%d+: went wrong\nstack traceback:\n") ~= nil, err)
ok("with the functions", err:find("upvalue 'inner'") or err:find("local 'inner'") ~= nil, err)
local line = debug.getinfo(1, "l").currentline - 10
ok("of the right lines", err:find("llthreads.lua:" .. line .. ": went wrong", 1, true) ~= nil, err .. " not " .. line)
ok("an error that is a table has no message", run(function()
	error({})
end):find("^false Error from child thread: %(no error message%)") ~= nil)
ok("but for one that says itself", run(function()
	error(setmetatable({}, {
		__tostring = function()
			return "said so"
		end,
	}))
end):find("^false Error from child thread: said so") ~= nil)
ok("an error without a value is told", run(function()
	error()
end):find("^false Error from child thread: <no error object>") ~= nil)

-- Starting and joining.

local thread = llthreads.new(function() end)
same(
	"a thread that was not started cannot be joined",
	joined(thread:join()),
	"nil Can't join a thread that hasn't be started."
)
same("it was not started", joined(thread:started(), thread:alive()), "false false")
ok("start gives the thread", rawequal(thread:start(), thread))
same("it is not started twice", joined(thread:start()), "nil Thread already started.")
same("it was started", thread:started(), true)
same("it is joined", joined(thread:join()), "true")
same("once", joined(thread:join()), "nil Can't join a thread that has already been joined.")
same("then it is dead", thread:alive(), false)
local stop = mtmsg.newbuffer()
thread = llthreads
	.new(function(id)
		require("mtmsg").buffer(id):nextmsg()
		return "stopped"
	end, stop:id())
	:start()
same("joining can have a time-out", joined(thread:join(0)), "nil timeout")
same("of some milliseconds", joined(thread:join(20)), "nil timeout")
same("it lives", thread:alive(), true)
stop:addmsg()
same("and is joined then", joined(thread:join(20000)), "true stopped")
thread = llthreads.new(function() end):start(true)
same("a detached thread is not joined", joined(thread:join()), "nil Can't join a thread that has been detached.")
same("it says so", joined(thread:detached(), thread:joinable()), "true false")
thread = llthreads
	.new(function()
		return 5
	end)
	:start(true, true)
same("but for one that is both", joined(thread:join()), "true 0")
same(
	"and not joinable is neither",
	joined(llthreads
		.new(function()
			return 5
		end)
		:start(false, false)
		:join()),
	"true 0"
)

-- Interrupts from one thread to another.

local answers = mtmsg.newbuffer()
thread = llthreads
	.new(function(id)
		local int, m = require("mtint"), require("mtmsg")
		m.buffer(id):addmsg(int.id())
		while true do
		end
	end, answers:id())
	:start()
local id = answers:nextmsg()
same("a thread is interrupted", mtint.interrupt(id), true)
good, err = thread:join()
ok("and ends with that", not good and err:match(mtint.error.interrupted) ~= nil, err)
-- When the interrupt arrives, the thread may still be in the call that sent the message.
local line = math.tointeger(err:match("llthreads%.lua:(%d+)"))
local sends = debug.getinfo(1, "l").currentline - 11
ok("in the right line", line and line >= sends and line <= sends + 2, err)
raises("then it is unknown", "mtint.error.unknown_object: interruptible id " .. id, mtint.interrupt, id)

thread = llthreads
	.new(function(answers_id)
		local int, m = require("mtint"), require("mtmsg")
		local to = m.buffer(answers_id)
		local own = int.id()
		local co = coroutine.create(function()
			to:addmsg(own, int.id())
			while true do
			end
		end)
		local _, what = coroutine.resume(co)
		to:addmsg(what)
		to:addmsg("goes on")
		m.newbuffer():nextmsg(0.05)
		return "end"
	end, answers:id())
	:start()
local main, inner = answers:nextmsg()
local handles = { mtint.interruptible(main), mtint.interruptible(inner) }
same("its main thread is interrupted", mtint.interrupt(main), true)
same("to no avail while a coroutine runs", select("#", answers:nextmsg(0.05)), 0)
mtint.interrupt(main, false)
same("the coroutine is, by its own id", mtint.interrupt(inner), true)
same("and ends", answers:nextmsg(), mtint.error.interrupted)
same("the main thread goes on", answers:nextmsg(), "goes on")
same("to its end", joined(thread:join()), "true end")
same("right after join, handles have nobody", joined(handles[1]:interrupt(), handles[2]:interrupt()), "false false")
same(
	"but know their ids",
	joined(mtint.interruptible(main):id() == main, mtint.interruptible(inner):id() == inner),
	"true true"
)
handles = nil
collectgarbage()
for _, unknown in ipairs({ main, inner }) do
	raises("without handles they are unknown", "unknown_object", mtint.interrupt, unknown)
end

-- A thread that waits in C is interrupted when the C function returns.
thread = llthreads
	.new(function(answers_id)
		local int, m = require("mtint"), require("mtmsg")
		local own = m.newbuffer()
		m.buffer(answers_id):addmsg(int.id(), own:id())
		local caught, what = pcall(own.nextmsg, own)
		return caught, what, own:msgcnt()
	end, answers:id())
	:start()
local target, buffer = answers:nextmsg()
mtmsg.sleep(0.02)
mtint.interrupt(target)
same("a wait is not disturbed", joined(thread:join(50)), "nil timeout")
mtmsg.buffer(buffer):addmsg("wakes")
same("but interrupted when it has ended", joined(thread:join()), "true false " .. mtint.error.interrupted .. " 0")

-- A handler that waits and exchanges messages with the interrupting thread, many times.
local commands, replies = mtmsg.newbuffer(), mtmsg.newbuffer()
thread = llthreads
	.new(function(commands_id, replies_id)
		local int, m = require("mtint"), require("mtmsg")
		local from, to = m.buffer(commands_id), m.buffer(replies_id)
		local done, count = false, 0
		int.sethook(function()
			local command = from:nextmsg()
			if command == "quit" then
				done = true
			end
			count = count + 1
			to:addmsg(count)
		end)
		to:addmsg(int.id())
		local spins = 0
		while not done do
			spins = spins + 1
		end
		return count
	end, commands:id(), replies:id())
	:start()
target = replies:nextmsg()
local expected = true
for i = 1, 1000 do
	commands:addmsg("go on")
	mtint.interrupt(target)
	expected = expected and replies:nextmsg(20) == i
end
ok("a thousand interrupts, each while the handler of the last one returns, are all served", expected)
commands:addmsg("quit")
mtint.interrupt(target)
same("and the code between them is as it was", joined(thread:join()), "true 1001")

-- Permission.

same(
	"interrupting another runtime needs permission",
	run(function(other)
		pledge("~runner")
		local good, what = pcall(require("mtint").interrupt, other)
		return good, what:match('permission "runner" denied')
	end, mtint.id()),
	'true false permission "runner" denied'
)
same(
	"through a handle, too",
	run(function(other)
		pledge("~runner")
		local handle = require("mtint").interruptible(other)
		local good, what = pcall(handle.interrupt, handle)
		return good, what:match('permission "runner" denied')
	end, mtint.id()),
	'true false permission "runner" denied'
)
same(
	"oneself one may always",
	run(function()
		pledge("~runner")
		local int = require("mtint")
		return pcall(int.interrupt, int.id())
	end),
	"true false " .. mtint.error.interrupted
)
same(
	"a family shares buffers without permission",
	run(function(other)
		pledge("~runner")
		return require("mtmsg").buffer(other):id() == other
	end, answers:id()),
	"true true"
)
same(
	"threads need permission",
	run(function()
		pledge("~thread")
		local good, what = pcall(require("llthreads2.ex").new, function() end)
		return good, what:match('permission "thread" denied')
	end),
	'true false permission "thread" denied'
)
same(
	"text needs permission, functions do not",
	run(function()
		pledge("~load")
		local threads = require("llthreads2.ex")
		local good, what = pcall(threads.new, "return 1")
		return good,
			what:match('permission "load" denied'),
			threads
				.new(function()
					return "function"
				end)
				:start()
				:join()
	end),
	'true false permission "load" denied true function'
)
same(
	"a thread may do no more than its parent",
	run(function()
		pledge("~rcu")
		local _, good = require("llthreads2.ex")
			.new(function()
				return (pcall(require("rcu").table))
			end)
			:start()
			:join()
		return good
	end),
	"true false"
)

-- Without join.

for _ = 1, 5 do
	llthreads
		.new(function()
			while true do
			end
		end)
		:start()
	llthreads.new(function() end)
end
local begun = require("linux").ktime()
collectgarbage()
ok("collecting running threads does not wait for them", require("linux").ktime() - begun < 5000000000)
