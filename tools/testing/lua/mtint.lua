-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Interrupts of single threads of Lua, within one runtime: each rule of the module.
-- The argument is the folder tools/testing.

local check = dofile((...) .. "/lib/check.lua")
local mtint = require("mtint")
local mtmsg = require("mtmsg")

local INTERRUPTED = "mtint.error.interrupted"

-- What a protected call gives, as one text.
local function said(fn, ...)
	return check.joined(pcall(fn, ...))
end

-- Interrupts the running thread.
local function interrupt_me(flag)
	return mtint.interrupt(mtint.id(), flag)
end

-- The module.

check.same("the version is that of the module whose rules these are", mtint._VERSION, "0.3.4")
check.same("there is some information", type(mtint._INFO), "string")
for _, name in ipairs({ "interrupted", "unknown_object", "not_supported", "out_of_memory", "object_exists", "object_closed" }) do
	check.same("error." .. name .. " is its own name", mtint.error[name], "mtint.error." .. name)
end
check.same("error.interrupt is another name of interrupted", mtint.error.interrupt, mtint.error.interrupted)

-- Ids.

local id = mtint.id()
check.same("an id is an integer", math.type(id), "integer")
check.ok("well above small integers", id >= 1 << 23, id)
check.same("that stays", mtint.id(), id)
check.same("nil is no coroutine", mtint.id(nil), id)
local co = coroutine.create(function()
	coroutine.yield(mtint.id())
	return mtint.id()
end)
local fresh = mtint.id(co)
check.ok("a coroutine has its own", fresh ~= id)
check.same("the same from within", select(2, coroutine.resume(co)), fresh)
check.same("and when it is suspended", mtint.id(co), fresh)
check.same("and when it goes on", select(2, coroutine.resume(co)), fresh)
check.same("and when it is dead", mtint.id(co), fresh)
check.ok("a later one is greater", mtint.id(coroutine.create(print)) > fresh)
check.raises("only threads have one", "bad argument #1 to 'mtint.id' (thread expected, got number)", mtint.id, 1)
check.raises("tables have none", "(thread expected, got table)", mtint.id, {})

-- Arguments.

check.same("an unknown id is told", said(mtint.interrupt, 1), "false mtint.error.unknown_object: interruptible id 1")
check.same("whole, if it is big", said(mtint.interrupt, (1 << 40) + 5), "false mtint.error.unknown_object: interruptible id " .. (1 << 40) + 5)
check.same("and if it is negative", said(mtint.interrupt, -3), "false mtint.error.unknown_object: interruptible id -3")
check.same("and if it is the smallest", said(mtint.interrupt, math.mininteger), "false mtint.error.unknown_object: interruptible id " .. math.mininteger)
check.raises("an id is needed", "bad argument #1 to 'mtint.interrupt' (interruptible object or id expected)", mtint.interrupt)
check.raises("nil is none", "interruptible object or id expected", mtint.interrupt, nil)
check.raises("a fraction is none", "number has no integer representation", mtint.interrupt, 1.5)
check.raises("a table is none", "bad argument #1 to 'mtint.interrupt' (number expected, got table)", mtint.interrupt, {})
check.raises("a numeral is one", "unknown_object: interruptible id 12", mtint.interrupt, "12")
check.raises("a flag is a boolean", "bad argument #2 to 'mtint.interrupt' (boolean expected)", mtint.interrupt, id, 1)
check.raises("a handler is a function", "bad argument #1 to 'mtint.sethook' (function expected, got number)", mtint.sethook, 1)
check.raises("also that of a coroutine", "bad argument #2 to 'mtint.sethook' (function expected, got table)", mtint.sethook, co, {})
check.same("sethook gives nothing", select("#", mtint.sethook()), 0)
check.same("a leading nil is the handler", said(mtint.sethook, nil, print), "true")
check.same("sethook of a coroutine without a function", said(mtint.sethook, co), "true")
check.same("further arguments do not matter", said(mtint.sethook, co, print, 1, 2), "true")
mtint.sethook(co)

-- Without a handler.

check.same("who interrupts itself goes no further", said(function()
	interrupt_me()
	error("too far")
end), "false " .. INTERRUPTED)
check.same("nor without a function around it", said(mtint.interrupt, id), "false " .. INTERRUPTED)
check.same("as a tail call", said(function()
	return mtint.interrupt(id)
end), "false " .. INTERRUPTED)
check.same("afterwards all is as before", said(function()
	local sum = 0
	for i = 1, 1000 do
		sum = sum + i
	end
	return sum
end), "true 500500")
check.same("nothing to take back is no error", said(mtint.interrupt, id, false), "true true")

co = coroutine.create(function()
	return "ran"
end)
check.same("one that has not begun is interrupted", mtint.interrupt(mtint.id(co)), true)
check.same("at its first operation", said(coroutine.resume, co), "true false " .. INTERRUPTED)
check.same("and is dead", coroutine.status(co), "dead")
co = coroutine.create(print)
mtint.interrupt(mtint.id(co))
check.same("also one that is a C function", said(coroutine.resume, co), "true false " .. INTERRUPTED)

co = coroutine.create(function()
	local caught = said(coroutine.yield)
	coroutine.yield(caught)
	return "end"
end)
coroutine.resume(co)
mtint.interrupt(mtint.id(co))
check.same("a suspended one is interrupted where it yielded", said(coroutine.resume, co), "true true false " .. INTERRUPTED)
check.same("and lives if it caught that", said(coroutine.resume, co), "true true end")

co = coroutine.create(function()
	coroutine.yield()
	return "end"
end)
coroutine.resume(co)
mtint.interrupt(mtint.id(co))
mtint.interrupt(mtint.id(co))
mtint.interrupt(mtint.id(co), false)
check.same("an interrupt can be taken back", said(coroutine.resume, co), "true true end")
check.same("a dead one takes an interrupt", mtint.interrupt(mtint.id(co)), true)
check.same("without effect", said(coroutine.resume, co), "true false cannot resume dead coroutine")

co = coroutine.create(function()
	local errors = 0
	for _ = 1, 5 do
		if not pcall(coroutine.yield) then
			errors = errors + 1
		end
	end
	return errors
end)
coroutine.resume(co)
for _ = 1, 3 do
	mtint.interrupt(mtint.id(co))
end
for _ = 1, 4 do
	coroutine.resume(co)
end
check.same("several before the first operation are one", said(coroutine.resume, co), "true true 1")

local wrapped = coroutine.wrap(function()
	interrupt_me()
end)
check.same("wrap passes it on", said(wrapped), "false " .. INTERRUPTED)
check.same("table.sort passes it on", said(table.sort, { 3, 2, 1 }, function(a, b)
	interrupt_me()
	return a < b
end), "false " .. INTERRUPTED)
check.same("string.gsub passes it on", said(string.gsub, "abc", ".", function()
	interrupt_me()
end), "false " .. INTERRUPTED)
check.same("a metamethod passes it on", said(function()
	return setmetatable({}, { __index = function() interrupt_me() end }).field
end), "false " .. INTERRUPTED)
check.same("a message handler sees it", said(xpcall, interrupt_me, function(err)
	return "handled " .. err
end), "true false handled " .. INTERRUPTED)

local closed = {}
check.same("what is to be closed is closed with it", said(function()
	local _ <close> = setmetatable({}, {
		__close = function(_, err)
			closed[#closed + 1] = tostring(err)
		end,
	})
	interrupt_me()
end), "false " .. INTERRUPTED)
check.same("once, and undisturbed", table.concat(closed, " "), INTERRUPTED)

-- Main thread and coroutines.

local order = {}
co = coroutine.create(function()
	mtint.interrupt(id)
	for i = 1, 100 do
		order[1] = i
	end
	coroutine.yield()
	order[2] = "resumed later"
end)
check.same("who has resumed another is interrupted when that hands back", said(coroutine.resume, co), "false " .. INTERRUPTED)
check.same("the other one is left alone", order[1], 100)
coroutine.resume(co)
check.same("and can go on later", order[2], "resumed later")

local inner
do
	local middle
	middle = coroutine.create(function()
		inner = coroutine.create(function()
			mtint.interrupt(mtint.id(middle))
			coroutine.yield("inner")
			return "inner ends"
		end)
		coroutine.resume(inner)
		return "too far"
	end)
	check.same("the same one level down", said(coroutine.resume, middle), "true false " .. INTERRUPTED)
	check.same("where the inner one stays suspended", coroutine.status(inner), "suspended")
	check.same("and can be resumed", said(coroutine.resume, inner), "true true inner ends")
end

-- Handlers.

local calls = 0
local function count()
	calls = calls + 1
end
mtint.sethook(count)
check.same("with a handler the code goes on", said(function()
	interrupt_me()
	return "went on"
end), "true went on")
check.same("and the handler was called once", calls, 1)
calls = 0
local arguments
mtint.sethook(function(...)
	arguments = select("#", ...)
	return "ignored"
end)
interrupt_me()
check.same("without arguments", arguments, 0)
check.same("whose results do not matter", said(function()
	return mtint.interrupt(id)
end), "true true")

local seen
mtint.sethook(function()
	seen = mtint.id()
end)
interrupt_me()
check.same("on the thread that is interrupted", seen, id)
local trace
mtint.sethook(function()
	trace = debug.traceback()
end)
interrupt_me()
check.ok("on top of its stack, as a hook", trace:find("in hook '?'", 1, true) ~= nil, trace)

local value = { code = 7 }
co = coroutine.create(function()
	coroutine.yield()
	return "too far"
end)
coroutine.resume(co)
mtint.sethook(co, function()
	error(value)
end)
mtint.interrupt(mtint.id(co))
local _, got = coroutine.resume(co)
check.ok("an error of a handler is the interrupted code's, with identity", got == value, got)

co = coroutine.create(function()
	interrupt_me()
	return "too far"
end)
mtint.sethook(co, coroutine.yield)
check.same("a handler cannot yield", said(coroutine.resume, co), "true false attempt to yield across a C-call boundary")
co = coroutine.create(function()
	interrupt_me()
	return "too far"
end)
mtint.sethook(co, function()
	coroutine.yield()
end)
check.same("not in a function either", said(coroutine.resume, co), "true false attempt to yield across a C-call boundary")

mtint.sethook(nil)
calls = 0
mtint.sethook(function()
	calls = calls + 1
	if calls < 3 then
		interrupt_me()
	end
end)
interrupt_me()
check.same("what comes while a handler runs is kept", calls, 3)
local depth, deepest = 0, 0
calls = 0
mtint.sethook(function()
	depth = depth + 1
	deepest = math.max(deepest, depth)
	calls = calls + 1
	if calls < 3 then
		interrupt_me()
		interrupt_me()
	end
	depth = depth - 1
end)
interrupt_me()
check.same("several become one", calls, 3)
check.same("until the handler has returned", deepest, 1)

mtint.sethook(function()
	local other = coroutine.wrap(function()
		for i = 1, 3 do
			coroutine.yield(i)
		end
	end)
	seen = other() + other() + other()
end)
interrupt_me()
check.same("a handler may resume coroutines", seen, 6)
mtint.sethook(function()
	seen = said(function()
		local other = coroutine.create(function()
			interrupt_me()
		end)
		return coroutine.resume(other)
	end)
end)
interrupt_me()
check.same("which can be interrupted", seen, "true false " .. INTERRUPTED)

co = coroutine.create(function()
	return said(coroutine.yield)
end)
mtint.sethook(co, count)
coroutine.resume(co)
mtint.interrupt(mtint.id(co))
mtint.sethook(co)
check.same("a handler that is gone by then is none", said(coroutine.resume, co), "true true false " .. INTERRUPTED)
calls = 0
co = coroutine.create(function()
	return said(coroutine.yield)
end)
coroutine.resume(co)
mtint.interrupt(mtint.id(co))
mtint.sethook(co, count)
check.same("one that came since is one", said(coroutine.resume, co), "true true true")
check.same("and is called", calls, 1)
mtint.sethook(count)
check.same("coroutines do not inherit handlers", said(coroutine.wrap(function()
	return said(interrupt_me)
end)), "true false " .. INTERRUPTED)
mtint.sethook()

-- Permanently.

co = coroutine.create(function()
	while true do
		pcall(function()
			while true do
			end
		end)
	end
end)
mtint.interrupt(mtint.id(co), true)
check.same("a permanent interrupt cannot be swallowed", said(coroutine.resume, co), "true false " .. INTERRUPTED)
co = coroutine.create(function()
	local good = pcall(coroutine.yield)
	coroutine.yield(good)
	return "too far"
end)
coroutine.resume(co)
mtint.interrupt(mtint.id(co), true)
check.same("nor where it yielded", said(coroutine.resume, co), "true false " .. INTERRUPTED)

co = coroutine.create(function()
	coroutine.yield(xpcall(coroutine.yield, function(err)
		mtint.interrupt(mtint.id(), false)
		return "handled " .. err
	end))
	return "end"
end)
coroutine.resume(co)
mtint.interrupt(mtint.id(co), true)
check.same("a message handler is not disturbed, and can take it back", said(coroutine.resume, co), "true true false handled " .. INTERRUPTED)
check.same("then all is as before", said(coroutine.resume, co), "true true end")

calls = 0
co = coroutine.create(function()
	local sum = 0
	for i = 1, 5 do
		sum = sum + i
	end
	return sum
end)
mtint.sethook(co, count)
mtint.interrupt(mtint.id(co), true)
check.same("with a handler the code makes progress", said(coroutine.resume, co), "true true 15")
check.ok("and the handler is called at each operation", calls >= 12 and calls <= 40, calls)
calls = 0
co = coroutine.create(function()
	local n = 0
	for _ = 1, 100 do
		n = n + 1
	end
	return n
end)
mtint.sethook(co, function()
	calls = calls + 1
	if calls == 10 then
		interrupt_me(false)
	end
end)
mtint.interrupt(mtint.id(co), true)
check.same("which can stop that", said(coroutine.resume, co), "true true 100")
check.same("at once", calls, 10)
calls = 0
mtint.sethook(count)
co = coroutine.create(function()
	return said(coroutine.yield)
end)
mtint.sethook(co, count)
coroutine.resume(co)
mtint.interrupt(mtint.id(co), true)
mtint.interrupt(mtint.id(co))
calls = 0
check.same("permanent becomes once", said(coroutine.resume, co), "true true true")
check.same("when that is asked for last", calls, 1)
mtint.sethook()

calls = 0
mtint.sethook(function()
	calls = calls + 1
	if calls == 3 then
		mtint.interrupt(id, false)
		seen = coroutine.create(function()
			local sum = 0
			for i = 1, 3 do
				sum = sum + i
			end
			return sum
		end)
	end
end)
interrupt_me(true)
for _ = 1, 10 do
	order = {}
end
check.same("coroutines do not inherit a permanent interrupt", said(coroutine.resume, seen), "true true 6")
mtint.sethook()

-- Cleaning up.

local finalized = {}
local function collected(fn)
	return setmetatable({}, { __gc = fn })
end
co = coroutine.create(function()
	local value = collected(function()
		local sum = 0
		for i = 1, 10 do
			sum = sum + i
		end
		finalized[#finalized + 1] = sum
	end)
	value = nil
	mtint.sethook(function() end)
	interrupt_me(true)
	collectgarbage()
	interrupt_me(false)
	return value
end)
coroutine.resume(co)
check.same("finalizers are not interrupted", finalized[1], 55)
collected(function()
	interrupt_me()
	finalized[2] = "ran to its end"
end)
check.same("one for the thread comes after the finalizer", said(function()
	collectgarbage()
	return "too far"
end), "false " .. INTERRUPTED)
check.same("which ran to its end", finalized[2], "ran to its end")

local ran = {}
co = coroutine.create(function()
	local _ <close> = setmetatable({}, {
		__close = function()
			ran[#ran + 1] = "close"
		end,
	})
	coroutine.yield()
end)
coroutine.resume(co)
mtint.interrupt(mtint.id(co))
check.same("coroutine.close of an interrupted one fails so", said(coroutine.close, co), "true false " .. INTERRUPTED)
check.same("in the first closing method, which does not run", #ran, 0)
co = coroutine.create(function()
	local _ <close> = setmetatable({}, {
		__close = function()
			ran[#ran + 1] = "close"
		end,
	})
	coroutine.yield()
end)
coroutine.resume(co)
mtint.interrupt(mtint.id(co), true)
check.same("a permanent one skips closing methods", said(coroutine.resume, co), "true false " .. INTERRUPTED)
check.same("all of them", #ran, 0)

-- In message handlers of other errors it waits.

check.same("a message handler is left alone", said(xpcall, function()
	error("mine", 0)
end, function(err)
	interrupt_me()
	for _ = 1, 10 do
		order = {}
	end
	return "handled " .. err
end), "false " .. INTERRUPTED)
check.same("and the interrupt comes after it", said(function()
	local good, err = xpcall(error, function(err)
		mtint.interrupt(id)
		seen = "to its end"
		return err
	end, "mine", 0)
	return good, err
end), "false " .. INTERRUPTED)
check.same("when the handler has run", seen, "to its end")

-- debug.sethook.

local ticks = 0
debug.sethook(function()
	ticks = ticks + 1
end, "", 1)
pcall(interrupt_me)
local before = ticks
for _ = 1, 100 do
	order = {}
end
check.ok("a user's hook survives an interrupt", ticks > before + 100, ticks - before)
local hook, mask, every = debug.gethook()
check.ok("and is what debug.gethook shows", type(hook) == "function" and mask == "" and every == 1, mask)
debug.sethook()
check.same("taking the hook off takes no interrupt", said(function()
	local thread = coroutine.create(function()
		coroutine.yield()
		return "too far"
	end)
	coroutine.resume(thread)
	mtint.interrupt(mtint.id(thread))
	debug.sethook(thread)
	return coroutine.resume(thread)
end), "true false " .. INTERRUPTED)
check.same("nor does setting one", said(function()
	local thread = coroutine.create(function()
		coroutine.yield()
		return "too far"
	end)
	coroutine.resume(thread)
	mtint.interrupt(mtint.id(thread))
	debug.sethook(thread, function() end, "crl", 1)
	return coroutine.resume(thread)
end), "true false " .. INTERRUPTED)
check.same("an interrupt leaves no hook behind", debug.gethook(), nil)
local lines = {}
local function traced()
	local a = 1
	interrupt_me()
	local b = a + 1
	return b
end
mtint.sethook(count)
debug.sethook(function(_, line)
	lines[#lines + 1] = line
end, "l")
traced()
debug.sethook()
mtint.sethook()
local first = debug.getinfo(traced, "S").linedefined
local distinct = {}
for _, line in ipairs(lines) do
	if line > first and line <= first + 5 and distinct[#distinct] ~= line then
		distinct[#distinct + 1] = line - first
	end
end
check.same("a line hook sees each line once", table.concat(distinct, " "), "1 2 3 4")
check.same("an interrupt reaches code within a user's hook", said(function()
	debug.sethook(function()
		debug.sethook()
		interrupt_me()
		while true do
		end
	end, "", 1)
	order = {}
	order = {}
	return "too far"
end), "false " .. INTERRUPTED)
debug.sethook()

-- Garbage.

co = coroutine.create(print)
local dropped = mtint.id(co)
mtint.interrupt(dropped)
co = nil
collectgarbage()
check.same("a collected coroutine is unknown", said(mtint.interrupt, dropped), "false mtint.error.unknown_object: interruptible id " .. dropped)
co = coroutine.create(function()
	coroutine.yield()
end)
coroutine.resume(co)
local captured = co
dropped = mtint.id(co)
mtint.sethook(co, function()
	return captured
end)
captured = nil
do
	local own = co
	mtint.sethook(own, function()
		return own
	end)
end
co = nil
collectgarbage()
check.same("a handler does not keep its own coroutine", said(mtint.interrupt, dropped), "false mtint.error.unknown_object: interruptible id " .. dropped)

co = coroutine.create(print)
dropped = mtint.id(co)
local handle = mtint.interruptible(dropped)
check.same("a handle knows its id", handle:id(), dropped)
check.same("it interrupts", handle:interrupt(), true)
check.same("and takes that back", handle:interrupt(false), true)
check.same("it serves as an id", mtint.interrupt(handle), true)
check.raises("its flag is a boolean, too", "boolean expected", handle.interrupt, handle, 1)
check.ok("each is another one", mtint.interruptible(dropped) ~= handle)
check.ok("it says what it is", tostring(handle):match("^mtint%.interruptible: 0x%x+ %(id=" .. dropped .. "%)$") ~= nil, tostring(handle))
check.same("and nothing more", getmetatable(handle), "mtint.interruptible")
co = nil
collectgarbage()
check.same("a handle outlives its coroutine", handle:interrupt(), false)
check.same("with its id", mtint.interruptible(dropped):id(), dropped)
check.same("and interrupts nobody", mtint.interrupt(dropped), false)
handle = nil
collectgarbage()
check.same("without handles it is unknown", said(mtint.interruptible, dropped), "false mtint.error.unknown_object: interruptible id " .. dropped)
check.raises("a handle is no other userdata", "mtint.interruptible expected", function()
	local other = mtint.interruptible(id)
	return other.id(io.stdout)
end)

for _ = 1, 200 do
	for i = 1, 100 do
		order[i] = mtint.id(coroutine.create(print))
	end
end
order = {}
collectgarbage()
check.ok("ids are not used again", mtint.id(coroutine.create(print)) > dropped + 20000)

-- Waiting.

local buffer = mtmsg.newbuffer()
calls = 0
mtint.sethook(function()
	calls = calls + 1
	buffer:addmsg("from the handler")
	seen = buffer:nextmsg()
end)
interrupt_me()
check.same("a handler may wait for messages", seen, "from the handler")
mtint.sethook()
