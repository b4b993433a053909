-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- How long a hop of a token takes that goes round through many workers. A worker talks with its parent and its own
-- workers only, so the round is a chain, each the parent of the next one, that the token goes down and up again.
-- Arguments: how many workers, this one included; how many rounds.

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
