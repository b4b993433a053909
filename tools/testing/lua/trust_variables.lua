-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Values that the debug library can change, and values that instructions and C functions trust. The argument is the
-- folder of the tests.

local check = dofile(select(1, ...) .. "/lib/check.lua")
local getlocal, setlocal, getinfo, sethook = debug.getlocal, debug.setlocal, debug.getinfo, debug.sethook
local getupvalue, setupvalue, upvaluejoin = debug.getupvalue, debug.setupvalue, debug.upvaluejoin

-- Sets the variable `name` of the function at `level`, counted from the caller. Returns whether there is such a
-- variable.
local function set(level, name, value)
	for i = 1, 50 do
		local found = getlocal(level + 1, i)
		if found == name then
			setlocal(level + 1, i, value)
			return true
		elseif not found then
			return false
		end
	end
end

local READABLE = { ["(vararg)"] = true, ["(vararg table)"] = true, ["(for state)"] = true }

-- The slots without a name of all running functions, and the slots of the calling C functions.
local function nameless(thread)
	local found = {}
	for level = 0, 30 do
		if not (thread and getinfo(thread, level, "l") or not thread and getinfo(level + 1, "l")) then
			break
		end
		for i = -30, 100 do
			local good, name, value
			if thread then
				good, name, value = pcall(getlocal, thread, level, i)
			else
				good, name, value = pcall(getlocal, level + 2, i)
			end
			if good and name and name:find("^%(") and not READABLE[name] then
				found[#found + 1] = level .. ":" .. i .. " " .. name .. " " .. type(value)
			end
		end
	end
	return table.concat(found, ", ")
end

-- Loops: the control variable as a local, as an upvalue, and joined to another function's upvalue.
local OTHERS = { {}, "x", 0.5, false, print, coroutine.create(print), io.stdout }
OTHERS[#OTHERS + 1] = debug.upvalueid(set, 1)
for number, other in ipairs(OTHERS) do
	local what = type(other) .. " " .. number
	check.raises("an integer loop notices a " .. what, "'for' loop variable was changed to another type", function()
		for i = 1, 3 do
			check.ok("a loop has its variable", set(1, "i", other) and i ~= nil)
		end
	end)
	if math.type(other) ~= "float" then
		check.raises("a float loop notices a " .. what, "'for' loop variable was changed to another type", function()
			for x = 0.5, 3.5 do
				check.ok("a float loop has its variable", set(1, "x", other) and x ~= nil)
			end
		end)
	end
	check.raises("a loop notices it by an upvalue: " .. what, "changed to another type", function()
		for i = 1, 3 do
			local function see()
				return i
			end
			setupvalue(see, 1, other)
		end
	end)
	check.raises("and by an upvalue that was joined: " .. what, "changed to another type", function()
		for i = 1, 3 do
			local mine
			local function see()
				return i
			end
			local function change(value)
				mine = value
			end
			upvaluejoin(change, 1, see, 1)
			change(other)
		end
	end)
end
check.raises("an integer in a float loop is noticed", "changed to another type", function()
	for x = 0.5, 3.5 do
		check.ok("it has the variable", set(1, "x", 7) and x)
	end
end)
do
	local sum = 0
	for i = 1, 10 do
		sum = sum + i
		if i == 3 then
			set(1, "i", 8)
		end
	end
	check.same("a loop goes on from another integer", sum, 1 + 2 + 3 + (9 + 10 + 11 + 12 + 13 + 14 + 15))
end
check.same("the state of a loop is not changed", (function()
	local sum = 0
	for i = 1, 3 do
		for j = 1, 20 do
			local name = getlocal(1, j)
			if name == "(for state)" and setlocal(1, j, {}) ~= nil then
				return "changed"
			end
		end
		sum = sum + i
	end
	return sum
end)(), 6)
check.same("nor is that of a general loop", (function()
	local keys = ""
	for k in pairs({ a = 1 }) do
		for j = 1, 20 do
			if getlocal(1, j) == "(for state)" and setlocal(1, j, {}) ~= nil then
				return "changed"
			end
		end
		keys = keys .. k
	end
	return keys
end)(), "a")

-- Vararg tables that have a name.
for number, other in ipairs({ 7, "x", false, print, io.stdout }) do
	local text = "vararg table was changed to a " .. (type(other) == "userdata" and "FILE*" or type(other)) .. " value"
	check.raises("a changed vararg table is noticed: " .. number, text, function(...t)
		set(1, "t", other)
		local kept = t
		return kept, ...
	end, 1, 2, 3)
	check.raises("by an upvalue, too: " .. number, text, function(...t)
		local function see()
			return t
		end
		setupvalue(see, 1, other)
		return ...
	end, 1, 2, 3)
end
check.same("another table is one", select("#", (function(...t)
	set(1, "t", { n = 2 })
	local kept = t
	return kept and ...
end)(1, 2, 3)), 1)
check.raises("but it must have an n", "vararg table has no proper 'n'", function(...t)
	set(1, "t", {})
	local kept = t
	return kept and ...
end, 1)

-- Slots without a name cannot be reached.
check.same("no table under construction", (function()
	local function look()
		return nameless()
	end
	local made = { look(), 2, 3 }
	return made[1]
end)(), "")
check.same("no operand of a concatenation", "x" .. (function()
	return nameless()
end)() .. "y", "xy")
local seen
check.same("nothing of a function of C", (("a"):rep(9000):gsub("a", function()
	seen = seen or nameless()
end)), ("a"):rep(9000))
check.same("while it runs", seen, "")
seen = nil
table.sort({ 3, 2, 1, 4 }, function(a, b)
	seen = (seen or "") .. nameless()
	return a < b
end)
check.same("nothing of table.sort", seen, "")
local waiting = coroutine.create(function(...)
	local made = { coroutine.yield(), ... }
	return made
end)
coroutine.resume(waiting, 1, 2)
check.same("nothing of a coroutine that waits", nameless(waiting), "")
for _, event in ipairs({ "c", "r", "l", "cr", "crl" }) do
	local found = ""
	sethook(function()
		found = found .. nameless()
	end, event, 1)
	local text = ("abc"):rep(300):gsub("b", "%0%0")
	local list = { text, select(2, pcall(error, {})), (function(...)
		return ...
	end)(1, 2) }
	for k, v in pairs(list) do
		local _ = { k, v }
	end
	sethook()
	check.same("nothing for hooks: " .. event, found, "")
end
check.same("setlocal does not reach a function of C", select("#", select(2, pcall(setlocal, 1, 1, "x"))), 1)
check.same("but says so", select(2, pcall(setlocal, 1, 1, "x")), nil)

-- Extra arguments. A hook comes before the instruction that moves them.
local function extra(...)
	return ...
end
local before
sethook(function()
	for i = -1, -300, -1 do
		local name = getlocal(2, i)
		if name and getinfo(2, "l").currentline == getinfo(extra, "S").linedefined then
			before = (before or 0) + 1
			setlocal(2, i, "changed")
		end
	end
end, "", 1)
local many = {}
for i = 1, 200 do
	many[i] = i
end
extra(table.unpack(many))
before = nil
extra()
local first = extra(1)
sethook()
check.ok("a hook finds no more extra arguments than there are", (before or 0) <= 20, before)
check.ok("and changes them as such", first == 1 or first == "changed", first)
check.same("extra arguments are read", (function(...)
	local name, value = getlocal(1, -2)
	return name .. value .. tostring(getlocal(1, -4))
end)(1, 2, 3), "(vararg)2nil")
check.same("and set", (function(...)
	setlocal(1, -1, "x")
	return ...
end)(1, 2), "x")

-- Upvalues and C functions.
for name, fn in pairs({ random = math.random, match = ("x"):gmatch("x"), wrap = coroutine.wrap(print), lines = io.lines("/proc/version") }) do
	check.same(name .. " shows no upvalue", getupvalue(fn, 1), nil)
	check.same(name .. " takes none", setupvalue(fn, 1, 7), nil)
	check.raises(name .. " is not joined", "Lua function expected", upvaluejoin, fn, 1, set, 1)
end
check.raises("a userdata keeps its type", "the metatable of a userdata is its type", debug.setmetatable, io.stdout, {})
check.raises("so does an address", "the metatable of a userdata is its type", debug.setmetatable, debug.upvalueid(set, 1), {})
check.same("the registry is not given away", next(debug.getregistry()), nil)

-- The view of hooks on functions inside functions.
local inside = {}
sethook(function()
	local info = getinfo(2, "f")
	inside[info.func] = true
end, "cr")
local _ = ("abc"):rep(3000):gsub("a", "b")
_ = pcall(load, function()
	return nil
end)
_ = pcall(require, "no.such.module")
_ = collectgarbage()
do
	local _ <close> = setmetatable({}, { __close = print and function() end })
end
sethook()
local called = 0
for fn in pairs(inside) do
	if getinfo(fn, "S").what == "C" and fn ~= sethook then
		for _, value in ipairs({ 7, "x", {}, io.stdout, coroutine.create(print), debug.upvalueid(set, 1), print }) do
			pcall(fn, value)
			pcall(fn, value, value)
		end
		pcall(fn)
		called = called + 1
	end
end
check.ok("functions that hooks see check their arguments", called > 5, called)
local good, why = true, nil
for fn in pairs(inside) do
	if getinfo(fn, "S").what == "C" then
		good, why = pcall(fn, io.stdout)
		if not good and tostring(why):find("_UBOX", 1, true) then
			break
		end
	end
end
check.ok("that of a buffer's box wants a box", not good and tostring(why):find("_UBOX* expected", 1, true), why)
check.ok("and files are open still", io.type(io.stdout) == "file")

-- Access that must remain possible.
local function outer(a, b)
	local c = a + b
	local function see()
		return c
	end
	local name, value = getlocal(1, 3)
	return name .. value .. getlocal(1, 1) .. select(2, getupvalue(see, 1)) .. debug.traceback("", 1):match("in local 'outer'")
end
check.same("named variables, upvalues and tracebacks are read", outer(1, 2), "c3a3in local 'outer'")
check.same("a parameter's name is told", getlocal(outer, 2), "b")
check.same("a variable of a coroutine is set", (function()
	local thread = coroutine.create(function(x)
		coroutine.yield()
		return x
	end)
	coroutine.resume(thread, 1)
	setlocal(thread, 1, 1, "set")
	return select(2, coroutine.resume(thread))
end)(), "set")
