-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A coroutine that closes itself, in all places: where it could yield, it ends. Elsewhere closing is an error, and no
-- function on the way leaks what it owns. The argument is the folder of the tests.

local check = dofile(select(1, ...) .. "/lib/check.lua")
local close, running, create, resume, status =
	coroutine.close, coroutine.running, coroutine.create, coroutine.resume, coroutine.status
local REFUSED = "attempt to close a running coroutine across a C-call boundary"

local function shut()
	close(running())
end

-- Places where it ends.
local function ends(name, fn)
	local went_on = false
	local thread = create(function()
		fn()
		went_on = true
	end)
	local good, result = resume(thread)
	check.same(name .. ": the caller goes on", good, true)
	check.same(name .. ": without a result", result, nil)
	check.same(name .. ": the coroutine does not", went_on, false)
	check.same(name .. ": it is dead", status(thread), "dead")
end
ends("at once", shut)
ends("in pcall", function()
	pcall(pcall, shut)
end)
ends("in xpcall", function()
	xpcall(shut, debug.traceback)
end)
ends("in a metamethod", function()
	return setmetatable({}, { __index = shut }).x
end)
ends("in an operator", function()
	return setmetatable({}, { __add = shut }) + 1
end)
ends("in an iterator", function()
	for _ in shut do
	end
end)
ends("in __pairs", function()
	for _ in pairs(setmetatable({}, { __pairs = shut })) do
	end
end)
ends("in dofile", function()
	local path = os.tmpname()
	local file = io.open(path, "w")
	file:write("coroutine.close(coroutine.running())")
	file:close()
	local _ <close> = setmetatable({}, {
		__close = function()
			os.remove(path)
		end,
	})
	dofile(path)
end)
ends("in a closing method", function()
	local _ <close> = setmetatable({}, { __close = shut })
end)
ends("in a closing method after an error", function()
	pcall(function()
		local _ <close> = setmetatable({}, { __close = shut })
		error("x")
	end)
end)
local order = ""
ends("with variables to be closed", function()
	local _ <close> = setmetatable({}, {
		__close = function()
			order = order .. "a"
		end,
	})
	local _ <close> = setmetatable({}, {
		__close = function()
			order = order .. "b"
		end,
	})
	shut()
end)
check.same("these are closed in their order", order, "ba")
check.same("an error in one of them is the caller's", select(2, resume(create(function()
	local _ <close> = setmetatable({}, {
		__close = function()
			error("closing", 0)
		end,
	})
	shut()
end))), "closing")

-- Places where closing is refused.
local function refuses(name, fn)
	local good, why
	local thread = create(function()
		good, why = pcall(fn)
		return "went on"
	end)
	local _, result = resume(thread)
	check.ok(name .. " refuses", not good and tostring(why):find(REFUSED, 1, true) ~= nil, tostring(why))
	check.same(name .. ": the coroutine goes on", result, "went on")
end
local function raises_what_it_returns(fn)
	local result, why = fn()
	assert(result, why)
end
local rcu = require("rcu")
local shared = rcu.table()
shared.a = 1
refuses("gsub", function()
	return (("x"):gsub("x", shut))
end)
refuses("sort", function()
	table.sort({ 2, 1 }, shut)
end)
refuses("tostring", function()
	return tostring(setmetatable({}, { __tostring = shut }))
end)
refuses("format", function()
	return ("%s"):format(setmetatable({}, { __tostring = shut }))
end)
refuses("a reader of load", function()
	raises_what_it_returns(function()
		return load(shut)
	end)
end)
refuses("require", function()
	package.preload.suite_shut = shut
	return require("suite_shut")
end)
refuses("table.concat", function()
	return table.concat(setmetatable({}, { __index = shut, __len = function() return 1 end }))
end)
refuses("table.unpack", function()
	return table.unpack(setmetatable({}, { __index = shut }), 1, 1)
end)
refuses("rcu.map", function()
	rcu.map(shared, shut)
end)
refuses("a closing method while the coroutine is closed", function()
	local why
	local inner = create(function()
		local _ <close> = setmetatable({}, {
			__close = function()
				local good, text = pcall(close, running())
				why = text
				assert(not good)
			end,
		})
		shut()
	end)
	resume(inner)
	error(why, 0)
end)
local why
xpcall(error, function()
	why = select(2, pcall(close, (running())))
end)
check.same("the main thread is refused before", why, "cannot close main thread")
refuses("a message handler", function()
	local text
	xpcall(error, function()
		text = select(2, pcall(shut))
	end)
	error(text, 0)
end)
for _, event in ipairs({ "c", "l", "r" }) do
	refuses("a hook: " .. event, function()
		local text
		local thread = create(function()
			debug.sethook(function()
				debug.sethook()
				text = select(2, pcall(shut))
			end, event)
			local x = 1
			x = math.abs(x)
			return x
		end)
		resume(thread)
		error(text, 0)
	end)
end
local finalized
resume(create(function()
	setmetatable({}, {
		__gc = function()
			finalized = select(2, pcall(shut))
		end,
	})
	collectgarbage()
	collectgarbage()
end))
check.ok("a finalizer refuses", tostring(finalized):find(REFUSED, 1, true) ~= nil, finalized)

-- Nothing leaks, however often it is done. Each round gives back the memory that it takes.
local function grows(name, rounds, fn)
	collectgarbage()
	for _ = 1, rounds do
		fn()
	end
	collectgarbage()
	collectgarbage()
	local before = collectgarbage("count")
	for _ = 1, rounds do
		fn()
	end
	collectgarbage()
	collectgarbage()
	local after = collectgarbage("count")
	check.ok(name .. " loses no memory", after - before < 64, ("%d KiB more"):format(after - before))
end
grows("load", 20, function()
	local big, first, count = ("a"):rep(1 << 18), true, 0
	resume(create(function()
		load(function()
			count = count + 1
			if first then
				first = false
				return "return '"
			end
			if count % 5 == 0 then
				shut()
			end
			return big
		end)
	end))
end)
grows("rcu.map", 50, function()
	resume(create(function()
		local big = rcu.table(16)
		for i = 1, 20 do
			big[i .. ""] = ("x"):rep(2000)
		end
		rcu.map(big, shut)
	end))
end)
grows("a finalizer in worker.create", 20, function()
	resume(create(function()
		for _ = 1, 3 do
			setmetatable({}, { __gc = shut })
		end
		collectgarbage("step")
		pcall(worker.create, "no/such/script")
	end))
end)
grows("a closing method", 200, function()
	resume(create(function()
		local _ <close> = setmetatable({}, { __close = shut })
	end))
end)
check.same("collections go on", (function()
	local weak = setmetatable({ {} }, { __mode = "v" })
	collectgarbage()
	return weak[1]
end)(), nil)
check.same("so do hooks", (function()
	local hits = 0
	debug.sethook(function()
		hits = hits + 1
	end, "", 10)
	for _ = 1, 1000 do
	end
	debug.sethook()
	return hits > 10
end)(), true)
