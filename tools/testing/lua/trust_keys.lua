-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The order of keys in tables reveals nothing about addresses. The argument is the folder of the tests.

local check = dofile(select(1, ...) .. "/lib/check.lua")

local rcu = require("rcu")
local kept_functions = {}

-- Finds the place of a key among `2^bits` nodes by collisions with integers, whose places are known.
local function place(key, bits)
	local size = 1 << bits
	local modulus = (size - 1) | 1
	local low, high, base = 0, modulus - 1, modulus * 1000
	while low < high do
		local middle = (low + high + 1) // 2
		local t = table.create(0, size)
		t[key] = 1
		t[base + middle] = 1
		if next(t) == key then
			local other = table.create(0, size)
			other[base + middle] = 1
			other[key] = 1
			if next(other) ~= key then
				return middle
			end
			high = middle - 1
		else
			low = middle
		end
	end
	return low
end

check.same("a place is found", place(12345, 11), 12345 % 2047)
-- Functions of a library lie near each other, and objects of one size at equal distances. So differences of places that
-- occur repeatedly would be differences of addresses.
for kind, make in pairs({
	["a function of C"] = function(i)
		local names = {}
		for name in pairs(string) do
			names[#names + 1] = name
		end
		table.sort(names)
		return string[names[i]]
	end,
	["a table"] = function()
		return {}
	end,
	["a coroutine"] = function()
		return coroutine.create(print)
	end,
	["a userdata"] = function()
		return rcu.table(1)
	end,
	["the address of an upvalue"] = function(i)
		kept_functions[i] = function()
			return i
		end
		return debug.upvalueid(kept_functions[i], 1)
	end,
	["a function"] = function(i)
		return function()
			return i
		end
	end,
}) do
	local kept, places, differences, most = {}, {}, {}, 0
	for i = 1, 16 do
		kept[i] = make(i)
		places[i] = place(kept[i], 13)
	end
	for i = 2, 16 do
		local difference = (places[i] - places[i - 1]) % 8191
		differences[difference] = (differences[difference] or 0) + 1
		most = math.max(most, differences[difference])
	end
	check.ok("the place of " .. kind .. " tells no distance", most <= 3, most)
	-- All addresses share bits that are 0 by alignment; their hashes do not.
	local even = 0
	for i = 1, 16 do
		even = even + (places[i] % 8 == 0 and 1 or 0)
	end
	check.ok("nor how it is aligned", even < 16, even)
end
local copies = {}
for i = 1, 1000 do
	copies[{}] = i
end
local sum, count = 0, 0
for _, i in pairs(copies) do
	sum, count = sum + i, count + 1
end
check.same("tables as keys are found", sum, 500500)
check.same("each once", count, 1000)
