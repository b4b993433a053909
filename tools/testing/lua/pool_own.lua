-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Pools that a script makes: each has its own threads, and is destroyed with the last reference to it. The arguments
-- are the folder tools/testing, and the number of pools that are made and destroyed.

local folder, rounds = (...), math.tointeger((select(2, ...)))
local check = dofile(folder .. "/lib/check.lua")
local same = check.same
local testing, linux = require("lunatik.testing"), require("linux")

local function pools()
	return testing.pool().pools
end
-- Waits at most ten seconds until there are `count` pools.
local function settles(count)
	local ending = linux.ktime() + 10000000000
	while pools() ~= count and linux.ktime() < ending do
		linux.schedule(1)
	end
	return pools()
end

local first = pools()
same("there is one pool", first, 1)

-- Ten workers that compute occupy the only thread of one pool. A worker on another pool still answers.
testing.own_pool(1)
local busy = {}
for i = 1, 10 do
	busy[i] = worker.create("./worker_code", "worker.message('begun') while true do end")
end
for i = 1, 10 do
	worker.receive(busy[i])
end
testing.own_pool(1)
same("two more", pools(), first + 2)
local answers = worker.create("./worker_code", "while true do worker.message(worker.peek()) end")
local longest = 0
for i = 1, 100 do
	local begun = linux.ktime()
	worker.send(answers, i)
	assert(worker.receive(answers) == i)
	longest = math.max(longest, linux.ktime() - begun)
end
print(("# the longest of 100 answers beside ten that compute on another pool took %.1f ms"):format(longest / 1e6))

-- A worker that a worker makes runs on the same pool.
local maker = worker.create(
	"./worker_code",
	"local w = worker.create('./worker_code', 'worker.message(1) worker.peek()') worker.message(worker.receive(w)) worker.peek()"
)
same("a worker of a worker answers", worker.receive(maker), 1)
worker.stop(maker)
worker.stop(answers)
answers, maker = nil, nil

-- The pool of the ten workers is no longer the one for new workers, so it is destroyed with them.
for i = 1, 10 do
	worker.stop(busy[i], 0)
end
busy = nil
collectgarbage()
collectgarbage()
same("a pool goes with the last that runs on it", settles(first + 1), first + 1)

-- Pools are made and given up repeatedly, with a worker that ends by itself. Its thread may drop the last reference to
-- the pool.
for i = 1, rounds do
	testing.own_pool(i % 4 + 1)
	local w <const> = worker.create("./worker_code", "worker.message(1)")
	assert(worker.receive(w) == 1)
end
collectgarbage()
collectgarbage()
same(rounds .. " pools were made and given up", settles(first + 1), first + 1)
