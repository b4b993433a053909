-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: values that can be sent (section 5.1 and the rulings 2 and 3).

local check, folder = ...
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)
local actor, inbox = require("actor"), require("inbox")
local same, ok, joined = check.same, check.ok, check.joined
local failure, user, eval = common.failure, common.user, common.eval

local a = user()
-- So that this script has a sender before the actor has its address.
local own = common.own_address()

-- What arrives when the value is the message. The actor sends it back in a table, where it stays what it was.
eval(a, "function back(home) home:send({ inbox:receive() }) end")
local function arrives(value)
	local fiber = spawn(function()
		a:send({ code = "back(...)", arguments = { n = 1, inbox } })
		a:send(value)
	end)
	local answer = inbox:receive()
	fiber:join()
	return answer[1]
end

-- 5.1: at the root, and ruling 2.
for _, value in ipairs({
	true,
	false,
	0,
	-1,
	math.maxinteger,
	math.mininteger,
	1.0,
	0.1,
	-1e308,
	1 / 0,
	-1 / 0,
	"",
	"text",
	"a\0b\xff\n",
	("x"):rep(1 << 20),
}) do
	local name = type(value) == "string" and ("a string of %d bytes"):format(#value) or check.joined(value)
	same("5.1: " .. name .. " arrives", arrives(value), value)
	same("5.1: also nested, " .. name, arrives({ f = { value } }).f[1], value)
end
same("5.1: a NaN arrives", arrives(0 / 0), 0 / 0)
same("5.1: so does a negative zero", 1 / arrives(-0.0), -1 / 0)
same("ruling 2: integers stay integers", math.type(arrives(3)), "integer")
same("ruling 2: floats stay floats", math.type(arrives(3.0)), "float")
same("5.1: nil is no message", failure(a.send, a, nil):match("^%u+"), "EINVAL")
same("5.1: nothing is no message", failure(a.send, a):match("^%u+"), "EINVAL")
for name, value in pairs({
	["a function"] = function() end,
	["a C function"] = print,
	["a coroutine"] = coroutine.create(print),
	["a table with a metatable"] = setmetatable({}, {}),
}) do
	same(("5.1: %s is no message"):format(name), failure(a.send, a, value):match("^%u+"), "EINVAL")
end
for name, value in pairs({
	["a mutex"] = require("mutex").new(),
	["a fiber"] = spawn(function() end),
	["a condition variable"] = require("condition_variable").new(),
	["an error category"] = select(2, pcall(inbox.receive, {})).category,
	["a file"] = io.stdout,
}) do
	local why = failure(a.send, a, value):match("^%u+")
	same(("5.1: %s is no message"):format(name), why, "ENOTSUP")
end
do
	local promise, future = require("future").new()
	same("5.1: a promise is no message", failure(a.send, a, promise):match("^%u+"), "ENOTSUP")
	same("5.1: nor a future", failure(a.send, a, future):match("^%u+"), "ENOTSUP")
end
local closed = eval(a, "return ...", user())
closed:close()
same("5.1: nor a closed channel", failure(a.send, a, closed):match("^%u+"), "ENOTSUP")
same("5.1: a channel is", getmetatable(arrives(a)), "tx-channel")
ok("5.1: and leads to the same actor", arrives(a) == a)
ok("5.1: the sender keeps its own", eval(a, "return true"))
same("5.1: the inbox is sent as an address", getmetatable(arrives(inbox)), "tx-channel")
ok("5.1: of the sender", arrives(inbox) == arrives(inbox))
ok("5.1: nested, too", arrives({ x = inbox }).x == arrives(inbox) and arrives({ a })[1] == a)

-- 5.1: tables.
same("5.1: an empty table arrives", next(arrives({})), nil)
same("5.1: also nested", next(arrives({ {} })[1]), nil)
do
	local list = arrives({ 1, "b", { 3, { 4 } } })
	same("5.1: an array arrives", joined(#list, list[1], list[2], list[3][1], list[3][2][1]), "3 1 b 3 4")
	local given = { x = 1, y = { z = "deep" } }
	local got = arrives(given)
	same("5.1: a dictionary arrives", joined(got.x, got.y.z), "1 deep")
	ok("5.1: as another table", got ~= given and got.y ~= given.y)
	same("5.1: which is plain", getmetatable(got), nil)
	local twice = { "shared" }
	got = arrives({ first = twice, second = twice, list = { twice, twice } })
	ok("5.1: a table that is reached twice arrives as copies", got.first ~= got.second and got.list[1] ~= got.list[2])
	same(
		"5.1: which are equal",
		joined(got.first[1], got.second[1], got.list[1][1], got.list[2][1]),
		"shared shared shared shared"
	)
end
do
	local self, ring = {}, { x = { y = {} } }
	self[1] = self
	ring.x.y.z = ring
	same("5.1: a table in itself", failure(a.send, a, self), "cycle_exists")
	same("5.1: a longer cycle", failure(a.send, a, { ring }), "cycle_exists")
	local _, err = pcall(a.send, a, ring)
	same("5.1: its code", err.code, 4)
	same("5.1: nothing of it was sent", eval(a, "return 'nothing'"), "nothing")
end
do
	local function nested(depth)
		local value = {}
		for _ = 2, depth do
			value = { value }
		end
		return value
	end
	same("5.1: tables nest", failure(arrives, nested(50)), nil)
	same("5.1: but not too deep", failure(a.send, a, nested(10000)):match("^%S+"), "too_many_levels")
	local calls = 0
	local function count()
		calls = calls + 1
	end
	local meta = { __pairs = count, __index = count, __len = count, __name = "x" }
	failure(a.send, a, setmetatable({}, meta))
	failure(a.send, a, { setmetatable({}, meta) })
	same("5.1: metamethods are not called", calls, 0)
end

-- Ruling 3: strict is the default.
ok("ruling 3: the default is strict", not actor.lenient)
do
	local got = arrives({ 1, 2, nil, 4, x = "x", [10] = 10, [1.5] = true, [-1] = -1 })
	same(
		"ruling 3: mixed tables are sent whole",
		joined(got[1], got[2], got[4], got.x, got[10], got[1.5], got[-1]),
		"1 2 4 x 10 true -1"
	)
	local fields = 0
	for _ in pairs(got) do
		fields = fields + 1
	end
	same("ruling 3: and nothing else", fields, 7)
end
for name, value in pairs({
	["a function"] = print,
	["a coroutine"] = coroutine.create(print),
	["a table with a metatable"] = setmetatable({}, {}),
	["a mutex"] = require("mutex").new(),
	["a closed channel"] = closed,
	["a file"] = io.stdout,
}) do
	local good, err = pcall(a.send, a, { list = { 1, { field = value } } })
	same(("ruling 3: %s in a table is refused"):format(name), not good and common.name_of(err):match("^%u+"), "EINVAL")
	local path = type(err) == "table" and tostring(err.path) or ""
	ok(
		("ruling 3: the error says where %s is"):format(name),
		path:find("list", 1, true) and path:find("2", 1, true) and path:find("field", 1, true),
		path
	)
end
ok("ruling 3: a function as a key is refused", failure(a.send, a, { [print] = 1 }))
same("ruling 3: nothing of all that was sent", eval(a, "return 'nothing'"), "nothing")

-- Ruling 3: lenient is a mode.
actor.lenient = true
do
	local got = arrives({ 33, "foobar", print, 33, 44 })
	same(
		"5.1: lenient: an array ends before what cannot be sent",
		joined(#got, got[1], got[2], got[3], got[4], got[5]),
		"2 33 foobar nil nil nil"
	)
	got = arrives({
		x = 1,
		f = print,
		m = setmetatable({}, {}),
		c = closed,
		l = require("mutex").new(),
		t = { g = print, y = 2 },
	})
	same(
		"5.1: lenient: a dictionary does without",
		joined(got.x, got.f, got.m, got.c, got.l, got.t.g, got.t.y),
		"1 nil nil nil nil nil 2"
	)
	got = arrives({ 1, 2, x = "x", [10] = 10 })
	same("5.1: lenient: an array has nothing else", joined(#got, got.x, got[10]), "2 nil nil")
	got = arrives({ x = "x", [10] = 10, [true] = 1, [1.5] = 1 })
	same(
		"5.1: lenient: a dictionary has only strings as keys",
		joined(got.x, got[10], got[true], got[1.5]),
		"x nil nil nil"
	)
	got = arrives({ { 1, print, 3 }, { print }, 3 })
	same("5.1: lenient: nested arrays are cut, too", joined(#got, #got[1], #got[2], got[3]), "3 1 0 3")
	local twice = { 1 }
	got = arrives({ twice, twice })
	ok("5.1: lenient: a table that is reached twice arrives as copies", got[1] ~= got[2] and got[2][1] == 1)
	local ring = {}
	ring.x = { ring }
	same("5.1: lenient: a cycle is an error", failure(a.send, a, ring), "cycle_exists")
	same("5.1: lenient: a function is no message", failure(a.send, a, print):match("^%u+"), "EINVAL")
	same("5.1: lenient: nor a table with a metatable", failure(a.send, a, setmetatable({}, {})):match("^%u+"), "EINVAL")
	same("5.1: lenient: nor a closed channel", failure(a.send, a, closed):match("^%u+"), "ENOTSUP")
end
actor.lenient = false
same("ruling 3: it can be strict again", failure(a.send, a, { print }):match("^%u+"), "EINVAL")
own:close()
