-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Scripts for hooks that lunatik.testing calls: one for each name.
-- usage: hooks_parts NAME [ARGUMENT...], with the context softirq

local linux, testing = require("linux"), require("lunatik.testing")
local name = ...

local function forever()
	while true do
	end
end

local calls = 0

-- A hook of this name that counts its calls.
local function hook(body)
	testing.hook(name, function(argument)
		calls = calls + 1
		return body(argument)
	end)
end

local parts = {}

function parts.counts()
	hook(function()
		return 1
	end)
	return function()
		return calls
	end
end

-- Calls that never end by themselves.
function parts.endless()
	hook(forever)
end

-- Calls that take some 20 us, and find out whether another one runs.
function parts.alone()
	local inside, others = false, 0
	hook(function()
		if inside then
			others = others + 1
		end
		inside = true
		for _ = 1, 500 do
			inside = inside and true
		end
		inside = false
		return 1
	end)
	return function()
		return calls, others
	end
end

-- Recursions to the end of the stack, by a pcall or by a callback of C at each level.
function parts.deep()
	local levels = { pcall = 0, gsub = 0, sort = 0, lua = 0, wrap = 0 }
	local seen = {}
	local recursions = {}
	function recursions.lua(n)
		levels.lua = n
		return 1 + recursions.lua(n + 1)
	end
	function recursions.pcall(n)
		levels.pcall = n
		local good, message = pcall(recursions.pcall, n + 1)
		if not good then
			error(message, 0)
		end
	end
	function recursions.gsub(n)
		levels.gsub = n
		return (("x"):gsub("x", function()
			return recursions.gsub(n + 1)
		end))
	end
	function recursions.sort(n)
		levels.sort = n
		table.sort({ 2, 1 }, function()
			recursions.sort(n + 1)
			return true
		end)
	end
	function recursions.wrap(n)
		levels.wrap = n
		coroutine.wrap(recursions.wrap)(n + 1)
	end
	hook(function()
		for kind, f in pairs(recursions) do
			local good, message = pcall(f, 1)
			seen[kind] = good and "no error" or tostring(message):match("stack overflow") or message
		end
		return 1
	end)
	return function()
		return levels, seen
	end
end

-- A hook that calls itself.
function parts.again()
	local good, depth = 0, 0
	hook(function()
		depth = depth + 1
		for _ = 1, 3 do
			if testing.fire_again() then
				good = good + 1
			end
		end
		depth = depth - 1
		return depth == 0 and 1 or nil
	end)
	return function()
		return calls, good
	end
end

-- Grows to the limit, and tells what was reached.
function parts.grows()
	local kept, most, message = {}, 0, nil
	hook(function()
		local good
		good, message = pcall(function()
			for _ = 1, 200 do
				kept[#kept + 1] = { #kept }
			end
		end)
		most = math.max(most, collectgarbage("count"))
		if not good then
			kept = {}
		end
		return good and 1 or nil
	end)
	return function()
		return calls, most, tostring(message), #kept
	end
end

-- One block of so many bytes in each call.
function parts.block(size)
	local message
	hook(function()
		local good
		good, message = pcall(string.rep, "x", size)
		return good and 1 or nil
	end)
	return function(wanted)
		size = wanted or size
		return calls, tostring(message)
	end
end

-- Some of everything, while allocations fail. Ends with what is not "not enough memory".
function parts.allocates(n, stay)
	local wrong
	local function work()
		local t = {}
		for i = 1, 20 do
			t[i] = { tostring(i) .. ("x"):rep(i * 10) }
		end
		local co = coroutine.wrap(function(...)
			coroutine.yield(...)
		end)
		co(table.unpack(t))
		setmetatable({}, { __gc = function() end })
		return #table.concat({ "a", ("b"):rep(3000) }) + select("#", t[1][1]:gsub("x", "%0%0"))
	end
	hook(function()
		local good, message = pcall(work)
		if not good and message ~= "not enough memory" and not wrong then
			wrong = tostring(message)
		end
		return good and 1 or nil
	end)
	if n then
		testing.fail_allocation(n, stay)
	end
	return function()
		return calls, wrong
	end
end

-- Entries of weak tables go; those that are reached stay.
function parts.weak()
	local keys = setmetatable({}, { __mode = "k" })
	local values = setmetatable({}, { __mode = "v" })
	local kept = {}
	hook(function()
		for i = 1, 20 do
			local key, value = {}, {}
			-- An ephemeron: the value reaches its key.
			keys[key] = { key }
			values[calls * 20 + i] = value
			if calls % 100 == 0 then
				kept[#kept + 1] = { key, value }
			end
		end
		return 1
	end)
	-- Each call counts as many entries as fit into a part of its slice. The last one returns the counts.
	local MOST <const> = 500
	local counts, steps, at
	local function count(name, each)
		local key
		return function()
			for _ = 1, MOST do
				key = next(each, key)
				if key == nil then
					return true
				end
				counts[name] = counts[name] + 1
			end
		end
	end
	local function look()
		local i = 0
		return function()
			for _ = 1, MOST do
				i = i + 1
				local pair = kept[i]
				if not pair then
					return true
				end
				if keys[pair[1]][1] ~= pair[1] then
					counts.missing = counts.missing + 1
				end
			end
		end
	end
	return function()
		if not counts then
			counts = { keys = 0, values = 0, kept = #kept, missing = 0 }
			steps, at = { count("keys", keys), count("values", values), look() }, 1
		end
		if steps[at]() then
			at = at + 1
		end
		if steps[at] then
			return nil
		end
		local all = counts
		counts = nil
		return all
	end
end

-- Finalizers that count in a table of another script; `what` says what else they do.
function parts.finalizers(what, counts)
	local kept = {}
	local also = {
		nothing = function() end,
		loops = forever,
		sleeps = function()
			linux.schedule(100)
		end,
		raises = function()
			error("no")
		end,
		allocates = function()
			return ("x"):rep(1000)
		end,
		resurrects = function(object)
			if not getmetatable(object).twice then
				kept[#kept + 1] = object
			end
		end,
	}
	local meta = {}
	-- Memory may be short for a moment. Then a call fails when it makes an object, and a finalizer when it writes to the
	-- RCU table.
	local made, called = 0, 0
	function meta.__gc(object)
		called = called + 1
		counts.called = called
		also[what](object)
	end
	hook(function()
		for _ = 1, 10 do
			local object = {}
			made = made + 1
			setmetatable(object, meta)
		end
		return 1
	end)
	return function()
		counts.made = made
	end
end

-- What processes hand over.
function parts.resume()
	local table_of_rcu
	hook(function()
		if table_of_rcu then
			table_of_rcu.calls = calls
		end
		return 1
	end)
	local commands = {}
	function commands.give(...)
		return select("#", ...), ...
	end
	function commands.take(given)
		table_of_rcu = given
		return given
	end
	function commands.fail(value)
		error(value, 0)
	end
	commands.loop = forever
	function commands.caught()
		local good, message = pcall(forever)
		return good, message
	end
	function commands.sleep()
		linux.schedule(1)
	end
	function commands.yield()
		coroutine.yield(1)
	end
	function commands.unsendable()
		return print, {}
	end
	function commands.inside()
		return { f = function() end }
	end
	function commands.memory()
		return ("x"):rep(1 << 30)
	end
	function commands.many(count)
		return table.unpack({}, 1, count)
	end
	function commands.next()
		return function(...)
			return "next", ...
		end
	end
	return function(command, ...)
		return commands[command](...)
	end
end

-- Registers nothing, and leaves nothing.
function parts.nothing() end

-- Leaves a function only.
function parts.body()
	return function(...)
		return ...
	end
end

return parts[name](select(2, ...))
