-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Actors on several threads, at random: what is sent is received once or not at all, and the sender knows which; ends of
-- inboxes and of senders are seen by everybody at the same moment.

local check, folder = ...
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)
local inbox = require("inbox")
local same, ok = check.same, check.ok
local failure, user, eval, tell = common.failure, common.user, common.eval, common.tell
local flag, flags = common.flag, common.flags

-- An actor with a thread of its own, in whose code `pause` lets a random time go by.
local function racer(seed)
	local address = user({ inherit_context = false })
	eval(
		address,
		[[
			local seed = ...
			math.randomseed(seed)
			function pause()
				local way = math.random(4)
				if way == 1 then
					for _ = 1, math.random(3) do
						this_fiber.yield()
					end
				elseif way == 2 then
					local ending = linux.ktime() + math.random(30000)
					while linux.ktime() < ending do
					end
					this_fiber.yield()
				elseif way == 3 then
					time.sleep(math.random() / 20000)
				end
			end
		]],
		seed
	)
	return address
end

-- 4.2 and 3.1: each send and each receive is interrupted after a random time.
local ROUNDS <const> = 3000
for seed = 1, 3 do
	local sender, receiver, go = racer(seed), racer(seed + 100), flag("go")
	tell(
		sender,
		[[
			local to, rounds, go = ...
			hold_until(go)
			local sent = {}
			for i = 1, rounds do
				local fiber = spawn(function()
					to:send(i)
					sent[#sent + 1] = i
				end)
				pause()
				fiber:interrupt()
				fiber:join()
			end
			to:send("done")
			kept.sent = sent
		]],
		receiver,
		ROUNDS,
		go
	)
	local got = eval(
		receiver,
		[[
			flags[...] = true
			local got, done = {}, false
			while not done do
				local fiber = spawn(function()
					local value = inbox:receive()
					if value == "done" then
						done = true
					else
						got[#got + 1] = value
					end
				end)
				pause()
				fiber:interrupt()
				fiber:join()
			end
			return got
		]],
		go
	)
	local sent = eval(sender, "return kept.sent")
	same("4.2: what was received is what was sent without an error", table.concat(got, " "), table.concat(sent, " "))
	ok("4.2: some of it was, and some was interrupted", #sent > 0 and #sent < ROUNDS, #sent)
	sender:close()
	receiver:close()
end

-- 3.2: the inbox is closed after some messages.
do
	local right, rounds = 0, 200
	local sender = racer(7)
	for round = 1, rounds do
		local receiver = racer(round)
		local count = round % 5
		eval(receiver, "kept.count = ...", count)
		tell(
			receiver,
			[[
				for _ = 1, kept.count do
					inbox:receive()
				end
				pause()
				inbox:close()
			]]
		)
		local sent, why = eval(
			sender,
			[[
				local to, sent, why = ..., 0, nil
				repeat
					why = failure(to.send, to, sent)
					sent = sent + 1
				until why
				return sent - 1, why
			]],
			receiver
		)
		if sent == count and why == "channel_closed" then
			right = right + 1
		end
	end
	same("3.2: as many sends succeed as messages were received", right, rounds)
	sender:close()
end

-- 4.2: several actors send to one.
do
	local SENDERS <const>, MESSAGES <const> = 8, 300
	local senders = {}
	for i = 1, SENDERS do
		senders[i] = racer(i)
	end
	for i, sender in ipairs(senders) do
		tell(
			sender,
			[[
				local home, me, count = ...
				-- Two fibers, each with a sequence of its own.
				for which = 1, 2 do
					spawn(function()
						for i = 1, count do
							home:send({ me = me * 2 + which, number = i })
						end
					end)
				end
			]],
			inbox,
			i,
			MESSAGES
		)
		-- Its fibers go on.
		sender:close()
	end
	local last, wrong = {}, 0
	for _ = 1, SENDERS * 2 * MESSAGES do
		local message = inbox:receive()
		if message.number ~= (last[message.me] or 0) + 1 then
			wrong = wrong + 1
		end
		last[message.me] = message.number
	end
	same("4.2: messages of each fiber arrive in order, once", wrong, 0)
	same("3.4: and nothing more comes", failure(inbox.receive, inbox), "no_senders")
end

-- 3.4: the only address of this script goes to and fro. Whoever has sent it closes its own at once.
do
	local HOPS <const> = 2000
	local counter = flag("hops")
	local one, two = racer(1), racer(2)
	local PASS <const> = [[
		local peer, token, hops, counter = ...
		local rcu = require("rcu")
		spawn(function()
			while true do
				if token then
					if rcu.add(flags, counter, 1) > hops then
						token:close()
						peer:send({ false })
						break
					end
					peer:send({ token })
					token:close()
				end
				token = inbox:receive()[1]
				if not token then
					break
				end
			end
		end):join()
	]]
	tell(two, PASS, one, false, HOPS, counter)
	tell(one, PASS, two, inbox, HOPS, counter)
	same("3.4: the script has a sender until the last hop", failure(inbox.receive, inbox), "no_senders")
	same("3.4: that is when it is told", flags[counter], HOPS + 1)
end
