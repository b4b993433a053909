-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Handlers of interrupts, and interrupts that stay. Run by mtint.lua.

local common = ...
local check, mtint, said, interrupt_me = common.check, common.mtint, common.said, common.interrupt_me
local INTERRUPTED = common.INTERRUPTED

-- Handlers.

local id = mtint.id()
local calls, co, order = 0
local function count()
	calls = calls + 1
end
mtint.sethook(count)
check.same(
	"with a handler the code goes on",
	said(function()
		interrupt_me()
		return "went on"
	end),
	"true went on"
)
check.same("and the handler was called once", calls, 1)
calls = 0
local arguments
mtint.sethook(function(...)
	arguments = select("#", ...)
	return "ignored"
end)
interrupt_me()
check.same("without arguments", arguments, 0)
check.same(
	"whose results do not matter",
	said(function()
		return mtint.interrupt(id)
	end),
	"true true"
)

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
check.same(
	"not in a function either",
	said(coroutine.resume, co),
	"true false attempt to yield across a C-call boundary"
)

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
check.same(
	"coroutines do not inherit handlers",
	said(coroutine.wrap(function()
		return said(interrupt_me)
	end)),
	"true false " .. INTERRUPTED
)
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
check.same(
	"a message handler is not disturbed, and can take it back",
	said(coroutine.resume, co),
	"true true false handled " .. INTERRUPTED
)
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
