-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: channels (sections 4, 4.1, 4.2, 4.6 and 4.7, and the rulings on them). Channels to actors in
-- user space are not among them.

local check, folder = ...
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)
local inbox = require("inbox")
local same, ok, joined = check.same, check.ok, check.joined
local failure, user, eval, tell = common.failure, common.user, common.eval, common.tell
local get, set = common.get, common.set
local flag, flags, turn, hold_until = common.flag, common.flags, common.turn, common.hold_until

-- 4: the object.
do
	local a = user()
	same("4: its metatable is a name", getmetatable(a), "tx-channel")
	for _, name in ipairs({ "detach", "kill", "child_pid", "other", 1 }) do
		same(("4: it has no field %s"):format(name), failure(get, a, name), "bad_index index=2")
	end
	same("4: it cannot be changed", failure(set, a, "x", 1), "EPERM")
	same("4: also where it has something", failure(set, a, "send", 1), "EPERM")
	local copy = eval(user(), "return ...", a)
	ok("4: two with the same destination are equal", a == copy)
	ok("4: and are two objects", not rawequal(a, copy))
	ok("4: others are not", a ~= user())
	local closed, closed_copy = eval(user(), "return ..., ...", a)
	closed:close()
	ok("4.1: a closed one is equal to no open one", closed ~= a)
	closed_copy:close()
	ok("4.1: nor to a closed one", closed ~= closed_copy)
	local own = common.own_address()
	same("4.7: an address of one's own is a channel", getmetatable(own), "tx-channel")
	own:close()
end

-- 4.1: close.
do
	local a = user()
	local copy = eval(user(), "return ...", a)
	copy:close()
	same("4.1: nothing can be sent then", failure(copy.send, copy, { code = "" }), "channel_closed")
	same("4.1: it may be closed twice", failure(copy.close, copy), nil)
	this_fiber.forbid_suspend()
	local why = failure(copy.close, copy)
	this_fiber.allow_suspend()
	same("4.1: also where one must not suspend", why, nil)
	same("4.1: other copies stay open", eval(a, "return 'open'"), "open")
	eval(a, "kept.home = ...; function ended(why) kept.home:send(why) end", inbox)
	a:close()
	same("4.1: the last one that is closed tells the receiver", inbox:receive(), "no_senders")
end

-- 4.2: the order of the checks of send.
local dead = user()
tell(dead, "finish = true")
same("4.2: an actor is gone", common.gone(dead), "channel_closed")
local function forbidden(...)
	this_fiber.forbid_suspend()
	local why = failure(...)
	this_fiber.allow_suspend()
	return why
end
-- The error of the function in a fiber that was interrupted before; "interrupted" if that ends the fiber.
local function interrupted(fn, ...)
	local arguments, past = table.pack(...), false
	local fiber = spawn(function()
		fn(table.unpack(arguments, 1, arguments.n))
		past = true
	end)
	fiber:interrupt()
	fiber:join()
	return not past and fiber.interruption_caught and "interrupted" or nil
end
do
	local a = user()
	same("4.2: send needs a value", failure(a.send, a):match("^%S+"), "EINVAL")
	same("4.2: and a channel", failure(a.send):match("^%S+"), "EINVAL")
	same("4.2: which comes before 4.2's forbidden suspension", forbidden(a.send, a):match("^%S+"), "EINVAL")
	same("4.2: another self", failure(a.send, {}, 1), "EINVAL arg=1")
	same("4.2: the inbox as self", failure(a.send, inbox, 1), "EINVAL arg=1")
	same("4.2: comes before a forbidden suspension", forbidden(a.send, {}, 1), "EINVAL arg=1")
	same("4.2: a forbidden suspension", forbidden(a.send, a, { code = "" }), "forbid_suspend_block")
	same("4.2: comes before a dead destination", forbidden(dead.send, dead, 1), "forbid_suspend_block")
	same("4.2: and before values that cannot be sent", forbidden(a.send, a, print), "forbid_suspend_block")
	same("4.2: an interruption", interrupted(a.send, a, { code = "" }), "interrupted")
	same("4.2: comes before a dead destination, too", interrupted(dead.send, dead, 1), "interrupted")
	same("4.2: and before values", interrupted(a.send, a, print), "interrupted")
	local both
	local fiber = spawn(function()
		this_fiber.forbid_suspend()
		this_fiber.disable_interruption()
		both = failure(a.send, a, 1)
		this_fiber.restore_interruption()
		this_fiber.allow_suspend()
	end)
	fiber:interrupt()
	fiber:join()
	same("4.2: a forbidden suspension comes first", both, "forbid_suspend_block")
	same("4.2: a dead destination", failure(dead.send, dead, 1), "channel_closed")
	same("4.2: comes before values that cannot be sent", failure(dead.send, dead, print), "channel_closed")
	same("4.2: a value that cannot be sent", failure(a.send, a, print):match("^%S+"), "EINVAL")
	same("4.2: after all that, the actor is undisturbed", eval(a, "return 'well'"), "well")
end

-- 4.2: the rendezvous. Actor `a` takes no message while it waits for a flag; the fiber that sends is in this actor.
-- Returns the fiber and a table that gets `done` when its send has returned, and `why` if it has failed.
local function sender(address, value)
	local state = {}
	local fiber = spawn(function()
		state.why = failure(address.send, address, value)
		state.done = true
		this_fiber.yield()
		state.past = true
	end)
	turn()
	return fiber, state
end
do
	local a, go = user(), flag("go")
	tell(a, ("hold_until('%s') kept.first = inbox:receive() inbox:receive():send(kept.first[1])"):format(go))
	local value = { "sent" }
	local fiber, state = sender(a, value)
	value[1] = "changed"
	local second, second_state = sender(a, inbox)
	same("4.2: send waits until somebody receives", joined(state.done, second_state.done), "nil nil")
	flags[go] = true
	same("4.2: what was sent is what it was then", inbox:receive(), "sent")
	fiber:join()
	second:join()
	same("4.2: send returns nothing", state.why, nil)
end
do
	-- Both sides wait for nothing but the message.
	local a, taken, go = user(), flag("taken"), flag("go")
	tell(a, ("inbox:receive() flags['%s'] = true hold_until('%s')"):format(taken, go))
	local fiber, state = sender(a, "x")
	ok("4.2: the value goes to a fiber that is in receive", common.wait_for(taken))
	fiber:join()
	ok("4.2: and send returns, whatever the receiver does then", state.done and not state.why)
	flags[go] = true
end
do
	local a = user()
	eval(a, "kept.got = {}")
	for i = 1, 100 do
		a:send({ code = "kept.got[#kept.got + 1] = ...", arguments = { n = 1, i } })
	end
	same("4.2: messages of one fiber come in order", eval(a, "return table.concat(kept.got)"), table.concat((function()
		local all = {}
		for i = 1, 100 do
			all[i] = i
		end
		return all
	end)()))
	local go = flag("go")
	tell(a, ("hold_until('%s') kept.got = {} for i = 1, 20 do kept.got[i] = inbox:receive() end"):format(go))
	local fibers = {}
	for i = 1, 20 do
		fibers[i] = sender(a, i)
	end
	flags[go] = true
	for _, fiber in ipairs(fibers) do
		fiber:join()
	end
	same("4.2: those of several in the order in which they were sent", eval(a, "return table.concat(kept.got, ' ')"),
		"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20")
end

-- 4.2: interruption.
do
	local a, go = user(), flag("go")
	tell(a, ("hold_until('%s')"):format(go))
	local fiber, state = sender(a, { code = "kept.got = 'interrupted'" })
	local second = sender(a, { code = "kept.second = 'second'" })
	fiber:interrupt()
	fiber:join()
	same("4.2: an interrupted send raises", state.why, "interrupted")
	flags[go] = true
	second:join()
	same("4.2: and was not delivered", eval(a, "return kept.got, kept.second"), nil)
	same("4.2: others are", eval(a, "return kept.second"), "second")
end
do
	local a, taken, go = user(), flag("taken"), flag("go")
	tell(a, ("inbox:receive() flags['%s'] = true hold_until('%s')"):format(taken, go))
	local state = {}
	local fiber = spawn(function()
		state.why = failure(a.send, a, "x")
		state.done = true
		this_fiber.yield()
		state.past = true
	end)
	this_fiber.yield()
	-- Now it was taken, but this actor has not been told yet.
	hold_until(taken)
	fiber:interrupt()
	fiber:join()
	flags[go] = true
	same("4.2: a send whose value was taken succeeds", joined(state.done, state.why), "true nil")
	ok("4.2: the interruption comes at the next point", fiber.interruption_caught and not state.past)
end
do
	local a, closed, go = user(), flag("closed"), flag("go")
	tell(a, ("hold_until('%s') inbox:close() flags['%s'] = true"):format(go, closed))
	local fiber, state = sender(a, "x")
	flags[go] = true
	hold_until(closed)
	fiber:interrupt()
	fiber:join()
	same("4.2: if the inbox was closed before, that is the error", state.why, "channel_closed")
end
do
	local a, b, go, queued = user(), user(), flag("go"), flag("queued")
	tell(b, ("hold_until('%s') kept.got = inbox:receive()"):format(go))
	eval(a, "kept.other = ...", b)
	tell(a, ([[
		spawn(function()
			kept.other:send("of the dead")
		end)
		turn()
		flags["%s"] = true
		require("system").exit()
	]]):format(queued))
	common.wait_for(queued)
	same("4.2: an actor is gone that has sent", common.gone(a), "channel_closed")
	flags[go] = true
	same("4.2: what it has sent is received", eval(b, "return kept.got"), "of the dead")
end

-- 4.7: addresses.
do
	local a, b, c = user(), user(), user()
	eval(a, "kept.other = ...", c)
	eval(b, "kept.other = ...", eval(a, "return kept.other"))
	same("4.7: a received address is a channel", eval(b, "return getmetatable(kept.other)"), "tx-channel")
	ok("4.7: to the same destination", eval(b, "return kept.other") == c)
	tell(b, "kept.other:send({ code = 'kept.got = ...', arguments = { n = 1, 'through two' } })")
	c:close()
	local again = eval(b, "return kept.other")
	same("4.7: it works when those before it are closed", eval(again, "return kept.got"), "through two")
end
