-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What the checks of user-space actors have in common. The argument is the folder tools/testing.

local folder = ...
local actor, inbox = require("actor"), require("inbox")
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)

local processes = {
	failure = common.failure,
	name_of = common.name_of,
	soon = common.soon,
	get = common.get,
	set = common.set,
	user = common.user,
	eval = common.eval,
	tell = common.tell,
}

-- The longest piece of code in one message.
local PIECE <const> = 200

-- Starts the actor of a process that runs code. The options are those of `subprocess`.
function processes.bare(options, module)
	local all = { stderr = "share" }
	for key, value in pairs(options or {}) do
		all[key] = value
	end
	return actor.spawn_vm({ module = module or folder .. "/lua/process/puppet.lua", subprocess = all })
end

-- As `bare`, and gives it the address of this actor.
function processes.start(options)
	local channel = processes.bare(options)
	channel:send(inbox)
	return channel
end

-- Runs code in such an actor, and returns its result. Raises the name of its error.
function processes.run(channel, code, value)
	while #code > PIECE do
		channel:send({ more = code:sub(1, PIECE) })
		code = code:sub(PIECE + 1)
	end
	channel:send({ code = code, value = value })
	local answer = inbox:receive()
	if answer.done then
		return answer.value
	end
	local text = answer.text or ("%s %d"):format(answer.category, answer.code)
	error(answer.arg and text .. " arg=" .. answer.arg or text, 0)
end

-- The name of the error of `run`; nil, if there is none.
function processes.run_failure(...)
	local good, err = pcall(processes.run, ...)
	return not good and err or nil
end

-- Whether there is a process with this number that was not reaped.
function processes.lives(pid)
	local file = io.open(("/proc/%d/stat"):format(pid))
	if file then
		file:close()
	end
	return file ~= nil
end

-- The letter of the state of a process. The kernel's own code cannot read it, so another process does.
local watcher
function processes.state(pid)
	watcher = watcher or processes.start()
	return processes.run(
		watcher,
		[[
			local file = io.open("/proc/" .. ... .. "/stat")
			local line = file and file:read("a")
			if file then file:close() end
			-- The name before it may have spaces.
			return line and line:match("^.*%) (%a)")
		]],
		pid
	)
end

-- Ends what `state` has started, which has the address of this actor.
function processes.end_watcher()
	if watcher then
		watcher:kill()
		watcher = nil
	end
end

-- Waits until the process is gone.
function processes.gone(pid)
	return common.soon(function()
		return not processes.lives(pid)
	end)
end

-- Waits until sending fails, and returns the name of the error.
function processes.send_failure(channel, value)
	local name
	common.soon(function()
		name = common.failure(channel.send, channel, value == nil and true or value)
		return name ~= nil
	end)
	return name
end

-- A file with this text, and its path.
local count = 0
function processes.file(text)
	count = count + 1
	local path = os.tmpname() .. "." .. count
	local file = assert(io.open(path, "w"))
	file:write(text or "")
	file:close()
	return path
end

function processes.text_of(path)
	local file = assert(io.open(path))
	local text = file:read("a")
	file:close()
	return text
end

return processes
