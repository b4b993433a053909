-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- User-space actors: supervision (section 10.7 of the conformance list).

local check, folder = ...
local processes = assert(loadfile(folder .. "/lib/processes.lua"))(folder)
local same, ok = check.same, check.ok
local start, run, user, eval, tell = processes.start, processes.run, processes.user, processes.eval, processes.tell
local lives, gone = processes.lives, processes.gone

-- Code by which an actor starts a process, and returns its number.
local START <const> = [[
	local folder = ...
	child = spawn_vm({ module = folder .. "/lua/process/puppet.lua", subprocess = { stderr = "share" } })
	return child.child_pid
]]

-- An actor that ends.
do
	local parent = user()
	local pid = eval(parent, START, folder)
	ok("10.7: a child lives", lives(pid))
	parent:close()
	ok("10.7: when the actor ends, its child is killed", gone(pid))
end
-- An actor that fails.
do
	local parent = user()
	local pid = eval(parent, START, folder)
	tell(parent, "child:send(child) child:send({ code = 'while true do end' }) require('system').exit(0)")
	ok("10.7: when it exits, its busy child is killed", gone(pid))
end
-- The other actors' children live on.
do
	local one, two = user(), user()
	local first, second = eval(one, START, folder), eval(two, START, folder)
	one:close()
	ok("10.7: supervision is by the actor", gone(first) and lives(second))
	two:close()
	ok("10.7: each has its own", gone(second))
end
-- close() and the collector do not stop it.
do
	local parent = user()
	local pid = eval(parent, START, folder)
	local held = eval(parent, "local copy = child child = nil collectgarbage() collectgarbage() return copy")
	ok("10.7: who has the address keeps the child running", lives(pid))
	-- The process has another sender, so it does not end by itself.
	parent:close()
	ok("10.7: it is killed even if its address is elsewhere", gone(pid))
	same("10.7: and the address is of no use", processes.send_failure(held), "system 32")
end
do
	local parent = user()
	local pid = eval(parent, START, folder)
	local held = eval(parent, "return child")
	eval(parent, "child:close()")
	ok("10.7: close does not kill", lives(pid))
	parent:close()
	ok("10.7: but the end of the actor does", gone(pid))
	held:close()
end
-- Detached ones.
do
	local parent = user()
	local pid = eval(parent, START, folder)
	local held = eval(parent, "child:detach() return child")
	parent:close()
	held:send({ code = "return 'alive'" })
	same("10.7: a detached child outlives the actor", lives(pid), true)
	-- Its home is gone, so it ends when its last sender is.
	held:close()
	ok("10.7: and ends when nobody can send to it", gone(pid))
end
-- Grandchildren are refused.
do
	local channel = start()
	local code = "return select(2, pcall(spawn_vm, { module = '/none', subprocess = {} })).code"
	same("10.5: a process cannot make processes", run(channel, code), 1)
	same("10.5: nor other actors", run(channel, "return select(2, pcall(spawn_vm, '/none')).code"), 1)
	channel:kill()
end
-- Many that end at once.
do
	local parents, pids = {}, {}
	for i = 1, 8 do
		parents[i] = user()
		pids[i] = eval(parents[i], START, folder)
	end
	for i = 1, 8 do
		parents[i]:close()
	end
	local all = true
	for i = 1, 8 do
		all = all and gone(pids[i])
	end
	ok("10.7: many at once", all)
end
-- What is left when the script ends is killed: the suite looks for it.
start()
start():detach()
