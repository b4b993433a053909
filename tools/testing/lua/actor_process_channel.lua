-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- User-space actors: channels (sections 4, 4.1, 4.3 to 4.5, 4.7 and 10.6 of the conformance list).

local check, folder = ...
local processes = assert(loadfile(folder .. "/lib/processes.lua"))(folder)
local inbox = require("inbox")
local same, ok = check.same, check.ok
local start, run, failure = processes.start, processes.run, processes.failure
local user, eval = processes.user, processes.eval

-- 4: fields.
do
	local channel = start()
	same("4: the metatable", getmetatable(channel), "ipc_actor_channel")
	for _, name in ipairs({ "send", "close", "detach", "kill" }) do
		same("4: there is " .. name, type(channel[name]), "function")
	end
	same("4: another field", failure(processes.get, channel, "other"), "bad_index index=2")
	ok("4: fields cannot be set", failure(processes.set, channel, "other", 1):find("attempt to index"))
	local other = start()
	ok("4: two processes are two channels", channel ~= other)
	ok("4: a channel equals itself", channel == channel)
	other:kill()

	-- 4.3: the order of checks.
	same("4.3: send without a value", failure(channel.send, channel), "EINVAL")
	same("4.3: self is no channel", failure(channel.send, 1, 2), "EINVAL arg=1")
	same("4.3: self is another channel", failure(channel.send, user(), 2), "EINVAL arg=1")
	this_fiber.forbid_suspend()
	same("4.3: suspending is forbidden", failure(channel.send, channel, nil), "forbid_suspend_block")
	this_fiber.allow_suspend()
	same("4.3: nil", failure(channel.send, channel, nil), "EINVAL arg=2")

	-- 10.6.
	local pid = channel.child_pid
	same("10.6: child_pid is an integer", math.type(pid), "integer")
	local NUMBER <const> = "return tonumber((io.open('/proc/self/stat'):read('a'):match('^%d+')))"
	same("10.6: that of the process", run(channel, NUMBER), pid)
	ok("10.6: it lives", processes.lives(pid))
	channel:kill(15)
	ok("10.6: and is gone, and reaped", processes.gone(pid) and processes.soon(function()
		return not io.open("/proc/" .. pid)
	end))
	same("10.6: child_pid stays", channel.child_pid, pid)
	same("4.3: a dead peer", processes.send_failure(channel), "system 32")
	same("4.5: no such process", failure(channel.kill, channel, 15), "system 3")
	same("4.5: SIGKILL does not care", failure(channel.kill, channel), nil)
	same("4.5: and closes the channel", failure(channel.send, channel, 1), "channel_closed")
end

-- 4.1.
do
	local path = processes.file()
	local channel = start()
	run(channel, "path = ... return true", path)
	for i = 1, 20 do
		channel:send({ more = ("f = io.open(%q, 'a') f:write('%d ') f:close() "):format(path, i) })
	end
	channel:send({ code = "" })
	local pid = channel.child_pid
	channel:close()
	channel:close()
	ok("4.1: close twice", true)
	same("4.1: then send", failure(channel.send, channel, 1), "channel_closed")
	same("4.1: detach", failure(channel.detach, channel), "EINVAL arg=1")
	same("4.1: kill", failure(channel.kill, channel), "channel_closed")
	same("4.1: kill checks that first", failure(channel.kill, channel, {}), "channel_closed")
	same("4.1: child_pid", failure(processes.get, channel, "child_pid"), "EINVAL arg=1")
	same("4.1: what was sent is delivered", inbox:receive().done, true)
	same("4.1: all of it", processes.text_of(path), "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 ")
	ok("10.5: the child then has no senders, and ends", processes.gone(pid))
end

-- 4.4 and 4.5.
do
	local channel = start()
	for _, value in ipairs({ "9", {}, true }) do
		same("4.5: a signal that is a " .. type(value), failure(channel.kill, channel, value), "EINVAL arg=2")
	end
	same("4.5: no such signal", failure(channel.kill, channel, 1000), "system 22")
	same("4.5: a negative one", failure(channel.kill, channel, -1), "system 22")
	same("4.5: a number that is no integer", failure(channel.kill, channel, 1.5), "system 22")
	same("4.5: signal 0 only checks", failure(channel.kill, channel, 0), nil)
	same("4.5: other signals leave the channel open", run(channel, "return 1"), 1)
	same("4.5: self is no channel", failure(channel.kill, 1), "EINVAL arg=1")
	same("4.4: self is no channel", failure(channel.detach, 1), "EINVAL arg=1")
	channel:kill(19)
	local pid = channel.child_pid
	ok("4.5: SIGSTOP stops it", processes.soon(function()
		return processes.state(pid) == "T"
	end))
	channel:kill(18)
	same("4.5: SIGCONT continues it", run(channel, "return 2"), 2)
	channel:detach()
	same("4.4: after detach, detach", failure(channel.detach, channel), "EINVAL arg=1")
	same("4.4: kill", failure(channel.kill, channel), "EPERM")
	same("4.4: child_pid", failure(processes.get, channel, "child_pid"), "EINVAL arg=1")
	same("4.4: the channel stays open", run(channel, "return 3"), 3)
	channel:close()
	ok("4.4: a detached one ends by itself", processes.gone(pid))
	channel = start()
	pid = channel.child_pid
	channel:kill(9.0)
	ok("4.5: SIGKILL kills", processes.gone(pid))
	same("4.5: and closes", failure(channel.send, channel, 1), "channel_closed")
end

-- 4.3: a full buffer.
do
	-- The messages that a process may leave unread.
	local ROOM <const> = 64
	local channel = start()
	same("4.3: a process that reads", run(channel, "return 1"), 1)
	-- Counts what a fiber sends to a process that reads nothing.
	local function fill()
		local counter = { sent = 0 }
		channel:kill(19)
		processes.soon(function()
			return processes.state(channel.child_pid) == "T"
		end)
		counter.fiber = spawn(function()
			counter.failure = failure(function()
				while true do
					channel:send({ more = (" "):rep(200) })
					counter.sent = counter.sent + 1
				end
			end)
		end)
		processes.soon(function()
			return counter.sent >= ROOM
		end)
		return counter
	end
	local sender = fill()
	sender.fiber:interrupt()
	sender.fiber:join()
	same("4.3: a full buffer suspends the fiber, which can be interrupted", sender.failure, "interrupted")
	same("4.3: then nothing was sent", sender.sent, ROOM)
	channel:kill(18)
	channel:send({ code = "return #debug.getinfo(1, 'S').source" })
	same("4.3: there is room when it reads again", inbox:receive().done, true)
	-- What waits when the process dies.
	sender = fill()
	channel:kill()
	sender.fiber:join()
	same("4.3: the death of the process wakes who waits", sender.failure, "system 32")
end

-- 4.7: addresses.
do
	local channel = start()
	local third = user()
	-- The address of a kernel actor goes to the process, which sends to it.
	channel:send({ code = "theirs = ... return true", value = third })
	same("4.7: a process gets the address of a kernel actor", inbox:receive().value, true)
	same("4.7: which is a channel there", run(channel, "return getmetatable(theirs)"), "ipc_actor_channel")
	run(channel, "theirs:send({ code = 'got = true' }) return true")
	ok("4.7: it sends there", processes.soon(function()
		return eval(third, "return got")
	end))
	-- Ruling 4: it comes back as what it is.
	local back = run(channel, "return theirs")
	same("ruling 4: an address comes back", getmetatable(back), "tx-channel")
	ok("ruling 4: as the same", back == third)
	-- The process's own address.
	local own = run(channel, "return inbox")
	same("4.7: the address of a process", getmetatable(own), "ipc_actor_channel")
	same("4.7: has no supervision: kill", failure(own.kill, own), "EPERM")
	same("4.7: detach", failure(own.detach, own), "EINVAL arg=1")
	same("4.7: child_pid", failure(processes.get, own, "child_pid"), "EINVAL arg=1")
	ok("4.7: and is another object", own ~= channel)
	own:send({ code = "return 7" })
	same("4.7: it leads there", inbox:receive().value, 7)
	-- Ruling 4: over a kernel actor.
	same("ruling 4: through a kernel actor", eval(third, "return getmetatable((...))", channel), "ipc_actor_channel")
	processes.tell(third, "(...):send({ code = 'return 8' })", channel)
	same("ruling 4: which sends there", inbox:receive().value, 8)
	same("ruling 4: without supervision", eval(third, "local c = ... return failure(c.kill, c)", channel), "EPERM")
	-- Between processes.
	local other = start()
	other:send({ code = "peer = ... return true", value = own })
	inbox:receive()
	run(other, "peer:send({ code = 'from_peer = 9' }) return true")
	inbox:receive()
	same("ruling 4: processes send to each other", run(channel, "return from_peer"), 9)
	other:kill()
	own:close()
	channel:kill()
	same("4.7: the address that a dead process had sends nowhere", processes.send_failure(own), "channel_closed")
end

-- A kernel actor as the peer of a process.
do
	local channel = start()
	run(channel, [[
		function fails(to)
			local ok, err = pcall(to.send, to, 1)
			return ok and "sent" or err.category:name() .. " " .. err.code
		end
		return true
	]])
	local third = user()
	run(channel, "theirs = ... return true", third)
	eval(third, "inbox:close()")
	same("4.3: in the process, a kernel actor that receives no more", run(channel, "return fails(theirs)"), "system 32")
	same("4.1: in the process, a closed channel", run(channel, "theirs:close() return fails(theirs)"), "emilua.core 15")
	channel:kill()
end

-- 3.4: the process counts as a sender.
processes.end_watcher()
do
	local channel = start()
	local first, got
	local fiber = spawn(function()
		first = inbox:receive().value
		got = failure(inbox.receive, inbox)
	end)
	-- The fiber waits meanwhile.
	this_fiber.yield()
	channel:send({ code = "return 'sent'" })
	processes.soon(function()
		return first
	end)
	same("3.4: a process that has the address is a sender", first, "sent")
	channel:kill()
	fiber:join()
	same("3.4: until it dies", got, "no_senders")
	channel = start()
	fiber = spawn(function()
		got = failure(inbox.receive, inbox)
	end)
	channel:send({ code = "home:close() os.exit(0)" })
	fiber:join()
	same("3.4: or ends", got, "no_senders")
end
