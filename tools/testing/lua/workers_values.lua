-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of workers.lua: the values that are sent.

local common = ...
local check, create = common.check, common.create
local same, ok, raises, joined = check.same, check.ok, check.raises, check.joined

local function back(value)
	local w <close> = create("worker.message(worker.peek())")
	worker.send(w, value)
	return worker.receive(w)
end
for _, value in ipairs({
	0,
	-1,
	math.maxinteger,
	math.mininteger,
	1.5,
	-0.0,
	2.0,
	math.huge,
	-math.huge,
	0 / 0,
	true,
	"",
	"x",
	"a\0b",
	("y"):rep(100000),
}) do
	same(("%s %s arrives"):format(math.type(value) or type(value), ("%q"):format(value):sub(1, 20)), back(value), value)
end
same("a minus zero stays one", 1 / back(-0.0), -math.huge)
do
	local t =
		back({ [1] = "a", [2.5] = "b", [true] = "c", [math.mininteger] = "d", x = { y = { "z" } }, [{ 1 }] = "e" })
	same("tables have all keys", joined(t[1], t[2.5], t[true], t[math.mininteger], t.x.y[1]), "a b c d z")
	local key
	for k in pairs(t) do
		key = type(k) == "table" and k or key
	end
	same("tables among them", t[key], "e")
	local meta = setmetatable({ 1 }, {
		__index = function()
			return "meta"
		end,
		__pairs = error,
		__len = error,
	})
	local plain = back(meta)
	same("metatables are passed over", joined(plain[1], plain.x, getmetatable(plain)), "1 nil nil")
	local inner = { 1 }
	local both = { inner, inner, key = inner }
	both.self = both
	both = back(both)
	ok("references and cycles survive", both[1] == both[2] and both.key == both[1] and both.self == both)
	local function nested(levels)
		local t = {}
		for _ = 2, levels do
			t = { t }
		end
		return t
	end
	local function depth(t)
		local levels = 0
		while t do
			levels, t = levels + 1, t[1]
		end
		return levels
	end
	same("100 levels arrive", depth(back(nested(100))), 100)
	raises("101 are refused by the sender", "cannot send tables nested deeper than 100", back, nested(101))
	raises("as arguments, too", "cannot send tables nested deeper than 100", create, "", nested(101))
	local w = create("worker.message(worker.peek())")
	raises("a message is all or nothing", "cannot send a function (at .y)", worker.send, w, { 1, 2, y = print })
	same("so nothing was sent", joined(worker.receive(w, 20)), "nil timeout")
	worker.stop(w)
end
