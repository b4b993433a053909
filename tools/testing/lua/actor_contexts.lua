-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: contexts and their threads (section 8). A context that is not the usual one is a pool.

local check, folder = ...
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)
local linux, testing = require("linux"), require("lunatik.testing")
local same, ok = check.same, check.ok
local user, eval, tell = common.user, common.eval, common.tell
local flag, flags = common.flag, common.flags

local function pools_are(count)
	return common.soon(function()
		return testing.pool().pools == count
	end)
end
ok("the only pool is that of all scripts", pools_are(1))

-- 8: which context.
do
	local a = user()
	local b = eval(a, "kept.b = user() return kept.b")
	same("8: an actor joins the context of its parent", testing.pool().pools, 1)
	same("8: whatever is written", eval(user({ inherit_context = true }), "return 1") and testing.pool().pools, 1)
	local own = user({ inherit_context = false })
	same("8: unless it gets its own", testing.pool().pools, 2)
	local child = eval(own, "kept.b = user() return kept.b")
	same("8: which its children join", testing.pool().pools, 2)
	same("8: or not", eval(own, "kept.c = user({ inherit_context = false }) return eval(kept.c, 'return 1')"), 1)
	same("8: then there is one more", testing.pool().pools, 3)
	tell(own, "finish = true")
	common.gone(own)
	ok("8: a context ends when nobody is in it", pools_are(2))
	same("8: others in it go on", eval(child, "return 'lives'"), "lives")
	child:close()
	own:close()
	collectgarbage()
	ok("8: the last one that ends, ends it", pools_are(1))
	a:close()
	b:close()
end
do
	local a = user({ inherit_context = false })
	same("8: a context works while its channel is kept", eval(a, "return 'lives'"), "lives")
	tell(a, "finish = true")
	same("8: an actor in it ends", common.gone(a), "channel_closed")
	a:close()
	ok("8: nothing keeps its context", pools_are(1))
end

-- 8: how many threads. Actors that compute note when they run, and those times are compared.
local NOTE <const> = [[
	local ending = ...
	local ktime = linux.ktime
	local begun = ktime()
	local last, times = begun, {}
	repeat
		local now = ktime()
		-- The thread, or the processor, did something else.
		if now - last > 500000 then
			table.move({ begun, last }, 1, 2, #times + 1, times)
			begun = now
		end
		last = now
	until now > ending
	table.move({ begun, last }, 1, 2, #times + 1, times)
	kept.times = times
]]
local LENGTH <const> = 50000000
-- The part of that time in which two actors in the context of `first` ran at once.
local function overlap(first)
	local one, two = eval(first, "return user(), user()")
	local ending = linux.ktime() + LENGTH
	tell(one, NOTE, ending)
	tell(two, NOTE, ending)
	local a, b = eval(one, "return kept.times"), eval(two, "return kept.times")
	local sum = 0
	for i = 1, #a, 2 do
		for j = 1, #b, 2 do
			sum = sum + math.max(0, math.min(a[i + 1], b[j + 1]) - math.max(a[i], b[j]))
		end
	end
	one:close()
	two:close()
	return sum / LENGTH
end
do
	local own = user({ inherit_context = false })
	local part = overlap(own)
	ok("8: a new context has one thread", part < 0.03, part)
	eval(own, "spawn_context_threads(1)")
	if linux.numcpus() > 1 then
		-- The host may run both processors of the machine on one of its own for some time.
		local tries = 0
		repeat
			part, tries = overlap(own), tries + 1
		until part > 0.06 or tries == 400
		ok("8: with another one, actors run at the same time", part > 0.06, part)
	end
	own:close()
	own = user({ inherit_context = false, concurrency_hint = 1 })
	part = overlap(own)
	ok("8: so has a context with the hint 1", part < 0.03, part)
	own:close()
end

-- 8: spawn_context_threads.
do
	local own = user({ inherit_context = false })
	for _, wrong in ipairs({ "nil", "'x'", "{}", "true", "print" }) do
		local why = eval(own, ("return failure(spawn_context_threads, %s)"):format(wrong))
		ok("8: the number of threads is no " .. wrong, why and why:find("bad argument", 1, true), why)
	end
	for _, count in ipairs({ 0, -1, -1000 }) do
		same(
			("8: %d threads are none"):format(count),
			eval(own, "return failure(spawn_context_threads, ...)", count),
			nil
		)
	end
	same("8: threads are added", eval(own, "return failure(spawn_context_threads, 1)"), nil)
	same("8: again", eval(own, "return failure(spawn_context_threads, 2)"), nil)
	local why = eval(
		own,
		"for i = 1, 1000 do local why = failure(spawn_context_threads, 8) if why then return why end end"
	)
	ok("8: not without end", why == "EAGAIN" or why == "E2BIG", why)
	same("8: after which the context works", eval(own, "return eval(user(), 'return 1')"), 1)
	own:close()
	own = user({ inherit_context = false, concurrency_hint = 1 })
	for _, count in ipairs({ 1, 0, -1, 100 }) do
		same(
			("8: a context with the hint 1 has one thread (%d)"):format(count),
			eval(own, "return failure(spawn_context_threads, ...)", count),
			"ENOTSUP"
		)
	end
	same(
		"8: its children share that",
		eval(own, "kept.b = user() return eval(kept.b, 'return failure(spawn_context_threads, 0)')"),
		"ENOTSUP"
	)
	same(
		"8: the hint is that of the context, not of an actor",
		eval(user({ concurrency_hint = 1 }), "return failure(spawn_context_threads, 0)"),
		nil
	)
	own:close()
end
do
	-- A fiber that never suspends: each waits for the other one.
	local own = user({ inherit_context = false, concurrency_hint = 1 })
	local one, two = eval(own, "return user(), user()")
	local first, second = flag("first"), flag("second")
	local wait = "local mine, other = ... flags[mine] = true while not flags[other] do end"
	tell(one, wait, first, second)
	tell(two, wait, second, first)
	same("8: actors that compute on one thread take turns", eval(one, "return 'past'"), "past")
	same("8: both", eval(two, "return 'past'"), "past")
	-- A comparison function cannot yield, so the thread stays with this actor.
	local held, go, ran = flag("held"), flag("go"), flag("ran")
	tell(one, [[
		local held, go = ...
		table.sort({ 1, 2 }, function()
			flags[held] = true
			while not flags[go] do
				linux.schedule(1)
			end
		end)
	]], held, go)
	common.wait_for(held)
	tell(two, "flags[...] = true", ran)
	ok("8: one that holds its thread does not keep others from running", common.wait_for(ran))
	flags[go] = true
end
collectgarbage()
ok("8: all contexts are gone", pools_are(1))
