-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures how late a wait with a time-out of 1 ms ends: the median and the maximum. Argument: the number of waits.

local count = ...
local ktime = require("linux").ktime
count = assert(math.tointeger(count))
local MS = 1000000

local late = {}
for i = 1, count do
	local begun = ktime()
	local value, why = worker.peek(1)
	late[i] = ktime() - begun - MS
	assert(value == nil and why == "timeout", "the wait was not ended by its time-out")
	assert(late[i] >= 0, "a time-out came too early")
end
table.sort(late)
worker.message({ name = "timeout/median", unit = "us", value = late[(count + 1) // 2] / 1000 })
worker.message({ name = "timeout/greatest", unit = "us", value = late[count] / 1000 })
