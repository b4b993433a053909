-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Checks the language, as in any Lua 5.5; its libraries are in language_libraries.lua beside this file. The argument is
-- the folder tools/testing.

local folder = ...
local check = dofile(folder .. "/lib/check.lua")
local gives, refused, ok, same = check.gives, check.refused, check.ok, check.same

-- Arithmetic, bits, comparison, concatenation.
gives("7 + 2, 7 - 2, 7 * 2, 7 // 2, 7 % 2", "9 5 14 3 1")
gives("-7 // 2, -7 % 2, 7 // -2, 7 % -2", "-4 1 -4 -1")
gives("7 / 2, 8 / 2, 2 ^ 10, 2 ^ -1, 2 ^ 0.5", "3.5 4.0 1024.0 0.5 1.4142135623730951")
gives("7.5 // 2, 7.5 % 2, -7.5 // 2, -7.5 % 2", "3.0 1.5 -4.0 0.5")
gives("1 // 0.0, -1 // 0.0, 5.3 % math.huge, -5.3 % math.huge", "inf -inf 5.3 inf")
gives("0.1 + 0.2, 0.1 + 0.2 == 0.3, 1e308 * 10, -1e308 * 10", "0.30000000000000004 false inf -inf")
gives(
	"math.maxinteger + 1 == math.mininteger, math.mininteger // -1, math.mininteger % -1",
	"true -9223372036854775808 0"
)
gives("5 & 3, 5 | 3, 5 ~ 3, ~5, 1 << 63, 1 << 64, -1 >> 60, 2.0 << 1", "1 7 6 -6 -9223372036854775808 0 15 4")
gives("'10' + 5, '0x10' * 1, ' 3.5 ' - 1", "15 16 2.5")
gives(
	"1 == 1.0, 1 < 1.5, 2^53 == 2^53 + 1, math.maxinteger < math.maxinteger + 0.0, 'a' < 'b', 'Z' < 'a'",
	"true true true true true true"
)
gives("1 .. 2, 1.5 .. '', -0.0 .. ''", "12 1.5 -0.0")
gives("not nil, nil and 1, false or 2, 1 and 2", "true nil 2 2")
gives("2 ^ 3 ^ 2, -2 ^ 2, 1 .. 2 == '12', 1 + 2 << 3, 5 & 6 == 4", "512.0 -4.0 true 24 true")
gives("#'abc', #{ 1, 2, 3 }, -'2'", "3 3 -2")
refused("return 1 // 0", "attempt to divide by zero")
refused("return 1 % 0", "attempt to perform 'n%0'")
refused("return 1.5 | 1", "number has no integer representation")
refused("return 'a' + 1", "attempt to add a 'string' with a 'number'")
refused("return {} .. 'x'", "attempt to concatenate a table value")
refused("return {} < {}", "attempt to compare two table values")
refused("return nil > 1", "attempt to compare number with nil")
refused("local t; t.x = 1", "attempt to index a nil value (local 't')")
refused("undefined_function()", "attempt to call a nil value (global 'undefined_function')")

-- Literals.
gives(
	"0xff, 0x.8p1, 0xA.8, 1e2, .5, 3., 0x7fffffffffffffff, 0xffffffffffffffff",
	"255 1.0 10.5 100.0 0.5 3.0 9223372036854775807 -1"
)
gives("9223372036854775807, 9223372036854775808, 1e400", "9223372036854775807 9.2233720368547758e+18 inf")
gives("'\\x41\\65\\u{20AC}\\z   b\\\n' == 'AA€b\\n', [[\nline]], [==[a]]b]==]", "true line a]]b")
refused("x = 'unfinished", "unfinished string near")
refused("x = '\\q'", "invalid escape sequence")
refused("x = 3x", "malformed number near '3x'")
refused("for", "<name> expected near <eof>")
refused("goto nowhere", "no visible label 'nowhere'")
refused("break", "break outside loop near 'break'")

-- Statements.
local function loops()
	local out = {}
	for i = 3, 1, -1 do
		out[#out + 1] = i
	end
	for x = 0, 1, 0.25 do
		out[#out + 1] = x
	end
	local n = 0
	while true do
		n = n + 1
		if n == 2 then
			goto continue
		end
		out[#out + 1] = n
		if n == 3 then
			break
		end
		::continue::
	end
	repeat
		local last = true
	until last
	return table.concat(out, " ")
end
same("for, while, repeat, goto and break", loops(), "3 2 1 0.0 0.25 0.5 0.75 1.0 1 3")
gives("(function() local n = 0; for i = math.maxinteger - 1, math.maxinteger do n = n + 1 end return n end)()", "2")
refused("for i = 1, 10, 0 do end", "'for' step is zero")
refused("for i = 1, 2 do i = 3 end", "attempt to assign to const variable 'i'")
refused("local x <const> = 1; x = 2", "attempt to assign to const variable 'x'")
refused("global print; y = 1", "variable 'y' not declared")
same("global declares", load("global answer = 42; return answer")(), 42)
_G.answer = nil
gives("(function(...) local a, b = ... return select('#', ...), a, b end)(1, nil, 3)", "3 1 nil")
gives("(function(...t) return t.n, t[1], t[3] end)(1, nil, 3)", "3 1 3")
gives("select(-1, 1, 2, 3), select(2, 'a', 'b')", "3 b")

local order = {}
local function closer(name)
	return setmetatable({}, {
		__close = function(_, err)
			order[#order + 1] = name .. ":" .. tostring(err)
		end,
	})
end
pcall(function()
	local _ <close> = closer("outer")
	local _ <close> = closer("inner")
	error("e", 0)
end)
same("close variables close in reverse order and see the error", table.concat(order, " "), "inner:e outer:e")

-- Functions, closures, tail calls, recursion.
local function counter()
	local n = 0
	return function()
		n = n + 1
		return n
	end, function()
		return n
	end
end
local increment, read = counter()
increment()
increment()
same("closures share their upvalue", read(), 2)
local function tail(n)
	if n == 0 then
		return "end"
	end
	return tail(n - 1)
end
same("a million tail calls need no stack", tail(1000000), "end")
local function deep(n)
	if n == 0 then
		return 0
	end
	return 1 + deep(n - 1)
end
same("150000 nested calls of Lua functions", deep(150000), 150000)

-- Metatables.
local calls = {}
local object = setmetatable({}, {
	__index = function(_, key)
		return "i:" .. key
	end,
	__newindex = function(_, key, value)
		calls[#calls + 1] = key .. "=" .. value
	end,
	__call = function(_, ...)
		return select("#", ...)
	end,
	__add = function()
		return "add"
	end,
	__sub = function()
		return "sub"
	end,
	__mul = function()
		return "mul"
	end,
	__div = function()
		return "div"
	end,
	__mod = function()
		return "mod"
	end,
	__pow = function()
		return "pow"
	end,
	__unm = function()
		return "unm"
	end,
	__idiv = function()
		return "idiv"
	end,
	__band = function()
		return "band"
	end,
	__bor = function()
		return "bor"
	end,
	__bxor = function()
		return "bxor"
	end,
	__shl = function()
		return "shl"
	end,
	__shr = function()
		return "shr"
	end,
	__bnot = function()
		return "bnot"
	end,
	__concat = function()
		return "concat"
	end,
	__len = function()
		return "len"
	end,
	__eq = function()
		return true
	end,
	__lt = function()
		return true
	end,
	__le = function()
		return false
	end,
	__tostring = function()
		return "shown"
	end,
	__name = "object",
	__pairs = function()
		return function(_, k)
			if not k then
				return 1, 2
			end
		end, {}, nil
	end,
})
local other = setmetatable({}, getmetatable(object))
object.field = "v"
same(
	"arithmetic metamethods",
	table.concat({ object + 1, 1 - object, object * 1, object / 1, object % 1, object ^ 1, -object, object // 1 }, " "),
	"add sub mul div mod pow unm idiv"
)
same(
	"bitwise metamethods",
	table.concat({ object & 1, object | 1, object ~ 1, object << 1, object >> 1, ~object, object .. "", #object }, " "),
	"band bor bxor shl shr bnot concat len"
)
same(
	"comparison metamethods",
	tostring(object == other) .. tostring(object < other) .. tostring(object <= other),
	"truetruefalse"
)
same("index metamethods", object.name .. " " .. calls[1], "i:name field=v")
same(
	"call, tostring and pairs metamethods",
	object(1, 2) .. tostring(object) .. select(2, pairs(object)(nil, nil)),
	"2shown2"
)
same(
	"rawequal, rawlen, rawget, rawset go past them",
	tostring(rawequal(object, other)) .. rawlen(object) .. tostring(rawget(rawset(object, 1, 5), 1)),
	"false05"
)
check.raises("a protected metatable stays", "cannot change a protected metatable", function()
	setmetatable(setmetatable({}, { __metatable = 1 }), {})
end)

-- Garbage collection.
local weak = setmetatable({ {} }, { __mode = "v" })
local finalized = false
setmetatable({}, {
	__gc = function()
		finalized = true
	end,
})
collectgarbage()
ok("weak values go and finalizers run", weak[1] == nil and finalized)
same("the collector changes its mode", collectgarbage("generational"), "incremental")
same("and back", collectgarbage("incremental"), "generational")
ok("the collector counts", collectgarbage("count") > 1 and collectgarbage("isrunning"))

-- The table of short strings grows and shrinks while strings come and go.
do
	local numbers, kept, found = {}, {}, 0
	for round = 1, 3 do
		for i = 1, 40000 do
			numbers["s" .. i] = i
			if i % 10000 == 0 then
				collectgarbage("step")
			end
		end
		for i = 1, 40000 do
			if numbers["s" .. i] == i and rawequal("s" .. i, table.concat({ "s", i })) then
				found = found + 1
			end
		end
		for i = 1, 40000 do
			if i % 1000 ~= round then
				numbers["s" .. i] = nil
			end
		end
		kept[1], numbers = numbers, {}
		collectgarbage()
		for i = 1, 30000 do
			numbers["t" .. i % 3000 .. "/" .. i] = i
		end
		for key, i in pairs(numbers) do
			found = found + (numbers[key .. ""] == i and key == "t" .. i % 3000 .. "/" .. i and 1 or -1)
		end
		numbers = {}
		collectgarbage()
	end
	same("short strings are found again, whatever the size of their table", found, 3 * 70000)
end
local function ephemeron()
	local t = setmetatable({}, { __mode = "k" })
	local key = {}
	t[key] = { key }
	key = nil
	collectgarbage()
	return next(t)
end
same("ephemeron tables let go of keys that only their values hold", ephemeron(), nil)

-- Errors.
gives("pcall(error, 'm'), pcall(error), pcall(error, { 1 }) == false", "false false true")
gives("select(2, pcall(error, 'm', 0)), select('#', pcall(error))", "m 2")
gives("xpcall(function() error('x', 0) end, function(m) return m .. '!' end)", "false x!")
gives(
	"select(2, pcall(function() local a = nil; a() end)):match(':1: (.*)')",
	"attempt to call a nil value (local 'a')"
)
gives("pcall(assert, false, 'why'), select(2, pcall(assert, nil))", "false assertion failed!")
gives("select(2, xpcall(function() error(nil) end, function(m) return tostring(m) end))", "nil")

-- Coroutines.
local function coroutines()
	local out = {}
	local co = coroutine.create(function(a)
		local b = coroutine.yield(a + 1)
		local c, d = coroutine.yield(b * 2)
		return c + d
	end)
	for _, args in ipairs({ { 1 }, { 10 }, { 3, 4 }, {} }) do
		out[#out + 1] = tostring(select(2, coroutine.resume(co, table.unpack(args))))
	end
	return table.concat(out, " ") .. " " .. coroutine.status(co)
end
same("coroutines pass values both ways", coroutines(), "2 20 7 cannot resume dead coroutine dead")
local wrapped = coroutine.wrap(function()
	for i = 1, 3 do
		coroutine.yield(i)
	end
end)
same("wrap makes an iterator", wrapped() + wrapped() + wrapped(), 6)
same(
	"yield across pcall, metamethods and iterators",
	coroutine.wrap(function()
		local t = setmetatable({}, {
			__add = function()
				return coroutine.yield("m")
			end,
		})
		local good, value = pcall(function()
			for x in
				function(_, c)
					if not c then
						return coroutine.yield("i")
					end
				end
			do
				value = x
			end
			return t + 1
		end)
		return good, value
	end)(),
	"i"
)
local closing = coroutine.create(function()
	local _ <close> = closer("co")
	coroutine.yield()
end)
coroutine.resume(closing)
ok("coroutine.close closes its variables", coroutine.close(closing) and order[3] == "co:nil")
gives(
	"coroutine.isyieldable(), select(2, coroutine.running()) == (coroutine.running() ~= nil and not coroutine.isyieldable())",
	"false true"
)
refused("coroutine.yield()", "outside a coroutine")

assert(loadfile(folder .. "/lua/language_libraries.lua"))(check)
