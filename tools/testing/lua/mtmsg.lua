-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Buffers of messages, in one runtime and between threads. The argument is the folder tools/testing.

local check = dofile((...) .. "/lib/check.lua")
local linux = require("linux")
local llthreads = require("llthreads2.ex")
local mtmsg = require("mtmsg")
local same, ok, raises, joined = check.same, check.ok, check.raises, check.joined

-- Milliseconds that a call takes.
local function took(fn, ...)
	local begun = linux.ktime()
	fn(...)
	return (linux.ktime() - begun) // 1000000
end

for _, name in ipairs({
	"unknown_object",
	"ambiguous_name",
	"object_closed",
	"operation_aborted",
	"message_size",
	"no_buffers",
	"out_of_memory",
}) do
	same("error." .. name .. " is its own name", mtmsg.error[name], "mtmsg.error." .. name)
end
same("the version is that of the module whose rules these are", mtmsg._VERSION, "0.4.3")

-- Messages.

local b = mtmsg.newbuffer()
same("a buffer has an id", math.type(b:id()), "integer")
same("and no name", select("#", b:name()), 0)
same("it takes a message", b:addmsg(1, nil, "x\0y", true, 2.5, nil), true)
same("and counts it", b:msgcnt(), 1)
local got = table.pack(b:nextmsg())
same("all six values of it arrive", got.n, 6)
same("as they were", joined(table.unpack(got, 1, 6)), "1 nil x\0y true 2.5 nil")
same("integers stay integers", math.type(got[1]), "integer")
same("floats stay floats", math.type(got[5]), "float")
for _, value in ipairs({ math.mininteger, math.maxinteger, -0.0, math.huge, -math.huge, "", ("x"):rep(100000), false }) do
	b:addmsg(value)
	local back = b:nextmsg()
	ok("round trip of " .. tostring(value):sub(1, 20), back == value and math.type(back) == math.type(value))
end
b:addmsg(0 / 0)
local nan = b:nextmsg()
ok("round trip of NaN", nan ~= nan)
same("a message without values is one", b:addmsg(), true)
same("that counts", b:msgcnt(), 1)
same("and gives none", select("#", b:nextmsg(0)), 0)
same("without a message there are no values either", select("#", b:nextmsg(0)), 0)
same("a negative time is none", select("#", b:nextmsg(-1)), 0)
for i = 1, 100 do
	b:addmsg(i, i * i)
end
local order = true
for i = 1, 100 do
	local first, second = b:nextmsg()
	order = order and first == i and second == i * i
end
ok("they come in their order", order)
for name, value in pairs({ table = {}, ["function"] = print, thread = coroutine.create(print), userdata = io.stdout }) do
	raises("a " .. name .. " is refused", "bad argument #3 to", b.addmsg, b, 1, value)
	raises("a " .. name .. " is refused so", "(parameter type not supported)", b.addmsg, b, value)
end
same("and nothing was added", b:msgcnt(), 0)
raises("a time is a number", "timeout seconds expected", b.nextmsg, b, "soon")
b:addmsg(1)
b:addmsg(2)
same("setmsg drops what is there", b:setmsg("alone"), true)
same("and is then the only one", b:msgcnt(), 1)
same("with its value", b:nextmsg(), "alone")
b:addmsg(1)
same("clear drops all", b:clear(), true)
same("so that there are none", b:msgcnt(), 0)

-- Waiting.

ok("a time-out takes its time", took(b.nextmsg, b, 0.05) >= 50)
ok("sleep takes its time", took(mtmsg.sleep, 0.05) >= 50)
ok("also less than a millisecond", took(mtmsg.sleep, 0.0001) >= 0)
same("none is no time", select("#", mtmsg.sleep(0)), 0)
same("nor is less", select("#", mtmsg.sleep(-1.5)), 0)
raises("sleep needs a number", "number expected, got no value", mtmsg.sleep)
raises("text is none", "number expected, got string", mtmsg.sleep, "soon")
local now = mtmsg.time()
ok("time is a float of seconds", math.type(now) == "float" and math.abs(now - linux.time() / 1e9) < 5, now)
same("nonblock is off at first", b:isnonblock(), false)
b:nonblock()
same("and can be set", b:isnonblock(), true)
same("then nextmsg does not wait", select("#", b:nextmsg()), 0)
same("but only for this reference", mtmsg.buffer(b:id()):isnonblock(), false)
b:nonblock(false)

-- References.

local again = mtmsg.buffer(b:id())
ok("another reference is another value", again ~= b)
same("to the same buffer", again:id(), b:id())
again:addmsg("through the other")
same("which both use", b:nextmsg(), "through the other")
local named = mtmsg.newbuffer("suite")
same("a buffer may have a name", named:name(), "suite")
same("by which it is found", mtmsg.buffer("suite"):id(), named:id())
local other = mtmsg.newbuffer("suite")
raises("if it is the only one", 'mtmsg.error.ambiguous_name: buffer name "suite"', mtmsg.buffer, "suite")
other = nil
collectgarbage()
same("again when the other one is gone", mtmsg.buffer("suite"):id(), named:id())
ok("a buffer says what it is", tostring(b):match("^mtmsg%.buffer: 0x%x+ %(id=" .. b:id() .. "%)$") ~= nil, tostring(b))
ok("and its name", tostring(named):match('^mtmsg%.buffer: 0x%x+ %(name="suite",id=%d+%)$') ~= nil, tostring(named))
same("type knows it", mtmsg.type(b), "mtmsg.buffer")
same(
	"and the others",
	joined(mtmsg.type(1), mtmsg.type("x"), mtmsg.type(nil), mtmsg.type(io.stdout)),
	"number string nil userdata"
)
same("its metatable is hidden", getmetatable(b), "mtmsg.buffer")
raises("an unknown id is told", "mtmsg.error.unknown_object: buffer id 5", mtmsg.buffer, 5)
raises("a negative one", "mtmsg.error.unknown_object: buffer id -5", mtmsg.buffer, -5)
raises("an unknown name", 'mtmsg.error.unknown_object: buffer name "never"', mtmsg.buffer, "never")
raises("anything else is neither", "buffer name or id expected", mtmsg.buffer, 1.5)
raises("nor is nothing", "bad argument #1 to 'mtmsg.buffer' (buffer name or id expected)", mtmsg.buffer)
local dropped = mtmsg.newbuffer():id()
collectgarbage()
raises("a buffer goes with its last reference", "unknown_object", mtmsg.buffer, dropped)

-- Bounds.

local fixed = mtmsg.newbuffer(100, 0)
same("a buffer of a fixed size takes what fits", fixed:addmsg(("x"):rep(40)), true)
same("says false to what does not fit now", fixed:addmsg(("x"):rep(40)), false)
raises("and raises for what never will", "mtmsg.error.message_size: message size", fixed.addmsg, fixed, ("x"):rep(100))
fixed:nextmsg()
same("then there is room again", fixed:addmsg(("x"):rep(40)), true)
same("setmsg makes room first", fixed:setmsg(("y"):rep(60)), true)
local big = ("x"):rep(1 << 20)
local taken = 0
while b:addmsg(big) do
	taken = taken + 1
end
same("a buffer holds at most 16 MiB", taken, 15)
b:clear()
taken = 0
while b:addmsg() do
	taken = taken + 1
end
same("and 65536 messages", taken, 65536)
b:clear()
local buffers = {}
taken = 0
for i = 1, 5 do
	buffers[i] = mtmsg.newbuffer()
	while buffers[i]:addmsg(big) do
		taken = taken + 1
	end
end
ok("and all of a family 64 MiB", taken >= 60 and taken <= 64, taken)
for i = 1, 5 do
	buffers[i]:clear()
end
same("then there is room again in each", b:addmsg(big), true)
b:clear()
buffers, big = nil, nil
raises("a size is not negative", "size must not be negative", mtmsg.newbuffer, -1)
raises("a name has its bound", "at most 255 bytes", mtmsg.newbuffer, ("n"):rep(256))

-- Finalizers.

setmetatable({}, {
	__gc = function()
		b:addmsg("from a finalizer")
	end,
})
collectgarbage()
same("finalizers may send", b:nextmsg(), "from a finalizer")

-- Threads.

local function waits(end_it)
	local target = mtmsg.newbuffer()
	local thread = llthreads
		.new(function(id)
			local from = require("mtmsg").buffer(id)
			return pcall(from.nextmsg, from)
		end, target:id())
		:start()
	mtmsg.sleep(0.02)
	end_it(target)
	return joined(select(2, thread:join())), target
end
same("a message wakes a reader", (waits(function(t)
	t:addmsg("here")
end)), "true here")
local what, target = waits(function(t)
	t:close()
end)
same("close wakes readers", what, "false mtmsg.error.object_closed: mtmsg.buffer(id=" .. target:id() .. ")")
raises(
	"then nobody can send",
	"mtmsg.error.object_closed: mtmsg.buffer(id=" .. target:id() .. ")",
	target.addmsg,
	target,
	1
)
raises("nor receive", "object_closed", target.nextmsg, target)
raises("nor take it back", "object_closed", target.abort, target, false)
what, target = waits(function(t)
	t:abort()
end)
same("abort wakes readers", what, "false mtmsg.error.operation_aborted")
same("and lasts", target:isabort(), true)
raises("for all", "mtmsg.error.operation_aborted", target.addmsg, target, 1)
target:abort(false)
same("until it is taken back", target:addmsg(1), true)
same("mtmsg.abort wakes readers, too", (waits(function()
	mtmsg.abort()
	linux.schedule(20)
	same("it is on then", mtmsg.isabort(), true)
	raises("and sleep raises", "operation_aborted", mtmsg.sleep, 0)
	mtmsg.abort(false)
end)):match("^false mtmsg.error.operation_aborted") or "nothing", "false mtmsg.error.operation_aborted")

-- Many messages between several threads: each arrives once, those of one writer in order.
local MESSAGES <const> = 20000
local queue, results = mtmsg.newbuffer(), mtmsg.newbuffer()
local threads = {}
for writer = 1, 3 do
	threads[#threads + 1] = llthreads
		.new(function(id, number, count)
			local to = require("mtmsg").buffer(id)
			for i = 1, count do
				while not to:addmsg(number, i) do
					require("mtmsg").sleep(0.001)
				end
			end
		end, queue:id(), writer, MESSAGES)
		:start()
end
for _ = 1, 3 do
	threads[#threads + 1] = llthreads
		.new(function(id, results_id)
			local m = require("mtmsg")
			local from = m.buffer(id)
			local sum, count, last = 0, 0, {}
			while true do
				local writer, i = from:nextmsg()
				if not writer then
					break
				end
				assert(i > (last[writer] or 0), "out of order")
				last[writer] = i
				sum = sum + i
				count = count + 1
			end
			m.buffer(results_id):addmsg(sum, count)
		end, queue:id(), results:id())
		:start()
end
for i = 1, 3 do
	same("a writer ends well", joined(threads[i]:join()), "true")
end
for _ = 1, 3 do
	queue:addmsg(false)
end
local sum, count = 0, 0
for i = 4, 6 do
	same("a reader ends well", joined(threads[i]:join()), "true")
	local s, c = results:nextmsg(10)
	sum, count = sum + s, count + c
end
same("each message has arrived once", count, 3 * MESSAGES)
same("whole", sum, 3 * MESSAGES * (MESSAGES + 1) // 2)
