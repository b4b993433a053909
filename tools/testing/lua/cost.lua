-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures the cost of an idle runtime: its memory, and the time to create and to destroy it.
--
--	cost.lua FOLDER COUNT KIB RATIO
--
-- creates COUNT runtimes of the script suite/idle, each of which may cost KIB KiB. Creating and destroying one may take
-- as long as RATIO * 10,000 readings of a table. KIB and RATIO are not checked if they are 0.

local folder, count, most_kib, most_ratio = ...
count, most_kib, most_ratio = math.tointeger(count), tonumber(most_kib), tonumber(most_ratio)
local check = dofile(folder .. "/lib/check.lua")
local meminfo = dofile(folder .. "/lib/meminfo.lua")
local lunatik = require("lunatik")
local linux = require("linux")

-- The least nanoseconds of many calls: other activity of the machine only adds to them.
local function least(calls, call)
	local best = math.maxinteger
	for _ = 1, calls do
		local from = linux.ktime()
		call()
		best = math.min(best, linux.ktime() - from)
	end
	return best
end

-- First fills the kernel's caches.
for _ = 1, 100 do
	lunatik.runtime("suite/idle"):stop(0)
end
collectgarbage()

local cells = {}
local reading = least(300, function()
	for i = 1, 10000 do
		local _ = cells[i]
	end
end)
local living = least(1000, function()
	lunatik.runtime("suite/idle"):stop(0)
end)
local ratio = living / reading
print(
	("# %.1f us to create and destroy one, %.2f times as long as 10,000 readings of a table"):format(
		living / 1e3,
		ratio
	)
)
if most_ratio > 0 then
	check.ok("creating and destroying one takes little time", ratio <= most_ratio, ("%.2f"):format(ratio))
end

collectgarbage()
-- Global, so that they live as long as this runtime.
runtimes = table.create(count)
local before = meminfo("MemFree")
for i = 1, count do
	runtimes[i] = lunatik.runtime("suite/idle", i)
end
local kib = (before - meminfo("MemFree")) / count
print(("# %.1f KiB each of %d runtimes"):format(kib, count))
if most_kib > 0 then
	check.ok("an idle one costs little memory", kib <= most_kib, ("%.1f KiB"):format(kib))
end

local works = true
for i = 1, count, count // 100 do
	local number, libraries = runtimes[i]:resume(i)
	works = works and number == i + i and libraries == "coroutine debug io math os package string table utf8 worker"
end
check.ok(("each of %d has all libraries, and answers"):format(count), works)
