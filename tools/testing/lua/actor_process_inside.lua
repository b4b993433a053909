-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- User-space actors: the VM in the process (section 10.5 of the conformance list), and that its fibers, timers and
-- errors are those of all actors.

local check, folder = ...
local processes = assert(loadfile(folder .. "/lib/processes.lua"))(folder)
local actor, inbox, time = require("actor"), require("inbox"), require("time")
local same, ok = check.same, check.ok
local start, run, failure, file = processes.start, processes.run, processes.failure, processes.file

local channel = start()
local function gives(name, code, want)
	same(name, run(channel, code), want)
end

gives("10.5: _VERSION", "return _VERSION", _VERSION)
gives("10.5: _CONTEXT", "return _CONTEXT", "worker")
for _, name in ipairs({ "io", "os", "debug", "utf8", "package", "string", "table", "math", "coroutine" }) do
	gives("10.5: the library " .. name, ("return type(%s)"):format(name), "table")
end
for _, name in ipairs({ "inbox", "mutex", "recursive_mutex", "condition_variable", "future", "time", "system" }) do
	gives("10.5: the module " .. name, ("return pcall(require, %q)"):format(name), true)
end
for _, name in ipairs({ "spawn", "spawn_vm", "scope", "scope_cleanup_push", "scope_cleanup_pop" }) do
	gives("10.5: the global " .. name, ("return type(%s)"):format(name), "function")
end
gives("10.5: the master", "return require('actor').is_master()", true)
gives("10.5: floats are the processor's", "return 2^0.5 == math.sqrt(2)", true)

-- Fibers.
gives(
	"9: fibers",
	[[
		local steps = {}
		local f = spawn(function() steps[#steps + 1] = 1 this_fiber.yield() steps[#steps + 1] = 3 return 4 end)
		this_fiber.yield()
		steps[#steps + 1] = 2
		local result = f:join()
		steps[#steps + 1] = result
		return table.concat(steps, " ")
	]],
	"1 2 3 4"
)
gives(
	"9: time.sleep",
	[[
		local time = require("time")
		local done = 0
		local fibers = {}
		for i = 1, 10 do fibers[i] = spawn(function() time.sleep(0.01) done = done + 1 end) end
		for i = 1, 10 do fibers[i]:join() end
		return done
	]],
	10
)
gives(
	"9: a message wakes a fiber while others sleep",
	[[
		local time = require("time")
		local sleeper = spawn(function() time.sleep(3600) end)
		home:send({ done = true })
		local order = inbox:receive()
		sleeper:interrupt()
		return order.value
	]],
	nil
)
channel:send({ value = 17 })
same("9: with its value", inbox:receive().value, 17)
gives(
	"9.2: interruption",
	[[
		local time = require("time")
		local caught
		local f = spawn(function()
			local _, err = pcall(time.sleep, 3600)
			caught = err.code
		end)
		this_fiber.yield()
		f:interrupt()
		f:join()
		return caught
	]],
	13
)
gives(
	"9.5: a mutex",
	[[
		local m = require("mutex").new()
		local order = {}
		m:lock()
		local f = spawn(function() m:lock() order[#order + 1] = "b" m:unlock() end)
		this_fiber.yield()
		order[#order + 1] = "a"
		m:unlock()
		f:join()
		return table.concat(order)
	]],
	"ab"
)
gives(
	"9.4: a fiber operation within a coroutine",
	[[
		local time = require("time")
		local co = coroutine.wrap(function() time.sleep(0.001) coroutine.yield(1) time.sleep(0.001) return 2 end)
		return co() + co() * 10
	]],
	21
)
gives(
	"9.3: cleanup scopes",
	[[
		local steps = {}
		scope(function()
			scope_cleanup_push(function() steps[#steps + 1] = "cleanup" end)
			steps[#steps + 1] = "body"
		end)
		return table.concat(steps, " ")
	]],
	"body cleanup"
)
gives(
	"3.1: one receiver",
	[[
		local f = spawn(function() pcall(inbox.receive, inbox) end)
		this_fiber.yield()
		local err = select(2, pcall(inbox.receive, inbox))
		f:interrupt()
		f:join()
		return err.code
	]],
	16
)
channel:kill()

-- Modules.
do
	local path = file('local inbox = require("inbox") inbox:receive():send(_CONTEXT .. " " .. require("./other"))')
	local directory = path:match("^(.*)/")
	local other = assert(io.open(directory .. "/other.lua", "w"))
	other:write('return "[" .. _CONTEXT .. "]"')
	other:close()
	local module = directory .. "/init.lua"
	local text = processes.text_of(path)
	local init = assert(io.open(module, "w"))
	init:write(text)
	init:close()
	channel = processes.bare({}, module)
	channel:send(inbox)
	same("2.4: _CONTEXT is empty in modules", inbox:receive(), "worker []")
	os.remove(module)
	os.remove(directory .. "/other.lua")
end

-- The script's own file, by the name ".": it does not run here, but is found.
do
	channel = actor.spawn_vm({ module = ".", subprocess = {} })
	ok("2.3: the module . is the file of the script", channel)
	channel:kill()
end

-- Ends.
local function ends(name, code)
	local path, own = file(code), file()
	local output = require("file_descriptor").open(own, "w")
	local all = { stderr = output, stdout = output }
	local child = processes.bare(all, path)
	local pid = child.child_pid
	child:close()
	ok(name .. ": the process ends", processes.gone(pid))
	return processes.text_of(own)
end
same("7: the end of the module is the end of the actor", ends("7: return", "print('out')"), "out\n")
do
	local text = ends("7: an error", "error('a failure')")
	ok("7: an error is told on standard error", text:find("a failure", 1, true) and text:find("traceback", 1, true), text)
	text = ends("7: a syntax error", "x = = 1")
	ok("7: a syntax error, too", text:find("unexpected symbol", 1, true), text)
	text = ends("7: system.exit", "require('system').exit(3) print('not here')")
	same("7: system.exit ends it", text, "")
	text = ends("7: a fiber lives on", "spawn(function() require('time').sleep(0.01) print('late') end)")
	same("7: fibers run to their end", text, "late\n")
	ends("7: no senders", "pcall(require('inbox').receive, require('inbox'))")
end

-- Back-pressure of the process.
do
	channel = start()
	run(
		channel,
		[[
			sent = 0
			flooder = spawn(function() for i = 1, 1000 do home:send({ n = i }) sent = sent + 1 end end)
			return true
		]]
	)
	-- The process comes to this only when the other fiber waits for room.
	local path = os.tmpname() .. ".flag"
	channel:send({ code = "local f = io.open(..., 'w') f:close() return sent", value = path })
	ok("4.3: the others go on", processes.soon(function()
		local flag = io.open(path)
		return flag and flag:close()
	end))
	local last, in_order, sent = 0, true, nil
	while last < 1000 or not sent do
		local message = inbox:receive()
		if message.n then
			in_order = in_order and message.n == last + 1
			last = message.n
		else
			sent = message.value
		end
	end
	ok("4.3: a process that floods is suspended", sent < 1000, sent)
	ok("4.3: and nothing is lost", in_order and last == 1000, last)
	channel:kill()
end
ok("time goes on", pcall(time.sleep, 0.001))
same("no failure", failure(time.sleep, 0.001), nil)
