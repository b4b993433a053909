-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Prints how deep each kind of recursion gets, and the error that ends it. Upstream Lua prints the same.

local function depth(name, recurse)
	local reached = 0
	local ok, message = pcall(recurse, function(n)
		if n > reached then
			reached = n
		end
	end)
	-- Positions and the like are the same, too.
	print(name, reached, ok, (tostring(message):gsub("0x%x+", "ADDRESS"):gsub(("%s"):rep(3000), "...")))
end

local function nest(open, middle, close)
	return function(reach)
		local n = 0
		repeat
			n = n + 1
			local chunk, message = load(open:rep(n) .. middle .. close:rep(n), "=nest")
			if not chunk then
				error(message, 0)
			end
			reach(n)
		until n == 250
	end
end

depth("lua", function(reach)
	local function f(n)
		reach(n)
		return 1 + f(n + 1)
	end
	f(1)
end)
depth("pcall", function(reach)
	local function f(n)
		reach(n)
		assert(pcall(f, n + 1))
	end
	f(1)
end)
depth("xpcall", function(reach)
	local function f(n)
		reach(n)
		assert(xpcall(f, debug.traceback and function(m)
			return m
		end, n + 1))
	end
	f(1)
end)
depth("coroutine", function(reach)
	local function f(n)
		reach(n)
		local co = coroutine.create(f)
		assert(coroutine.resume(co, n + 1))
	end
	f(1)
end)
depth("wrap", function(reach)
	local function f(n)
		reach(n)
		coroutine.wrap(f)(n + 1)
	end
	f(1)
end)
depth("resumed again", function(reach)
	-- Each of them has yielded before, so what runs is a continuation.
	local last = function(n)
		reach(n)
		return n
	end
	for _ = 1, 250 do
		local inner = last
		last = coroutine.wrap(function(n)
			n = coroutine.yield(n)
			reach(n)
			return inner(n + 1)
		end)
		last(0)
	end
	last(1)
end)
for _, event in ipairs({ "__index", "__newindex", "__add", "__concat", "__eq", "__lt", "__len", "__unm", "__call" }) do
	depth(event, function(reach)
		local n = 0
		local object, other = {}, {}
		local operations = {
			__index = function(o)
				return o.x
			end,
			__newindex = function(o)
				o.x = 1
			end,
			__add = function(o)
				return o + 1
			end,
			__concat = function(o)
				return o .. ""
			end,
			__eq = function(o)
				return object == other
			end,
			__lt = function(o)
				return object < other
			end,
			__len = function(o)
				return #o
			end,
			__unm = function(o)
				return -o
			end,
			__call = function(o)
				return 1 + o()
			end,
		}
		local operation = operations[event]
		local meta = {}
		meta[event] = function()
			n = n + 1
			reach(n)
			return operation(object)
		end
		setmetatable(object, meta)
		setmetatable(other, meta)
		operation(object)
	end)
end
depth("__tostring", function(reach)
	local n = 0
	local o
	o = setmetatable({}, {
		__tostring = function()
			n = n + 1
			reach(n)
			return tostring(o)
		end,
	})
	tostring(o)
end)
depth("gsub", function(reach)
	local function f(n)
		reach(n)
		return (("x"):gsub("x", function()
			return f(n + 1)
		end))
	end
	f(1)
end)
depth("sort", function(reach)
	local function f(n)
		reach(n)
		table.sort({ 1, 2, 3 }, function(a, b)
			f(n + 1)
			return a < b
		end)
	end
	f(1)
end)
depth("load", function(reach)
	local function f(n)
		reach(n)
		local function reader()
			f(n + 1)
		end
		assert(load(reader))
	end
	f(1)
end)
depth("handler", function(reach)
	local n = 0
	local function handler()
		n = n + 1
		reach(n)
		error("again")
	end
	local ok, message = xpcall(error, handler, "first")
	error(message, 0)
end)
depth("__close", function(reach)
	local function f(n)
		reach(n)
		local _ <close> = setmetatable({}, {
			__close = function()
				f(n + 1)
			end,
		})
	end
	f(1)
end)
depth("__gc", function(reach)
	local n = 0
	local function make()
		setmetatable({}, {
			__gc = function()
				n = n + 1
				if n <= 250 then
					reach(n)
					make()
					collectgarbage()
				end
			end,
		})
	end
	make()
	for _ = 1, 300 do
		collectgarbage()
	end
end)
depth("pattern", function(reach)
	for n = 1, 250 do
		(("x"):rep(n)):find(("x*"):rep(n))
		reach(n)
	end
end)
depth("captures", function(reach)
	for n = 1, 40 do
		(("x"):rep(n)):find(("("):rep(n) .. "x" .. (")"):rep(n))
		reach(n)
	end
end)
depth("parentheses", function(reach)
	for n = 1, 250 do
		assert(load("return " .. ("("):rep(n) .. "1" .. (")"):rep(n), "=nest"))
		reach(n)
	end
end)
depth("tables", function(reach)
	for n = 1, 250 do
		assert(load("return " .. ("{"):rep(n) .. "1" .. ("}"):rep(n), "=nest"))
		reach(n)
	end
end)
depth("unary", function(reach)
	for n = 1, 250 do
		assert(load("return " .. ("not "):rep(n) .. "1", "=nest"))
		reach(n)
	end
end)
depth("right-associative", function(reach)
	for n = 1, 250 do
		assert(load("return " .. ("1 .. "):rep(n) .. "1", "=nest"))
		reach(n)
	end
end)
depth("calls", function(reach)
	for n = 1, 250 do
		assert(load("return " .. ("f("):rep(n) .. (")"):rep(n), "=nest"))
		reach(n)
	end
end)
depth("functions", nest("return function() ", "", " end"))
depth("blocks", nest("do ", "", " end "))
depth("ifs", nest("if x then ", "", " end "))
depth("whiles", nest("while x do ", "", " end "))
depth("fors", nest("for i = 1, 2 do ", "", " end "))
depth("repeats", nest("repeat ", "", " until x "))
depth("local functions", nest("local function f() ", "", " end "))
depth("assignments", function(reach)
	for n = 1, 250 do
		assert(load(("a.b,"):rep(n) .. "c = 1", "=nest"))
		reach(n)
	end
end)
depth("globals", function(reach)
	for n = 1, 250 do
		local names = {}
		for i = 1, n do
			names[i] = "x" .. i
		end
		assert(load("global " .. table.concat(names, ",") .. " = 1", "=nest"))
		reach(n)
	end
end)
depth("dump", function(reach)
	local n = 90
	local chunk = assert(load(("return function() "):rep(n) .. (" end"):rep(n), "=nest"))
	reach(#string.dump(chunk))
end)

-- Code that continues after an error, and across segments.
print(select("#", table.unpack({}, 1, 200)))
do
	local function deep(n, f)
		if n == 0 then
			return f()
		end
		return (select(2, pcall(deep, n - 1, f)))
	end
	print(deep(150, function()
		return ("%5.2f|%s|%q"):format(1 / 3, {} ~= nil, 0.1)
	end))
	-- Yields across many segments.
	local co = coroutine.wrap(function()
		for i = 1, 3 do
			deep(100, function()
				coroutine.yield(i)
			end)
		end
		return "end"
	end)
	print(co(), co(), co(), co())
	-- A coroutine that closes itself from far down.
	local closing = coroutine.create(function()
		local _ <close> = setmetatable({}, {
			__close = function()
				print("closed")
			end,
		})
		deep(100, function()
			coroutine.close(coroutine.running())
		end)
		print("not reached")
	end)
	print(coroutine.resume(closing), coroutine.status(closing))
	-- Tracebacks see all levels.
	local levels = select(
		2,
		deep(0, function()
			local function down(n)
				if n == 0 then
					return debug.traceback("deep")
				end
				return (
					tostring(setmetatable({}, {
						__tostring = function()
							return down(n - 1)
						end,
					}))
				)
			end
			return "", down(60)
		end)
	)
	print(levels)
end
