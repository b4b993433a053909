-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- More computing workers than CPUs. The arguments are the folder tools/testing, the number of rounds that each
-- computes, the number of workers, and the number of messages that two others exchange meanwhile.

local folder = ...
local rounds, workers, messages =
	math.tointeger((select(2, ...))), math.tointeger((select(3, ...))), math.tointeger((select(4, ...)))
local check = dofile(folder .. "/lib/check.lua")
local receive_all = dofile(folder .. "/lib/receive_all.lua")
local ok, same = check.ok, check.same
local pool = require("lunatik.testing").pool

local sum_of = dofile(folder .. "/lua/pool_compute.lua")
local expected = {}
for round = 1, rounds do
	expected[round] = sum_of(round)
end

-- In turn: each makes progress although none of the others ever ends or waits.
do
	local all = {}
	for i = 1, workers do
		all[i] = worker.create(
			"./worker_code",
			"for i = 1, 10 do worker.message(i) for _ = 1, 1000000 do end end while true do end"
		)
	end
	local ended = true
	for i = 1, workers do
		for told = 1, 10 do
			ended = worker.receive(all[i], 60000) == told and ended
		end
	end
	ok("each of " .. workers .. " that never end gets its turns", ended)
	for i = 1, workers do
		worker.stop(all[i], 0)
	end
end

-- All at once; each reports its rounds.
do
	local before = pool().drainers
	worker.limits({ messages = 65536 })
	local all, at, wrong = {}, {}, 0
	for i = 1, workers do
		all[i], at[i] = worker.create("./pool_compute", rounds), 0
	end
	local done = 0
	receive_all(all, function(i, sum)
		at[i] = at[i] + 1
		wrong = wrong + (sum == expected[at[i]] and 0 or 1)
		if at[i] == rounds then
			done = done + 1
		end
	end)
	same(workers .. " workers that compute get to their ends", done, workers)
	same("with the right sums", wrong, 0)
	local after = pool().drainers
	ok("on the threads that are there", after <= before + 8, before .. " before, " .. after .. " after")
	print("# " .. before .. " threads before, " .. after .. " after")
end

-- Two exchange messages beside four that compute.
do
	local busy = {}
	for i = 1, 4 do
		busy[i] = worker.create("./pool_compute", 1000000)
	end
	local ping = worker.create(
		"./worker_code",
		[[
		local messages = ...
		local pong = worker.create("./worker_code", "while true do worker.message(worker.peek() + 1) end")
		for i = 1, messages do
			worker.send(pong, i)
			local answer = worker.receive(pong)
			if answer ~= i + 1 then
				error(("%d was answered by %s"):format(i, tostring(answer)))
			end
		end
		if worker.receive(pong, 20) ~= nil then
			error("there is one answer more")
		end
		worker.stop(pong)
		worker.message(messages)
	]],
		messages
	)
	same(messages .. " messages to and fro beside four that compute", worker.receive(ping), messages)
	for i = 1, 4 do
		worker.stop(busy[i])
	end
end
