-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The module `ltask` as services have it. The chunk gets the service.

local service = ...
local core, sessions, errors, part = service.core, service.sessions, service.errors, service.part
local request, send, timer, cancel = core.request, core.send, core.timer, core.cancel
local answers, alarms, waiters, timed = sessions.answers, sessions.alarms, sessions.waiters, sessions.timed
local refused, wait_in, new_number = sessions.refused, sessions.wait_in, sessions.new_number
local later, run_later = sessions.later, sessions.new_fork
local error, setmetatable = error, setmetatable

local SYSTEM <const>, REQUEST <const>, RESPONSE <const>, ERROR <const> = 0, 1, 2, 3
-- The kind of an error that this service raises itself.
local LOCAL <const> = -1
local DEAD <const>, BUSY <const> = 2, 3
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

-- As `call`, but raises an error if there is no answer within `ti` hundredths of a second.
function ltask.call_timeout(ti, address, ...)
	local number = new_number()
	local session = sessions.current()
	-- First, because it checks `ti`.
	local at, alarm = timer(ti)
	local receipt, is_inside = request(session, address, number, REQUEST, ...)
	if receipt == DEAD or receipt == BUSY then
		cancel(at, alarm)
		refused(address, receipt, 2)
	end
	timed[session] = number
	alarms[alarm] = function()
		-- The answer comes too late, and is dropped.
		answers[number] = false
		timed[session] = nil
		later(session, LOCAL, ("{service:%d} timeout"):format(address))
	end
	answers[number] = function(kind, _, ...)
		alarms[alarm] = nil
		cancel(at, alarm)
		timed[session] = nil
		later(session, kind, ...)
	end
	return sessions.block(is_inside)
end

-- Sends an answer of type ERROR to a request that this service has received.
function ltask.raise_error(address, number, message)
	if number ~= 0 then
		core.answer(address, number, ERROR, errors.new(message))
	end
end

function ltask.current_session()
	local from, number = sessions.current_request()
	return { from = from, session = number }
end

function ltask.no_response()
	sessions.take_receipt()
end

-- Sends a packed message. Returns 1 if it was delivered, 2 if there is no such service, 3 if it is busy; then also the
-- message.
function ltask.post_message(address, number, kind, message, size)
	if kind == RESPONSE or kind == ERROR then
		return core.answer_packed(address, number, kind, message)
	end
	local receipt = core.send_packed(address, number, kind, message)
	if receipt == DEAD or receipt == BUSY then
		return receipt, message, size
	end
	return receipt
end

-- Has the function run as a session when an answer with this number comes.
function ltask.suspend(number, fn)
	answers[number] = function(kind, session, ...)
		run_later(fn, kind, session, core.pack(...))
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

function ltask.current_token()
	return sessions.current()
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

function ltask.wakeup(token, ...)
	return release(token, RESPONSE, ...)
end

function ltask.interrupt(token, err)
	return release(token, ERROR, errors.new(err))
end

ltask.running = coroutine.running

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

function ltask.spawn_service(description)
	return sessions.call(REQUEST, ROOT, "spawn_service", description)
end

function ltask.servicepath(path)
	return sessions.call(REQUEST, ROOT, "servicepath", path)
end

function ltask.quit()
	-- The root ends with its last service.
	if core.id() ~= ROOT then
		service.quit()
	end
end

ltask.dispatch = service.dispatch
ltask.idle_handler = service.on_idle

function ltask.signal_handler(fn)
	service.on_signal(fn)
end

-- What the core gives --------------------------------------------------------------------------------------

ltask.self, ltask.label, ltask.now, ltask.counter, ltask.cpucost =
	core.id, core.label, core.now, core.counter, core.cpucost
ltask.mem_limit, ltask.mem_count = core.mem_limit, core.mem_count
ltask.worker_id, ltask.worker_bind = core.worker_id, core.worker_bind
ltask.eventinit, ltask.eventreset, ltask.touch_service = core.eventinit, core.eventreset, core.touch
ltask.pack, ltask.unpack, ltask.unpack_remove, ltask.remove =
	core.pack, core.unpack, core.unpack_remove, core.remove
ltask.pushlog, ltask.poplog = core.pushlog, core.poplog

function ltask.debuglog() end

ltask.log = part("log")(core)

-- What few services need is loaded when it is first used. The metatable is that of the module, so scripts see `nil`
-- only for names that exist nowhere.
local lazy
setmetatable(ltask, {
	__index = function(module, name)
		lazy = lazy or part("tools")(service, module)
		local value = lazy[name]
		module[name] = value
		return value
	end,
})

return ltask
