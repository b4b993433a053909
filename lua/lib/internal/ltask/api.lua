-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The module `ltask` as services have it. The chunk gets the service.

local service = ...
local core, sessions = service.core, service.sessions
local part, send, timer, cancel = core.part, core.send, core.timer, core.cancel
local answers, alarms, waiters = sessions.answers, sessions.alarms, sessions.waiters
local refused, wait_in, new_number = sessions.refused, sessions.wait_in, sessions.new_number
local later, run_later = sessions.later, sessions.new_fork
local error, setmetatable = error, setmetatable

local SYSTEM <const>, REQUEST <const>, RESPONSE <const> = 0, 1, 2
local BUSY <const> = 3
local ROOT <const> = 1

local ltask = {}

-- Messages -----------------------------------------------------------------------------------------------

function ltask.call(address, ...)
	return sessions.call(REQUEST, address, ...)
end

function ltask.syscall(address, ...)
	return sessions.call(SYSTEM, address, ...)
end

function ltask.send(address, ...)
	if send(address, 0, REQUEST, ...) == BUSY then
		refused(address, BUSY, 2)
	end
end

-- Sessions ---------------------------------------------------------------------------------------------

function ltask.fork(fn, ...)
	return run_later(fn, ...)
end

function ltask.sleep(ti)
	if ti == 0 then
		-- Behind the messages that are there, and behind other services.
		local number = new_number()
		if send(core.id(), number, RESPONSE) == 1 then
			later(core.give_way)
			wait_in(answers, number)
			return
		end
	end
	local _, number = timer(ti)
	wait_in(alarms, number)
end

local Timeout = {}
Timeout.__index = Timeout

-- Takes the timer back. Returns whether its function would still have run.
function Timeout:cancel()
	local number = self.number
	local waits = alarms[number] ~= nil
	alarms[number] = nil
	return cancel(self.at, number) and waits
end

-- Runs the function after `ti` hundredths of a second.
function ltask.timeout(ti, fn)
	local at, number = timer(ti)
	alarms[number] = fn
	return setmetatable({ at = at, number = number }, Timeout)
end

function ltask.wait(token)
	if token == nil then
		token = sessions.current()
	end
	if waiters[token] ~= nil then
		error("assertion failed!", 2)
	end
	return wait_in(waiters, token)
end

local function release(token, kind, ...)
	local session = waiters[token]
	if session == nil then
		return
	end
	waiters[token] = nil
	later(session, kind, ...)
	return true
end
service.release = release

function ltask.wakeup(token, ...)
	return release(token, RESPONSE, ...)
end

-- Services ---------------------------------------------------------------------------------------------

function ltask.spawn(name, ...)
	return sessions.call(REQUEST, ROOT, "spawn", name, ...)
end

function ltask.uniqueservice(name, ...)
	return sessions.call(REQUEST, ROOT, "uniqueservice", name, ...)
end

function ltask.queryservice(name)
	return sessions.call(REQUEST, ROOT, "queryservice", name)
end

function ltask.quit()
	-- The root ends with its last service.
	if core.id() ~= ROOT then
		service.quit()
	end
end

ltask.dispatch = service.dispatch
ltask.log = part("log")(core)

-- What few services need is loaded when it is first used. The metatable is that of the module, so scripts see `nil`
-- only for names that exist nowhere.
local functions, tools
setmetatable(ltask, {
	__index = function(module, name)
		functions = functions or service.require("ltask.functions")
		local value = functions[name]
		if value == nil then
			tools = tools or part("tools")(service, module)
			value = tools[name]
		end
		module[name] = value
		return value
	end,
})

return ltask
