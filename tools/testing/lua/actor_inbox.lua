-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: the inbox (section 3 but for 3.4, which is in actor_senders.lua).

local inbox = require("inbox")
local check, folder = ...
local same, ok = check.same, check.ok
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)
local failure, user, eval, tell = common.failure, common.user, common.eval, common.tell
local get, set = common.get, common.set
local flag, flags, turn = common.flag, common.flags, common.turn

-- 3.1: at the beginning, nobody has the address of the main VM.
same("3.1.6: a program starts without senders", failure(inbox.receive, inbox), "no_senders")
same("3.1.6: as often as it is asked", failure(inbox.receive, inbox), "no_senders")

-- 3: the object.
same("3: its metatable is a name", getmetatable(inbox), "rx-channel")
same("3: the module is the object", require("inbox"), inbox)
same("3: it has no other fields", failure(get, inbox, "senders"):match("^%S+"), "bad_index")
same("3: it cannot be changed", failure(set, inbox, "x", 1), "EPERM")
same("3: also where it has something", failure(set, inbox, "receive", 1), "EPERM")
do
	local address = user()
	same("3: what is sent of it is an address", eval(address, "return getmetatable((...))", inbox), "tx-channel")
	same(
		"3: which cannot be received from",
		eval(address, "return failure(get, ..., 'receive')", inbox):match("^%S+"),
		"bad_index"
	)
	same("3: it is there before the module is imported", eval(address, "return 'taken'"), "taken")
end

-- 3.1: the order of the checks. Each scenario has an actor of its own, whose main fiber is not in receive meanwhile.
local function scenario(name, want, code, ...)
	local address = user()
	same(name, eval(address, code, ...), want)
	address:close()
end
scenario("3.1.1: another self", "EINVAL arg=1", "return failure(inbox.receive, {})")
scenario("3.1.1: no self", "EINVAL arg=1", "return failure(inbox.receive)")
scenario("3.1.1: an address as self", "EINVAL arg=1", "return failure(inbox.receive, ...)", inbox)
scenario("3.1.1: comes before 3.1.2", "EINVAL arg=1", [[
	this_fiber.forbid_suspend()
	local why = failure(inbox.receive, {})
	this_fiber.allow_suspend()
	return why
]])
scenario("3.1.2: where one must not suspend", "forbid_suspend_block", [[
	this_fiber.forbid_suspend()
	local why = failure(inbox.receive, inbox)
	this_fiber.allow_suspend()
	return why
]])
scenario("3.1.2: comes before 3.1.3", "forbid_suspend_block", [[
	inbox:close()
	this_fiber.forbid_suspend()
	local why = failure(inbox.receive, inbox)
	this_fiber.allow_suspend()
	return why
]])
-- Whether `code` raises `interrupted` in a fiber that was interrupted before. `before` runs first.
local INTERRUPTED <const> = [[
	local before, code = ...
	load(before, "=before", "t", _ENV)()
	local chunk = load(code, "=code", "t", _ENV)
	local past = false
	local fiber = spawn(function()
		chunk()
		past = true
	end)
	fiber:interrupt()
	fiber:join()
	return fiber.interruption_caught and not past
]]
scenario("3.1.2: a fiber that was interrupted", true, INTERRUPTED, "", "inbox:receive()")
scenario("3.1.2: an interruption comes before 3.1.3", true, INTERRUPTED, "inbox:close()", "inbox:receive()")
scenario(
	"3.1.2: an interruption comes before 3.1.4",
	true,
	INTERRUPTED,
	"other = spawn(function() pcall(inbox.receive, inbox) end) this_fiber.yield()",
	"inbox:receive()"
)
do
	local own = common.own_address()
	local sender = spawn(function()
		own:send("queued")
	end)
	turn()
	local receiver = spawn(function()
		inbox:receive()
	end)
	receiver:interrupt()
	receiver:join()
	ok("3.1.2: an interruption comes before 3.1.5", receiver.interruption_caught)
	same("3.1.2: and takes no message", inbox:receive(), "queued")
	sender:join()
	own:close()
end
scenario("3.1.3: a closed inbox", "channel_closed", "inbox:close() return failure(inbox.receive, inbox)")
scenario("3.1.4: a second fiber cannot receive", "EBUSY", [[
	spawn(function()
		pcall(inbox.receive, inbox)
	end)
	this_fiber.yield()
	return failure(inbox.receive, inbox)
]])
do
	local address = user()
	eval(address, [[
		kept.first = spawn(function()
			return inbox:receive()
		end)
		this_fiber.yield()
		function ended(why)
			kept.home:send(kept.first:join() == "for the first" and why)
		end
		kept.home = ...
	]], inbox)
	-- The main fiber is told that the inbox is in use, and ends; the first fiber still waits.
	same("3.1.4: the first one is not disturbed", failure(address.send, address, "for the first"), nil)
	same("3.1.4: the second one was told", inbox:receive(), "EBUSY")
end

-- 3.1.5: a message that is queued. The sender is a fiber of the same actor.
do
	local own = common.own_address()
	local order = {}
	local sender = spawn(function()
		own:send(false)
		order[#order + 1] = "sender"
	end)
	turn()
	local other = spawn(function()
		order[#order + 1] = "other"
	end)
	local value = inbox:receive()
	order[#order + 1] = "receiver"
	same("3.1.5: a queued message is the result; it may be false", value, false)
	same("3.1.5: receive does not suspend then", table.concat(order, " "), "receiver")
	sender:join()
	other:join()
	same("3.1.5: its sender goes on", order[1] .. " " .. #order, "receiver 3")

	-- 3.1.6: the queue comes before no_senders.
	local senders = {}
	for i = 1, 3 do
		senders[i] = spawn(function()
			own:send(i)
		end)
	end
	turn()
	own:close()
	same("3.1.6: what is queued comes first", check.joined(inbox:receive(), inbox:receive(), inbox:receive()), "1 2 3")
	same("3.1.6: then nobody can send", failure(inbox.receive, inbox), "no_senders")
	for _, fiber in ipairs(senders) do
		fiber:join()
	end
end
-- 3.1.7: what wakes a fiber that is in receive.
do
	local address = user()
	eval(address, "kept.home = ...", inbox)
	tell(address, "kept.home:send('message')")
	same("3.1.7: a message", inbox:receive(), "message")
	tell(address, "kept.home:close()")
	same("3.1.7: the end of the last sender", failure(inbox.receive, inbox), "no_senders")
	address:close()
end
scenario("3.1.7: another fiber closes the inbox", "channel_closed", [[
	local fiber = spawn(function()
		return failure(inbox.receive, inbox)
	end)
	this_fiber.yield()
	inbox:close()
	return fiber:join()
]])
scenario("3.1.7: an interruption", true, [[
	local fiber = spawn(function()
		inbox:receive()
		past = true
	end)
	this_fiber.yield()
	fiber:interrupt()
	fiber:join()
	return fiber.interruption_caught and not past
]])
do
	-- A time-out: another fiber interrupts the receiver.
	local address = user()
	same("3.1: a time-out is an interruption by another fiber", eval(address, [[
		local receiver = spawn(function()
			inbox:receive()
		end)
		local timer = spawn(function()
			time.sleep(0.01)
			receiver:interrupt()
		end)
		receiver:join()
		timer:join()
		return receiver.interruption_caught
	]]), true)
	same("3.1: after which nothing is lost", eval(address, "return 'here'"), "here")
	same("3.1: also what was sent meanwhile", eval(address, [[
		local receiver = spawn(function()
			inbox:receive()
		end)
		this_fiber.yield()
		kept.own = ...
		local sender = spawn(function()
			kept.own:send("kept")
		end)
		receiver:interrupt()
		receiver:join()
		local value = inbox:receive()
		sender:join()
		return value
	]], eval(user(), "return ...", address)), "kept")
end
same("3.1: nil cannot be sent", eval(user(), "return failure((...).send, ..., nil)", inbox):match("^%u+"), "EINVAL")

-- 3.2: close.
scenario("3.2: it may be closed twice", nil, "inbox:close() inbox:close()")
scenario("3.2: also where one must not suspend", nil, [[
	this_fiber.forbid_suspend()
	local why = failure(inbox.close, inbox)
	this_fiber.allow_suspend()
	return why
]])
scenario("3.2: it stays closed", "channel_closed", [[
	inbox:close()
	return failure(require("inbox").receive, require("inbox"))
]])
do
	local address = user()
	local whys = {}
	local fibers = {}
	tell(address, "local home = ... home:send('begun') home:send('queued') inbox:close() home:send('closed')", inbox)
	inbox:receive()
	for i = 1, 3 do
		fibers[i] = spawn(function()
			whys[i] = failure(address.send, address, "lost")
		end)
	end
	turn()
	inbox:receive()
	same("3.2: the inbox is closed", inbox:receive(), "closed")
	for _, fiber in ipairs(fibers) do
		fiber:join()
	end
	same(
		"3.2: who has sent what is queued is told",
		check.joined(table.unpack(whys)),
		"channel_closed channel_closed channel_closed"
	)
	same("3.2: and who sends later", failure(address.send, address, "late"), "channel_closed")
end

-- 3.3: implicit close.
do
	local go, lives = flag("no_inbox"), flag("no_inbox_lives")
	local address = spawn_vm("/actors/no_inbox")
	same(
		"3.3: an actor that has not imported its inbox closes it with its main fiber",
		failure(address.send, address, 1),
		"channel_closed"
	)
	ok("3.3: although other fibers go on", common.wait_for(lives))
	flags[go] = true
	ok("3.3: and end later", common.soon(function()
		return flags[lives] == "ended"
	end))
end
do
	local go = flag("imported")
	local address = spawn_vm("/actors/imported")
	address:send(inbox)
	same("3.3: an inbox that was imported stays while it is used", inbox:receive(), "used")
	local why
	local sender = spawn(function()
		why = failure(address.send, address, "lost")
	end)
	turn()
	same("3.3: who sends to it waits", why, nil)
	flags[go] = true
	sender:join()
	same("3.3: until it was collected", why, "channel_closed")
	same("3.3: the actor lives", inbox:receive(), "alive")
end
for _, way in ipairs({
	{ "ends", "finish = true" },
	{ "fails", "finish = true; function ended() error('fails') end" },
	{
		"has no memory left",
		"finish = true function ended() require('lunatik.testing').fail_allocation(1, true) kept[1] = {} end",
	},
	{ "calls system.exit", "require('system').exit()" },
	{ "fails while it cleans up", "scope(function() scope_cleanup_push(function() error('fails') end) end)" },
}) do
	local name, code = way[1], way[2]
	local address = user()
	local begun, go = flag("begun"), flag("go")
	tell(address, ("flags['%s'] = true; hold_until('%s'); %s"):format(begun, go, code))
	common.wait_for(begun)
	local why
	local sender = spawn(function()
		why = failure(address.send, address, { code = "inbox:close()" })
	end)
	turn()
	flags[go] = true
	sender:join()
	same(("3.3: who sends to an actor that %s"):format(name), why, "channel_closed")
end
