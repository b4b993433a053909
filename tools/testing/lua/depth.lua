-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Checks how deep programs may recurse, and that nothing recurses deeper. The argument is the folder tools/testing.

local check = dofile((...) .. "/lib/check.lua")
local same, ok = check.same, check.ok

-- What must work -----------------------------------------------------------------------------------------

local function nested_pcall(n)
	if n == 0 then
		return 0
	end
	local good, depth = pcall(nested_pcall, n - 1)
	return good and depth + 1 or error(depth, 0)
end
same("25 nested pcalls", nested_pcall(25), 25)

local function nested_coroutine(n)
	if n == 0 then
		return 0
	end
	local good, depth = coroutine.resume(coroutine.create(nested_coroutine), n - 1)
	return good and depth + 1 or error(depth, 0)
end
same("25 coroutines in coroutines", nested_coroutine(25), 25)

local function nested_metamethod(n)
	local meta = {}
	meta.__index = function(_, depth)
		return depth == 0 and 0 or setmetatable({}, meta)[depth - 1] + 1
	end
	return setmetatable({}, meta)[n - 1] + 1
end
same("40 levels of metamethods", nested_metamethod(40), 40)

local function nested_gsub(n)
	local depth = 0
	if n > 0 then
		local _ = ("x"):gsub("x", function()
			depth = nested_gsub(n - 1) + 1
		end)
	end
	return depth
end
same("12 callbacks of gsub in each other", nested_gsub(12), 12)

local function nested_load(n)
	return n == 0 and 0 or load("local f, n = ... return f(n) + 1")(nested_load, n - 1)
end
same("25 chunks that load each other", nested_load(25), 25)

local function nested_sort(n)
	if n == 0 then
		return 0
	end
	local depth
	table.sort({ 1, 2 }, function(a, b)
		depth = depth or nested_sort(n - 1) + 1
		return a < b
	end)
	return depth
end
same("12 comparison functions of sort in each other", nested_sort(12), 12)

local function calls(n)
	return n == 0 and 0 or calls(n - 1) + 1
end
same("150000 calls of Lua functions", calls(150000), 150000)

local PARSER = {
	{ "parentheses", "return ", "(", "1", ")" },
	{ "table constructors", "return ", "{", "1", "}" },
	{ "functions", "", "local function f() ", "", " end" },
	{ "blocks", "", "do ", "", " end" },
	{ "if statements", "", "if x then ", "", " end" },
	{ "while loops", "", "while x do ", "", " end" },
	{ "repeat loops", "", "repeat ", "", " until x" },
	{ "for loops", "", "for i = 1, 1 do ", "", " end" },
	{ "unary operators", "return ", "- ", "1", "" },
	{ "powers", "return ", "2 ^ ", "1", "" },
	{ "concatenations", "return ", "'' .. ", "1", "" },
	{ "calls", "return ", "f(", "1", ")" },
	{ "indexes", "return ", "t[", "1", "]" },
	{ "assignments", "", "a, ", "b = 1", "" },
}
for _, kind in ipairs(PARSER) do
	local name, head, open, middle, close = table.unpack(kind)
	local function source(levels)
		return head .. open:rep(levels) .. middle .. close:rep(levels)
	end
	-- A function has at most 200 local variables, and loops use them.
	local levels = name == "for loops" and 60 or 100
	local chunk, err = load(source(levels))
	ok(("%d levels of %s in the parser"):format(levels, name), chunk, err)
	chunk, err = load(source(100000))
	ok("100000 levels of " .. name .. " are refused", not chunk, "it compiled")
	ok("and the reason is the depth of " .. name, tostring(err):find("overflow") or tostring(err):find("limit"), err)
end

same(
	"a pattern of 30 optional items matches",
	("x?"):rep(30) .. ("x"):rep(30) ~= nil and ("x"):rep(30):find("^" .. ("x?"):rep(30) .. "$"),
	1
)
same("alternating captures, 30 of them", select("#", ("x"):rep(30):match(("(x)"):rep(30))), 30)

-- What must fail, and leave everything in order ------------------------------------------------------------

local function overflows(name, fn, ...)
	local good, err = pcall(fn, ...)
	ok("endless " .. name .. " gives a stack overflow", not good and tostring(err):find("stack overflow"), err)
	same("and after endless " .. name .. " the program goes on", nested_pcall(10) + #("x"):rep(10), 20)
end

local function endless_calls()
	return 1 + endless_calls()
end
overflows("calls of Lua functions", endless_calls)

local function endless_pcall()
	local good, err = pcall(endless_pcall)
	if not good then
		error(err, 0)
	end
	return 1
end
overflows("pcall", endless_pcall)

local function endless_xpcall()
	local good, err = xpcall(endless_xpcall, function(message)
		return message
	end)
	return good or error(err, 0)
end
overflows("xpcall", endless_xpcall)

overflows("message handlers", function()
	local good, err = xpcall(error, function(message)
		error(message)
	end, "first")
	-- Lua ends recursive handlers with an error of its own.
	error(good and "no error" or "stack overflow or " .. tostring(err), 0)
end)

for _, event in ipairs({
	"__index",
	"__newindex",
	"__add",
	"__concat",
	"__lt",
	"__len",
	"__call",
	"__eq",
	"__unm",
	"__tostring",
}) do
	local meta = {}
	local one, two = setmetatable({}, meta), setmetatable({}, meta)
	local act = load(([[
		local one, two = ...
		local function act()
			%s
			return value
		end
		return act
	]]):format(({
		__index = "local value = one.key or 1",
		__newindex = "local value = 1; one.key = 1",
		__add = "local value = (one + two) or 1",
		__concat = "local value = (one .. two) or 1",
		__lt = "local value = one < two or 1",
		__len = "local value = #one or 1",
		__call = "local value = one() or 1",
		__eq = "local value = one == two or 1",
		__unm = "local value = -one or 1",
		__tostring = "local value = tostring(one)",
	})[event]))(one, two)
	meta[event] = act
	overflows(event .. " metamethods", act)
end

local loop = {}
for i = 1, 3000 do
	loop[i] = setmetatable({}, { __index = loop[i - 1] })
end
check.raises("a long chain of __index tables ends in an error", "'__index' chain too long", function()
	return loop[3000].x
end)
local circular = {}
setmetatable(circular, { __call = circular })
check.ok("an object that calls itself ends in an error", not pcall(circular))

local function endless_coroutine()
	local good, err = coroutine.resume(coroutine.create(endless_coroutine))
	return good or error(err, 0)
end
overflows("coroutines in coroutines", endless_coroutine)

local function endless_wrap()
	return coroutine.wrap(endless_wrap)() or 1
end
overflows("wrapped coroutines", endless_wrap)

local function endless_gsub()
	return ("x"):gsub("x", endless_gsub)
end
overflows("callbacks of gsub", endless_gsub)

local function endless_sort()
	table.sort({ 1, 2, 3 }, endless_sort)
end
overflows("comparison functions of sort", endless_sort)

local function endless_load()
	return load("local f = ... return f() or 1")(endless_load) or 1
end
overflows("loaded chunks", endless_load)

local function endless_reader()
	local fn, err = load(function()
		return endless_reader()
	end)
	return fn or error(err, 0)
end
overflows("reader functions of load", endless_reader)

package.searchers[#package.searchers + 1] = function(name)
	return function()
		return require(name .. "x")
	end
end
overflows("chains of require", require, "chain")
table.remove(package.searchers)

local function endless_close()
	local _ <close> = setmetatable({}, { __close = endless_close })
	return 1
end
overflows("__close metamethods", endless_close)

-- An error in a finalizer is only a warning, so this checks just that the machine survives.
local depth = 0
local function endless_gc()
	depth = depth + 1
	setmetatable({}, { __gc = endless_gc })
	if depth < 200 then
		collectgarbage()
	end
end
setmetatable({}, { __gc = endless_gc })
collectgarbage()
collectgarbage()
ok("finalizers that make finalizers and collect end", depth > 0)

local function endless_traceback()
	local ok_, err = xpcall(endless_calls, debug.traceback)
	error(not ok_ and err or "no error", 0)
end
overflows("calls with a traceback", endless_traceback)

local function endless_iterator()
	for _ in endless_iterator do
	end
	return 1
end
overflows("iterators", endless_iterator)

debug.sethook(function()
	debug.sethook()
end, "c")
debug.sethook()

overflows("dofile", function()
	local path = os.tmpname()
	local file = assert(io.open(path, "w"))
	file:write("local path = ... return (again() or 1)")
	file:close()
	function _G.again()
		return dofile(path) or 1
	end
	local good, err = pcall(_G.again)
	os.remove(path)
	_G.again = nil
	return good or error(err, 0)
end)

-- Patterns: each item that can match in several ways takes stack.
local good, err = pcall(string.find, ("a"):rep(300000), ("a?"):rep(300000) .. "b")
ok(
	"a pattern of 300000 optional items ends",
	good or tostring(err):find("too complex") or tostring(err):find("overflow"),
	err
)
good, err = pcall(string.find, ("a"):rep(1000), ".-" .. ("(.-)"):rep(32) .. ("a?"):rep(500) .. "$x")
ok("a pattern with many captures ends", good or tostring(err):find("too complex") or tostring(err):find("capture"), err)
good, err = pcall(string.rep, "x", -1)
ok("the strings work after it", good and err == "", err)
same("150000 calls still work after all this", calls(150000), 150000)
