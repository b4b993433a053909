-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The module of interrupts: ids, arguments, and the effect of an interrupt without a handler. Run by mtint.lua.

local common = ...
local check, mtint, said, interrupt_me = common.check, common.mtint, common.said, common.interrupt_me
local INTERRUPTED = common.INTERRUPTED

-- The module.

check.same("the version is that of the module whose rules these are", mtint._VERSION, "0.3.4")
check.same("there is some information", type(mtint._INFO), "string")
for _, name in ipairs({
	"interrupted",
	"unknown_object",
	"not_supported",
	"out_of_memory",
	"object_exists",
	"object_closed",
}) do
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
check.same(
	"whole, if it is big",
	said(mtint.interrupt, (1 << 40) + 5),
	"false mtint.error.unknown_object: interruptible id " .. (1 << 40) + 5
)
check.same("and if it is negative", said(mtint.interrupt, -3), "false mtint.error.unknown_object: interruptible id -3")
check.same(
	"and if it is the smallest",
	said(mtint.interrupt, math.mininteger),
	"false mtint.error.unknown_object: interruptible id " .. math.mininteger
)
check.raises(
	"an id is needed",
	"bad argument #1 to 'mtint.interrupt' (interruptible object or id expected)",
	mtint.interrupt
)
check.raises("nil is none", "interruptible object or id expected", mtint.interrupt, nil)
check.raises("a fraction is none", "number has no integer representation", mtint.interrupt, 1.5)
check.raises(
	"a table is none",
	"bad argument #1 to 'mtint.interrupt' (number expected, got table)",
	mtint.interrupt,
	{}
)
check.raises("a numeral is one", "unknown_object: interruptible id 12", mtint.interrupt, "12")
check.raises("a flag is a boolean", "bad argument #2 to 'mtint.interrupt' (boolean expected)", mtint.interrupt, id, 1)
check.raises(
	"a handler is a function",
	"bad argument #1 to 'mtint.sethook' (function expected, got number)",
	mtint.sethook,
	1
)
check.raises(
	"also that of a coroutine",
	"bad argument #2 to 'mtint.sethook' (function expected, got table)",
	mtint.sethook,
	co,
	{}
)
check.same("sethook gives nothing", select("#", mtint.sethook()), 0)
check.same("a leading nil is the handler", said(mtint.sethook, nil, print), "true")
check.same("sethook of a coroutine without a function", said(mtint.sethook, co), "true")
check.same("further arguments do not matter", said(mtint.sethook, co, print, 1, 2), "true")
mtint.sethook(co)

-- Without a handler.

check.same(
	"who interrupts itself goes no further",
	said(function()
		interrupt_me()
		error("too far")
	end),
	"false " .. INTERRUPTED
)
check.same("nor without a function around it", said(mtint.interrupt, id), "false " .. INTERRUPTED)
check.same(
	"as a tail call",
	said(function()
		return mtint.interrupt(id)
	end),
	"false " .. INTERRUPTED
)
check.same(
	"afterwards all is as before",
	said(function()
		local sum = 0
		for i = 1, 1000 do
			sum = sum + i
		end
		return sum
	end),
	"true 500500"
)
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
check.same(
	"a suspended one is interrupted where it yielded",
	said(coroutine.resume, co),
	"true true false " .. INTERRUPTED
)
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
check.same(
	"table.sort passes it on",
	said(table.sort, { 3, 2, 1 }, function(a, b)
		interrupt_me()
		return a < b
	end),
	"false " .. INTERRUPTED
)
check.same(
	"string.gsub passes it on",
	said(string.gsub, "abc", ".", function()
		interrupt_me()
	end),
	"false " .. INTERRUPTED
)
check.same(
	"a metamethod passes it on",
	said(function()
		return setmetatable({}, {
			__index = function()
				interrupt_me()
			end,
		}).field
	end),
	"false " .. INTERRUPTED
)
check.same(
	"a message handler sees it",
	said(xpcall, interrupt_me, function(err)
		return "handled " .. err
	end),
	"true false handled " .. INTERRUPTED
)

local closed = {}
check.same(
	"what is to be closed is closed with it",
	said(function()
		local _ <close> = setmetatable({}, {
			__close = function(_, err)
				closed[#closed + 1] = tostring(err)
			end,
		})
		interrupt_me()
	end),
	"false " .. INTERRUPTED
)
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
check.same(
	"who has resumed another is interrupted when that hands back",
	said(coroutine.resume, co),
	"false " .. INTERRUPTED
)
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
