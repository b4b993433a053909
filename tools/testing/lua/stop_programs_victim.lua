-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The script that stop_programs.lua spawns: it repeats one operation. Each program is a function that prepares its data
-- and returns another function, which is called forever. None of them may end by itself.

local create, set, rep, load, pcall, collect = coroutine.create, setmetatable, string.rep, load, pcall, collectgarbage
local MANY <const>, LONG <const> = 1 << 18, 8 << 20

-- Source text of `count` pieces.
local function source(head, count, make, tail)
	local pieces = {}
	for i = 1, count do
		pieces[i] = type(make) == "string" and make or make(i)
	end
	return head .. table.concat(pieces, "\n") .. tail
end
-- Compiles the text, which may be wrong.
local function compiles(...)
	local text = source(...)
	return function()
		load(text)
	end
end
-- Makes an operator convert a string.
local function converts(text, operator)
	local operate = load("local a = ... return a " .. operator)
	return function()
		pcall(operate, text)
	end
end
-- Calls `fn` repeatedly in the innermost of `levels` nested calls.
local function deep(levels, fn)
	local function go(n)
		if n == 0 then
			while true do
				fn()
			end
		end
		return 1 + go(n - 1)
	end
	return function()
		go(levels)
	end
end
local function collects()
	collect()
end
local function nothing() end
local function numbers(count)
	local list = {}
	for i = 1, count do
		list[i] = i
	end
	return list
end

local programs = {}

-- Operators on long strings.
function programs.less()
	local a = rep("\0", LONG)
	local b = a .. "x"
	return function()
		return a < b
	end
end
function programs.equal()
	local a, b = rep("\0", LONG) .. "x", rep("\0", LONG) .. "y"
	return function()
		return a == b
	end
end
function programs.concat()
	local a = rep("a", LONG)
	return function()
		return a .. a
	end
end
function programs.concat_many()
	local a, b = rep("a", LONG), rep("b", 1000)
	return function()
		return a .. b .. a .. b .. a
	end
end
for name, text in pairs({
	digits = function(long)
		return rep("1", long)
	end,
	spaces = function(long)
		return rep(" ", long) .. "1"
	end,
	spaces_behind = function(long)
		return "1" .. rep(" ", long)
	end,
	hexadecimal = function(long)
		return "0x" .. rep("f", long)
	end,
	fraction = function(long)
		return "0." .. rep("0", long) .. "1"
	end,
	exponent = function(long)
		return "1e" .. rep("0", long) .. "1"
	end,
	hexadecimal_fraction = function(long)
		return "0x." .. rep("0", long) .. "1p1"
	end,
}) do
	for kind, operator in pairs({ sum = "+ 1", quotient = "// 3", power = "^ 2.0", bits = "| 1" }) do
		programs[kind .. "_of_" .. name] = function()
			return converts(text(LONG * 4), operator)
		end
	end
	programs["minus_of_" .. name] = function()
		local operate, argument = load("return -(...)"), text(LONG * 4)
		return function()
			pcall(operate, argument)
		end
	end
	programs["loop_of_" .. name] = function()
		local loop, argument = load("for _ = ..., 2 do end"), text(LONG * 4)
		return function()
			pcall(loop, argument)
		end
	end
	programs["numeral_of_" .. name] = function()
		return compiles("x = ", 1, text(LONG), "")
	end
end
function programs.key()
	local a, n = rep("a", LONG), 0
	return function()
		n = n + 1
		return ({ [a .. n] = 1 })[a]
	end
end
function programs.field_of_string()
	local a = rep("a", LONG)
	return function()
		return a[a .. "x"]
	end
end

-- Tables.
function programs.grow_hash()
	return function()
		local t = {}
		for i = 1, MANY * 4 do
			t[i * 1.5] = i
		end
	end
end
function programs.grow_array()
	return function()
		local t = {}
		for i = 1, MANY * 16 do
			t[i] = i
		end
	end
end
function programs.grow_strings()
	return function()
		local t = {}
		for i = 1, MANY do
			t["k" .. i] = i
		end
	end
end
function programs.emptied()
	local t = {}
	for i = 1, MANY * 4 do
		t[i * 1.5] = i
	end
	for k in pairs(t) do
		t[k] = nil
	end
	return function()
		return next(t)
	end
end
function programs.length()
	local t = numbers(MANY * 8)
	for i = MANY * 4, MANY * 8 do
		t[i] = nil
	end
	return function()
		t[#t + 1] = 1
		t[#t] = nil
	end
end
function programs.create()
	return function()
		pcall(table.create, MANY * 8, MANY)
	end
end
function programs.from_results()
	local t = numbers(200000)
	return function()
		return { table.unpack(t) }
	end
end
function programs.from_extra()
	local t = numbers(200000)
	local function pack(...)
		return { ... }, ...
	end
	return function()
		return (pack(table.unpack(t)))
	end
end
function programs.named_extra()
	local t = numbers(200000)
	local function pack(...list)
		return list, ...
	end
	return function()
		return (pack(table.unpack(t)))
	end
end
function programs.last_result()
	local t = numbers(200000)
	return function()
		return (select(-1, table.unpack(t)))
	end
end

-- Collections.
function programs.ephemeron()
	return function()
		local keys, t = {}, set({}, { __mode = "k" })
		for i = 1, 100001 do
			keys[i] = {}
		end
		for i = 100000, 1, -1 do
			t[keys[i]] = keys[i + 1]
		end
		local first <const> = keys[1]
		keys = nil
		collect()
		return first
	end
end
function programs.ephemerons()
	return function()
		local keys, tables = {}, {}
		for i = 1, 30001 do
			keys[i] = {}
		end
		for i = 1, 30000 do
			tables[i] = set({ [keys[i]] = keys[i + 1] }, { __mode = "k" })
		end
		local first <const> = keys[1]
		keys = nil
		collect()
		return first, tables
	end
end
function programs.weak()
	local t = set({}, { __mode = "kv" })
	for i = 1, MANY * 2 do
		t[i * 1.5] = {}
	end
	return collects
end
function programs.finalizers()
	return function()
		local t, finalized = {}, { __gc = nothing }
		for i = 1, MANY // 2 do
			t[i] = set({}, finalized)
		end
		t = nil
		collect()
	end
end
function programs.closures()
	return function()
		local functions = {}
		for i = 1, MANY do
			functions[i] = function()
				return i
			end
		end
		functions = nil
		collect()
	end
end
function programs.coroutines()
	return function()
		local threads = {}
		for i = 1, 20000 do
			threads[i] = create(nothing)
		end
		threads = nil
		collect()
	end
end
function programs.one_table()
	local kept = numbers(MANY * 8)
	return function()
		collect()
		return kept
	end
end
for _, mode in ipairs({ "generational", "incremental" }) do
	programs[mode] = function()
		local kept = {}
		for i = 1, MANY do
			kept[i] = { i }
		end
		return function()
			collect(mode)
			collect("step")
			return kept
		end
	end
end

-- Deep stacks and their ends.
function programs.deep_collection()
	return deep(100000, function()
		collect("step")
	end)
end
function programs.deep_traceback()
	return deep(100000, debug.traceback)
end
function programs.open_upvalues()
	local functions = {}
	local function go(n)
		local x = n
		functions[n] = function()
			return x
		end
		if n == 0 then
			while true do
				collect("step")
			end
		end
		return 1 + go(n - 1)
	end
	return function()
		go(60000)
	end
end
function programs.deep_errors()
	local function go(n)
		if n == 0 then
			error("x")
		end
		return 1 + go(n - 1)
	end
	return function()
		pcall(go, 100000)
	end
end
function programs.closing()
	local closes = { __close = nothing }
	local function go(n)
		local _ <close> = set({}, closes)
		if n == 0 then
			coroutine.yield()
		end
		return 1 + go(n - 1)
	end
	return function()
		local thread = create(go)
		coroutine.resume(thread, 5000)
		coroutine.close(thread)
	end
end
function programs.lines()
	debug.sethook(nothing, "l")
	return nothing
end

-- The compiler, and functions that inspect compiled code.
function programs.breaks()
	return compiles("while true do ", 30000, "do break end", " end")
end
function programs.breaks_of_many()
	return compiles("while true do ", 300, "while x do " .. rep("do break end ", 100) .. " end", " end")
end
function programs.gotos()
	return function()
		load(source("do ", 30000, function(i)
			return "do goto l" .. i .. " end"
		end, source("", 30000, function(i)
			return "::l" .. i .. "::"
		end, " end")))
	end
end
function programs.pending_gotos()
	return compiles(rep("do ", 150), 30000, "do goto l end", rep(" end ", 150) .. " ::l::")
end
function programs.labels()
	return compiles("", 30000, function(i)
		return "::l" .. i .. "::"
	end, "")
end
function programs.elseifs()
	return compiles("if x then", 30000, " elseif y then z()", " end")
end
function programs.ands()
	return compiles("x = ", 100000, "a and", " b")
end
function programs.ors()
	return compiles("x = ", 100000, "a or b and", " b")
end
function programs.constants()
	return compiles("", 100000, function(i)
		return "x = " .. i .. ".5"
	end, "")
end
function programs.variables()
	return compiles(rep("local a = b; ", 199), 100000, "a = c; ", "")
end
function programs.globals()
	return compiles(source("", 200, function(i)
		return "global g" .. i
	end, "\n"), 100000, "g1 = g2", "")
end
function programs.globals_of_many()
	return compiles(source("", 30000, function(i)
		return "global g" .. i
	end, "\n"), 3000, "g1 = g2", "")
end
function programs.functions()
	return compiles("", 30000, "local function f() end do end f = nil", "")
end
function programs.upvalues()
	return compiles(rep("local a, b, c, d; ", 40) .. "return function() ", 100000, "a = b", " end")
end
function programs.active_lines()
	local fn = load(source("return function() ", 100000, "x = 1", " end"))()
	return function()
		debug.getinfo(fn, "L")
	end
end
function programs.current_line()
	local fn = load("return function() " .. rep("x = 1; ", 200000) .. " error('x') end", "=x", "t", {})()
	return function()
		pcall(fn)
	end
end
function programs.dump()
	local fn = load(source("return function() ", 100000, "x = 1", " end"))()
	return function()
		string.dump(fn)
	end
end

local shared = require("lunatik")._ENV
local name = ...
if name == "list" then
	local names = {}
	for key in pairs(programs) do
		names[#names + 1] = key
	end
	table.sort(names)
	shared.names = table.concat(names, " ")
	return function() end
end
return function()
	shared.went = true
	local good, why = pcall(function()
		local step = programs[name]()
		while true do
			step()
		end
	end)
	shared.ended = tostring(good) .. " " .. tostring(why)
end
