-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of pool_semantics.lua: calls through C, where Lua cannot yield and the thread is held; hooks, recursion and
-- collections.

local common = ...
local gives, wait = common.gives, common.wait
local unpack = table.unpack

gives("a sort", "1 2 3 4", function()
	local t = { 3, 1, 4, 2 }
	table.sort(t, function(a, b)
		return wait(a) < wait(b)
	end)
	return unpack(t)
end)
gives("a substitution", "<a><b> 2", function()
	return ("ab"):gsub("%w", function(letter)
		return wait("<" .. letter .. ">")
	end)
end)
gives("a conversion", "text!", function()
	return ("%s"):format(setmetatable({}, {
		__tostring = function()
			return wait("text!")
		end,
	}))
end)
gives("a chunk that is read by a function", "5", function()
	local parts = { "return ", "5" }
	return load(function()
		return wait(table.remove(parts, 1))
	end)()
end)
gives("a module", "loaded false", function()
	package.preload["suite_waits"] = function()
		return wait("loaded"), wait()
	end
	package.loaded["suite_waits"] = nil
	return require("suite_waits"), coroutine.isyieldable()
end)
gives(
	"a coroutine in a sort in a coroutine",
	"1 2 3",
	coroutine.wrap(function()
		local t = { 3, 1, 2 }
		table.sort(t, function(a, b)
			return coroutine.wrap(function()
				return wait(a) < wait(b)
			end)()
		end)
		wait()
		return unpack(t)
	end)
)
gives("a finalizer", "final", function()
	local seen
	setmetatable({}, {
		__gc = function()
			seen = wait("final")
		end,
	})
	collectgarbage()
	collectgarbage()
	return seen
end)
for _, event in ipairs({ "line", "call", "return", "count" }) do
	gives("a hook for each " .. event, "1 3 true", function()
		local calls = 0
		debug.sethook(function()
			calls = calls + 1
		end, event == "count" and "" or event:sub(1, 1), event == "count" and 100 or 0)
		local a = wait(1)
		local b = coroutine.wrap(function()
			return wait(1) + wait(2)
		end)()
		for _ = 1, 100 do
			b = b + 0
		end
		debug.sethook()
		return a, b, calls > 0
	end)
end
gives("a hook that waits", "hooked nil", function()
	local seen
	debug.sethook(function()
		debug.sethook()
		seen = wait("hooked")
	end, "l")
	local _ = wait()
	return seen, debug.gethook()
end)
gives("deep recursion through C", "80", function()
	local function nested(n)
		if n == 0 then
			return wait(0)
		end
		local value
		local _ = ("x"):gsub("x", function()
			value = nested(n - 1) + 1
		end)
		return value
	end
	return nested(80)
end)
gives("deep recursion through coroutines", "90", function()
	local function nested(n)
		return n == 0 and wait(0) or coroutine.wrap(nested)(n - 1) + 1
	end
	return nested(90)
end)
gives("collections between", "true", function()
	local sum = 0
	for i = 1, 10 do
		local t = { wait(i) }
		collectgarbage(i % 2 == 0 and "collect" or "step")
		sum = sum + t[1]
	end
	return sum == 55
end)
