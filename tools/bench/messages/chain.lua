-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures the time of one hop of a token that goes round through many workers. A worker talks only with its parent and
-- its own workers. So the round is a chain in which each worker is the parent of the next one, and the token goes down
-- and up again. Arguments: the number of workers, including this one, and the number of rounds.

local workers, rounds = ...
local ktime = require("linux").ktime
workers, rounds = assert(math.tointeger(workers)), assert(math.tointeger(rounds))

local links = workers - 1
local first = worker.create("./link", links)
assert(worker.receive(first) == links, "the chain is not as long as it should be")

local hops = 2 * links
local function round()
	worker.send(first, 1)
	assert(worker.receive(first) == hops, "the token was not everywhere")
end

round()
local begun = ktime()
for _ = 1, rounds do
	round()
end
local took = ktime() - begun
worker.send(first, false)
assert(worker.receive(first) == nil)
worker.message({ name = "chain", unit = "us", value = took / (rounds * hops) / 1000 })
