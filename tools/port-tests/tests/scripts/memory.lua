-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A little of everything that allocates, some of it deep.

local function deep(n, f)
	if n == 0 then
		return f()
	end
	local t = setmetatable({}, {
		__index = function()
			return deep(n - 1, f)
		end,
	})
	return t.x
end

local words = {}
for word in ("the quick brown fox jumps over the lazy dog"):gmatch("%a+") do
	words[#words + 1] = word:upper():rep(3, "-")
end
table.sort(words)
local text = table.concat(words, " ")
assert(#deep(60, function()
	return text:gsub("%w+", function(w)
		return ("%s %5.2f %d %q"):format(w, 1.5, #w, w)
	end)
end) > 100)
local co = coroutine.wrap(function(...)
	local _ <close> = setmetatable({}, { __close = function() end })
	for i = 1, 3 do
		coroutine.yield({ i, ... })
	end
end)
assert(#co(1, 2, 3) == 4)
co()
-- A table in a thread that waits, perhaps on another stack than its coroutine.
local main = coroutine.running()
coroutine.wrap(deep)(60, function()
	return debug.getinfo(main, 1, "L").activelines
end)
setmetatable({}, { __gc = function() end })
collectgarbage()
assert(load("local a <const>, b = 1, {x = {y = {}}}; return function(...) return a, b, ... end"))()
local ok, message = pcall(error, { code = 1 })
assert(not ok and (message == "not enough memory" or message.code == 1))
