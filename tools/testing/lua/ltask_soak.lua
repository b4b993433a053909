-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A system of services that make, call, fail and end each other at random, until one of them is done. The arguments: a
-- seed for the random numbers, the number of services that stay, and the number of steps of each.

local seed, count, steps = ...
local bootstrap = require("ltask.bootstrap")

local list = {}
for i = 1, math.tointeger(count) do
	list[i] = { name = "ltask_soak_service", args = { math.tointeger(seed) * 1000 + i, math.tointeger(steps) } }
end
bootstrap.wait(bootstrap.start({ core = { queue = 64 }, root = { bootstrap = list } }))
