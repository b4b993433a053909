-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Calls random functions of all modules with random values in random places: deep in calls through C and in coroutines,
-- in finalizers and hooks, and with hardly any memory. All calls may fail, and the machine must survive. The arguments
-- are a seed and the duration in seconds. Prints how many programs were run.

local seed, seconds = math.tointeger((...)), tonumber((select(2, ...)))
local random, ktime = math.random, require("linux").ktime
math.randomseed(seed)

-- Functions that wait, print, or end this script.
local LEFT_OUT = {
	["_G.dofile"] = true,
	["_G.pledge"] = true,
	["_G.print"] = true,
	["_G.warn"] = true,
	["io.lines"] = true,
	["io.read"] = true,
	["io.write"] = true,
	["linux.schedule"] = true,
	["lunatik.runner.shutdown"] = true,
	["lunatik.runner.stop"] = true,
	["mtint.interrupt"] = true,
	["mtmsg.sleep"] = true,
	["os.remove"] = true,
	["os.rename"] = true,
	["worker.message"] = true,
	["worker.peek"] = true,
	["worker.receive"] = true,
}
local MODULES = {
	"lunatik",
	"lunatik.runner",
	"thread",
	"rcu",
	"linux",
	"device",
	"mtint",
	"mtmsg",
	"percpu",
	"llthreads2.ex",
}
local TEXTS = {
	"",
	"x",
	"L",
	">fL",
	"nSltufr",
	"kv",
	"crl",
	"%d",
	"%s%s",
	"%f",
	"%g",
	"(.-)%b()",
	"return 1",
	"\27Lua",
	"collect",
	"generational",
	"incremental",
	"/dev/null",
	"r",
	"w",
	"s8",
	"<i16",
	"z",
	"suite",
}
-- This file keeps its own references to library functions, because the calls change the tables of the libraries.
local print, pcall, xpcall, select, running, resume, yield, create, wrap, collect, load, error, setmetatable =
	print,
	pcall,
	xpcall,
	select,
	coroutine.running,
	coroutine.resume,
	coroutine.yield,
	coroutine.create,
	coroutine.wrap,
	collectgarbage,
	load,
	error,
	setmetatable
local rep, gsub, sort, unpack, getinfo, sethook =
	string.rep, string.gsub, table.sort, table.unpack, debug.getinfo, debug.sethook

local functions, seen = {}, {}
local function add(name, module, depth)
	if seen[module] or depth > 2 then
		return
	end
	seen[module] = true
	for key, member in pairs(module) do
		local path = name .. "." .. tostring(key)
		if type(member) == "table" then
			add(tostring(key), member, depth + 1)
		elseif type(member) == "function" and not LEFT_OUT[path] then
			functions[#functions + 1] = member
		end
	end
end
add("_G", _G, 0)
for _, name in ipairs(MODULES) do
	add(name, require(name), 0)
end

local MOST_KEPT = 300
local kept, value = {}, nil
local function keep(result)
	if result ~= nil then
		kept[#kept < MOST_KEPT and #kept + 1 or random(MOST_KEPT)] = result
	end
end

local inner = 0
local values = {
	function() end,
	function()
		return random(0, 3)
	end,
	function()
		return random(-5, 300)
	end,
	function()
		return random(0)
	end,
	function()
		return random() * 10 ^ random(-5, 300)
	end,
	function()
		return TEXTS[random(#TEXTS)]
	end,
	function()
		return rep(TEXTS[random(#TEXTS)], random(2000))
	end,
	function()
		return random(2) == 1
	end,
	function()
		return { value(), value(), value() }
	end,
	function()
		return { [value() or 1] = value() }
	end,
	function()
		return functions[random(#functions)]
	end,
	function()
		return (running())
	end,
	function()
		local thread = create(function(...)
			for _ = 1, random(5) do
				yield(value())
			end
			return ...
		end)
		if random(3) == 1 then
			resume(thread)
		end
		return thread
	end,
	function()
		return function(...)
			if random(4) == 1 then
				error(value())
			end
			return value(), ...
		end
	end,
	function()
		return function()
			inner = inner + 1
			if inner < 40 then
				pcall(functions[random(#functions)], value(), value())
			end
			inner = inner - 1
		end
	end,
	function()
		return setmetatable({}, {
			__call = value(),
			__close = value(),
			__concat = value(),
			__eq = value(),
			__gc = value(),
			__index = value(),
			__len = value(),
			__lt = value(),
			__metatable = value(),
			__mode = TEXTS[random(#TEXTS)],
			__name = value(),
			__pairs = value(),
			__tostring = value(),
		})
	end,
}
function value()
	local kind = random(#values + 6)
	if values[kind] then
		return values[kind]()
	end
	return kept[random(MOST_KEPT)]
end

local function call()
	local arguments = { value(), value(), value(), value() }
	local _, first, second = pcall(functions[random(#functions)], unpack(arguments, 1, random(0, 4)))
	keep(first)
	keep(second)
	return first
end

-- As many lines as make a table of them large.
local long = load("local call = ...\n" .. rep("x = 1\n", 3000) .. "local result = call() return result")
local nested
local places = {
	call,
	call,
	call,
	function()
		local thread = create(function()
			call()
			yield()
			call()
		end)
		keep(thread)
		resume(thread)
	end,
	function(depth)
		return wrap(nested)(depth)
	end,
	function(depth)
		return select(2, pcall(nested, depth))
	end,
	function(depth)
		return long(function()
			return nested(depth)
		end)
	end,
	function(depth)
		return (gsub("x", "x", function()
			nested(depth)
		end))
	end,
	function(depth)
		sort({ 2, 1, 3 }, function(a, b)
			nested(depth)
			return a < b
		end)
	end,
	function(depth)
		local object = setmetatable({}, {
			__index = function()
				return nested(depth)
			end,
		})
		return object.x
	end,
	function(depth)
		local _ <close> = setmetatable({}, {
			__close = function()
				nested(depth)
			end,
		})
		call()
	end,
	function(depth)
		setmetatable({}, {
			__gc = function()
				nested(depth)
			end,
		})
		collect("step")
	end,
	function(depth)
		xpcall(function()
			nested(depth)
			error("x")
		end, function()
			nested(depth)
		end)
	end,
	function(depth)
		sethook(function()
			sethook()
			nested(depth)
		end, "c", 5)
		call()
		sethook()
	end,
	-- Little memory is left.
	function(depth)
		local hog = {}
		for bits = 22, 8, -1 do
			for _ = 1, 8 do
				local good, text = pcall(rep, "y", 1 << bits)
				if not good then
					break
				end
				hog[#hog + 1] = text
			end
		end
		for _ = 1, random(6) do
			hog[#hog] = nil
		end
		nested(depth)
	end,
	function()
		local _, lines = pcall(getinfo, (running()), random(0, 5), "L")
		keep(lines)
	end,
}
local ending = ktime() + seconds * 1000000000
function nested(depth)
	if depth == 0 or ktime() > ending then
		return call()
	end
	return places[random(#places)](depth - 1)
end

local programs = 0
while ktime() < ending do
	pcall(wrap(nested), 30)
	programs = programs + 1
	if programs % 50 == 0 then
		kept = {}
		collect("restart")
		sethook()
	end
end
print(programs)
