-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Workers that compute while other processes use nearly all of the CPU. The arguments are the folder tools/testing, the
-- number of workers, the milliseconds for which they are observed, and a file; the other processes end when it is
-- removed.

local folder = ...
local workers, watched = math.tointeger((select(2, ...))), math.tointeger((select(3, ...)))
local others = (select(4, ...))
local check = dofile(folder .. "/lib/check.lua")
local linux, pool = require("linux"), require("lunatik.testing").pool

local before, all = pool().drainers, {}
for i = 1, workers do
	all[i] = worker.create("./worker_code", "while true do end")
end
linux.schedule(watched)
local after = pool().drainers
-- Each worker leaves its thread as soon as it gets the CPU.
check.ok(
	"who waits for the CPU is given no more threads",
	after <= before + 8,
	before .. " before, " .. after .. " after"
)
print("# " .. before .. " threads before, " .. after .. " after")
os.remove(others)
for i = 1, workers do
	worker.stop(all[i], 0)
end
