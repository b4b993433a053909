-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- RCU tables, in one runtime. The argument is the folder tools/testing.

local check = dofile((...) .. "/lib/check.lua")
local rcu = require("rcu")
local same, ok, raises = check.same, check.ok, check.raises

local t = rcu.table()
for name, value in pairs({
	boolean = true,
	no = false,
	integer = -7,
	float = 0.5,
	text = "a\0b",
	empty = "",
	biggest = math.maxinteger,
}) do
	t[name] = value
	same("a table holds the value of " .. name, t[name], value)
end
same(
	"integers and floats stay apart",
	math.type((function()
		t.f = 2.0
		return t.f
	end)()),
	"float"
)
same("a key that is absent gives nil", t.absent, nil)
same("the count counts", #t, 8)
t.text = nil
t.text = nil
same("nil deletes, and deleting twice is fine", #t, 7)
t.integer = 8
same("setting a key again does not add one", #t, 7)

t.a, t.ab, t.abc = 1, 2, 3
same("keys are compared whole, not by prefix", t.a .. t.ab .. t.abc .. tostring(t.abcd), "123nil")
t["x\0y"], t["x\0z"] = 1, 2
same("keys may hold zero bytes", t["x\0y"] .. t["x\0z"], "12")
t[("k"):rep(255)] = "long"
same("a key of 255 bytes is fine", t[("k"):rep(255)], "long")
raises("a key of 256 bytes is refused", "bad argument", function()
	t[("k"):rep(256)] = 1
end)
raises("an empty key is refused", "bad argument", function()
	t[""] = 1
end)
raises("a number is no key", "bad argument", function()
	t[1] = 1
end)
raises("nor to read with", "bad argument", function()
	return t[1]
end)
raises("a boolean is no key", "bad argument", function()
	t[true] = 1
end)
t.huge = ("v"):rep(65536)
same("a string of 64 KiB is fine", #t.huge, 65536)
raises("a longer one is refused", "", function()
	t.huge = ("v"):rep(65537)
end)
same("and the old one stays", #t.huge, 65536)
raises("a table is no value", "", function()
	t.bad = {}
end)
raises("a function is no value", "", function()
	t.bad = print
end)
t.inner = rcu.table(4)
t.inner.x = 5
same("a table may hold a table", t.inner.x, 5)

-- Sizes.
for _, size in ipairs({ 1, 2, 3, 255, 257, 1 << 20, (1 << 20) + 1, 1 << 24 }) do
	ok("a table of size " .. size .. " is made", rcu.table(size))
end
for _, size in ipairs({ 0, -1, (1 << 24) + 1, math.mininteger, math.maxinteger, "x", 1.5 }) do
	raises("a table of size " .. tostring(size) .. " is refused", "bad argument", rcu.table, size)
end

-- Many keys in a small table.
local small = rcu.table(1)
for i = 1, 1000 do
	small["key" .. i] = i
end
same("a table of one slot holds 1000 keys", #small, 1000)
local sum = 0
for i = 1, 1000 do
	sum = sum + small["key" .. i]
end
same("and each of them is found", sum, 500500)

-- Walks.
local seen, walked = {}, 0
for key in pairs(small) do
	seen[key] = (seen[key] or 0) + 1
	walked = walked + 1
end
same("pairs gives each entry", walked, 1000)
ok(
	"exactly once",
	(function()
		for i = 1, 1000 do
			if seen["key" .. i] ~= 1 then
				return false
			end
		end
		return true
	end)()
)
seen = {}
for key in pairs(small) do
	seen[key] = (seen[key] or 0) + 1
	small[key] = nil
	small["new" .. key] = true
	if #small > 3000 then
		break
	end
end
ok(
	"entries that are there from start to end appear once while others change",
	(function()
		for i = 1, 1000 do
			if (seen["key" .. i] or 0) > 1 then
				return false
			end
		end
		return true
	end)()
)
local mapped = rcu.table()
for i = 1, 100 do
	mapped["k" .. i] = i
end
local total = 0
rcu.map(mapped, function(key, value)
	total = total + value
	mapped[key] = nil
	mapped["k" .. (value % 100 + 1)] = nil
end)
ok("a function that maps may delete any entry", #mapped == 0 and total > 0 and total <= 5050, #mapped .. " left")
raises("an error in a mapped function is passed on", "from map", function()
	mapped.x = 1
	rcu.map(mapped, function()
		error("from map")
	end)
end)
same("and the table works after it", mapped.x, 1)
same(
	"break leaves a walk",
	(function()
		for key in pairs(small) do
			return key ~= nil
		end
	end)(),
	true
)

-- Atomic operations.
same("add to an absent key counts from 0", rcu.add(t, "counter", 5), 5)
same("add adds", rcu.add(t, "counter", -7), -2)
t.wrap = math.maxinteger
ok("add at the end of the integers wraps or fails, but does not crash", pcall(rcu.add, t, "wrap", 1) ~= nil)
t.word = "x"
raises("add to a string is an error", "", rcu.add, t, "word", 1)
raises("add of a float is an error", "", rcu.add, t, "counter", 0.5)
same("add left it as it was", t.word, "x")
same("cas of the right value sets", rcu.cas(t, "counter", -2, 10), true)
same("to the new one", t.counter, 10)
same("cas of a wrong value does not", rcu.cas(t, "counter", -2, 11), false)
same("and leaves the old one", t.counter, 10)
same("cas compares as Lua does: 10 is 10.0", rcu.cas(t, "counter", 10.0, 11), true)
same("cas of nil creates", rcu.cas(t, "fresh", nil, "made"), true)
same("once", rcu.cas(t, "fresh", nil, "again"), false)
same("cas to nil deletes", rcu.cas(t, "fresh", "made", nil), true)
same("so it is gone", t.fresh, nil)
raises("other things are no tables", "bad argument", rcu.add, {}, "x", 1)
raises("nor for map", "bad argument", rcu.map, {}, print)
