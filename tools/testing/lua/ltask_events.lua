-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of ltask: services that have an event, and their idle handlers.

local folder = ...
local common = assert(loadfile(folder .. "/lib/ltask.lua"))(folder)
local ltask, check, eval = common.ltask, common.check, common.eval
local same, ok, contains, failure = check.same, check.ok, common.contains, common.failure

-- The most services of a system that have an event.
local MOST <const> = 64

-- A service whose idle handler waits for its event, and counts.
local waiting = [[
	kept.wait, kept.handle = ltask.eventinit()
	kept.idle = 0
	ltask.idle_handler(function(from, session)
		kept.idle = kept.idle + 1
		kept.from, kept.session = from, session
		kept.result = kept.wait()
	end)
]]
local function new_waiting()
	local id = common.user()
	eval(id, waiting)
	return id
end
local function idles(id)
	return eval(id, "return kept.idle")
end

do
	local a = common.user()
	contains("3.8: an event must be made first", failure(eval, a, "ltask.eventreset()"), "Init event first")
	local nothing = table.pack(ltask.touch_service(a))
	same("3.8: a service without one is not touched", nothing.n, 0)
	same("3.8: nor one that is not there", select("#", ltask.touch_service(4000000)), 0)
	same("3.8: an idle handler alone is not called", eval(a, [[
		ltask.idle_handler(function() kept.idle = true end)
		ltask.sleep(2)
		return kept.idle
	]]), nil)
	eval(a, "kept.wait, kept.handle = ltask.eventinit()")
	same("3.8: a function that waits", eval(a, "return type(kept.wait)"), "function")
	same("3.8: and a handle", eval(a, "return type(kept.handle)"), "userdata")
	contains("3.8: once", failure(eval, a, "ltask.eventinit()"), "Already init event")
	same("3.8: the handler is called now", eval(a, "ltask.sleep(2) return kept.idle"), true)
	same("3.8: a handle again", eval(a, "return type(ltask.eventreset())"), "userdata")
	ltask.call(a, "exit")
end

-- The idle handler.
do
	local e = new_waiting()
	ok("3.8: the idle handler is called when there is nothing to do", common.soon(function()
		return idles(e) > 0
	end))
	same("3.8: by the system", eval(e, "return kept.from .. ' ' .. kept.session"), "0 0")
	same("3.8: the wait returns true", eval(e, "return kept.result"), true)
	for i = 1, 20 do
		if ltask.call(e, "echo", i) ~= i then
			check.ok("3.8: a message ends the wait", false, i)
		end
	end
	local before = idles(e)
	ltask.sleep(5)
	local after = idles(e)
	ok("3.8: it waits: it is not called over and over", after - before <= 2, after - before)
	-- The question has ended one wait.
	before = after
	ltask.sleep(1)
	local touched = table.pack(ltask.touch_service(e))
	same("3.8: touching is told", check.joined(touched.n, touched[1]), "1 true")
	ltask.sleep(20)
	same("3.8: touching ends the wait", idles(e) - before, 2)
	-- Timers end it, too.
	local time = common.took(eval, e, "ltask.sleep(3)")
	ok("3.8: sessions sleep meanwhile", time >= 3 and time < 200, time)
	time = common.took(eval, e, "local token = {} ltask.timeout(2, function() ltask.wakeup(token) end) ltask.wait(token)")
	ok("3.8: and timers run", time >= 2 and time < 200, time)
	same("3.8: it calls others", eval(e, "return ltask.call(..., 'echo', 7)", common.user()), 7)
	ltask.send(e, "exit")
	ok("3.8: and ends", common.soon(function()
		return (failure(ltask.call, e, "echo") or ""):find("is dead", 1, true)
	end))
end

-- Waiting in a session.
do
	local e = common.user()
	same("3.8: the wait takes no message", eval(e, [[
		kept.wait = ltask.eventinit()
		ltask.send(ltask.self(), "eval", "kept.got = true")
		local result = kept.wait()
		return tostring(result) .. " " .. tostring(kept.got)
	]]), "true nil")
	same("3.8: which is received after it", eval(e, "return kept.got"), true)
	local time = eval(e, [[
		local begun = ltask.counter()
		ltask.touch_service(ltask.self())
		local alarm = ltask.timeout(300, function() end)
		kept.wait()
		alarm:cancel()
		return (ltask.counter() - begun) * 100
	]])
	ok("3.8: a touch before the wait counts", time < 200, time)
	time = eval(e, [[
		local begun = ltask.counter()
		ltask.touch_service(ltask.self())
		ltask.eventreset()
		ltask.timeout(5, function() end)
		kept.wait()
		return (ltask.counter() - begun) * 100
	]])
	ok("3.8: unless it is taken back", time > 4.5 and time < 200, time)
	time = eval(e, [[
		local begun = ltask.counter()
		ltask.timeout(3, function() end)
		local ended
		table.sort({ 2, 1 }, function(a, b)
			if not ended then
				kept.wait()
				ended = true
			end
			return a < b
		end)
		return (ltask.counter() - begun) * 100
	]])
	ok("3.8: it waits where Lua cannot yield", time > 2.5 and time < 200, time)
	ltask.call(e, "exit")
end

-- Idle handlers that do other things than wait.
do
	local e = common.user()
	eval(e, [[
		kept.most, kept.now, kept.times = 0, 0, 0
		ltask.eventinit()
		ltask.idle_handler(function()
			kept.now, kept.times = kept.now + 1, kept.times + 1
			kept.most = math.max(kept.most, kept.now)
			ltask.sleep(1)
			kept.now = kept.now - 1
		end)
	]])
	ok("3.8: a handler that blocks is called again", common.soon(function()
		return eval(e, "return kept.times") > 3
	end))
	same("3.8: when it has returned", eval(e, "return kept.most"), 1)
	ltask.call(e, "exit")

	e = common.user()
	eval(e, [[
		kept.wait, kept.times = ltask.eventinit(), 0
		ltask.idle_handler(function()
			kept.times = kept.times + 1
			if kept.times == 1 then
				error("not this time")
			end
			kept.wait()
		end)
	]])
	ok("3.8: a handler that fails is called again", common.soon(function()
		return eval(e, "return kept.times") > 1
	end))
	eval(e, "ltask.idle_handler(nil)")
	local before = eval(e, "return kept.times")
	ltask.touch_service(e)
	ltask.sleep(2)
	same("3.8: without a handler the service is parked", eval(e, "return kept.times") - before, 0)
	ltask.call(e, "exit")

	e = common.user()
	eval(e, [[
		kept.times = 0
		ltask.eventinit()
		ltask.idle_handler(function() kept.times = kept.times + 1 end)
	]])
	local other = common.user()
	local time = common.took(function()
		for i = 1, 20 do
			ltask.call(other, "echo", i)
		end
	end)
	ok("3.8: a handler that returns at once does not stop others", time < 200, time)
	ok("3.8: and is called again", eval(e, "return kept.times") > 10)
	ltask.call(e, "exit")
end

-- Many that wait.
do
	local list = {}
	for i = 1, MOST do
		list[i] = common.user()
		eval(list[i], i % 2 == 0 and waiting or waiting .. " ltask.fork(kept.wait)")
	end
	local more = common.user()
	contains("3.8: there are at most 64", failure(eval, more, "ltask.eventinit()"), "Too many sockevents")
	-- Their waits hold no worker.
	local time = common.took(function()
		for i = 1, 20 do
			ltask.call(more, "echo", i)
		end
	end)
	ok("3.8: waiting holds no worker", time < 100, time)
	local alive = 0
	for i, id in ipairs(list) do
		alive = alive + (ltask.call(id, "echo", i) == i and 1 or 0)
	end
	same("3.8: all can be woken", alive, MOST)
	ltask.call(list[1], "exit")
	ok("3.8: the end of one makes room", common.soon(function()
		return not failure(eval, more, "ltask.eventinit()")
	end))
	contains("3.8: for one", failure(eval, common.user(), "ltask.eventinit()"), "Too many sockevents")
	-- The others still wait when the system ends.
end
common.finish()
