-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Makes random programs from Lua's grammar and runs them: all statements and operators, the libraries and modules, the
-- debug library, coroutines, metatables, finalizers, closing variables, hooks, programs in programs. The machine must
-- survive all of them. The arguments are a seed, the number of programs to run, and "show" to print them instead.
-- Prints a dot for each 50 programs.

local seed, wanted, show = math.tointeger((...)), math.tointeger((select(2, ...))), select(3, ...) == "show"
local random = math.random
math.randomseed(seed)

-- Functions that wait, print, or end this script.
local LEFT_OUT = {
	"debug.debug",
	"io.lines",
	"io.read",
	"io.write",
	"linux.schedule",
	"lunatik.runner",
	"mtmsg.sleep",
	"os.remove",
	"os.rename",
	"pledge",
	"print",
	"warn",
	"worker.message",
	"worker.peek",
	"worker.receive",
}
local MODULES = { "lunatik", "thread", "rcu", "linux", "device", "mtint", "mtmsg" }

local concat, insert = table.concat, table.insert
local function pick(list)
	return list[random(#list)]
end

-- Names of functions, as programs call them; some are used more often than others.
local calls = {}
local function offer(prefix, library, times)
	for key, member in pairs(library) do
		if type(member) == "function" then
			for _ = 1, times do
				calls[#calls + 1] = prefix .. key
			end
		end
	end
end
for name, times in pairs({ debug = 6, coroutine = 6, string = 1, table = 1, math = 1, utf8 = 1, os = 1, io = 1, package = 1 }) do
	offer(name .. ".", _G[name], times)
end
offer("", _G, 2)
for _, name in ipairs(MODULES) do
	offer(name .. ".", require(name), 1)
end
table.sort(calls)
for i = #calls, 1, -1 do
	for _, left_out in ipairs(LEFT_OUT) do
		if calls[i] == left_out then
			table.remove(calls, i)
			break
		end
	end
end

local NAMES = { "a", "b", "c", "d", "e", "f" }
local FIELDS = { "x", "y", "n", "__index", "__gc" }
local NUMBERS = { "0", "1", "2", "-1", "3", "10", "0.5", "-0.0", "1e308", "0/0", "1/0", "255", "0x7fffffff", "math.mininteger", "math.maxinteger", "2^53" }
local STRINGS = { '""', '"x"', '"abc"', '"12"', '"0x1p4"', '"cr"', '"l"', '"nSltufrL"', '">f"', '"k"', '"v"', '"%s%d"', '"(.-)%b()"', '"return ..."', '"collect"', '"step"', '"generational"', '"incremental"', '"<i4s1"', '"r"' }
local EVENTS = { "index", "newindex", "call", "add", "concat", "unm", "len", "eq", "lt", "le", "close", "gc", "pairs", "tostring", "mode", "name", "metatable", "band", "idiv" }
local BINARY = { "+", "-", "*", "/", "//", "%", "^", "..", "==", "~=", "<", "<=", ">", ">=", "and", "or", "&", "|", "~", "<<", ">>" }
local UNARY = { "-", "not ", "#", "~" }

local expression, block
-- The number of parts that the program may still get.
local left = 0
local function smaller()
	left = left - 1
	return left < 0
end

local function list(make, most)
	local made = {}
	for i = 1, random(0, most) do
		made[i] = make()
	end
	return concat(made, ", ")
end
local function expressions()
	return list(expression, 3)
end

local function body()
	local parameters = {}
	for i = 1, random(0, 2) do
		parameters[i] = NAMES[i]
	end
	local extra = random(4)
	if extra == 1 then
		insert(parameters, "...")
	elseif extra == 2 then
		insert(parameters, "...t")
	end
	local results = (extra == 1 or extra == 2) and pick({ "...", "select('#', ...)", "{ ... }" }) or expression()
	if extra == 2 and random(2) == 1 then
		results = pick({ "t", "t[1], ...", "t.n", "#t" })
	end
	return ("(%s) %s return %s end"):format(concat(parameters, ", "), block(), results)
end

local function constructor()
	local fields = {}
	for i = 1, random(0, 4) do
		local kind = random(3)
		fields[i] = kind == 1 and expression()
			or kind == 2 and pick(FIELDS) .. " = " .. expression()
			or "[" .. expression() .. "] = " .. expression()
	end
	return "{ " .. concat(fields, ", ") .. " }"
end

local function with_metatable()
	local events = {}
	for i = 1, random(3) do
		local event = pick(EVENTS)
		local value = event == "mode" and pick({ '"k"', '"v"', '"kv"', "1" }) or random(3) == 1 and expression() or "function" .. body()
		events[i] = "__" .. event .. " = " .. value
	end
	return ("setmetatable(%s, { %s })"):format(constructor(), concat(events, ", "))
end

-- Calls that access running functions.
local REACHES = {
	function()
		return ("debug.getlocal(%d, %d)"):format(random(0, 6), random(-4, 12))
	end,
	function()
		return ("debug.setlocal(%d, %d, %s)"):format(random(0, 6), random(-4, 12), expression())
	end,
	function()
		return ("debug.setupvalue(%s, %d, %s)"):format(pick(NAMES), random(0, 3), expression())
	end,
	function()
		return ("debug.getupvalue(%s, %d)"):format(pick(NAMES), random(0, 3))
	end,
	function()
		return ("debug.upvaluejoin(%s, %d, %s, %d)"):format(pick(NAMES), random(3), pick(NAMES), random(3))
	end,
	function()
		return ("debug.sethook(%s, %s, %d)"):format("function" .. body(), pick({ '"c"', '"r"', '"l"', '"crl"', '""' }), random(0, 3))
	end,
	function()
		return ("debug.sethook(%s, %s, %s)"):format(pick(NAMES), "function() end", pick({ '"c"', '"l"' }))
	end,
	function()
		return ("debug.getinfo(%d, %s)"):format(random(0, 6), pick({ '"f"', '"n"', '"L"', '"r"', '"nSltufr"' }))
	end,
	function()
		return ("debug.getlocal(%s, %d, %d)"):format(pick(NAMES), random(0, 3), random(-4, 12))
	end,
	function()
		return ("debug.setlocal(%s, %d, %d, %s)"):format(pick(NAMES), random(0, 3), random(-4, 12), expression())
	end,
	function()
		return ("debug.setmetatable(%s, { __index = function%s })"):format(expression(), body())
	end,
	function()
		return ("pcall(debug.getinfo(%d, 'f').func, %s)"):format(random(0, 6), expression())
	end,
	function()
		return "coroutine.close(coroutine.running())"
	end,
	function()
		return ("coroutine.wrap(function%s)(%s)"):format(body(), expressions())
	end,
	function()
		return ("coroutine.create(function%s)"):format(body())
	end,
	function()
		return ("coroutine.resume(%s, %s)"):format(pick(NAMES), expression())
	end,
	function()
		return ("coroutine.yield(%s)"):format(expressions())
	end,
	function()
		return ("pcall(function%s)"):format(body())
	end,
	function()
		return ("xpcall(function%s, function%s)"):format(body(), body())
	end,
	function()
		return ("table.sort({ 3, 1, 2 }, function%s)"):format(body())
	end,
	function()
		return ('("abc"):gsub("%%w", function%s)'):format(body())
	end,
	function()
		return ("load(%q)(%s)"):format(block() .. " return " .. expression(), expressions())
	end,
	function()
		return ("load(function%s)"):format(body())
	end,
	function()
		return ("collectgarbage(%s)"):format(pick({ "", '"step"', '"generational"', '"incremental"', '"count"' }))
	end,
	function()
		return ('("x"):rep(%d)'):format(random(6000))
	end,
	function()
		return ("rcu.map(%s, function%s)"):format(pick({ "shared", pick(NAMES) }), body())
	end,
	function()
		return ("mtmsg.newbuffer():addmsg(%s)"):format(expression())
	end,
}

local function call()
	local kind = random(8)
	if kind == 1 then
		return ("%s:%s(%s)"):format(pick(NAMES), pick(FIELDS), expressions())
	elseif kind == 2 then
		return ("%s(%s)"):format(pick(NAMES), expressions())
	elseif kind <= 5 then
		return pick(REACHES)()
	end
	return ("%s(%s)"):format(pick(calls), expressions())
end

function expression()
	if smaller() then
		return pick({ pick(NAMES), pick(NUMBERS), pick(STRINGS), "nil", "{}" })
	end
	local kind = random(14)
	if kind <= 3 then
		return pick(NAMES)
	elseif kind == 4 then
		return pick(NUMBERS)
	elseif kind == 5 then
		return pick(STRINGS)
	elseif kind == 6 then
		return pick({ "nil", "true", "false", "print", "io.stdout", "shared", "debug.upvalueid(" .. pick(NAMES) .. ", 1)" })
	elseif kind == 7 then
		return constructor()
	elseif kind == 8 then
		return with_metatable()
	elseif kind == 9 then
		return "function" .. body()
	elseif kind == 10 then
		return ("(%s %s %s)"):format(expression(), pick(BINARY), expression())
	elseif kind == 11 then
		return ("(%s%s)"):format(pick(UNARY), expression())
	elseif kind == 12 then
		return ("%s.%s"):format(pick(NAMES), pick(FIELDS))
	elseif kind == 13 then
		return ("%s[%s]"):format(pick(NAMES), expression())
	end
	return "(" .. call() .. ")"
end

-- Loops end after some rounds, regardless of their condition.
local loops = 0
local function rounds(head, tail)
	loops = loops + 1
	local counter = "r" .. loops
	return ("local %s = 0 %s %s = %s + 1 if %s > %d then break end %s %s"):format(counter, head, counter, counter, counter, random(5), block(), tail)
end

local STATEMENTS = {
	function()
		return ("local %s = %s"):format(pick(NAMES), expression())
	end,
	function()
		return ("local %s, %s = %s"):format(pick(NAMES), pick(NAMES), call())
	end,
	function()
		return "local z <const> = " .. expression()
	end,
	function()
		return ("do local v <close> = setmetatable({}, { __close = function%s }) %s end"):format(body(), block())
	end,
	function()
		return ("%s = %s"):format(pick(NAMES), expression())
	end,
	function()
		return ("%s, %s = %s, %s"):format(pick(NAMES), pick(NAMES), expression(), expression())
	end,
	function()
		return ("%s.%s = %s"):format(pick(NAMES), pick(FIELDS), expression())
	end,
	function()
		return ("%s[%s] = %s"):format(pick(NAMES), expression(), expression())
	end,
	call,
	call,
	call,
	function()
		return "local function " .. pick(NAMES) .. body()
	end,
	function()
		return "do local function " .. pick(NAMES) .. body() .. " " .. block() .. " end"
	end,
	function()
		return ("if %s then %s elseif %s then %s else %s end"):format(expression(), block(), expression(), block(), block())
	end,
	function()
		return rounds("while " .. expression() .. " do", "end")
	end,
	function()
		return rounds("repeat", "until " .. expression())
	end,
	function()
		return rounds(("for i = %s, %s, %s do"):format(pick(NUMBERS), pick(NUMBERS), pick(NUMBERS)), "end")
	end,
	function()
		return rounds(("for i = %d, %d do local function g() return i end"):format(random(3), random(9)), "end")
	end,
	function()
		return rounds(("for k, v in pairs(%s) do"):format(expression()), "end")
	end,
	function()
		return rounds(("for k, v, w in %s, %s, %s, %s do"):format("function" .. body(), expression(), expression(), pick({ "nil", with_metatable() })), "end")
	end,
	function()
		loops = loops + 1
		local number = loops
		return ("do %s goto done%d do %s end ::done%d:: end"):format(block(), number, block(), number)
	end,
	function()
		return "setmetatable({}, { __gc = function" .. body() .. " })"
	end,
	function()
		local name = pick(NAMES)
		return ("do global %s; %s = %s end"):format(name, name, pick({ "1", "{}", name, "function() end" }))
	end,
}

function block()
	if smaller() then
		return ""
	end
	local made = {}
	for i = 1, random(0, 4) do
		made[i] = pick(STATEMENTS)()
		-- The grammar allows only a call where a statement begins with a parenthesis.
		if made[i]:find("^[%(\"]") then
			made[i] = "_ = " .. made[i]
		end
	end
	return concat(made, "; ")
end

local function program()
	left, loops = random(20, 120), 0
	return block() .. "; " .. block()
end

-- Each program has copies of the libraries to change.
local function copy(library)
	local copied = {}
	for key, member in pairs(library) do
		copied[key] = member
	end
	return copied
end
local create, resume, close, status = coroutine.create, coroutine.resume, coroutine.close, coroutine.status
local set_metatable, set_hook, collect, load, pcall, pairs, setlocal = debug.setmetatable, debug.sethook, collectgarbage, load, pcall, pairs, rawset
local shared = require("rcu").table()
local libraries = { "string", "table", "math", "utf8", "os", "io", "debug", "coroutine", "package" }
local originals = {}
for _, name in ipairs(libraries) do
	originals[name] = copy(_G[name])
end
for _, name in ipairs(MODULES) do
	originals[name] = copy(require(name))
end
for _, name in ipairs(LEFT_OUT) do
	local library, member = name:match("^(.*)%.(.*)$")
	if originals[library] then
		originals[library][member] = nil
	end
end
local global = copy(_G)
for _, name in ipairs(LEFT_OUT) do
	global[name] = nil
end
-- print could wait for its reader, so it does nothing, however a program calls it.
global.print = function() end
local function environment()
	local env = copy(global)
	env._G = env
	for name, library in pairs(originals) do
		env[name] = copy(library)
	end
	env.shared = shared
	env.a, env.e, env.f = { 1, 2, x = {} }, "e", 6
	env.b = load("local up, n = ... return function(...) up = n or up return up, ... end")({}, 1)
	env.c = create(function(...)
		local kept = { ... }
		for i = 1, 3 do
			kept[i] = originals.coroutine.yield(kept, i)
		end
		return kept
	end)
	env.d = setmetatable({}, { __index = env.b, __close = env.b, __gc = env.b, __call = env.b })
	return env
end

local string_metatable = getmetatable("")
local string_index = copy(string)
local BASIC = { false, 0, pcall, create(pcall) }
local function mend()
	set_hook()
	set_metatable("", string_metatable)
	set_metatable(nil, nil)
	for i = 1, #BASIC do
		set_metatable(BASIC[i], nil)
	end
	for key in pairs(string_metatable) do
		string_metatable[key] = nil
	end
	setlocal(string_metatable, "__index", string)
	for key, member in pairs(string_index) do
		string[key] = member
	end
	collect("incremental")
	collect("restart")
end

local compiled = 0
local function run(number)
	local text = program()
	if show then
		print(text)
		return
	end
	local chunk = load(text, "=fuzz", "t", environment())
	if not chunk then
		return
	end
	compiled = compiled + 1
	local thread = create(chunk)
	for _ = 1, 5 do
		resume(thread, number, text)
		if status(thread) ~= "suspended" then
			break
		end
	end
	close(thread)
end
for number = 1, wanted do
	-- The call fails for lack of memory, which the remains of earlier programs may take.
	pcall(run, number)
	mend()
	if number % 50 == 0 and not show then
		io.stdout:write(".\n")
		pcall(collect)
	end
end
if not show then
	print(compiled .. " of " .. wanted .. " compiled")
end
