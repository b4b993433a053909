-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures the cost of a library of 500 lines for the runtime that requires it: built in, and for comparison loaded
-- from its text.
--
--	lib_cost.lua FOLDER FILE CHILD
--
-- FILE is the text of lunatik.testing.library; CHILD is a script whose function calls the code that it is given.

local folder, file, child = ...
local check = dofile(folder .. "/lib/check.lua")
local lunatik = require("lunatik")

local ROUNDS <const> = 50

-- Measured in a fresh runtime: the additional bytes in use when the library is loaded and all garbage is collected, and
-- the nanoseconds.
local MEASURE <const> = [[
	local linux, name, file = require("linux"), ...
	local module = name
	collectgarbage() collectgarbage()
	collectgarbage("stop")
	local before, from = collectgarbage("count"), linux.ktime()
	if file then module = loadfile(file)(name) else module = require(name) end
	local took, peak = linux.ktime() - from, collectgarbage("count")
	collectgarbage() collectgarbage()
	package.loaded.measured = module
	return (collectgarbage("count") - before) * 1024 // 1, (peak - before) * 1024 // 1, took
]]

local function measure(...)
	local bytes, peak, times = nil, nil, {}
	for i = 1, ROUNDS do
		local runtime <close> = lunatik.runtime(child)
		bytes, peak, times[i] = runtime:resume(MEASURE, ...)
	end
	table.sort(times)
	return bytes, peak, times[ROUNDS // 2] / 1000
end

local NAME <const> = "lunatik.testing.library"
local built_in, built_in_peak, built_in_us = measure(NAME)
local from_text, from_text_peak, from_text_us = measure(NAME, file)
local function say(what, bytes, peak, us)
	print(("# %s: %d bytes, %d before garbage is collected, %.1f us"):format(what, bytes, peak, us))
end
say("built in", built_in, built_in_peak, built_in_us)
say("from its text", from_text, from_text_peak, from_text_us)
print(("# that is %.1f %% of the bytes and %.1f %% of the time"):format(built_in / from_text * 100, built_in_us / from_text_us * 100))
check.ok("a library takes at most a third of what its text takes", built_in * 3 <= from_text, built_in .. " of " .. from_text)
check.ok("also before garbage is collected", built_in_peak * 3 <= from_text_peak, built_in_peak .. " of " .. from_text_peak)
check.ok("and less time", built_in_us < from_text_us, built_in_us .. " of " .. from_text_us)
