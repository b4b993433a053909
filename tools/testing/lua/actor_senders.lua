-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: who counts as a sender (section 3.4). The inbox of this script is the one whose senders
-- count. The script has no sender at the beginning of each check, and none at its end.

local check, folder = ...
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)
local inbox = require("inbox")
local same, ok = check.same, check.ok
local failure, user, eval, tell = common.failure, common.user, common.eval, common.tell
local flag, flags, turn = common.flag, common.flags, common.turn

-- Whether this script can receive nothing more: waits until then.
local function alone(name)
	same(name, failure(inbox.receive, inbox), "no_senders")
end

-- Receives in a fiber, and returns that, and a table that gets the reason when it has ended. It has begun to wait.
local function receiver()
	local ended = {}
	local fiber = spawn(function()
		ended.why = failure(inbox.receive, inbox) or "received"
		return ended.why
	end)
	turn()
	return fiber, ended
end

do
	local a = user()
	eval(a, "kept.one, kept.two = ...", inbox, inbox)
	eval(a, "kept.one:close()")
	tell(a, "kept.two:send('from the second')")
	same("3.4: each object is a sender", inbox:receive(), "from the second")
	local waits = receiver()
	tell(a, "kept.two:close()")
	same("3.4: the last one that is closed wakes the receiver", waits:join(), "no_senders")
	alone("3.4: and then there is none")
end
do
	local a = user()
	eval(a, "kept.one = ...", inbox)
	local waits = receiver()
	tell(a, "kept.one = nil; collect()")
	same("3.4: one that was collected is none", waits:join(), "no_senders")
end
do
	local a, b = user(), user()
	eval(a, "kept.one = ...", inbox)
	eval(b, "kept.one = ...", inbox)
	tell(a, "kept.one:close()")
	tell(b, "kept.one:send('from the other')")
	same("3.4: each VM has its own", inbox:receive(), "from the other")
	local waits = receiver()
	b:close()
	same("3.4: one of a VM that has ended is none", waits:join(), "no_senders")
end
for _, way in ipairs({
	{ "fails", "finish = true; function ended() error('fails') end" },
	{
		"has no memory left",
		"finish = true function ended() require('lunatik.testing').fail_allocation(1, true) kept[1] = {} end",
	},
	{ "calls system.exit", "require('system').exit()" },
}) do
	local a = user()
	eval(a, "kept.one = ...", inbox)
	local waits = receiver()
	tell(a, way[2])
	same(("3.4: one of a VM that %s is none"):format(way[1]), waits:join(), "no_senders")
end
do
	-- Actor b takes no messages until the flag is set.
	local a, b, go, queued = user(), user(), flag("go"), flag("queued")
	tell(b, ("hold_until('%s')"):format(go))
	eval(a, "kept.home, kept.other = ...", inbox, b)
	tell(a, ([[
		spawn(function()
			kept.other:send({ code = "kept.home = ...", arguments = { n = 1, kept.home } })
		end)
		turn()
		kept.home:close()
		flags["%s"] = true
	]]):format(queued))
	local waits, ended = receiver()
	ok("3.4: an actor has an address in its queue", common.wait_for(queued))
	turn()
	same("3.4: which is a sender", ended.why, nil)
	flags[go] = true
	tell(b, "kept.home:send('it came')")
	same("3.4: it can be used when it was received", waits:join(), "received")
	waits = receiver()
	tell(b, "kept.home:close()")
	same("3.4: and closed", waits:join(), "no_senders")
end
do
	local a, b, go, queued = user(), user(), flag("go"), flag("queued")
	tell(b, ("hold_until('%s') inbox:close()"):format(go))
	eval(a, "kept.home, kept.other = ...", inbox, b)
	tell(a, ([[
		kept.fiber = spawn(function()
			kept.why = failure(kept.other.send, kept.other, { kept.home })
		end)
		turn()
		kept.home:close()
		flags["%s"] = true
	]]):format(queued))
	local waits = receiver()
	common.wait_for(queued)
	flags[go] = true
	same("3.4: one in a queue that is discarded is none", waits:join(), "no_senders")
	eval(a, "kept.fiber:join()")
	same("3.4: as its sender knows", eval(a, "return kept.why"), "channel_closed")
end
do
	local own = common.own_address()
	local waits, ended = receiver()
	-- Time in which an end would be noticed.
	local other = user()
	for _ = 1, 3 do
		other:send({ code = "" })
	end
	same("3.4: an address of one's own is a sender", ended.why, nil)
	own:close()
	same("3.4: until it is closed", waits:join(), "no_senders")
end
