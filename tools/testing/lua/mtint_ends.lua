-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Interrupts of code that ends or waits: closing, finalizers, message handlers, hooks, garbage. Run by mtint.lua.

local common = ...
local check, mtint, said, interrupt_me = common.check, common.mtint, common.said, common.interrupt_me
local INTERRUPTED = common.INTERRUPTED
local mtmsg = require("mtmsg")

-- Cleaning up.

local id = mtint.id()
local calls, finalized = 0, {}
local co, seen, order
local function count()
	calls = calls + 1
end
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
check.same(
	"one for the thread comes after the finalizer",
	said(function()
		collectgarbage()
		return "too far"
	end),
	"false " .. INTERRUPTED
)
check.same("which ran to its end", finalized[2], "ran to its end")

local ran = {}
-- A coroutine that waits with a to-be-closed variable.
local function waiting()
	local thread = coroutine.create(function()
		local _ <close> = setmetatable({}, {
			__close = function()
				ran[#ran + 1] = "close"
			end,
		})
		coroutine.yield()
	end)
	coroutine.resume(thread)
	return thread
end
co = waiting()
mtint.interrupt(mtint.id(co))
check.same("coroutine.close of an interrupted one fails so", said(coroutine.close, co), "true false " .. INTERRUPTED)
check.same("in the first closing method, which does not run", #ran, 0)
co = waiting()
mtint.interrupt(mtint.id(co), true)
check.same("a permanent one skips closing methods", said(coroutine.resume, co), "true false " .. INTERRUPTED)
check.same("all of them", #ran, 0)

-- An interrupt waits while the message handler of another error runs.

check.same(
	"a message handler is left alone",
	said(xpcall, function()
		error("mine", 0)
	end, function(err)
		interrupt_me()
		for _ = 1, 10 do
			order = {}
		end
		return "handled " .. err
	end),
	"false " .. INTERRUPTED
)
check.same(
	"and the interrupt comes after it",
	said(function()
		local good, err = xpcall(error, function(err)
			mtint.interrupt(id)
			seen = "to its end"
			return err
		end, "mine", 0)
		return good, err
	end),
	"false " .. INTERRUPTED
)
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
-- A coroutine that waits, and must end when it continues.
local function interrupted()
	local thread = coroutine.create(function()
		coroutine.yield()
		return "too far"
	end)
	coroutine.resume(thread)
	mtint.interrupt(mtint.id(thread))
	return thread
end
check.same(
	"taking the hook off takes no interrupt",
	said(function()
		local thread = interrupted()
		debug.sethook(thread)
		return coroutine.resume(thread)
	end),
	"true false " .. INTERRUPTED
)
check.same(
	"nor does setting one",
	said(function()
		local thread = interrupted()
		debug.sethook(thread, function() end, "crl", 1)
		return coroutine.resume(thread)
	end),
	"true false " .. INTERRUPTED
)
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
check.same(
	"an interrupt reaches code within a user's hook",
	said(function()
		debug.sethook(function()
			debug.sethook()
			interrupt_me()
			while true do
			end
		end, "", 1)
		order = {}
		order = {}
		return "too far"
	end),
	"false " .. INTERRUPTED
)
debug.sethook()

-- Garbage.

co = coroutine.create(print)
local dropped = mtint.id(co)
mtint.interrupt(dropped)
co = nil
collectgarbage()
check.same(
	"a collected coroutine is unknown",
	said(mtint.interrupt, dropped),
	"false mtint.error.unknown_object: interruptible id " .. dropped
)
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
check.same(
	"a handler does not keep its own coroutine",
	said(mtint.interrupt, dropped),
	"false mtint.error.unknown_object: interruptible id " .. dropped
)

co = coroutine.create(print)
dropped = mtint.id(co)
local handle = mtint.interruptible(dropped)
check.same("a handle knows its id", handle:id(), dropped)
check.same("it interrupts", handle:interrupt(), true)
check.same("and takes that back", handle:interrupt(false), true)
check.same("it serves as an id", mtint.interrupt(handle), true)
check.raises("its flag is a boolean, too", "boolean expected", handle.interrupt, handle, 1)
check.ok("each is another one", mtint.interruptible(dropped) ~= handle)
check.ok(
	"it says what it is",
	tostring(handle):match("^mtint%.interruptible: 0x%x+ %(id=" .. dropped .. "%)$") ~= nil,
	tostring(handle)
)
check.same("and nothing more", getmetatable(handle), "mtint.interruptible")
co = nil
collectgarbage()
check.same("a handle outlives its coroutine", handle:interrupt(), false)
check.same("with its id", mtint.interruptible(dropped):id(), dropped)
check.same("and interrupts nobody", mtint.interrupt(dropped), false)
handle = nil
collectgarbage()
check.same(
	"without handles it is unknown",
	said(mtint.interruptible, dropped),
	"false mtint.error.unknown_object: interruptible id " .. dropped
)
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
