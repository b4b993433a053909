-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A pool gets more threads while its workers run. The argument is the folder tools/testing. The script may use 20 MiB.

local folder = ...
local check = dofile(folder .. "/lib/check.lua")
local same, ok, raises = check.same, check.ok, check.raises
local testing, linux = require("lunatik.testing"), require("linux")

local COMPUTES = "worker.message('begun') local n = 0 while not worker.peek(0) do n = n + 1 end worker.message(n)"
local MOST = 32

local function threads()
	return testing.pool(true).threads
end
-- How many workers of the own pool execute at the same time, at most, within 100 samples. Ends early at `wanted`.
local function most_busy(wanted)
	local most = 0
	for _ = 1, 100 do
		most = math.max(most, testing.pool(true).busy)
		if most >= wanted then
			break
		end
		linux.schedule(2)
	end
	return most
end
-- How many workers of the own pool usually execute at the same time: the most frequent of 100 samples. One that waits
-- for memory or a lock holds its thread for a moment, and another one takes its turn.
local function usually_busy()
	local counts, usual = {}, 0
	for _ = 1, 100 do
		local busy = testing.pool(true).busy
		counts[busy] = (counts[busy] or 0) + 1
		if counts[busy] > (counts[usual] or 0) then
			usual = busy
		end
		linux.schedule(2)
	end
	return usual
end
local function compute(count)
	local workers = {}
	for i = 1, count do
		workers[i] = worker.create("./worker_code", COMPUTES)
	end
	for i = 1, count do
		assert(worker.receive(workers[i]) == "begun")
	end
	return workers
end
-- Stops the workers of compute(), and returns how many of them have answered with a number.
local function answers(workers)
	local count = 0
	for _, each in ipairs(workers) do
		worker.send(each, true)
	end
	for _, each in ipairs(workers) do
		count = count + (math.type(worker.receive(each)) == "integer" and 1 or 0)
	end
	return count
end

-- Workers that compute: as many execute as there are threads.
testing.own_pool(1)
same("a pool has one thread", threads(), 1)
local busy = compute(6)
same("one of six that compute executes at a time", usually_busy(), 1)
testing.grow_pool(2)
same("the pool has two more threads", threads(), 3)
same("three execute at a time", usually_busy(), 3)
same("all six answer", answers(busy), 6)
busy = compute(6)
same("later ones execute on all three, too", most_busy(3), 3)
same("and answer", answers(busy), 6)

-- Workers that wait and talk while the pool grows, one thread after the other, to the most that it can have.
local echo = {}
for i = 1, 20 do
	echo[i] = worker.create("./worker_code", "while true do worker.message(worker.peek()) end")
end
local right = 0
for round = 1, MOST - 3 do
	for i = 1, #echo do
		worker.send(echo[i], round * i)
	end
	testing.grow_pool(1)
	for i = 1, #echo do
		right = right + (worker.receive(echo[i]) == round * i and 1 or 0)
	end
end
same("workers talk while the pool grows", right, #echo * (MOST - 3))
same("it has the most threads that it can have", threads(), MOST)
raises("it cannot have more", "too many threads", testing.grow_pool, 1)
same("and has as many as before", threads(), MOST)
for i = 1, #echo do
	worker.stop(echo[i])
end
echo, busy = nil, nil

-- Memory: the threads of a pool count against its script, and growth does nothing without memory.
collectgarbage()
collectgarbage()
local pools = testing.pool().pools
testing.own_pool(1)
-- The memory of the former pool counts until that is destroyed.
local ending = linux.ktime() + 10000000000
while testing.pool().pools ~= pools and linux.ktime() < ending do
	linux.schedule(1)
end
same("the former pool is destroyed", testing.pool().pools, pools)
raises("33 threads are too many for another one", "too many threads", testing.grow_pool, MOST)
same("which still has one", threads(), 1)
local function counted(call, ...)
	local before = testing.counted()
	call(...)
	return testing.counted() - before
end
-- Calls once, so that the call itself takes no memory later.
counted(testing.grow_pool, 0)
local one = counted(testing.grow_pool, 1)
ok("a thread counts", one > 500, one)
same("two count twice as much", counted(testing.grow_pool, 2), 2 * one)
-- Leaves room for a call, not for 28 threads: later allocations share the spans with it, so they stay.
local hoard = {}
for i = 1, 4 do
	hoard[i] = tostring(i):rep(1000)
end
for _, size in ipairs({ 65536, 4096, 1000, 100 }) do
	while pcall(function()
		hoard[#hoard + 1] = ("x"):rep(size)
	end) do
	end
end
for i = 1, 4 do
	hoard[i] = nil
end
collectgarbage()
collectgarbage()
local before = testing.counted()
raises("without memory it does not grow", "not enough memory", testing.grow_pool, MOST - 4)
same("and takes none", testing.counted(), before)
same("it has as many threads as before", threads(), 4)
hoard = nil
collectgarbage()
collectgarbage()
testing.grow_pool(MOST - 4)
same("with memory it does grow", threads(), MOST)
busy = compute(MOST)
same("all threads execute at a time", most_busy(MOST), MOST)
same("and all answer", answers(busy), MOST)
