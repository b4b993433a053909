-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The functions of `ltask` that few services need. The chunk gets the service and the module.

local service, ltask = ...
local core, sessions = service.core, service.sessions
local request, timer, cancel = core.request, core.timer, core.cancel
local answers, alarms, timed = sessions.answers, sessions.alarms, sessions.timed
local refused, later = sessions.refused, sessions.later
local setmetatable = setmetatable

local REQUEST <const>, RESPONSE <const>, ERROR <const> = 1, 2, 3
-- The kind of an error that this service raises itself.
local LOCAL <const> = -1
local DEAD <const>, BUSY <const> = 2, 3
local ROOT <const> = 1

local rare = {}

local function system()
	return service.require("ltask.system")
end

-- Messages -----------------------------------------------------------------------------------------------

-- As `call`, but raises an error if there is no answer within `ti` hundredths of a second.
function rare.call_timeout(ti, address, ...)
	local number = sessions.new_number()
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
function rare.raise_error(address, number, message)
	if number ~= 0 then
		system().answer(address, number, ERROR, service.errors().new(message))
	end
end

function rare.current_session()
	local from, number = sessions.current_request()
	return { from = from, session = number }
end

function rare.no_response()
	sessions.take_receipt()
end

-- Sends a packed message. Returns 1 if it was delivered, 2 if there is no such service, 3 if it is busy; then also the
-- message.
function rare.post_message(address, number, kind, message, size)
	if kind == RESPONSE or kind == ERROR then
		return system().answer_packed(address, number, kind, message)
	end
	local receipt = system().send_packed(address, number, kind, message)
	if receipt == DEAD or receipt == BUSY then
		return receipt, message, size
	end
	return receipt
end

-- Has the function run as a session when an answer with this number comes.
function rare.suspend(number, fn)
	answers[number] = function(kind, session, ...)
		sessions.new_fork(fn, kind, session, ltask.pack(...))
	end
end

-- Sessions ---------------------------------------------------------------------------------------------

function rare.current_token()
	return sessions.current()
end

function rare.interrupt(token, err)
	return service.release(token, ERROR, service.errors().new(err))
end

rare.running = coroutine.running

-- Services ---------------------------------------------------------------------------------------------

function rare.spawn_service(description)
	return sessions.call(REQUEST, ROOT, "spawn_service", description)
end

function rare.servicepath(path)
	return sessions.call(REQUEST, ROOT, "servicepath", path)
end

-- Calls the function whenever there is no message; not again while it runs.
function rare.idle_handler(fn)
	local mark = setmetatable({}, {
		__close = function()
			service.set_idling(false)
		end,
	})
	service.on_idle(fn and function(...)
		local _ <close> = mark
		service.set_idling(true)
		fn(...)
	end)
end

function rare.signal_handler(fn)
	service.on_signal(fn)
end

function rare.debuglog() end

return rare
