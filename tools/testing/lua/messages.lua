-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What travels between runtimes, and what is refused. The argument is the folder tools/testing; suite_mirror is a
-- script whose body returns its arguments.

local check = dofile((...) .. "/lib/check.lua")
local same, ok = check.same, check.ok
local mirror = require("lunatik").runtime("suite_mirror")

-- Scalars.
local scalars = { true, false, 0, -1, math.maxinteger, math.mininteger, 1.5, -0.0, 1 / 0, "", "a\0b", ("x"):rep(100000) }
for i = 1, #scalars do
	same("a scalar comes back: " .. tostring(scalars[i]):sub(1, 20), mirror:resume(scalars[i]), scalars[i])
end
same("nil, too", select("#", mirror:resume(nil, nil)), 2)

-- Tables.
local t = { 1, 2, { x = "y" }, [1.5] = "float", [true] = "boolean", [-7] = "integer" }
local back = mirror:resume(t)
ok("a table comes back as another one", type(back) == "table" and back ~= t)
ok("with what is in it", back[2] == 2 and back[3].x == "y" and back[1.5] == "float" and back[true] == "boolean" and back[-7] == "integer")
t.self = t
back = mirror:resume(t)
ok("a cycle stays one", back.self == back)
local a, b = mirror:resume(t, t)
ok("what is shared by two values stays shared", a == b)

-- Keys that are tables.
local key = { name = "key" }
back = mirror:resume({ [key] = "value", key = key })
ok("a table is a key", back[back.key] == "value" and back.key.name == "key")
local inner = { [{ [{ "deep" }] = { "inner value" } }] = "outer value" }
back = mirror:resume(inner)
local k1, v1 = next(back)
local k2, v2 = next(k1)
ok("keys of keys and their values arrive", v1 == "outer value" and k2[1] == "deep" and v2[1] == "inner value")
t = {}
t[t] = t
back = mirror:resume(t)
ok("a table that is its own key and value stays so", back[back] == back and next(back, back) == nil)
t = { [key] = key, { [key] = 1 }, { [{ key }] = key } }
back = mirror:resume(t)
local own = back[1] and next(back[1])
ok("a key is the same table wherever it is", back[own] == own and next(back[2])[1] == own and back[2][next(back[2])] == own)
t = {}
for i = 1, 1000 do
	t[{ i }] = { { i } }
end
local count = 0
for k, v in pairs(mirror:resume(t)) do
	count = count + (k[1] == v[1][1] and 1 or 0)
end
same("a thousand such keys keep their values", count, 1000)
local function nested(depth)
	return depth == 0 and {} or { [nested(depth - 1)] = true }
end
ok("keys nest as deep as values", type(mirror:resume(nested(99))) == "table")
check.raises("and no deeper", "nested deeper than 100", mirror.resume, mirror, nested(100))
back = mirror:resume({ [mirror] = "handle" })
ok("a handle is a key", select(2, next(back)) == "handle" and tostring((next(back))):find("runtime"))

-- What is refused, and where it was.
local function refused(text, ...)
	local good, err = pcall(mirror.resume, mirror, ...)
	ok("it is refused: " .. text, not good and tostring(err):find(text, 1, true), err)
end
refused("cannot send a function", print)
refused("cannot send a coroutine (at .a[3])", { a = { 1, 2, coroutine.create(print) } })
refused("cannot send a function as a key", { [print] = 1 })
refused("cannot send a function as a key (at .a)", { a = { [print] = 1 } })
refused("cannot send a function (at [a key].b)", { [{ b = print }] = 1 })
refused("cannot send a function (at [table].c)", { [{}] = { c = print } })
refused("cannot send a function (at .a[a key][table][2])", { a = { [{ [{}] = { 1, print } }] = 1 } })
refused("cannot send a function as a key (at .a[a key].b)", { a = { [{ b = { [print] = 1 } }] = 1 } })
refused("cannot send a userdata", io.stdout)
same("after that, the next message goes", mirror:resume("next"), "next")
mirror:stop()
