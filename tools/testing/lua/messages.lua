-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Checks which values travel between runtimes, and which are refused. The argument is the folder tools/testing;
-- suite_mirror is a script whose body returns its arguments.

local check = dofile((...) .. "/lib/check.lua")
local same, ok = check.same, check.ok
local mirror = require("lunatik").runtime("suite_mirror")

-- Scalars.
local scalars =
	{ true, false, 0, -1, math.maxinteger, math.mininteger, 1.5, -0.0, 1 / 0, "", "a\0b", ("x"):rep(100000) }
for i = 1, #scalars do
	same("a scalar comes back: " .. tostring(scalars[i]):sub(1, 20), mirror:resume(scalars[i]), scalars[i])
end
same("nil, too", select("#", mirror:resume(nil, nil)), 2)

-- Floats return bit for bit, including NaNs with a payload, quiet and signalling, of both signs.
local function bits(float)
	return ("%016x"):format((string.unpack("<i8", string.pack("<d", float))))
end
for _, pattern in ipairs({
	"7ff8000000000000",
	"fff8000000000000",
	"7ff0000000000001",
	"fff7ffffffffffff",
	"7ffdeadbeefcafe1",
	"8000000000000000",
	"0000000000000001",
}) do
	local float = string.unpack("<d", string.pack("<i8", math.tointeger(tonumber("0x" .. pattern))))
	same("a float keeps its bits: " .. pattern, bits(mirror:resume(float)), bits(float))
	same("in a table, too: " .. pattern, bits(mirror:resume({ float })[1]), bits(float))
end
same("an integer stays one", math.type(mirror:resume(3)), "integer")
same("a float of integral value stays one", math.type(mirror:resume(3.0)), "float")

-- Strings of each length around the point where messages begin to need memory, alone and after others.
local lengths = 0
for length = 0, 300 do
	local text = (("%d;"):rep(100))
		:format(table.unpack(
			setmetatable({}, {
				__index = function()
					return length
				end,
			}),
			1,
			100
		))
		:sub(1, length)
	local before, between, after = mirror:resume(length << 40, text, -length)
	lengths = lengths + ((before == length << 40 and between == text and after == -length) and 1 or 0)
end
same("strings of all lengths arrive", lengths, 301)
local many = {}
for i = 1, 4000 do
	many[i] = ({ i, ("x"):rep(i % 70), i + 0.5, i % 2 == 0, i << 30 })[i % 5 + 1]
end
local wrong = 0
for i, value in ipairs({ mirror:resume(table.unpack(many)) }) do
	wrong = wrong + (value == many[i] and 0 or 1)
end
same("thousands of values arrive in order", wrong, 0)
local long = ("0123456789abcdef"):rep(15 << 16)
ok("a string of 15 MiB arrives", mirror:resume(long) == long)
check.raises("one of 16 MiB is refused", "cannot send more than 16 MiB", mirror.resume, mirror, ("x"):rep(16 << 20))
check.raises("and many that are as much", "cannot send more than 16 MiB", mirror.resume, mirror, long, long)
long = nil

-- Tables.
local t = { 1, 2, { x = "y" }, [1.5] = "float", [true] = "boolean", [-7] = "integer" }
local back = mirror:resume(t)
ok("a table comes back as another one", type(back) == "table" and back ~= t)
ok(
	"with what is in it",
	back[2] == 2 and back[3].x == "y" and back[1.5] == "float" and back[true] == "boolean" and back[-7] == "integer"
)
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
ok(
	"a key is the same table wherever it is",
	back[own] == own and next(back[2])[1] == own and back[2][next(back[2])] == own
)
t = {}
for i = 1, 1000 do
	t[{ i }] = { { i } }
end
local count = 0
for k, v in pairs(mirror:resume(t)) do
	count = count + (k[1] == v[1][1] and 1 or 0)
end
same("a thousand such keys keep their values", count, 1000)
for _, size in ipairs({ 7, 8, 9, 31, 32, 33, 100 }) do
	-- As many tables as fit into the short list, one more, and so on; each occurs twice.
	local tables = {}
	for i = 1, size do
		tables[i] = { i }
	end
	local one, two = mirror:resume(tables, { table.unpack(tables) })
	local good = 0
	for i = 1, size do
		good = good + ((one[i] == two[i] and one[i][1] == i and one[i] ~= one[i - 1]) and 1 or 0)
	end
	same("each table is itself, of " .. size, good, size)
end

-- Tables of elements, of fields and of both, with holes, and some that used to be bigger.
local function fill(elements, fields, holes)
	local filled = {}
	for i = 1, elements do
		filled[i] = i * 1.5
	end
	for i = 1, fields do
		filled["field" .. i] = { i }
	end
	for i = 1, holes do
		filled[i * 2] = nil
	end
	return filled
end
local function alike(one, two)
	for key, value in pairs(one) do
		local other = two[key]
		if type(value) == "table" then
			value, other = value[1], type(other) == "table" and other[1]
		end
		if value ~= other then
			return false
		end
	end
	for key in pairs(two) do
		if one[key] == nil then
			return false
		end
	end
	return true
end
for _, size in ipairs({
	{ 0, 0, 0 },
	{ 1, 1, 0 },
	{ 31, 2, 0 },
	{ 32, 0, 0 },
	{ 33, 33, 0 },
	{ 1000, 40, 0 },
	{ 1000, 1000, 499 },
	{ 100, 0, 100 },
	{ 70000, 3, 34999 },
}) do
	local filled = fill(table.unpack(size))
	ok("a table of " .. table.concat(size, ", ") .. " arrives", alike(filled, mirror:resume(filled)))
end

-- Random values: every table has a unique number, by which it is found again.
math.randomseed(1, 2)
local made
local function scalar()
	return ({
		true,
		math.random(-5, 5),
		math.random(0),
		math.random() * 1e9,
		("s"):rep(math.random(0, 70)),
		tostring(math.random(0)),
	})[math.random(6)]
end
local function make(depth)
	if depth == 0 or math.random(3) == 1 then
		return scalar()
	end
	if #made > 0 and math.random(4) == 1 then
		return made[math.random(#made)]
	end
	local new = {}
	made[#made + 1] = new
	new.number = #made
	for i = 1, math.random(0, 6) do
		local kind = math.random(3)
		if kind == 1 then
			new[i] = make(depth - 1)
		elseif kind == 2 then
			new[scalar()] = make(depth - 1)
		else
			new[make(depth - 1)] = make(depth - 1)
		end
	end
	return new
end
local function equal(one, two, met)
	if type(one) ~= "table" or type(two) ~= "table" then
		return math.type(one) == math.type(two) and one == two
	end
	if met[one] or met[two] then
		return met[one] == two and met[two] == one
	end
	met[one], met[two] = two, one
	local numbered, pairs_left = {}, 0
	for key in pairs(two) do
		pairs_left = pairs_left + 1
		if type(key) == "table" then
			numbered[key.number] = key
		end
	end
	for key, value in pairs(one) do
		local other = key
		if type(key) == "table" then
			other = numbered[key.number]
			if not equal(key, other, met) then
				return false
			end
		end
		if other == nil or not equal(value, two[other], met) then
			return false
		end
		pairs_left = pairs_left - 1
	end
	return pairs_left == 0
end
local unequal = 0
for _ = 1, 2000 do
	made = {}
	local values = { make(5), make(5), make(5) }
	unequal = unequal + (equal(values, { mirror:resume(values[1], values[2], values[3]) }, {}) and 0 or 1)
end
same("two thousand values made at random arrive", unequal, 0)
made = { {} }
ok("which would be seen if not", not equal({ { 1 } }, { { 1.0 } }, {}) and not equal({ made, made }, { {}, {} }, {}))

local function chain(depth)
	return depth == 1 and {} or { chain(depth - 1) }
end
ok("tables nest 100 deep", type(mirror:resume(chain(100))) == "table")
check.raises("and not 101", "nested deeper than 100", mirror.resume, mirror, chain(101))

local function nested(depth)
	return depth == 0 and {} or { [nested(depth - 1)] = true }
end
ok("keys nest as deep as values", type(mirror:resume(nested(99))) == "table")
check.raises("and no deeper", "nested deeper than 100", mirror.resume, mirror, nested(100))
back = mirror:resume({ [mirror] = "handle" })
ok("a handle is a key", select(2, next(back)) == "handle" and tostring((next(back))):find("runtime"))

-- Values that are refused, and the place that the error names.
local function refused(text, ...)
	local good, err = pcall(mirror.resume, mirror, ...)
	ok("it is refused: " .. text, not good and tostring(err):find(text, 1, true), err)
end
refused("cannot send a function", print)
refused("cannot send a function", 1, nil, "x", print)
refused("cannot send a function (at .handlers[3])", {}, { handlers = { 1, 2, print } })
local deep = { last = print }
for _ = 1, 20 do
	deep = { d = deep }
end
refused("cannot send a function (at " .. (".d"):rep(20) .. ".last)", deep)
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
