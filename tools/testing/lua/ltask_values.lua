-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of ltask: values in messages.

local folder = ...
local common = assert(loadfile(folder .. "/lib/ltask.lua"))(folder)
local ltask, check = common.ltask, common.check
local same, ok, raises = check.same, check.ok, check.raises
local contains, failure = common.contains, common.failure
local a = common.user()

-- The values after a way to another service and back.
local function there_and_back(...)
	return ltask.call(a, "echo", ...)
end

-- 2: packing.
do
	local ptr, size = ltask.pack(1, nil, "x", nil)
	same("2: the size is an integer", math.type(size), "integer")
	same("2: what was packed comes out", check.joined(ltask.unpack(ptr, size)), "1 nil x nil")
	same("2: as often as one likes", check.joined(ltask.unpack(ptr, size)), "1 nil x nil")
	same("2: and a last time", check.joined(ltask.unpack_remove(ptr, size)), "1 nil x nil")
	ok("2: what was removed is no message", not pcall(ltask.unpack, ptr, size))
	same("2: nothing is a message, too", select("#", ltask.unpack_remove(ltask.pack())), 0)
	local text = ("x"):rep(1 << 20)
	same("2: packed messages that nobody has any more take no memory", select(2, pcall(function()
		for _ = 1, 200 do
			ltask.pack(text)
		end
		return "all were packed"
	end)), "all were packed")
	same("2: nil has no values", select("#", ltask.unpack(nil)) + select("#", ltask.unpack_remove(nil)), 0)
	same("2: and can be removed", select("#", ltask.remove(nil)), 0)
	raises("2: a string is no message", "bad argument #1", ltask.remove, "x")
end

-- 2.1: types.
local numbers = { 0, -1, 1, math.maxinteger, math.mininteger, 3.0, 3.14, 1 / 0, -1 / 0 }
for _, value in ipairs({ true, false, "", "a\0b", table.unpack(numbers) }) do
	same("2.1: " .. ("%q"):format(value) .. " stays as it is", there_and_back(value), value)
end
same("2.1: minus zero", 1 / there_and_back(-0.0), -1 / 0)
ok("2.1: not a number", there_and_back(0 / 0) ~= there_and_back(0 / 0))
same("15.9: a long string", there_and_back(("x"):rep(70000)), ("x"):rep(70000))
contains("15.7: a Lua function", failure(there_and_back, function() end), "Only light C function can be")
contains("15.7: inside a table", failure(there_and_back, { f = { there_and_back } }), "Only light C function")
contains("2.1: a coroutine", failure(there_and_back, coroutine.create(print)), "Unsupport type thread to serialize")
contains("2.1: a file", failure(there_and_back, io.stdout), "Unsupport type userdata to serialize")
same("15.7: both sides go on", there_and_back(1), 1)
contains(
	"15.7: an answer that cannot travel",
	failure(common.eval, a, "return function() end"),
	"Only light C function can be serialized"
)
same("15.7: its service goes on", there_and_back(2), 2)
do
	local f, g = there_and_back(string.rep, string.rep)
	ok("2.1: a C function stays the same", f == string.rep and f == g)
	same("2.1: and can be called there", common.eval(a, "return (...)('ab', 2)", string.rep), "abab")
	ok("2.1: it is that of the other service, too", common.eval(a, "return (...) == string.rep", string.rep))
	local names, count = { "_G", "coroutine", "debug", "io", "math", "os", "string", "table", "utf8" }, 0
	for _, library in ipairs(names) do
		for name, fn in pairs(package.loaded[library]) do
			-- Some are Lua functions, or closures of the kernel's.
			local travels, back = pcall(there_and_back, fn)
			if type(fn) == "function" and travels then
				count = count + 1
				if back ~= fn then
					ok("2.1: " .. library .. "." .. name .. " stays the same", false)
				end
			elseif type(fn) == "function" and library == "string" then
				ok("2.1: " .. library .. "." .. name .. " travels", false, back)
			end
		end
	end
	ok("2.1: so do the functions of the libraries", count > 100, count)
	local t = there_and_back({ [math.floor] = math.ceil, f = math.floor })
	ok("2.1: also as keys and values", t[math.floor] == math.ceil and t.f == math.floor)
	local iterator = string.gmatch("ab", "a")
	contains("2.1: a C function with an upvalue", failure(there_and_back, iterator), "Only light C function can be")
	contains("2.1: a function of the kernel's", failure(there_and_back, ltask.pack), "Only light C function can be")
	contains("2.1: a C function that no library has", failure(there_and_back, (ipairs({}))), "Only light C function")
	-- What a script puts into a library is its own.
	local floor = math.floor
	math.floor = function() end
	ok("2.1: a changed library changes no function", there_and_back(floor) == floor)
	contains("2.1: what was put there does not travel", failure(there_and_back, math.floor), "Only light C function")
	common.eval(a, "math.ceil = function() return 'changed' end")
	same("2.1: nor does it take the place", common.eval(a, "return (...)(1.5)", math.ceil), 2)
	math.floor = floor
	local ptr, size = ltask.pack(string.rep, { print = string.rep })
	local f1, t1 = ltask.unpack_remove(ptr, size)
	ok("2.1: packed, too", f1 == string.rep and t1.print == string.rep)
end

-- 2.2: tables.
do
	local t = there_and_back({ 1, nil, 3, nil, 5, n = 5, [2.5] = "float", [true] = "boolean", [-1] = "negative" })
	same("2.2: holes stay", check.joined(t[1], t[2], t[3], t[4], t[5], t.n), "1 nil 3 nil 5 5")
	same("2.2: all keys stay", check.joined(t[2.5], t[true], t[-1]), "float boolean negative")
	local shared = {}
	local x, y, z = there_and_back({ a = shared, b = shared }, shared, shared)
	ok("15.8: what is shared stays shared, over all arguments", x.a == x.b and x.a == y and y == z)
	t = { name = "t" }
	t.self = t
	t = there_and_back(t)
	ok("15.8: a cycle stays one", t.self == t and t.name == "t")
	local key = {}
	t, key = there_and_back({ [key] = 1 }, key)
	same("2.2: a table is a key", t[key], 1)
	t = there_and_back(setmetatable({ 1 }, { __index = { x = 1 }, __len = function() return 9 end }))
	ok("15.8: a metatable does not travel", getmetatable(t) == nil and t.x == nil and #t == 1)
	t = there_and_back(setmetatable({ hidden = 1 }, {
		__pairs = function()
			return next, { shown = 1 }, nil
		end,
	}))
	ok("15.8: __pairs says what travels", t.hidden == nil and t.shown == 1)
	t = {}
	t[t] = "itself"
	t = there_and_back(t)
	ok("2.2: a table is a key of itself", next(t) == t and t[t] == "itself")
	t = there_and_back({ [0.5] = 1, [-0.5] = 2, [1 << 53] = 3, [false] = 4, [""] = 5, n = 0 })
	same("15.9: keys of all types", check.joined(t[0.5], t[-0.5], t[1 << 53], t[false], t[""], t.n), "1 2 3 4 5 0")
	t = {}
	local top = t
	for _ = 1, 98 do
		t[1] = {}
		t = t[1]
	end
	t[1] = "deep"
	t = there_and_back(top)
	for _ = 1, 98 do
		t = t[1]
	end
	same("2.2: tables nest 99 deep", t[1], "deep")
	top = {}
	for _ = 1, 99 do
		top = { top }
	end
	t = there_and_back(top)
	local depth = 0
	while t do
		t, depth = t[1], depth + 1
	end
	same("2.2: tables nest 100 deep", depth, 100)
	top = { top }
	contains("2.2: the sender is told that they nest too deep", failure(there_and_back, top), "100")
	same("2.2: and goes on", there_and_back(3), 3)
end

-- 2.2: __pairs.
local function lazy(values, more)
	local metatable = { __pairs = function()
		return next, values, nil
	end }
	for k, v in pairs(more or {}) do
		metatable[k] = v
	end
	return setmetatable({ hidden = 1 }, metatable)
end

do
	local t = there_and_back({ a = { lazy({ 1, 2, x = { lazy({ "deep" }) } }) } }).a[1]
	same("2.2: __pairs is called inside", check.joined(t[1], t[2], t.hidden, t.x[1][1]), "1 2 nil deep")
	t = there_and_back(lazy({ x = 1 }, { __metatable = "locked" }))
	ok("2.2: also of a protected metatable", t.x == 1 and t.hidden == nil)
	local shared = lazy({ x = 1 })
	local plain = { 7 }
	local x, y, z, u = there_and_back({ a = shared, p = plain }, shared, plain, { [shared] = "key" })
	ok("2.2: what is shared stays shared", x.a == y and x.p == z and u[y] == "key" and y.x == 1 and z[1] == 7)
	local values = { name = "cycle" }
	local cycle = lazy(values)
	values.self = cycle
	t = there_and_back(cycle)
	ok("2.2: a cycle stays one", t.self == t and t.name == "cycle")
	same("2.2: other arguments stay", check.joined(there_and_back(nil, lazy({}), nil, 1.0, nil)):gsub("table: %S+", "t"),
		"nil t nil 1.0 nil")
	t = there_and_back(setmetatable({}, { __pairs = function()
		return function(_, i)
			if i < 1000 then
				return i + 1, (i + 1) * 2
			end
		end, nil, 0
	end }))
	ok("2.2: an iterator makes what is sent", #t == 1000 and t[1000] == 2000)
	same("2.2: a metatable without __pairs is nothing", #there_and_back(setmetatable({ 1, 2 }, { __len = print })), 2)
	t = ltask.unpack_remove(ltask.pack(lazy({ 5 })))
	ok("2.2: in packed messages", t[1] == 5 and t.hidden == nil)
	t = common.eval(a, [[
		return setmetatable({ hidden = 1 }, { __pairs = function() return next, { 6 }, nil end })
	]])
	ok("2.2: in answers", t[1] == 6 and t.hidden == nil)
	common.eval(a, "S.note = function(t) kept.note = t end ltask.dispatch({ note = S.note })")
	ltask.send(a, "note", lazy({ 8 }))
	same("2.2: in what is only sent", common.eval(a, "return kept.note[1], kept.note.hidden"), 8)
	local ok_, err = pcall(ltask.call, a, "eval", [[
		error({ code = setmetatable({ hidden = 1 }, { __pairs = function() return next, { 9 }, nil end }) })
	]])
	ok("2.2: in errors", not ok_ and err.code[1] == 9 and err.code.hidden == nil)

	-- What goes wrong is told to the sender, and nothing was sent.
	local failing = setmetatable({}, { __pairs = function()
		error("no pairs", 0)
	end })
	same("2.2: an error of __pairs is the sender's", failure(there_and_back, { failing }), "no pairs")
	local object = {}
	local _, raised = pcall(there_and_back, setmetatable({}, { __pairs = function()
		error(object)
	end }))
	ok("2.2: as it is", raised == object)
	contains("2.2: __pairs cannot yield", failure(there_and_back, setmetatable({}, { __pairs = function()
		coroutine.yield()
	end })), "attempt to yield")
	contains("2.2: nor block", failure(there_and_back, setmetatable({}, { __pairs = function()
		ltask.sleep(1)
	end })), "attempt to yield")
	local inner = setmetatable({}, { __pairs = function()
		ltask.send(a, "note", { "from inside" })
		return next, { "outside" }, nil
	end })
	same("2.2: it can send", there_and_back(inner)[1], "outside")
	same("2.2: before what it is sent in", common.eval(a, "return kept.note[1]"), "from inside")
	contains("2.2: what it gives must be able to travel", failure(there_and_back, lazy({ print = function() end })),
		"Only light C function can be serialized (at .print)")
	local function endless()
		return setmetatable({}, { __pairs = function()
			return next, { endless() }, nil
		end })
	end
	contains("2.2: tables that __pairs makes may nest as deep as others", failure(there_and_back, endless()), "100")
	contains("2.2: __pairs must be callable", failure(there_and_back, setmetatable({}, { __pairs = 5 })), "call a number")
	contains("2.2: a failing answer is told to the caller", failure(common.eval, a, [[
		return setmetatable({}, { __pairs = function() error("no answer", 0) end })
	]]), "no answer")
	same("2.2: all go on", there_and_back(4), 4)
end
common.finish()
