-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A worker: sends a number of ticks, so many milliseconds apart. Started by worker_select.lua.

local linux = require("linux")

local count, ms = ...

for i = 1, count do
	linux.schedule(ms)
	worker.message(i)
end
