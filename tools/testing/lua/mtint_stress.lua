-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Very many interrupts at random moments, of runtimes that do all kinds of work. Arguments: the folder tools/testing,
-- and the number of interrupts.

local folder, interrupts = ...
interrupts = tonumber(interrupts)
local check = dofile(folder .. "/lib/check.lua")
local linux = require("linux")
local llthreads = require("llthreads2.ex")
local mtint = require("mtint")
local mtmsg = require("mtmsg")

-- What the threads do while they are interrupted. Each has a main thread with a handler that counts, and runs its
-- work in coroutines without a handler, which are interrupted by their own ids; it checks its results itself.
local function victim(folder, role, ids, stop, queue)
	local mtint, mtmsg = require("mtint"), require("mtmsg")
	ids, stop, queue = { mtmsg.buffer(ids[1]), mtmsg.buffer(ids[2]) }, mtmsg.buffer(stop), mtmsg.buffer(queue)
	local function tell(...)
		ids[1]:addmsg(...)
		ids[2]:addmsg(...)
	end
	local handled, raised, rounds = 0, 0, 0
	mtint.sethook(function()
		handled = handled + 1
		local garbage = {}
		for i = 1, 3 do
			garbage[i] = { i }
		end
	end)

	local work = dofile(folder .. "/lua/mtint_work.lua")

	-- The main thread does what must not be lost: it only has a handler.
	local sent, got, sum = 0, 0, 0
	local function wait()
		for _ = 1, 5 do
			sent = sent + 1
			assert(queue:addmsg(sent))
		end
		for _ = 1, 5 do
			local n = queue:nextmsg(10)
			assert(n == got + 1, "a message was lost")
			got = n
			sum = sum + n
		end
		queue:nextmsg(0.001)
	end

	local function step()
		rounds = rounds + 1
		work[role]()
	end
	local running
	local function loop()
		while true do
			step()
			coroutine.yield()
		end
	end
	tell("main", mtint.id())
	while stop:msgcnt() == 0 do
		if not running or coroutine.status(running) == "dead" then
			running = coroutine.create(loop)
			tell("coroutine", mtint.id(running))
		end
		for _ = 1, 20 do
			local ok, err = coroutine.resume(running)
			if not ok then
				if err ~= mtint.error.interrupted then
					error(err, 0)
				end
				raised = raised + 1
				break
			end
		end
		wait()
	end
	return handled, raised, rounds, sent - got, sum == got * (got + 1) // 2
end

-- Each operation of each kind of work, one after the other: a handler at all of them, then an error at each.
do
	local work = dofile(folder .. "/lua/mtint_work.lua")
	local count, last = 0, math.huge
	local function handler()
		count = count + 1
		if count % 64 == 0 then
			collectgarbage("step")
		end
		if count >= last then
			mtint.interrupt(mtint.id(), false)
			error("enough", 0)
		end
	end
	for role, fn in pairs(work) do
		local function run(operations)
			local co = coroutine.create(fn)
			mtint.sethook(co, handler)
			mtint.interrupt(mtint.id(co), true)
			count, last = 0, operations
			return coroutine.resume(co)
		end
		local ok, err = run(math.huge)
		check.ok("a handler at each operation does not disturb '" .. role .. "'", ok, err)
		local all = count
		local good, what = true, nil
		for operations = 1, all, math.max(1, all * 500 // interrupts) do
			ok, err = run(operations)
			-- What catches errors itself may go on.
			if not ok and err ~= "enough" then
				good, what = false, err
			end
		end
		check.ok(("an error at each of its %d operations ends it, or is caught by it"):format(all), good, what)
	end
end

local stop, ids = mtmsg.newbuffer(), { mtmsg.newbuffer(), mtmsg.newbuffer() }
local both = { ids[1]:id(), ids[2]:id() }
local roles = { "allocate", "collect", "yield", "raise", "text" }
local threads, queues = {}, {}
for i, role in ipairs(roles) do
	queues[i] = mtmsg.newbuffer()
	threads[i] = llthreads.new(victim, folder, role, both, stop:id(), queues[i]:id()):start()
end

-- Two threads interrupt, all that they know of and some that they do not.
local function interrupter(ids_id, stop_id, count)
	local mtint, mtmsg, linux = require("mtint"), require("mtmsg"), require("linux")
	local ids, stop = mtmsg.buffer(ids_id), mtmsg.buffer(stop_id)
	local mains, coroutines, seen = {}, {}, 0
	local done, unknown, gone = 0, 0, 0
	while done < count do
		repeat
			local kind, id = ids:nextmsg(0)
			if kind == "main" then
				mains[#mains + 1] = id
			elseif kind == "coroutine" then
				coroutines[seen % 8 + 1] = id
				seen = seen + 1
			end
		until not kind
		-- Now and then the others get the CPU, so that not all interrupts become one.
		mtmsg.sleep(0.001)
		for _ = 1, 200 do
			local pick = linux.random(1, 100)
			local id
			if pick <= 60 and #mains > 0 then
				id = mains[linux.random(1, #mains)]
			elseif pick <= 99 and #coroutines > 0 then
				id = coroutines[linux.random(1, #coroutines)]
			else
				id = linux.random(1, 1 << 40)
			end
			local ok, result = pcall(mtint.interrupt, id)
			if not ok then
				assert(result:match("^mtint%.error%.unknown_object: interruptible id %d+$"), result)
				unknown = unknown + 1
			elseif result == false then
				gone = gone + 1
			else
				done = done + 1
			end
		end
		if stop:msgcnt() > 0 then
			break
		end
	end
	return done, unknown, gone
end

local begun = linux.ktime()
local first = llthreads.new(interrupter, both[1], stop:id(), interrupts // 2):start()
local second = llthreads.new(interrupter, both[2], stop:id(), interrupts // 2):start()
local total = 0
for i, thread in ipairs({ first, second }) do
	local ok, done, unknown, gone = thread:join()
	check.ok("interrupter " .. i .. " saw nothing but what may be", ok, done)
	if ok then
		total = total + done
		print(("# %d interrupts, %d to unknown ids, %d to those that are gone"):format(done, unknown, gone))
	end
end
print(("# in %d ms"):format((linux.ktime() - begun) // 1000000))
check.ok("all interrupts were sent", total >= interrupts, total)
stop:addmsg("stop")
for i, thread in ipairs(threads) do
	local ok, handled, raised, rounds, lost, right = thread:join()
	check.ok("the thread that does '" .. roles[i] .. "' saw nothing wrong", ok, handled)
	if ok then
		print(("# %s: %d handled, %d raised in coroutines, %d rounds"):format(roles[i], handled, raised, rounds))
		check.ok("it was interrupted, in both ways", handled > 0 and raised > 0)
		check.same("no message was lost", lost, 0)
		check.ok("and all were whole", right)
	end
end

-- Coroutines that come and go, while another thread interrupts them by their ids.
local target = mtmsg.newbuffer()
stop:clear()
local maker = llthreads
	.new(function(target_id, stop_id)
		local mtint, mtmsg = require("mtint"), require("mtmsg")
		local target, stop = mtmsg.buffer(target_id), mtmsg.buffer(stop_id)
		local made = 0
		while stop:msgcnt() == 0 do
			local kept = {}
			for i = 1, 20 do
				kept[i] = coroutine.create(function()
					coroutine.yield()
				end)
				local own = kept[i]
				mtint.sethook(own, function()
					return own
				end)
				target:setmsg(mtint.id(own))
				made = made + 1
				coroutine.resume(own)
			end
			kept = nil
			collectgarbage()
		end
		return made
	end, target:id(), stop:id())
	:start()
local outcomes = { ["true"] = 0, ["false"] = 0, unknown = 0 }
local wrong
local deadline = linux.ktime() + 60000000000
while outcomes["true"] < interrupts // 100 and linux.ktime() < deadline do
	local id = target:nextmsg(0) or 1
	local ok, result = pcall(mtint.interrupt, id, linux.random(1, 3) == 1 or nil)
	if id == 1 then
		linux.schedule(1)
	elseif ok then
		outcomes[tostring(result)] = outcomes[tostring(result)] + 1
	elseif result:match("^mtint%.error%.unknown_object") then
		outcomes.unknown = outcomes.unknown + 1
	else
		wrong = result
	end
	if id ~= 1 and linux.random(1, 100) > 1 then
		target:addmsg(id)
	end
end
stop:addmsg("stop")
local ok, made = maker:join()
check.ok("who makes coroutines that are interrupted while they are collected saw nothing wrong", ok, made)
check.same("who interrupts them sees only what may be", wrong, nil)
check.ok("they were interrupted", outcomes["true"] > 0, outcomes["true"])
print(
	("# %s coroutines made; %d interrupted, %d gone, %d unknown"):format(
		made,
		outcomes["true"],
		outcomes["false"],
		outcomes.unknown
	)
)

-- Whole runtimes that come and go.
local wanted = math.max(interrupts // 10000, 5)
for _ = 1, wanted do
	local thread = llthreads
		.new(function(target_id)
			local mtint = require("mtint")
			mtint.sethook(function() end)
			require("mtmsg").buffer(target_id):setmsg(mtint.id())
			for _ = 1, 100 do
				local _ = {}
			end
		end, target:id())
		:start()
	target:setmsg()
	local id
	local alive = true
	while alive do
		id = target:nextmsg(0) or id
		if id then
			pcall(mtint.interrupt, id, true)
			pcall(mtint.interrupt, id, false)
		end
		alive = thread:alive()
	end
	local joined, err = thread:join()
	ok = ok and joined
	wrong = wrong or (not joined and err) or nil
end
check.same(wanted .. " runtimes that are interrupted until they are closed end well", wrong, nil)
