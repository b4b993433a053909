-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Computes a sum that involves many features of Lua. As a worker it sends the sum of each round; its argument is the
-- number of rounds. As a module it is the function that computes the sum from the round's number.

local function sum_of(round)
	local sum = round
	local function add(value)
		sum = (sum * 31 + value) & 0xffffffffffff
	end
	-- Loops, calls and tail calls.
	local function tail(n, value)
		if n == 0 then
			return value
		end
		return tail(n - 1, value + n)
	end
	local function fib(n)
		return n < 2 and n or fib(n - 1) + fib(n - 2)
	end
	add(tail(500, round))
	add(fib(13))
	for i = 10, 1, -3 do
		add(i)
	end
	-- Text.
	local parts = {}
	for i = 1, 50 do
		parts[#parts + 1] = ("%d:%s"):format(i, tostring(i * round))
	end
	local text = table.concat(parts, ","):upper() .. round .. "x" .. #parts
	for number in text:gmatch("%d+") do
		add(math.tointeger(number))
	end
	add(#text:gsub("%d", function(digit)
		return digit .. digit
	end))
	-- Tables.
	local t = {}
	for i = 1, 100 do
		t[i] = (i * 7919 + round) % 1009
		t["k" .. i] = i
	end
	table.sort(t, function(a, b)
		return a > b
	end)
	for i, value in ipairs(t) do
		add(value * i)
	end
	local keys = 0
	for _, value in pairs(t) do
		keys = keys + value
	end
	add(keys)
	-- Metamethods.
	local Number = {}
	Number.__index = function(_, key)
		return key
	end
	local function number(n)
		return setmetatable({ n }, Number)
	end
	Number.__add = function(a, b)
		return number(a[1] + b[1])
	end
	Number.__lt = function(a, b)
		return a[1] < b[1]
	end
	Number.__eq = function(a, b)
		return a[1] == b[1]
	end
	Number.__concat = function(a, b)
		return tostring(a[1] or a) .. "|" .. tostring(b[1] or b)
	end
	Number.__call = function(self, ...)
		return self[1] + select("#", ...)
	end
	Number.__close = function(self)
		add(self[1])
	end
	local total = number(round)
	for i = 1, 50 do
		local _ <close> = number(i)
		total = total + number(i)
		if total < number(20) or total == number(21) then
			add(total(i, i, nil))
		end
		add(total[i + 1])
	end
	add(#(number(12) .. number(345)))
	-- Closures and variable arguments.
	local function counter()
		local n = 0
		return function(...)
			n = n + select("#", ...)
			return n, ...
		end
	end
	local count = counter()
	for i = 1, 50 do
		add((count(table.unpack(t, 1, i % 5))))
		add(select("#", count(i, nil, i)))
	end
	-- Coroutines.
	local function generate(n)
		return coroutine.wrap(function()
			for i = 1, n do
				coroutine.yield(i, i * round)
			end
		end)
	end
	for a, b in generate(30) do
		for c in generate(2) do
			add(a + b + c)
		end
	end
	-- Errors.
	for i = 1, 30 do
		local good, err = pcall(function(value)
			if value % 3 == 0 then
				error({ value })
			end
			return value
		end, i)
		add(good and err or err[1] * 2)
	end
	add(select(
		2,
		xpcall(error, function(err)
			return err + 1
		end, round)
	))
	-- Floats and integers.
	local x = 0.5
	for i = 1, 50 do
		x = x * 1.000001 + 1 / i
		add((i << 3) ~ (i // 3) | (i % 5))
	end
	add(math.floor(x * 1e6))
	goto over
	add(-1)
	::over::
	return sum
end

if worker.message and ... then
	for round = 1, math.tointeger((...)) do
		worker.message(sum_of(round))
	end
	return
end
return sum_of
