-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures how much kernel stack is left when a script has used as much as it can, while its allocations there go
-- through direct reclaim. Arguments: the folder tools/testing, the full memory cgroup, the least number of bytes that
-- must be left, and the number of ways down to try. Needs the module parameter testing=1.

local folder, cgroup, floor, walks = ...
floor, walks = math.tointeger(floor), math.tointeger(walks)
local check = dofile(folder .. "/lib/check.lua")
local ok = check.ok
local testing = require("lunatik.testing")
local stack_left, paint_stack, painted_left = testing.stack_left, testing.paint_stack, testing.painted_left

-- The number of allocations that reached the limit, and so reclaimed. Uses neither a callback nor a buffer that grows,
-- because without a segment these are errors.
local function reclaims()
	local file = assert(io.open(cgroup .. "/memory.events"))
	local _, _, count = file:read("l", "l", "l")
	file:close()
	return math.tointeger(count:sub(5))
end

-- The same ways in each run.
math.randomseed(1)

-- Ways to go deeper: each calls its argument one level down. Their frames differ, so that a mixture of them comes as
-- close to the end as possible.
local ways = {
	pcall = function(f)
		local good, err = pcall(f)
		return good or error(err, 0)
	end,
	xpcall = function(f)
		local good, err = xpcall(f, tostring)
		return good or error(err, 0)
	end,
	metamethod = function(f)
		return setmetatable({}, { __index = f })[1]
	end,
	concatenation = function(f)
		return setmetatable({}, { __concat = f }) .. ""
	end,
	gsub = function(f)
		return (("x"):gsub("x", function()
			f()
		end))
	end,
	format = function(f)
		return ("%s"):format(setmetatable({}, {
			__tostring = function()
				f()
				return ""
			end,
		}))
	end,
	sort = function(f)
		local called
		return table.sort({ 1, 2 }, function(a, b)
			if not called then
				called = true
				f()
			end
			return a < b
		end)
	end,
	coroutine = function(f)
		return coroutine.wrap(f)()
	end,
	load = function(f)
		local called
		return assert(load(function()
			if not called then
				called = true
				f()
			end
		end))
	end,
	close = function(f)
		local _ <close> = setmetatable({}, { __close = f })
	end,
}
local names = {}
for name in pairs(ways) do
	names[#names + 1] = name
end
table.sort(names)

-- Goes down: choose(level) names the way from each level to the next, until there is none; then `last` is called.
-- With `in_handler`, the way down starts in the message handler of an overflow that comes without segments.
local function descend(choose, last, in_handler)
	local function down(level)
		local way = ways[choose(level)]
		if not way then
			return last()
		end
		return way(function()
			return down(level + 1)
		end)
	end
	if not in_handler then
		return pcall(down, 1)
	end
	local handled
	local function endless()
		return setmetatable({}, { __index = endless })[1]
	end
	return xpcall(endless, function(err)
		if handled then
			return err
		end
		handled = true
		return down(1)
	end)
end

-- Follows random paths and returns the path whose end has the least stack, and that amount. A path ends when more stack
-- is left than before, because the call continued on another segment, or when no further call is possible.
local function deepest(in_handler)
	local best, least = {}, math.maxinteger
	for _ = 1, walks do
		local path, before = {}, math.maxinteger
		descend(function(level)
			local left = stack_left()
			if left > before or level > 60 then
				return nil
			end
			before = left
			if left < least then
				best, least = table.move(path, 1, level - 1, 1, {}), left
			end
			path[level] = names[math.random(#names)]
			return path[level]
		end, function() end, in_handler)
	end
	return best, least
end

-- Operations that need memory, and stack for that.
local big = ("x"):rep(100000)
local requests = {
	["concatenation"] = function()
		local t = {}
		for i = 1, 20 do
			t[i] = big .. i
		end
	end,
	["a string"] = function()
		return #("x"):rep(2 << 20)
	end,
	["many small objects"] = function()
		local t = {}
		for i = 1, 20000 do
			t[i] = { i }
		end
	end,
	["a format"] = function()
		local t = {}
		for i = 1, 20 do
			t[i] = ("%s %99.99f %s"):format(big, 1e300 / 7, big)
		end
	end,
	["a buffer"] = function()
		local t = {}
		for i = 1, 20 do
			t[i] = table.concat({ big, big, 1e300 / 7, big }, " ")
		end
	end,
	["gsub"] = function()
		local t = {}
		for i = 1, 4 do
			t[i] = big:gsub("x", "yy")
		end
	end,
	["coroutines"] = function()
		local t = {}
		for i = 1, 1000 do
			t[i] = coroutine.create(print)
		end
	end,
	["a chunk"] = function()
		return load("return {" .. ("{1, 'a'},"):rep(5000) .. "}")
	end,
	["a file"] = function()
		local file = assert(io.open(folder .. "/lua/depth.lua"))
		local t = {}
		for i = 1, 50 do
			file:seek("set")
			t[i] = file:read("a") .. i
		end
		file:close()
	end,
}

local all = {}
for name in pairs(requests) do
	all[#all + 1] = name
end
table.sort(all)
-- Operations that need no callback.
local plain = { "concatenation", "coroutines", "many small objects" }

-- Runs each request at the deepest point, in a full cgroup.
local function measure(where, made, in_handler)
	local path, start = deepest(in_handler)
	local left, reclaimed = {}, {}
	local why = select(
		2,
		descend(function(level)
			return path[level]
		end, function()
			start = stack_left()
			for i = 1, #made do
				local request = requests[made[i]]
				local before = reclaims()
				paint_stack()
				reclaimed[i] = 0
				for _ = 1, 20 do
					request()
					reclaimed[i] = reclaims() - before
					if reclaimed[i] > 0 then
						break
					end
				end
				left[i] = painted_left()
			end
		end, in_handler)
	)
	print(("%s: %d bytes before, down %s"):format(where, start, table.concat(path, " ")))
	ok(where .. ": all requests were made", #left == #made, why)
	local smallest, times = math.maxinteger, 0
	for i = 1, #left do
		print(("%s: %s: %d bytes left, reclaimed %d times"):format(where, made[i], left[i], reclaimed[i]))
		smallest = math.min(smallest, left[i])
		times = times + reclaimed[i]
	end
	ok(where .. ": memory was reclaimed", times > 0)
	ok(("%s: at least %d bytes of stack are left"):format(where, floor), smallest >= floor, smallest)
end

measure("before the next segment", all)
testing.without_segments(measure, "without segments", plain)
testing.without_segments(measure, "in the handler of an overflow without segments", plain, true)
