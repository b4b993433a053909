-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of pool_semantics.lua: errors, the variables that they close, and their tracebacks.

local common = ...
local gives, kind, wait = common.gives, common.kind, common.wait
local ok = common.check.ok
local unpack = table.unpack

gives("pcall", "true 1 2", function()
	return pcall(function(...)
		return wait(...)
	end, 1, 2)
end)
gives("pcall of what waits", "true 6 7", pcall, wait, 6, 7)
gives("an error after it", "false here", pcall, function()
	wait()
	error("here", 0)
end)
gives("errors in a row", "1 2 3 false 4", function()
	local got = {}
	for i = 1, 3 do
		local good, err = pcall(function()
			wait()
			error(wait(i), 0)
		end)
		assert(not good)
		got[i] = wait(err)
	end
	got[4], got[5] = pcall(error, wait(4), 0)
	return unpack(got)
end)
gives("pcall in pcall in pcall", "true true false deep", pcall, pcall, pcall, function()
	pcall(pcall, wait)
	error(wait("deep"), 0)
end)
gives("xpcall", "false 1handled", xpcall, function()
	error(wait(1), 0)
end, function(err)
	return err .. "handled"
end)
gives("a handler that waits", "false 1 handled", xpcall, function()
	error(wait(1), 0)
end, function(err)
	return wait(err .. " handled")
end)
gives("a handler after that", "false x y", function()
	xpcall(wait, wait)
	return xpcall(function()
		pcall(wait)
		error("x", 0)
	end, function(err)
		return err .. " y"
	end)
end)
gives("a variable that is closed", "body close nil end", function()
	local order = {}
	do
		local _ <close> = setmetatable({}, {
			__close = function(_, err)
				order[#order + 1] = wait("close")
				order[#order + 1] = tostring(wait(err))
			end,
		})
		order[#order + 1] = wait("body")
	end
	order[#order + 1] = wait("end")
	return unpack(order)
end)
gives("two, and results", "1 2 3 second first", function()
	local order = {}
	local function named(name)
		return setmetatable({}, {
			__close = function()
				order[#order + 1] = wait(name)
			end,
		})
	end
	local function body()
		local _ <close> = named("first")
		local _ <close> = named("second")
		return wait(1, 2, 3)
	end
	local a, b, c = body()
	return a, b, c, unpack(order)
end)
gives("one after an error", "false late seen late", function()
	local seen
	local good, err = pcall(function()
		local _ <close> = setmetatable({}, {
			__close = function(_, err)
				seen = "seen " .. wait(err)
			end,
		})
		error(wait("late"), 0)
	end)
	return good, err, seen
end)
gives("one of a loop", "1 closed", function()
	local closed
	local closes = setmetatable({}, {
		__close = function()
			closed = wait("closed")
		end,
	})
	local function first()
		for v in
			function()
				return wait(1)
			end,
			nil,
			nil,
			closes
		do
			if v then
				return v
			end
		end
	end
	return first(), closed
end)
-- A traceback is the same after a wait.
local function trace(f)
	local function level1()
		local text = debug.traceback("x")
		return text
	end
	local function level2()
		f()
		local text = level1()
		return text
	end
	local text = coroutine.wrap(function()
		local _, text = pcall(level2)
		return text
	end)() .. level2()
	return text
end
local text
for _, f in ipairs({ function() end, wait }) do
	local now = trace(f)
	ok(
		kind .. ": tracebacks",
		now == (text or now) and now:find("level1", 1, true) and now:find("level2", 1, true),
		now
	)
	text = now
end
local function fails()
	local t
	wait()
	return t.x
end
local _, trouble = xpcall(fails, debug.traceback)
ok(
	kind .. ": the traceback of an error",
	trouble:find("pool_semantics_errors.lua:%d+: attempt to index a nil value %(local 't'%)\nstack traceback:")
		and trouble:find("pool_semantics_errors.lua:%d+: in function <", 1),
	trouble
)
