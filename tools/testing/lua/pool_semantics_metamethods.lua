-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of pool_semantics.lua: metamethods.

local common = ...
local gives, wait = common.gives, common.wait

gives("metamethods", "3 1 2 8 true true true x7 9 6 5 4", function()
	local m
	m = {
		__add = function()
			return wait(1)
		end,
		__index = function(_, key)
			return key == "field" and wait(2) or nil
		end,
		__newindex = function(t, key, value)
			rawset(t, key, wait(value))
		end,
		__call = function(_, ...)
			return wait(...)
		end,
		__eq = function()
			return wait(true)
		end,
		__lt = function()
			return wait(true)
		end,
		__le = function()
			return wait(true)
		end,
		__concat = function()
			return wait(7)
		end,
		__len = function()
			return wait(9)
		end,
		__unm = function()
			return wait(6)
		end,
		__band = function()
			return wait(5)
		end,
		__idiv = function()
			return wait(4)
		end,
	}
	local a, b = setmetatable({}, m), setmetatable({}, m)
	a.x = 3
	return a.x, a + 1, a.field, a(8), a == b, a < b, a <= b, "x" .. ("y" .. a), #a, -a, a & 1, 1 // a
end)
gives("negated comparisons", "false false false no", function()
	local m = {
		__eq = wait,
		__lt = function()
			return wait(true)
		end,
		__le = function()
			return wait(1)
		end,
	}
	local a, b = setmetatable({}, m), setmetatable({}, m)
	return not (a == b), not (a < b), not (a <= 5), a ~= b and "yes" or "no"
end)
gives("a concatenation of many", "a1b2c3", function()
	local m = setmetatable({}, {
		__concat = function(x, y)
			return (type(x) == "table" and "1" or x) .. wait("") .. (type(y) == "table" and "1" or y)
		end,
	})
	return "a" .. m .. "b" .. wait(2) .. "c" .. wait(3)
end)
