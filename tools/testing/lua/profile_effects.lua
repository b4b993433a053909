-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What a script sees must be the same while it is profiled: calls of hooks, errors with their tracebacks, and the
-- values of all kinds of loops. Prints what it has seen, for the suite `profile` to compare.

local linux = require("linux")

local counts = { count = 0, line = 0, call = 0, ["return"] = 0, ["tail call"] = 0 }
local lines = 0

local function leaf(x)
	return x + 1
end
local function tail(x)
	return leaf(x)
end

local function loops()
	local sum = 0
	for i = 1, 2000 do
		sum = tail(sum) + #("x"):rep(i % 5)
	end
	local iterator = coroutine.wrap(function()
		for i = 1, 500 do
			coroutine.yield(leaf(i))
		end
	end)
	for i in iterator do
		sum = sum + i
	end
	return sum
end

-- Long enough that many samples come.
local sum = 0
for _ = 1, 20 do
	debug.sethook(function(event, line)
		counts[event] = counts[event] + 1
		lines = lines + (line or 0)
	end, "crl", 100)
	sum = sum + loops()
	debug.sethook()
end
print(sum, counts.count, counts.line, counts.call, counts["return"], counts["tail call"], lines)

local function fails(depth)
	local closed <close> = setmetatable({}, {
		__close = function()
			sum = sum + 1
		end,
	})
	if depth == 0 then
		error("an error", 2)
	end
	fails(depth - 1)
end
local traces = {}
for _ = 1, 200 do
	local _, trace = xpcall(fails, debug.traceback, 30)
	traces[trace] = (traces[trace] or 0) + 1
end
for trace, count in pairs(traces) do
	print(count, trace)
end
print(sum)

-- Memory: garbage is found, and the limits are those that they were.
local kept = setmetatable({}, { __mode = "v" })
for i = 1, 20000 do
	kept[i] = { i }
end
collectgarbage()
local left = 0
for _ in pairs(kept) do
	left = left + 1
end
print(left)
local ok, message = pcall(function()
	return ("x"):rep(1 << 40)
end)
print(ok, message)
local before = linux.ktime()
print(linux.schedule(50), linux.ktime() - before >= 50000000)
