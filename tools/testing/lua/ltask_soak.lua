-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A system of services that make, call, fail and end each other at random, until one of them is done.
-- The arguments: a seed for the random numbers, the number of services that do so, and the number of steps of each.

local seed, count, steps = ...
local bootstrap = require("ltask.bootstrap")

-- The root executes this. Each of its requests ends, however the service that works for it ends. Another service takes
-- the place of one that has failed.
local MAIN <const> = [[
	local seed, count, steps = %d, %d, %d
	local failed = 0
	local function work(number)
		local id = ltask.spawn("ltask_soak_service", seed * 1000 + number)
		while not pcall(ltask.call, id, "work", steps) do
			failed = failed + 1
			id = ltask.spawn("ltask_soak_service", seed * 1000 + count + failed)
		end
	end
	local tasks = {}
	for i = 1, count do
		tasks[i] = { work, i }
	end
	ltask.parallel(tasks)()
	ltask.log.info(failed .. " have failed; done")
	-- This ends all others, whatever they do.
	S.quit_ltask()
]]
local main = MAIN:format(seed, count, steps)
bootstrap.wait(bootstrap.start({ core = { queue = 64 }, root = { main = main } }))
