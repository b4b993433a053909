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
	for _ = 1, 100 do
		top = { top }
	end
	contains("2.2: the sender is told that they nest too deep", failure(there_and_back, top), "100")
	same("2.2: and goes on", there_and_back(3), 3)
end
common.finish()
